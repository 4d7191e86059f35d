"""What a change of rules will do, before it is done: who joins and leaves each segment, what they pay, who else asks.

Changed are segments whose rule is another one than the newest update has, and those that name them or a list.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from beachhead.errors import BeachheadError, Diagnostic, UsageError
from beachhead.rules import Node, segments_used
from beachhead.rules.ast import InList, Moved, Was
from beachhead.rules.ast import walk as walk_nodes
from beachhead.segments.evaluate import CompiledSegment
from beachhead.service.about import ABOUT, AboutSegment
from beachhead.service.customers_by_worth import CustomersByWorth
from beachhead.service.named_segment import users_of
from beachhead.service.plan import Plan
from beachhead.service.published_world import population_of_run
from beachhead.service.results import Run
from beachhead.service.update_segments import Evaluated, evaluate_segments, failures, told_of_segments, write_segments
from beachhead.store.files import FileSystem
from beachhead.store.layout import Layout
from beachhead.store.lock import writer_lock
from beachhead.store.manifest import Contents, SnapshotRef
from beachhead.store.snapshots import MEMBERSHIPS, Snapshot, SnapshotStore

Kind = Literal["new", "changed", "restored", "removed", "follows"]
_NOTABLE = 5
_COPIED_ANEW = frozenset({MEMBERSHIPS, ABOUT})


@dataclass(frozen=True, slots=True)
class Notable:
    """A customer worth naming."""

    account_id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Side:
    """Those who join, or those who leave. `money_cents`: what they bring in all; None where no money is known."""

    count: int
    money_cents: int | None
    notable: tuple[Notable, ...]


@dataclass(frozen=True, slots=True)
class SegmentChange:
    """What happens to one segment. `follows`: its own rule stays, but a segment, list or earlier day that it asks for
    changes. `restored`: the rule is that of its members again, after it could not be evaluated. `was`: the name that it
    had, where only that is another one. Sizes are None before the first time and after the last."""

    name: str
    title: str
    kind: Kind
    before: int | None
    after: int | None
    joined: Side
    left: Side
    english: str
    used_by: tuple[str, ...]
    was: str | None = None


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """All that `apply` would do. `measure`: the attribute that the money is of. `needs_update`: other definitions than
    rules changed, so that records must be computed again. `seconds`: how long evaluating took; `looks_back`: how many
    earlier days rules ask for."""

    changes: tuple[SegmentChange, ...]
    unchanged: int
    measure: str | None
    needs_update: bool
    seconds: float
    looks_back: int
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def plan_segments(run: Run, plan: Plan) -> SegmentPlan:
    """Compare the rules as they are now with the newest update. Raises `DataError`, `OutsideError`."""
    started = time.perf_counter()
    with population_of_run(run, plan) as population:
        evaluated = evaluate_segments(plan, population, lambda segments: _touched(run, segments))
        stays = {*plan.broken, *evaluated.failed}
        touched = {
            n: kind
            for n, kind in _touched(run, evaluated.segments).items()
            if n not in stays and n.partition("/")[0] not in stays
        }
        fresh = evaluated.ready.engine.members([n for n, kind in touched.items() if kind != "removed"])
    seconds = time.perf_counter() - started
    customers = CustomersByWorth(run)
    told = {s.name: s for s in run.about.segments}
    changes = []
    for name, kind in touched.items():
        old = _stored(run, name if name in told else _previous(evaluated, name))
        new = fresh.get(name)
        segment = evaluated.segments.get(name)
        empty = np.zeros(0, np.uint32)
        before, after = old if old is not None else empty, new if new is not None else empty
        if kind == "follows" and np.array_equal(before, after):
            continue
        changes.append(
            SegmentChange(
                name,
                segment.definition.title if segment else told[name].title,
                kind,
                None if old is None else len(old),
                None if new is None else len(new),
                _side(customers, np.setdiff1d(after, before, assume_unique=True)),
                _side(customers, np.setdiff1d(before, after, assume_unique=True)),
                segment.english if segment else told[name].english,
                tuple(users_of(plan, name)),
                _other_name(told, segment) if kind == "changed" else None,
            )
        )
    days = {part.at for s in evaluated.segments.values() for part in walk_nodes(s.node) if isinstance(part, Was)}
    return SegmentPlan(
        tuple(changes),
        len(evaluated.segments.keys() - evaluated.failed.keys()) - len([c for c in changes if c.kind != "removed"]),
        customers.money.attribute.name if customers.money else None,
        plan.made_by != run.about.made_by,
        seconds,
        len(days),
        (*plan.diagnostics, *failures(evaluated)),
    )


def publish_segments(run: Run, plan: Plan, files: FileSystem | None = None) -> SnapshotRef:
    """Publish the rules as they are now over the records of an update, as the next revision of its day. It becomes the
    current one where that update was.

    Raises `UsageError` when other definitions changed, which takes an update; `DataError`, `OutsideError`.
    """
    files = files or FileSystem()
    layout = Layout(plan.project.root)
    if plan.made_by != run.about.made_by:
        message = "not only rules changed since the last update, so customers must be computed again"
        raise UsageError(Diagnostic("needs-update", message, remedy="Run `beachhead run`."))
    with writer_lock(layout, "apply", 600.0, lambda _: None), population_of_run(run, plan) as population:
        store = SnapshotStore(layout, files)
        evaluated = evaluate_segments(plan, population, lambda segments: _touched(run, segments))
        day_before = _day_before(store, run)
        with store.begin(run.as_of) as draft:
            for entry in run.snapshot.manifest.files:
                if entry.name not in _COPIED_ANEW:
                    _link(run.snapshot.file(entry.name), draft.directory / entry.name)
            path = draft.directory / MEMBERSHIPS
            written = write_segments(path, plan, evaluated, run.snapshot, day_before)
            if evaluated.segments.keys() - written.keys() - evaluated.failed.keys():  # what should stay cannot be read
                path.unlink()
                evaluated = evaluate_segments(plan, population)
                written = write_segments(path, plan, evaluated, run.snapshot, day_before)
            segments = told_of_segments(plan, evaluated, written, run.snapshot)
            said = tuple(d for d in (*plan.diagnostics, *failures(evaluated)) if d.severity != "info")
            about = run.about.model_copy(update={"segments": segments, "diagnostics": said})
            files.write_bytes(draft.directory / ABOUT, about.model_dump_json(indent=1).encode())
            known = run.snapshot.manifest.contents
            counts = {**known.counts, "segments": len(written)}
            contents = Contents(known.watermark, known.references, counts)
            return draft.publish(contents, as_current=store.current() == run.snapshot.ref)


def _touched(run: Run, segments: Mapping[str, CompiledSegment]) -> dict[str, Kind]:
    """Segments that will not be as they are, each after those it names; what needs to be evaluated, and what goes."""
    told = {s.name: s for s in run.about.segments if s.size is not None}
    kinds: dict[str, Kind] = {}
    for name, segment in segments.items():
        if name not in told:
            kinds[name] = "changed" if segment.definition.previously in told else "new"
        elif told[name].version != segment.version:
            is_own = told[name].where != segment.definition.where or segments_used(segment.node).isdisjoint(kinds)
            kinds[name] = "changed" if is_own else "follows"
        elif told[name].stale:
            kinds[name] = "restored"
        elif not segments_used(segment.node).isdisjoint(kinds) or asks_elsewhere(segment.node):
            kinds[name] = "follows"
    heirs = {s.definition.previously for s in segments.values()}
    gone = [name for name in told if name not in segments and name not in heirs]
    return kinds | dict.fromkeys(gone, "removed")


def asks_elsewhere(rule: Node) -> bool:
    """Whether the members may be others though neither rule nor records changed: lists are files, and the past may be
    filled in."""
    return any(isinstance(part, InList | Moved | Was) for part in walk_nodes(rule))


def _previous(evaluated: Evaluated, name: str) -> str | None:
    segment = evaluated.segments.get(name)
    return segment.definition.previously if segment else None


def _other_name(told: Mapping[str, AboutSegment], segment: CompiledSegment | None) -> str | None:
    """The name that a segment has in an update, where its rule is the same there."""
    earlier = segment.definition.previously if segment and segment.name not in told else None
    known = told.get(earlier) if earlier else None
    return earlier if segment and known and known.version == segment.version else None


def _stored(run: Run, name: str | None) -> NDArray[np.uint32] | None:
    with suppress(BeachheadError):
        return run.members(name)[name] if name else None
    return None


def _side(customers: CustomersByWorth, numbers: NDArray[np.uint32]) -> Side:
    best = customers.named(customers.best_first(numbers)[:_NOTABLE])
    return Side(len(numbers), customers.money_cents(numbers), tuple(Notable(i, name) for i, name, _ in best))


def _day_before(store: SnapshotStore, run: Run) -> Snapshot | None:
    for ref in reversed([r for r in store.list() if r.as_of < run.as_of]):
        with suppress(BeachheadError):
            return store.open(ref)
    return None


def _link(source: os.PathLike[str], target: os.PathLike[str]) -> None:
    """The same file under another name; a copy where the disk knows no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
