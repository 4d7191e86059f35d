"""What customers were like on earlier days: updates as of those days, made by the present definitions where missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from beachhead.errors import BeachheadError, Diagnostic, Severity
from beachhead.project import Project
from beachhead.rules.ast import Was, walk
from beachhead.rules.days import resolve_day
from beachhead.segments.families import version_in_family
from beachhead.service.plan import Plan, make_plan
from beachhead.service.progress import Say
from beachhead.service.published_days import has_records_of, has_rules, run_on
from beachhead.service.published_world import first_known_day
from beachhead.service.results import Run
from beachhead.service.run import RunOptions, run
from beachhead.service.segment_plan import publish_segments
from beachhead.store.layout import Layout
from beachhead.store.snapshots import SnapshotStore


def runs_as_of(
    project: Project, days: Iterable[date], segments: Iterable[str], say: Say
) -> tuple[dict[date, Run], tuple[Diagnostic, ...]]:
    """An update as of each day that was made by the present definitions, with the present rules of `segments`.

    Missing ones are computed and published; where only rules are others, only they are evaluated. Days before anybody
    was known have none. Also what went wrong.
    """
    plan = make_plan(project.root)
    wanted = {name: _version(plan, name) for name in segments}
    store = SnapshotStore(Layout(project.root))
    wanted_days = sorted(set(days))
    made = {d: r for d in wanted_days if (r := run_on(store, d)) and has_records_of(r, plan.made_by)}
    first = _first_known(store, plan) if len(made) < len(wanted_days) else None
    found: dict[date, Run] = {}
    said: list[Diagnostic] = []
    for day in wanted_days:
        there = made.get(day)
        if there is None and first is not None and day < first:
            continue
        if there is None or not has_rules(there, wanted):
            say(f"Looking back to {day}")
            try:
                if there is not None:
                    said += look_back(plan, there, say)
                    ref = publish_segments(there, plan)
                else:
                    ref = run(project.root, RunOptions(as_of=day, allow_loss=True, looks_back=True), plan=plan).snapshot
            except BeachheadError as e:
                if all(d.code == "no-customers" for d in e.diagnostics):
                    continue
                said += e.diagnostics
                continue
            there = Run(store.open(ref))
        found[day] = there
    return found, tuple(said)


def look_back(plan: Plan, run: Run, say: Say) -> tuple[Diagnostic, ...]:
    """See that there are records of the earlier days that rules ask for (`was`) as of a run's day. What went wrong."""
    asked = {part.at for s in plan.segments for part in walk(s.node) if isinstance(part, Was)}
    days = {day for at in asked if (day := resolve_day(at, run.as_of, {})) and day < run.as_of}
    if not days:
        return ()
    found, said = runs_as_of(plan.project, days, (), say)
    return said or tuple(_before_anybody(day) for day in sorted(days - found.keys()))


def _before_anybody(day: date) -> Diagnostic:
    message = f"nobody was known on {day}, which a rule asks for, so that what was then is unknown of everybody"
    return Diagnostic("before-anybody", message, Severity.WARNING, remedy="Ask for a later day.")


def _first_known(store: SnapshotStore, plan: Plan) -> date | None:
    newest = store.current()
    return first_known_day(Run(store.open(newest)), plan) if newest else None


def _version(plan: Plan, segment: str) -> str | None:
    """The version of a segment's present rule, also of one of a family."""
    versions = {s.name: s.version for s in plan.segments}
    family, _, value = segment.partition("/")
    if segment in versions or family not in versions:
        return versions.get(segment)
    return version_in_family(versions[family], value)
