"""What a snapshot says about itself, so that it can be read without the definitions that made it."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from beachhead.errors import Diagnostic, Severity
from beachhead.project.definitions import Settings, ValueDefinition, ValueTypeName
from beachhead.sources.problems import Example, Problem


class _About(BaseModel):
    model_config = ConfigDict(frozen=True)


class AboutAttribute(_About):
    """A column of the customer records."""

    name: str
    type: ValueTypeName
    title: str
    kind: str
    origin: str
    known_from: str
    addressable: bool
    stable: bool
    description: str = ""


class AboutSegment(_About):
    """One segment of the snapshot. `size` is null where it has no data; `why` says why then, or why it is stale.

    `lacking`: attributes of its rule that have no data and count as unknown. `joined`, `left`: against the
    snapshot before, null when the rule changed or there was none.
    """

    name: str
    title: str
    owner: str | None = None
    description: str | None = None
    profile: str | None = None
    where: str
    english: str = ""
    version: str = ""
    size: int | None = None
    stale: bool = False
    why: str | None = None
    lacking: tuple[str, ...] = ()
    joined: int | None = None
    left: int | None = None


class AboutFile(_About):
    """One source file: how many rows it had, how many were set aside or left out, what the reader assumed."""

    file: str
    rows_read: int
    rows_used: int
    rows_set_aside: int
    rows_left_out: int
    assumed: tuple[str, ...] = ()


class AboutSource(_About):
    name: str
    table: str
    files: tuple[AboutFile, ...]


class AboutProblem(_About):
    """A `Problem` as it is stored."""

    code: str
    severity: Severity
    message: str
    remedy: str
    count: int
    out_of: int
    source: str | None
    table: str | None
    column: str | None
    examples: tuple[tuple[str, int, str], ...]

    @classmethod
    def of(cls, problem: Problem) -> AboutProblem:
        return cls(
            code=problem.code,
            severity=problem.severity,
            message=problem.message,
            remedy=problem.remedy,
            count=problem.count,
            out_of=problem.out_of,
            source=problem.source,
            table=problem.table,
            column=problem.column,
            examples=tuple((e.file, e.line, e.value) for e in problem.examples),
        )

    def problem(self) -> Problem:
        return Problem(
            self.code,
            self.severity,
            self.message,
            self.remedy,
            self.count,
            self.out_of,
            self.source,
            self.table,
            self.column,
            tuple(Example(*e) for e in self.examples),
        )


class AboutDiagnostic(_About):
    code: str
    severity: Severity
    message: str
    remedy: str | None = None

    @classmethod
    def of(cls, diagnostic: Diagnostic) -> AboutDiagnostic:
        place = f"{diagnostic.place}: " if diagnostic.place else ""
        return cls(
            code=diagnostic.code,
            severity=diagnostic.severity,
            message=place + diagnostic.message,
            remedy=diagnostic.remedy,
        )


class About(_About):
    """`about.json`. `missing`: attributes without data, and what would have to be mapped."""

    as_of: date
    data_day: date
    settings: Settings
    attributes: tuple[AboutAttribute, ...]
    missing: dict[str, str]
    segments: tuple[AboutSegment, ...]
    sources: tuple[AboutSource, ...]
    problems: tuple[AboutProblem, ...]
    value: ValueDefinition | None
    diagnostics: tuple[AboutDiagnostic, ...]
