"""What is odd about definitions in the light of what was published, and of each other: segments in which nobody has
been for long, lists and attributes that nothing uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from beachhead.errors import BeachheadError, Diagnostic, Place, Severity
from beachhead.project import Project
from beachhead.project.definition_files import shown_path
from beachhead.rules import attributes_used, lists_used, parse
from beachhead.service.plan import Plan
from beachhead.store.layout import Layout
from beachhead.store.snapshots import SnapshotStore

LONG = timedelta(days=90)


def memory_lint(plan: Plan) -> Iterator[Diagnostic]:
    """Warnings of segments that were empty on every published day of the last 90 days or more, and notes of what is
    unused; nothing before the first update. Never raises; days that cannot be read say nothing."""
    store = SnapshotStore(Layout(plan.project.root))
    if store.memberships():
        yield from _empty(plan, store)
        yield from _unused(plan.project)


def _empty(plan: Plan, store: SnapshotStore) -> Iterator[Diagnostic]:
    """Of segments whose rule was the same all the time, but not of families: these have none that could be empty."""
    names, since = _empty_for_long(store, {s.name: s.version for s in plan.segments})
    for name in sorted(names):
        message = f"nobody was in segment '{name}' on any published day since {since}"
        remedy = "See whether its rule says what it should, or remove it."
        yield Diagnostic(
            "segment-empty", message, Severity.WARNING, plan.project.place("segments", name), remedy=remedy
        )


def _empty_for_long(store: SnapshotStore, versions: Mapping[str, str]) -> tuple[set[str], date | None]:
    """The segments that had nobody under this rule on all published days from one that lies so far back; that day."""
    newest_of = {ref.as_of: ref for ref in store.memberships()}
    days = sorted(newest_of, reverse=True)
    left, last = set(versions), None
    for day in days:
        try:
            entries = store.open_memberships(newest_of[day]).entries()
        except BeachheadError:
            continue
        left &= {e.segment for e in entries if not e.size and not e.stale and versions.get(e.segment) == e.version}
        last = day
        if not left or day <= days[0] - LONG:
            break
    return (left, last) if last is not None and last <= days[0] - LONG else (set(), None)


def _unused(project: Project) -> Iterator[Diagnostic]:
    """Lists and own attributes that no rule, formula or score names. Silent while a definition that may do so cannot be
    read."""
    if any(kind in ("segments", "attributes", "value") for kind, _ in project.broken):
        return
    rules = [s.where for s in project.segments.values()] + [a.expression for a in project.attributes.values()]
    lists, attributes = set[str](), {s.for_each for s in project.segments.values()}
    attributes |= {i.attribute for i in project.value.inputs} if project.value else set()
    for rule in rules:
        try:
            node = parse(rule)
        except BeachheadError:
            attributes |= (words := {*re.findall(r"\w+", rule)})
            lists |= words
        else:
            attributes |= attributes_used(node)
            lists |= lists_used(node)
    for name in sorted(project.lists.keys() - lists):
        place = Place(shown_path(project.lists[name], project.root))
        yield _not_named("no segment", f"the list '{name}'", "Remove the file, if you need it no more.", place)
    for name in sorted(project.attributes.keys() - attributes):
        place = project.place("attributes", name)
        remedy = "Nothing, if people look at it; else remove it."
        yield _not_named("no segment, formula or score", f"the attribute '{name}'", remedy, place)


def _not_named(by: str, what: str, remedy: str, place: Place) -> Diagnostic:
    return Diagnostic("unused", f"{by} uses {what}", Severity.INFO, place, remedy=remedy)
