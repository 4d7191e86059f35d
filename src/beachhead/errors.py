"""What can be wrong, and how it is said: one `Diagnostic` shape for definitions, data and surroundings."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePath
from typing import Self


class Severity(StrEnum):
    """`error` stops what depends on it, `warning` does not, `info` is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file. Lines and columns count from 1; 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong or worth knowing: what, where, why, and what to do.

    `code` is stable and kebab-case (`unknown-column`). `nearest` is the closest existing name.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    place: Place | None = None
    why: str | None = None
    remedy: str | None = None
    nearest: str | None = None

    @classmethod
    def unknown_name(
        cls, kind: str, name: str, known: Iterable[str], place: Place | None = None, remedy: str | None = None
    ) -> Self:
        """A name that does not exist (`kind` is the word for it: "column", "segment"), with the nearest that does."""
        names = sorted(known)
        nearest = nearest_name(name, names)
        if remedy is None:
            if nearest:
                remedy = f"Did you mean '{nearest}'?"
            elif names:
                remedy = f"Known: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}."
            else:
                remedy = f"There is no {kind} yet."
        code = f"unknown-{kind.replace(' ', '-')}"
        return cls(code, f"there is no {kind} '{name}'", place=place, remedy=remedy, nearest=nearest)

    def at(self, place: Place) -> Diagnostic:
        """The same diagnostic at `place`, unless it already has one."""
        return self if self.place else replace(self, place=place)

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        head = f"{self.place}: " if self.place else ""
        parts = [f"{head}{self.severity}: {self.message} [{self.code}]"]
        parts += [f"  why: {self.why}"] if self.why else []
        parts += [f"  what to do: {self.remedy}"] if self.remedy else []
        return "\n".join(parts)

    def as_dict(self) -> dict[str, str | int | None]:
        """The JSON form, flat, with null for what is unknown."""
        place = self.place
        return {
            "code": self.code,
            "severity": str(self.severity),
            "message": self.message,
            "file": place.file if place else None,
            "line": (place.line or None) if place else None,
            "column": (place.column or None) if place else None,
            "why": self.why,
            "remedy": self.remedy,
            "nearest": self.nearest,
        }


class BeachheadError(Exception):
    """Base of all errors that a user may see; carries one or more diagnostics, never an empty list.

    `exit_code` is what the command line returns: 1 the project or data has errors, 2 wrong usage,
    3 something outside failed.
    """

    exit_code = 1

    def __init__(self, diagnostics: Diagnostic | Sequence[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = (
            (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        )
        super().__init__("\n".join(str(d) for d in self.diagnostics))


class DefinitionError(BeachheadError):
    """The project's files say something that cannot be used."""


class DataError(BeachheadError):
    """The data cannot be used as it is; nothing was published."""


class UsageError(BeachheadError):
    """The command or call was wrong."""

    exit_code = 2


class OutsideError(BeachheadError):
    """Something outside failed: disk, network, another process, a missing server."""

    exit_code = 3


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name` (case ignored), or None when nothing is close."""
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def display_path(path: PurePath, root: PurePath) -> str:
    """`path` as a person in the project folder would write it."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
