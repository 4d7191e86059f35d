"""What customers were like on earlier days: updates as of those days, made by the present definitions where missing."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date

from beachhead.errors import BeachheadError, Diagnostic
from beachhead.project import Project
from beachhead.service.plan import Plan, make_plan
from beachhead.service.progress import Say
from beachhead.service.results import Run
from beachhead.service.run import RunOptions, run
from beachhead.store.layout import Layout
from beachhead.store.snapshots import Snapshot, SnapshotStore


def runs_as_of(
    project: Project, days: Iterable[date], segments: Iterable[str], say: Say
) -> tuple[dict[date, Run], tuple[Diagnostic, ...]]:
    """An update as of each day that was made by the present definitions, with the present rules of `segments`.

    Missing ones are computed and published; days before anybody was known have none. Also what went wrong.
    """
    plan = make_plan(project.root)
    versions = {s.name: s.version for s in plan.segments}
    wanted = {name: versions.get(name) for name in segments}
    found: dict[date, Run] = {}
    said: list[Diagnostic] = []
    store = SnapshotStore(Layout(project.root))
    for day in sorted(set(days)):
        there = _there(store, day)
        if there is None or not _is_present(there, plan.made_by, wanted):
            say(f"Looking back to {day}")
            try:
                outcome = run(project.root, RunOptions(as_of=day, allow_loss=True, looks_back=True), plan=plan)
            except BeachheadError as e:
                if all(d.code == "no-customers" for d in e.diagnostics):
                    continue
                said += e.diagnostics
                continue
            there = Run(store.open(outcome.snapshot))
        found[day] = there
    return found, tuple(said)


def run_on(plan: Plan, snapshot: Snapshot, day: date) -> Run | None:
    """A published update as of exactly that day whose records were made by the present definitions."""
    found = _there(SnapshotStore(Layout(snapshot.home.parent)), day)
    return found if found and _is_present(found, plan.made_by, {}) else None


def _there(store: SnapshotStore, day: date) -> Run | None:
    """The newest update as of exactly that day that can be read."""
    with suppress(BeachheadError):
        newest = max((r for r in store.list() if r.as_of == day), default=None)
        return Run(store.open(newest)) if newest else None
    return None


def _is_present(run: Run, made_by: str, segments: dict[str, str | None]) -> bool:
    with suppress(BeachheadError):
        about = {s.name: s.version for s in run.about.segments if not s.stale}
        return run.about.made_by == made_by and all(about.get(n) == v for n, v in segments.items())
    return False
