"""Which updates of a day there are, and whether the present definitions made them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from beachhead.errors import BeachheadError
from beachhead.service.results import Run
from beachhead.store.snapshots import SnapshotStore


def run_on(store: SnapshotStore, day: date) -> Run | None:
    """The newest update as of exactly that day; None where there is none that can be read."""
    with suppress(BeachheadError):
        newest = max((r for r in store.list() if r.as_of == day), default=None)
        return Run(store.open(newest)) if newest else None
    return None


def has_records_of(run: Run, made_by: str) -> bool:
    """Whether its customers were computed by these definitions."""
    with suppress(BeachheadError):
        return run.about.made_by == made_by
    return False


def has_rules(run: Run, versions: Mapping[str, str | None]) -> bool:
    """Whether it has the members of these segments in these versions."""
    with suppress(BeachheadError):
        file = run.snapshot.memberships()
        entries = {name: file.entry(name) for name in versions if name in file}
        return all(n in entries and entries[n].version == v and not entries[n].stale for n, v in versions.items())
    return False
