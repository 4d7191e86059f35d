"""What segment files name and no update has: texts, ids of customers, names that segments are said to have had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pyarrow as pa
import pyarrow.compute as pc

from beachhead.analysis.display import plural
from beachhead.errors import BeachheadError, Diagnostic, Severity, nearest_name
from beachhead.project import Project
from beachhead.rules import check_rule
from beachhead.service.known_texts import KnownTexts
from beachhead.service.plan import Plan, without_secrets
from beachhead.service.results import Run
from beachhead.service.rule_texts import parsed_text
from beachhead.store.layout import Layout
from beachhead.store.snapshots import SnapshotStore

_NAMED = 3


def unknown_names(plan: Plan) -> list[Diagnostic]:
    """Warnings beside those of the plan. Texts and ids are compared with the newest update while its records are made
    by the same definitions. Never raises; what is not there or cannot be read says nothing."""
    store = SnapshotStore(Layout(plan.project.root))
    found: list[Diagnostic] = []
    with suppress(BeachheadError, pa.ArrowException, OSError):
        if (ref := store.current()) is not None:
            run = Run(store.open(ref))
            if plan.made_by == run.about.made_by:
                found += _texts(plan)
                found += _ids(plan.project, run)
            found += _earlier_names(plan.project, run, store)
    return [d for d in (without_secrets(d, plan.project) for d in found) if d not in plan.diagnostics]


def _texts(plan: Plan) -> Iterator[Diagnostic]:
    catalog = plan.knowing(KnownTexts(plan.project.root)).catalog
    for name, definition in plan.project.segments.items():
        node = parsed_text(plan.project, [], "segments", name, "where", definition.where)
        if node is not None:
            yield from (d for d in check_rule(node, catalog).diagnostics if d.code == "unknown-value")


def _ids(project: Project, run: Run) -> Iterator[Diagnostic]:
    """Of those in or out by hand; a customer may be named by any id that a source has for them."""
    by_hand = {(s.name, "include"): s.include for s in project.segments.values()}
    by_hand |= {(s.name, "exclude"): s.exclude for s in project.segments.values()}
    asked = pa.array({i for ids in by_hand.values() for i in ids}, pa.string())
    if not len(asked):
        return
    columns = [run.columns("account_id")["account_id"]]
    if len(run.matches):
        matches = run.matches.arrow()
        columns.append(matches.filter(pc.greater(matches["account_no"], 0))["account_id"])
    known = {i for column in columns for i in column.filter(pc.is_in(column, asked)).to_pylist()}
    for (name, key), ids in by_hand.items():
        if unknown := [i for i in ids if i not in known]:
            shown = ", ".join(f"'{i}'" for i in unknown[:_NAMED]) + (", …" if len(unknown) > _NAMED else "")
            message = f"'{key}' names {plural(len(unknown), 'ids')} that no customer has: {shown}"
            place = project.place("segments", name, key, ids.index(unknown[0]))
            remedy = "Write ids as your sources have them, or remove them."
            yield Diagnostic("unknown-customer", message, Severity.WARNING, place, remedy=remedy)


def _earlier_names(project: Project, run: Run, store: SnapshotStore) -> Iterator[Diagnostic]:
    """Of `previously`. Days are looked through from the newest on, as far as needed."""
    heirs = {s.previously: s.name for s in project.segments.values() if s.previously}
    published = {s.name.partition("/")[0] for s in run.about.segments}
    for ref in reversed(store.memberships()):
        if heirs.keys() <= published:
            return
        published |= {name.partition("/")[0] for name in store.open_memberships(ref).segments}
    for old, name in heirs.items():
        if old not in published:
            near = nearest_name(old, published - project.segments.keys())
            remedy = f"Did you mean '{near}'?" if near else "Remove `previously`, if it is a new segment."
            message = f"'previously' names '{old}', and no update had a segment of that name"
            place = project.place("segments", name, "previously")
            yield Diagnostic("unknown-segment", message, Severity.WARNING, place, remedy=remedy, nearest=near)
