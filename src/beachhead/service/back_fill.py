"""A segment by its present rule over past days, so that its trend is that of customers and not of definitions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from beachhead.errors import Diagnostic, UsageError
from beachhead.metrics.periods import Every, periods_between
from beachhead.service.named_segment import named_segment
from beachhead.service.past import runs_as_of
from beachhead.service.plan import make_plan
from beachhead.service.progress import Say
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
    """Compute and publish the segment as of the last day of each period from `first` to the newest update.

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
    days = [p.last_day for p in periods_between(first, latest.as_of, every) if p.last_day < latest.as_of]
    _, said = runs_as_of(plan.project, days, [segment], say)
    history = MembershipHistory(SnapshotStore(Layout(root)))
    return BackFilled(history.sizes(segment), said)
