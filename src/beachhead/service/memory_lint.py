"""What is odd about definitions in the light of what was published, and of each other: segments in which nobody has
been for long, lists and attributes that nothing uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta

from beachhead.errors import BeachheadError, Diagnostic, Place, Severity
from beachhead.project import Project
from beachhead.rules import attributes_used, lists_used, parse
from beachhead.service.plan import Plan
from beachhead.store.layout import Layout
from beachhead.store.snapshots import SnapshotStore

LONG = timedelta(days=90)


def memory_lint(plan: Plan) -> Iterator[Diagnostic]:
    """Warnings of segments that were empty on every published day of the last 90 days or more, and notes of what is
    unused. Never raises: days that cannot be read say nothing."""
    yield from _empty_segments(plan)
    yield from _unused(plan.project)


def _empty_segments(plan: Plan) -> Iterator[Diagnostic]:
    """Of single segments whose rule was the same all the time. Families have segments only for values that there are."""
    since = _empty_since(SnapshotStore(Layout(plan.project.root)), {s.name: s.version for s in plan.segments})
    for name, day in since.items():
        message = f"nobody has been in segment '{name}' since {day}, on any published day"
        remedy = "See whether its rule means what it should (`beachhead why` tells it of a customer), or remove it."
        yield Diagnostic("segment-empty", message, Severity.WARNING, plan.project.place("segments", name), remedy=remedy)


def _empty_since(store: SnapshotStore, versions: dict[str, str]) -> dict[str, date]:
    """Segments that are empty on the newest published day and were, under this rule, on all before it for `LONG`: the
    first of these days that was looked at."""
    days = {ref.as_of: ref for ref in store.memberships()}
    empty: dict[str, date] = {}
    for n, day in enumerate(sorted(days, reverse=True)):
        newest = max(days)
        try:
            entries = store.open_memberships(days[day]).entries
        except BeachheadError:
            continue
        here = {e.segment for e in entries if not e.size and not e.stale and versions.get(e.segment) == e.version}
        empty = dict.fromkeys(here, day) if n == 0 else empty | dict.fromkeys(here & empty.keys(), day)
        others = {name for name, first in empty.items() if first != day}
        empty = {name: first for name, first in empty.items() if name not in others}
        if not empty or day <= newest - LONG:
            break
    return {name: first for name, first in empty.items() if first <= newest - LONG} if empty else {}
