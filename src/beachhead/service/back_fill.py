"""A segment by its present rule over past days, so that its trend is that of customers and not of definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from beachhead.analysis.display import plural
from beachhead.errors import Diagnostic, Severity, UsageError
from beachhead.metrics.periods import Every, periods_between
from beachhead.service.named_segment import named_segment
from beachhead.service.past import runs_as_of
from beachhead.service.plan import make_plan
from beachhead.service.progress import Say
from beachhead.service.published_days import has_records_of, run_on
from beachhead.service.results import Run
from beachhead.store.layout import Layout
from beachhead.store.membership_history import MembershipHistory, Published
from beachhead.store.snapshots import SnapshotStore


@dataclass(frozen=True, slots=True)
class BackFilled:
    """The segment on every published day, and what went wrong."""

    sizes: tuple[Published, ...]
    diagnostics: tuple[Diagnostic, ...]


def back_filled(root: Path, latest: Run, segment: str, first: date, every: Every, say: Say) -> BackFilled:
    """Compute and publish the segment as of the last day of each period from `first` to the newest update, and on the
    published days between, as far as their customers were computed by the present definitions.

    Raises `UsageError` for an unknown segment or a day that is not before the newest update, `DefinitionError` for a
    segment that has errors, `DataError`.
    """
    if segment not in latest.segments:
        raise UsageError(Diagnostic.unknown_name("segment", segment, latest.segments))
    if first >= latest.as_of:
        message = f"{first} is not before the newest update, of {latest.as_of}"
        raise UsageError(Diagnostic("not-before", message, remedy="Take an earlier first day."))
    plan = make_plan(root)
    named_segment(plan, segment)
    days = {p.last_day for p in periods_between(first, latest.as_of, every) if p.last_day < latest.as_of}
    store = SnapshotStore(Layout(root))
    there = MembershipHistory(store, plan.previously).days
    between = {ref.as_of for ref in there if first <= ref.as_of < latest.as_of} - days
    days |= {day for day in between if (run := run_on(store, day)) and has_records_of(run, plan.made_by)}
    _, said = runs_as_of(plan.project, days, [segment], say)
    sizes = MembershipHistory(store, plan.previously).sizes(segment)
    others = [p.day for p in sizes if p.day in between - days and p.version != sizes[-1].version]
    return BackFilled(sizes, (*said, _others(others)) if others else said)


def _others(days: Sequence[date]) -> Diagnostic:
    keep = "keeps its" if len(days) == 1 else "keep their"
    message = (
        f"{plural(len(days), 'published days')} between {keep} rule, such as {days[0]}, since customers were computed "
        "by other definitions then"
    )
    remedy = f"Run `beachhead run --as-of {days[0]}` where such a day should be comparable."
    return Diagnostic("other-definitions", message, Severity.INFO, remedy=remedy)
