"""The last part of an update: who is in which segment, written as memberships, and what is told about each segment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from beachhead.errors import BeachheadError, DataError, Diagnostic
from beachhead.project.definitions import SegmentDefinition
from beachhead.segments.evaluate import CompiledSegment, Ready, make_ready, with_all_used
from beachhead.segments.families import members_of_family, too_large
from beachhead.segments.publish import Last, Written, write_members
from beachhead.service.about import AboutSegment
from beachhead.service.plan import Plan
from beachhead.service.population import Customers
from beachhead.service.results import Run
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_writer import Base
from beachhead.store.snapshots import Snapshot


@dataclass(frozen=True)
class Evaluated:
    """The segments of an update, families as their single ones. `ready` has the rules of those that were evaluated;
    `failed` says what is wrong with others."""

    ready: Ready
    segments: Mapping[str, CompiledSegment]
    failed: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)


Segments = Mapping[str, CompiledSegment]


def evaluate_segments(
    plan: Plan, population: Customers, wanted: Callable[[Segments], Collection[str]] | None = None
) -> Evaluated:
    """Get the rules of segments ready, each family for the values that customers have now. `wanted` chooses among them,
    default all; those that they name are evaluated too."""
    segments: dict[str, CompiledSegment] = {}
    failed: dict[str, tuple[Diagnostic, ...]] = {}
    for segment in plan.segments:
        if segment.definition.for_each is None:
            segments[segment.name] = segment
            continue
        attribute = plan.catalog.attributes[segment.definition.for_each]
        try:
            values = list(population.attribute(attribute.name).values())
        except BeachheadError as e:
            failed[segment.name] = e.diagnostics
            continue
        if wrong := too_large(segment, values):
            failed[segment.name] = (wrong.at(plan.project.place("segments", segment.name, "for_each")),)
            continue
        segments |= {one.name: one for one in members_of_family(segment, attribute.title, values)}
    rules = {name: segment.node for name, segment in segments.items()}
    ready = make_ready(with_all_used(wanted(segments), rules) if wanted else rules, population)
    return Evaluated(ready, segments, {**failed, **ready.failed})


def write_segments(
    path: Path, plan: Plan, evaluated: Evaluated, before: Snapshot | None, day_before: Snapshot | None
) -> dict[str, Written]:
    """Write the memberships. What could not be evaluated keeps its last members of `before`, marked stale; what was
    not, because nothing changed, keeps them as they are. Numbers are compared with `day_before`, where the rule was the
    same. What is damaged in these two is done without."""
    last, compared = memberships_of(before), memberships_of(day_before)
    engine = evaluated.ready.engine
    versions = {name: evaluated.segments[name].version for name in engine.names}
    previously = dict(last.head.previously) if last else {}  # a later file may be all that is left of an earlier one
    previously |= {n: old for n in engine.names if (old := evaluated.segments[n].definition.previously)}
    kept = list(_kept(plan, evaluated, last)) if last else []
    base = Base(before.ref, last) if before and last else None
    try:
        return write_members(path, engine, versions, kept, base, _compared(evaluated, compared), previously)
    except DataError:
        whole = [one for one in kept if _is_whole(one)]
        return write_members(path, engine, versions, whole, None, {}, previously)


def memberships_of(snapshot: Snapshot | None) -> MembershipFile | None:
    """Those of a snapshot; None when it has none that can be read."""
    with suppress(BeachheadError):
        return snapshot.memberships() if snapshot else None
    return None


def _kept(plan: Plan, evaluated: Evaluated, last: MembershipFile) -> Iterator[Last]:
    """The segments that cannot be evaluated now and have members, of a broken family all its segments; and those that
    need not be."""
    failed = {*plan.broken, *evaluated.failed}
    fresh = set(evaluated.ready.engine.names)
    for name in last.segments:
        if name in failed or name.partition("/")[0] in failed:
            yield Last(name, last, stale=True)
        elif name in evaluated.segments and name not in fresh:
            yield Last(name, last, stale=False)


def _is_whole(one: Last) -> bool:
    try:
        one.file.read(one.segment)
    except DataError:
        return False
    return True


def _compared(evaluated: Evaluated, file: MembershipFile | None) -> dict[str, tuple[MembershipFile, str]]:
    """With what of the file each segment can be compared: the same rule, under its name or an earlier one."""
    found = {}
    for name, segment in evaluated.segments.items():
        for origin in (name, segment.definition.previously):
            if file and origin and origin in file:
                if file.entry(origin).version == segment.version:
                    found[name] = (file, origin)
                break
    return found


def told_of_segments(
    plan: Plan, evaluated: Evaluated, written: Mapping[str, Written], before: Snapshot | None
) -> tuple[AboutSegment, ...]:
    """What the snapshot says of each segment, by name; one whose file cannot be read is as it was told last."""
    why = {n: "; ".join(d.message for d in found) for n, found in {**plan.broken, **evaluated.failed}.items()}
    known = _told_before(before)
    told = [
        _told(segment, written.get(name), why.get(name), known.get(name))
        for name, segment in evaluated.segments.items()
    ]
    told += [
        AboutSegment(**_defined(definition), why=why.get(name) or plan.waiting.get(name), stale=name in written,
                     size=written[name].size if name in written else None,
                     version=known[name].version if name in written and name in known else "")
        for name, definition in plan.project.segments.items()
        if name not in evaluated.segments and (definition.for_each is None or name in why or name in plan.waiting)
    ]  # fmt: skip
    here = {s.name for s in told}
    lost = [name for name in written if name not in here]
    told += [
        known[name].model_copy(
            update={"stale": True, "joined": None, "left": None, "why": why.get(name, why.get(name.partition("/")[0]))}
        )
        for name in lost
        if name in known
    ]
    return tuple(sorted(told, key=lambda s: s.name))


def _told_before(before: Snapshot | None) -> dict[str, AboutSegment]:
    with suppress(BeachheadError):
        return {s.name: s for s in Run(before).about.segments} if before else {}
    return {}


def _told(
    segment: CompiledSegment, written: Written | None, why: str | None, before: AboutSegment | None
) -> AboutSegment:
    is_stale = bool(written and why)
    return AboutSegment(
        **_defined(segment.definition),
        english=segment.english,
        version=before.version if is_stale and before else segment.version,
        size=written and written.size,
        stale=is_stale,
        why=why,
        lacking=segment.lacking,
        joined=written and written.joined,
        left=written and written.left,
    )


def _defined(definition: SegmentDefinition) -> dict[str, object]:
    return definition.model_dump(include=set(AboutSegment.model_fields))


def failures(evaluated: Evaluated) -> Sequence[Diagnostic]:
    """What is wrong with segments that could not be evaluated."""
    return tuple(d for found in evaluated.failed.values() for d in found)
