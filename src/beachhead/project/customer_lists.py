"""Lists of customers that are kept by hand: `lists/<name>.csv` or `.txt`, an id in the first column of each line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from beachhead.errors import DataError, Diagnostic, Place, Severity
from beachhead.project.definition_files import shown_path

FOLDER = "lists"
_SUFFIXES = (".csv", ".txt")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
_HEADINGS = frozenset({"account_id", "customer_id", "company_id", "account", "customer", "company", "id"})


@dataclass(frozen=True, slots=True)
class Lists:
    """The files of lists by name, and what is odd about others in the folder."""

    files: Mapping[str, Path]
    diagnostics: tuple[Diagnostic, ...]


def list_files(root: Path) -> Lists:
    """The lists of a project; without the folder there are none. Never raises."""
    folder = root / FOLDER
    try:
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as e:
        remedy = "Check its permissions."
        found = Diagnostic(
            "unreadable-file", "this folder cannot be read", Severity.ERROR, Place(FOLDER), e.strerror, remedy
        )
        return Lists({}, (found,))
    files: dict[str, Path] = {}
    said: list[Diagnostic] = []
    for path in entries:
        place = Place(shown_path(path, root))
        if path.name.startswith((".", "~", "#")) or path.is_dir():
            continue
        if path.suffix.lower() not in _SUFFIXES:
            message, remedy = "this list is not read, because it is neither .csv nor .txt", "Save it as CSV."
            said.append(Diagnostic("unread-file", message, Severity.WARNING, place, remedy=remedy))
        elif not _NAME.fullmatch(path.stem):
            message = f"'{path.stem[:100]}' cannot be the name of a list"
            remedy = "Use small letters, digits and underscores, and begin with a letter."
            said.append(Diagnostic("invalid-name", message, place=place, remedy=remedy))
        elif path.stem in files:
            message = f"there are two lists called '{path.stem}'"
            said.append(Diagnostic("duplicate-name", message, place=place, remedy="Rename one of them."))
        else:
            files[path.stem] = path
    return Lists(files, tuple(said))


def read_list(path: Path, root: Path) -> tuple[str, ...]:
    """The ids of a list, each once, in the order of the file; a heading such as `account_id` is none of them.

    Raises `DataError` when the file cannot be read as UTF-8 text, or has a value that is longer than any id.
    """
    place = Place(shown_path(path, root))
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        why = e.strerror if isinstance(e, OSError) else "it is not UTF-8"
        remedy = "Check its permissions, and save it as UTF-8."
        raise DataError(
            Diagnostic("unreadable-list", "this list cannot be read", place=place, why=why, remedy=remedy)
        ) from e
    first = text.partition("\n")[0]
    separator = next((c for c in ";\t" if c in first), ",")
    try:
        cells = [row[0].strip() for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    except csv.Error as e:
        remedy = "See whether a quote is never closed; write one id in each line."
        raise DataError(
            Diagnostic("unreadable-list", "this list cannot be read", place=place, why=str(e), remedy=remedy)
        ) from e
    if cells and re.sub(r"[^a-z]+", "_", cells[0].casefold()).strip("_") in _HEADINGS:
        cells = cells[1:]
    return tuple(dict.fromkeys(cell for cell in cells if cell))
