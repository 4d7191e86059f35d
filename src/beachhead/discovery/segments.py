"""Segments that differ in an outcome: searched for exhaustively, tested against luck, told with how sure one can be.

The verdicts are `confirmed`, `undecided` and nothing else: what the search finds is never called refuted, since it was
chosen for how it looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from beachhead.discovery.criteria import Criterion
from beachhead.discovery.groups import Aim, Conditions, conditions_of, diverse, holds, jaccard, refined, rule_of
from beachhead.discovery.proof import FEW_ROWS, Tested, by_hold_out, by_permutations
from beachhead.discovery.search import BALANCED, Direction, Score, search, standard

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Verdict = Literal["confirmed", "undecided"]
LEAST, LEAST_SHARE = 12, 0.005
"""A group has so many customers, and such a share of them, at least."""
HALVES = 100
STABLE = 0.8
_HOLD_OUT = 0.4
_SEARCHED = 200  # groups that the search hands over; many of them are one group written in several ways
_TRIED, _OF_LUCK = 40, 5  # what is refined of each half, and of each permutation, of which only the best counts
_STABILITY_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Settings:
    """`seed` fixes what is set aside and permuted, so that a result can be had again."""

    score: Score = BALANCED
    direction: Direction = "both"
    depth: int = 2
    most: int = 10
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A group with its evidence. `score`: on the customers that were searched; `found`: the difference on these,
    which is larger than the real one, since it was chosen for it. `stability`: of a confirmed one the share of half
    samples of customers in which the search finds it again."""

    conditions: Conditions
    rule: str
    inside: Bools
    score: float
    found: float
    tested: Tested
    stability: float | None = None

    @property
    def verdict(self) -> Verdict:
        return "confirmed" if self.tested.is_proven else "undecided"


@dataclass(frozen=True, slots=True)
class Proposed:
    """`searched`: how many customers were searched, `set_aside`: how many kept for the test, none under 20,000;
    `combinations`: how many groups were scored; `least`: how many customers one has at least."""

    proposals: Sequence[Proposal]
    searched: int
    set_aside: int
    combinations: int
    least: int


def propose_segments(
    criteria: Sequence[Criterion], outcome: Floats, *, is_rate: bool, settings: Settings | None = None
) -> Proposed:
    """The groups of customers whose outcome differs most from that of the others, diverse and tested.

    `outcome`: one for each customer, all known; of a rate 0 or 1. Without criteria, or with an outcome that is the same
    for all, nothing is proposed.
    """
    settings = settings or Settings()
    rows = len(outcome)
    least = least_of(rows)
    if not criteria or rows < 2 * least or np.ptp(outcome) == 0:
        return Proposed((), rows, 0, 0, least)
    rng = np.random.default_rng(settings.seed)
    kept = rng.random(rows) < _HOLD_OUT if rows >= FEW_ROWS else np.zeros(rows, np.bool_)
    seen = [c.only(~kept) for c in criteria] if kept.any() else list(criteria)
    aim = Aim(outcome[~kept], settings.score, settings.direction, least)
    groups, combinations = _found(seen, aim, settings.depth)
    groups = diverse(groups, seen, aim, settings.most)
    everywhere = [holds(g, criteria) for g in groups]
    if kept.any():
        tested = by_hold_out([m[kept] for m in everywhere], outcome[kept], is_rate=is_rate)
    else:
        tested = by_permutations(
            everywhere, outcome, lambda y: _luck(seen, y, settings, least), settings.seed, is_rate=is_rate
        )
    proposals = [
        Proposal(
            conditions, rule_of(conditions, criteria), inside, aim.of(inside[~kept]),
            float(aim.outcome[inside[~kept]].mean() - aim.outcome[~inside[~kept]].mean()), test,
        )
        for conditions, inside, test in zip(groups, everywhere, tested, strict=True)
    ]  # fmt: skip
    proposals.sort(key=lambda p: (p.verdict != "confirmed", -p.score))
    confirmed = [p for p in proposals if p.verdict == "confirmed"]
    stability = _stability([p.conditions for p in confirmed], criteria, outcome, settings, rng)
    proposals[: len(confirmed)] = [replace(p, stability=s) for p, s in zip(confirmed, stability, strict=True)]
    return Proposed(proposals, rows - int(kept.sum()), int(kept.sum()), combinations, least)


def least_of(rows: int) -> int:
    """How many of so many customers a group has at least."""
    return max(LEAST, round(LEAST_SHARE * rows))


def _found(criteria: Sequence[Criterion], aim: Aim, depth: int, most: int = _SEARCHED) -> tuple[list[Conditions], int]:
    found = search(
        [c.column for c in criteria], aim.outcome, score=aim.score, direction=aim.direction, depth=depth, top=most,
        least=aim.least,
    )  # fmt: skip
    return [refined(conditions_of(f, criteria), criteria, aim) for f in found.best], found.scored


def _luck(criteria: Sequence[Criterion], outcome: Floats, settings: Settings, least: int) -> float:
    """The largest deviation in standard errors that the same search finds in an outcome that depends on nothing."""
    aim = Aim(outcome, standard(outcome), settings.direction, least)
    groups, _ = _found(criteria, aim, settings.depth, _OF_LUCK)
    return max((aim.of(holds(g, criteria)) for g in groups), default=0.0)


def _stability(
    groups: Sequence[Conditions],
    criteria: Sequence[Criterion],
    outcome: Floats,
    settings: Settings,
    rng: np.random.Generator,
) -> list[float]:
    """By group the share of complementary half samples (Shah & Samworth 2013) in which the search finds a group of much
    the same customers (Jaccard 0.5)."""
    if not groups:
        return []
    chosen = rng.permutation(len(outcome))[:_STABILITY_ROWS]
    times = np.zeros(len(groups))
    for n in range(HALVES):
        if n % 2 == 0:
            order = rng.permutation(chosen)
        half = np.zeros(len(outcome), np.bool_)
        half[order[: len(order) // 2] if n % 2 == 0 else order[len(order) // 2 :]] = True
        some = [c.only(half) for c in criteria]
        aim = Aim(outcome[half], settings.score, settings.direction, least_of(len(outcome)) // 2)
        found, _ = _found(some, aim, settings.depth, _TRIED)
        again = [holds(g, some) for g in diverse(found, some, aim, settings.most)]
        times += [any(jaccard(holds(g, some), other) >= 0.5 for other in again) for g in groups]
    return [float(n) / HALVES for n in times]
