"""Whether stored members are what the rules give when everything is computed afresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beachhead.errors import DataError, Diagnostic
from beachhead.service.plan import Plan
from beachhead.service.published_world import population_of_run
from beachhead.service.results import Run
from beachhead.service.update_segments import evaluate_segments

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
    """`equal`: how many segments have exactly the members that their rule gives. `other_rule`: those whose rule is not
    the one that the members are of. `damaged`: what cannot be read."""

    equal: int
    drifted: tuple[Drift, ...]
    other_rule: tuple[str, ...]
    damaged: tuple[Diagnostic, ...]

    @property
    def is_sound(self) -> bool:
        return not self.drifted and not self.damaged


def verify(run: Run, plan: Plan) -> Verified:
    """Evaluate every rule afresh over what a run was computed from, and compare with its stored members."""
    damaged: list[Diagnostic] = []
    try:
        run.snapshot.memberships().check()
    except DataError as e:
        damaged += e.diagnostics
    told = {s.name: s for s in run.about.segments}
    with population_of_run(run, plan, kept=False) as population:
        evaluated = evaluate_segments(plan, population)
        engine = evaluated.ready.engine
        same: list[str] = []
        others: list[str] = []
        for name in engine.names:
            is_same = name in told and not told[name].stale and told[name].version == evaluated.segments[name].version
            (same if is_same else others).append(name)
        fresh = engine.members(same)
    equal, drifted = 0, []
    ids = run.columns("account_no", "account_id")
    numbers = ids["account_no"].to_numpy()
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
        some = np.concatenate([missing, extra])[:_EXAMPLES]
        named: Sequence[str] = ids["account_id"].take(np.searchsorted(numbers, some)).to_pylist()
        drifted.append(Drift(name, len(missing), len(extra), tuple(named)))
    return Verified(equal, tuple(drifted), tuple(others), tuple(damaged))
