"""Finding and reading the YAML files of a project folder; whatever is wrong with one becomes a diagnostic."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from beachhead.errors import Diagnostic, Place, Severity, nearest_name

MAX_BYTES = 1_000_000
"""Largest definition file. Data belongs into data files."""

SUFFIXES = (".yml", ".yaml")
_LEFT_ALONE = {"", ".md", ".txt", ".rst", ".csv", ".sql", ".bak", ".orig"}


@dataclass(frozen=True, slots=True)
class Folder:
    """The definition files of a folder, in order of their names, and what is odd about the others."""

    files: tuple[Path, ...]
    diagnostics: tuple[Diagnostic, ...]


def is_definition(path: Path) -> bool:
    """Whether a file is one of ours by its name: .yml or .yaml, and not hidden (editors leave such behind)."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "#"))


def definition_files(folder: Path, root: Path) -> Folder:
    """The definition files directly in `folder`; a folder that does not exist has none. Never raises."""
    shown = shown_path(folder, root)
    if not os.path.lexists(folder):
        return Folder((), ())
    if not folder.is_dir():
        what = "a link that leads nowhere" if folder.is_symlink() and not folder.exists() else "a file"
        message = f"'{shown}' should be a folder, but is {what}"
        remedy = "Make it a folder, and put a file for each definition into it."
        return Folder((), (Diagnostic("not-a-folder", message, place=Place(shown), remedy=remedy),))
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        message = f"the folder '{shown}' cannot be read"
        remedy = "Check its permissions."
        diagnostic = Diagnostic("unreadable-file", message, place=Place(shown), why=error.strerror, remedy=remedy)
        return Folder((), (diagnostic,))
    unread = [d for e in entries if not is_definition(e) and (d := _unread(e, root))]
    return Folder(tuple(e for e in entries if is_definition(e)), tuple(unread))


def _unread(path: Path, root: Path) -> Diagnostic | None:
    """A warning about what somebody may have meant to be read; None for what clearly is something else."""
    if path.name.startswith((".", "#", "__", "~")) or path.name.endswith("~"):
        return None
    place = Place(shown_path(path, root))
    try:
        if path.is_dir():
            if not any(is_definition(p) for p in path.iterdir()):
                return None
            remedy = f"Move its files up into '{path.parent.name}'."
            return Diagnostic(
                "unread-file", "files in this folder are not read", Severity.WARNING, place, remedy=remedy
            )
    except OSError:
        return None
    if path.suffix.lower() in _LEFT_ALONE and Path(path.stem).suffix.lower() not in SUFFIXES:
        return None
    message = "this file is not read, because its name does not end in .yml"
    return Diagnostic(
        "unread-file", message, Severity.WARNING, place, remedy=f"Rename it to {path.name.split('.')[0]}.yml."
    )


def unread_beside(root: Path, folders: tuple[str, ...], files: tuple[str, ...]) -> tuple[Diagnostic, ...]:
    """Warnings about folders and files beside beachhead.yml whose names are nearly those that are read."""
    found: list[Diagnostic] = []
    try:
        entries = sorted(root.iterdir())
    except OSError:
        return ()
    for entry in entries:
        if entry.name.startswith("."):
            continue
        known = folders if entry.is_dir() else files
        name = entry.name if entry.is_dir() else entry.stem
        if name in known or (not entry.is_dir() and not is_definition(entry)):
            continue
        nearest = nearest_name(name, known)
        if nearest:
            ending = "" if entry.is_dir() else entry.suffix
            message = f"the {'folder' if entry.is_dir() else 'file'} '{entry.name}' is not read"
            remedy = f"Did you mean '{nearest}{ending}'?"
            place = Place(shown_path(entry, root))
            found.append(Diagnostic("unread-file", message, Severity.WARNING, place, remedy=remedy, nearest=nearest))
    return tuple(found)


def read_text(path: Path, root: Path) -> str | Diagnostic:
    """The text of a definition file, or why there is none. Never raises, and never waits on a pipe."""
    place = Place(shown_path(path, root))
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            message = "this is a folder, but should be a file"
            return Diagnostic("not-a-file", message, place=place, remedy="Rename it, or move its files up.")
        if not stat.S_ISREG(status.st_mode):
            message = "this is a device or pipe, but should be a file"
            return Diagnostic("not-a-file", message, place=place, remedy="Replace it by a file.")
        if status.st_size > MAX_BYTES:
            message = f"the file has {status.st_size / 1e6:,.1f} MB; definitions have at most {MAX_BYTES / 1e6:g} MB"
            remedy = "Keep data in data files, and split long lists of definitions."
            return Diagnostic("file-too-large", message, place=place, remedy=remedy)
        content = path.read_bytes()
    except FileNotFoundError:
        message = "this link leads to a file that does not exist" if path.is_symlink() else "this file has vanished"
        return Diagnostic("unreadable-file", message, place=place, remedy="Remove it, or let it lead to a file.")
    except OSError as error:
        message = "this file cannot be read"
        remedy = "Check its permissions, and that it is no link to itself."
        return Diagnostic("unreadable-file", message, place=place, why=error.strerror, remedy=remedy)
    return _decoded(content, place)


def _decoded(content: bytes, place: Place) -> str | Diagnostic:
    remedy = "Save it as UTF-8 in your editor."
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Diagnostic("not-utf8", "the file is UTF-16, not UTF-8", place=Place(place.file, 1, 1), remedy=remedy)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        message = f"the file is not UTF-8 (byte {content[error.start]:#04x})"
        return Diagnostic("not-utf8", message, place=Place(place.file, line, column), remedy=remedy)


def shown_path(path: Path, root: Path) -> str:
    """`path` as one writes it in the project folder, with slashes."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
