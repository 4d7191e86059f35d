"""Problems in the data as the report lists them: grave ones first, the most frequent first, none hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from beachhead.analysis.display import plural
from beachhead.errors import Severity
from beachhead.reports.data import SourceRows
from beachhead.sources.problems import Problem

_TITLES = {
    Severity.ERROR: "Must be put right",
    Severity.WARNING: "Makes numbers less certain",
    Severity.INFO: "Worth knowing",
}


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    title: str
    severity: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ProblemsView:
    """`rows`: what became of every source's rows."""

    lead: str
    groups: tuple[ProblemGroup, ...]
    rows: tuple[SourceRows, ...]


def problems_view(problems: Sequence[Problem], rows: Sequence[SourceRows]) -> ProblemsView:
    """All problems and all sources."""
    groups = tuple(
        ProblemGroup(
            title,
            str(severity),
            tuple(sorted((p for p in problems if p.severity == severity), key=lambda p: (-p.count, p.code))),
        )
        for severity, title in _TITLES.items()
        if any(p.severity == severity for p in problems)
    )
    return ProblemsView(_lead(problems, rows), groups, tuple(rows))


def _lead(problems: Sequence[Problem], rows: Sequence[SourceRows]) -> str:
    said: list[str] = []
    if rows:
        read, used, aside = (sum(getattr(r, k) for r in rows) for k in ("read", "used", "set_aside"))
        said.append(
            f"{plural(read, 'rows')} read, {used:,} used, {aside:,} set aside; every one is kept with its reason."
        )
    if not problems:
        return " ".join([*said, "No problems were found."])
    grave = sum(p.severity == Severity.ERROR for p in problems)
    said.append(f"{plural(len(problems), 'kinds of problem')} found" + (f", {grave} of them grave." if grave else "."))
    return " ".join(said)
