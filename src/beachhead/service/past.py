"""What customers were like on earlier days: updates as of those days, made by the present definitions where missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from beachhead.errors import BeachheadError, Diagnostic
from beachhead.project import Project
from beachhead.rules.ast import Was, walk
from beachhead.rules.days import resolve_day
from beachhead.segments.evaluate import with_all_used
from beachhead.segments.families import version_in_family
from beachhead.service.plan import Plan, make_plan
from beachhead.service.progress import Say
from beachhead.service.published_days import has_records_of, has_rules, run_on
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
    wanted = {name: _version(plan, name) for name in _with_those_named(plan, segments)}
    found: dict[date, Run] = {}
    said: list[Diagnostic] = []
    store = SnapshotStore(Layout(project.root))
    for day in sorted(set(days)):
        there = run_on(store, day)
        if there is not None and not has_records_of(there, plan.made_by):
            there = None
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
    return runs_as_of(plan.project, days, (), say)[1] if days else ()


def _with_those_named(plan: Plan, segments: Iterable[str]) -> set[str]:
    """These segments and all that their rules name at any distance."""
    listed = set(segments)
    rules = {s.name: s.node for s in plan.segments}
    families = {s.name for s in plan.segments if s.definition.for_each}
    return listed | (with_all_used((name.partition("/")[0] for name in listed), rules).keys() - families)


def _version(plan: Plan, segment: str) -> str | None:
    """The version of a segment's present rule, also of one of a family."""
    versions = {s.name: s.version for s in plan.segments}
    family, _, value = segment.partition("/")
    if segment in versions or family not in versions:
        return versions.get(segment)
    return version_in_family(versions[family], value)
