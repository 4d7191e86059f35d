"""What is wrong with data: counted, with examples that can be looked up, never silent."""

from __future__ import annotations

from dataclasses import dataclass

from beachhead.errors import Severity


@dataclass(frozen=True, slots=True)
class Example:
    """One place where the problem shows. `line` counts from 1; 0: the format has no lines."""

    file: str
    line: int
    value: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.value}" if self.value else place


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of fault in one table, source and column: how often, what it means, what to do.

    `count` is the number of affected rows, `out_of` the rows looked at. `code` is stable, kebab-case.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    count: int
    out_of: int
    source: str | None = None
    table: str | None = None
    column: str | None = None
    examples: tuple[Example, ...] = ()
