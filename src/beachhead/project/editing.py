"""Definitions changed on somebody's behalf: the file keeps its comments, its order and all that was not changed."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from beachhead.errors import DefinitionError, Diagnostic, OutsideError, Place
from beachhead.project.yaml_positions import PlainTree

Change = Callable[[CommentedMap], None]

_ONE_AT_A_TIME = threading.Lock()
"""Threads that change one file would otherwise overwrite what the other one wrote since."""


def edit_definition(path: Path, change: Change, heading: str = "") -> None:
    """Change a definition's file as a whole or not at all; a missing one begins with `heading` as a comment.

    Raises `DefinitionError` when the file is no group of keys, `OutsideError` where it cannot be written.
    """
    with _ONE_AT_A_TIME:
        _edit(path, change, heading)


def _edit(path: Path, change: Change, heading: str) -> None:
    try:
        text = path.read_text("utf-8") if path.exists() else _comment(heading)
    except (OSError, UnicodeDecodeError) as e:
        raise OutsideError(_cannot("read", path, e)) from e
    yaml = _yaml()
    try:
        document = yaml.load(text) or CommentedMap()
    except YAMLError as e:
        remedy = "Correct the file by hand first: beachhead check says where."
        message = f"{path.name} cannot be changed as long as it has mistakes"
        raise DefinitionError(
            Diagnostic("unreadable-yaml", message, place=Place(str(path)), why=str(e), remedy=remedy)
        ) from e
    if not isinstance(document, CommentedMap):
        message = f"{path.name} is not a group of `key: value` lines"
        raise DefinitionError(Diagnostic("wrong-type", message, place=Place(str(path)), remedy="Correct it by hand."))
    was_empty = not document
    change(document)
    out = io.StringIO()
    if was_empty:
        out.write(text if not text or text.endswith("\n") else f"{text}\n")
    yaml.dump(document, out)
    write_text(path, out.getvalue())


def write_definition(path: Path, plain: Mapping[str, PlainTree], heading: str) -> None:
    """Write a new definition, with `heading` as a comment before it. Raises `OutsideError`."""
    out = io.StringIO()
    out.write(_comment(heading))
    _yaml().dump(dict(plain), out)
    write_text(path, out.getvalue())


def write_text(path: Path, text: str) -> None:
    """Write a text file as a whole or not at all, its folder too. Raises `OutsideError`."""
    partial = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as e:
        partial.unlink(missing_ok=True)
        raise OutsideError(_cannot("written", path, e)) from e


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _comment(heading: str) -> str:
    return "".join(f"# {line}\n" for line in heading.splitlines())


def _cannot(what: str, path: Path, error: Exception) -> Diagnostic:
    why = getattr(error, "strerror", None) or str(error)
    remedy = "See whether the folder is yours to write and the disk has room."
    return Diagnostic(f"cannot-{what}", f"{path} cannot be {what}", place=Place(str(path)), why=why, remedy=remedy)
