"""Whether stored members are what the rules give when everything is computed afresh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beachhead.errors import DataError, Diagnostic
from beachhead.rules import segments_used
from beachhead.service.plan import Plan
from beachhead.service.published_world import population_of_run
from beachhead.service.results import Run
from beachhead.service.update_segments import evaluate_segments, failures
from beachhead.store.layout import Layout
from beachhead.store.snapshots import SnapshotStore

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Drift:
    """A segment whose stored members differ: customers who are missing from them, and who should not be there."""

    segment: str
    missing: int
    too_many: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """`equal`: how many segments have exactly the members that their rule gives. `other_rule`: those that are not
    compared, since their rule, or that of a segment they name, is not the one that the members are of, or could not be
    evaluated then. `failed`: why others cannot be evaluated. `damaged`: what cannot be read."""

    equal: int
    drifted: tuple[Drift, ...]
    other_rule: tuple[str, ...]
    damaged: tuple[Diagnostic, ...]
    failed: tuple[Diagnostic, ...] = ()

    @property
    def is_sound(self) -> bool:
        return not self.drifted and not self.damaged and not self.failed


def verify(run: Run, plan: Plan) -> Verified:
    """Evaluate every rule afresh over what a run was computed from, and compare with its stored members."""
    damaged: list[Diagnostic] = []
    try:
        SnapshotStore(Layout(plan.project.root)).verify(run.snapshot.ref)
    except DataError as e:
        damaged += e.diagnostics
    told = {s.name: s for s in run.about.segments}
    with population_of_run(run, plan, kept=False) as population:
        evaluated = evaluate_segments(plan, population)
        engine = evaluated.ready.engine
        same: list[str] = []
        others: list[str] = []
        for name in engine.names:
            segment = evaluated.segments[name]
            last = told.get(name)
            is_same = last and not last.stale and last.size is not None and last.version == segment.version
            (same if is_same and segments_used(segment.node).isdisjoint(others) else others).append(name)
        fresh = engine.members(same)
    equal, drifted = 0, []
    columns = run.columns("account_no", "account_id")
    id_of = dict(zip(columns["account_no"].to_pylist(), columns["account_id"].to_pylist(), strict=True))
    for name in same:
        try:
            stored = run.members(name)[name]
        except DataError as e:
            damaged += [d for d in e.diagnostics if d not in damaged]
            continue
        missing, extra = np.setdiff1d(fresh[name], stored), np.setdiff1d(stored, fresh[name])
        if not len(missing) and not len(extra):
            equal += 1
            continue
        some = np.concatenate([missing, extra])[:_EXAMPLES].tolist()
        named = tuple(id_of.get(number, f"number {number}") for number in some)
        drifted.append(Drift(name, len(missing), len(extra), named))
    failed = dict.fromkeys([*(d for found in plan.broken.values() for d in found), *failures(evaluated)])
    return Verified(equal, tuple(drifted), tuple(others), tuple(damaged), tuple(failed))
