"""Whether stored members are what the rules give when everything is computed afresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beachhead.errors import DataError, Diagnostic
from beachhead.segments.engine import BLOCK, Engine, Words
from beachhead.segments.evaluate import with_all_used
from beachhead.segments.kernels import count_bits
from beachhead.service.plan import Plan
from beachhead.service.published_world import population_of_run
from beachhead.service.results import Run
from beachhead.service.segment_plan import asks_elsewhere
from beachhead.service.update_segments import evaluate_segments, failures
from beachhead.store.bitmaps import WORDS
from beachhead.store.layout import Layout
from beachhead.store.membership_file import MembershipFile
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
    evaluated then. `failed`: why others cannot be evaluated. `damaged`: what cannot be read. `moved_on`: those that
    would have other members now, but ask for lists or earlier days, which may have changed after the update."""

    equal: int
    drifted: tuple[Drift, ...]
    other_rule: tuple[str, ...]
    damaged: tuple[Diagnostic, ...]
    failed: tuple[Diagnostic, ...] = ()
    moved_on: tuple[str, ...] = ()

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
        engine, segments = evaluated.ready.engine, evaluated.segments
        same = [
            name
            for name in engine.names
            if (last := told.get(name))
            and last.size is not None
            and not last.stale
            and last.version == segments[name].version
        ]
        readable = [name for name in same if _is_readable(run, name, damaged)]
        differing = _differences(engine, run.memberships, readable) if readable else {}
    rules = {name: segment.node for name, segment in segments.items()}
    elsewhere = {name for name in differing if any(map(asks_elsewhere, with_all_used([name], rules).values()))}
    columns = run.columns("account_no", "account_id")
    id_of = dict(zip(columns["account_no"].to_pylist(), columns["account_id"].to_pylist(), strict=True))
    drifted = [
        Drift(name, *found.counts, tuple(id_of.get(n, f"number {n}") for n in found.some))
        for name, found in differing.items()
        if name not in elsewhere
    ]
    others = tuple(name for name in engine.names if name not in same)
    failed = dict.fromkeys([*(d for found in plan.broken.values() for d in found), *failures(evaluated)])
    equal = len(readable) - len(differing)
    return Verified(equal, tuple(drifted), others, tuple(damaged), tuple(failed), tuple(sorted(elsewhere)))


def _is_readable(run: Run, name: str, damaged: list[Diagnostic]) -> bool:
    try:
        run.memberships.read(name)
    except DataError as e:
        damaged += [d for d in e.diagnostics if d not in damaged]
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Difference:
    """How many members are missing and how many too many, and some of them."""

    counts: tuple[int, int]
    some: Sequence[int]


def _differences(engine: Engine, file: MembershipFile, names: Sequence[str]) -> dict[str, _Difference]:
    """Of these segments those whose members in the file are not those of the engine, block by block."""
    rows = [engine.names.index(name) for name in names]
    blocks = file.block_numbers()

    def compare(number: int, words: Words) -> tuple[NDArray[np.int64], NDArray[np.int64], dict[int, list[int]]]:
        stored, fresh = np.zeros((len(names), WORDS), np.uint64), words[rows]
        file.add_words(number, names, range(len(names)), stored)
        wrong = stored ^ fresh
        some = {n: _first_numbers(number, wrong[n]) for n in np.flatnonzero(wrong.any(axis=1)).tolist()}
        return count_bits(fresh & ~stored), count_bits(stored & ~fresh), some

    missing, too_many = np.zeros((2, len(names)), np.int64)
    examples: dict[int, list[int]] = {}
    for lacks, extra, some in engine.each_block(compare, at_least=blocks[-1] + 1 if blocks else 0):
        missing += lacks
        too_many += extra
        for n, numbers in some.items():
            examples[n] = [*examples.get(n, []), *numbers][:_EXAMPLES]
    return {
        names[n]: _Difference((int(missing[n]), int(too_many[n])), numbers) for n, numbers in sorted(examples.items())
    }


def _first_numbers(block: int, words: Words) -> list[int]:
    places = np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))[:_EXAMPLES].tolist()
    return [block * BLOCK + place for place in places]
