"""Which files a source stands for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from beachhead.errors import nearest_name
from beachhead.project.definitions import SourceDefinition

_WILDCARD = re.compile(r"[*?\[]")
_NUMBER = re.compile(r"(\d+)")


def matching_files(root: Path, source: SourceDefinition) -> tuple[Path, ...]:
    """The files that a source's patterns match, each once, pattern by pattern, in natural order (2 before 10).

    Patterns are relative to the project folder `root`; absolute ones, `~` and `..` are taken as written. Wildcards
    never match hidden files or the lock files of office programs, and `**` does not enter linked folders.
    A pattern that matches nothing adds nothing; folders that cannot be read count as empty.
    """
    found: dict[Path, Path] = {}
    for pattern in source.files:
        for path in files_of_pattern(root, pattern):
            found.setdefault(path.resolve(), path)
    return tuple(found.values())


def files_of_pattern(root: Path, pattern: str) -> tuple[Path, ...]:
    """The files that one pattern matches, in natural order."""
    whole = literal_path(root, pattern)
    try:
        if whole.is_file():
            return (whole,)
        if not _WILDCARD.search(pattern):
            return ()
        base, rest = _split(root, pattern)
        return tuple(sorted(_glob(base, rest), key=_natural))
    except (OSError, ValueError):
        return ()


def literal_path(root: Path, pattern: str) -> Path:
    """The path that a pattern without wildcards means."""
    path = Path(pattern)
    if path.parts[:1] == ("~",):
        path = Path.home().joinpath(*path.parts[1:])
    return root / path


def nearest_file(path: Path) -> str | None:
    """The name in `path`'s folder that is closest to `path`'s, or None."""
    try:
        names = [p.name for p in path.parent.iterdir() if p.is_file() and not p.name.startswith(".")]
    except OSError:
        return None
    return nearest_name(path.name, names)


def _split(root: Path, pattern: str) -> tuple[Path, str]:
    """The folder before the first wildcard, and the pattern from there on."""
    parts = Path(pattern).parts
    first = next(i for i, part in enumerate(parts) if _WILDCARD.search(part))
    return literal_path(root, str(Path(*parts[:first]))), str(Path(*parts[first:]))


def _glob(base: Path, rest: str) -> Iterator[Path]:
    shows_hidden = any(part.startswith(".") and part != ".." for part in Path(rest).parts)
    for path in base.glob(rest):
        names = path.relative_to(base).parts
        hidden = any(name.startswith((".", "~$")) and name != ".." for name in names)
        if (shows_hidden or not hidden) and path.is_file():
            yield path


def _natural(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Digits compare as numbers; a path without a difference but case keeps a fixed order."""
    parts = _NUMBER.split(os.fspath(path))
    return tuple((1, int(p), p) if p.isdigit() and p.isascii() else (0, 0, p) for p in parts)
