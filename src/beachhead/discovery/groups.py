"""Groups of customers as conditions on criteria: whom they hold, how they are written, how their ranges are moved to
where the outcome changes, and which of them say something new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beachhead.discovery.criteria import Criterion
from beachhead.discovery.search import Direction, Found, Range, Score

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_MOST_ROUNDS = 5
_SAME, _MOSTLY = 0.95, 0.5
_NEARLY = 0.02  # a score so little lower is given for a rounder number


@dataclass(frozen=True, slots=True)
class Condition:
    """A criterion by its place, and which of its finest levels are meant."""

    criterion: int
    levels: Range


Conditions = tuple[Condition, ...]


def conditions_of(found: Found, criteria: Sequence[Criterion]) -> Conditions:
    """What the search found, in the finest levels."""
    return tuple(
        Condition(place, criteria[place].finely(criteria[place].column.conditions[condition]))
        for place, condition in found.conditions
    )


def holds(conditions: Conditions, criteria: Sequence[Criterion]) -> Bools:
    """For whom all of them are true; for everybody without any."""
    inside = np.ones(len(criteria[0].finest.codes), np.bool_)
    for condition in conditions:
        inside &= criteria[condition.criterion].holds(condition.levels)
    return inside


def rule_of(conditions: Conditions, criteria: Sequence[Criterion]) -> str:
    """The conditions in the segment language."""
    return " and ".join(criteria[c.criterion].rule(c.levels) for c in conditions)


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """What is looked for: groups whose outcomes score high. `least`: how many customers a group has at least."""

    outcome: Floats
    score: Score
    direction: Direction
    least: int

    def of(self, inside: Bools) -> float:
        """The score of a group."""
        values = self.outcome[inside]
        return float(self._scores(*(np.array([x]) for x in (float(len(values)), values.sum(), values @ values)))[0])

    def best_range(self, criterion: Criterion, inside: Bools) -> tuple[int, int] | None:
        """Of those inside, the run of levels that scores best, from its first to below its last; of several that score
        nearly as high the one that is written with the fewest digits. None where none has enough customers."""
        chosen, values, levels = criterion.finest.codes[inside], self.outcome[inside], criterion.ordered
        sums = [np.bincount(chosen, w, minlength=levels + 1)[:levels] for w in (None, values, values * values)]
        low, high = np.triu_indices(levels)
        ends = [np.concatenate([[0.0], np.cumsum(x)]) for x in sums]
        scores = self._scores(*(e[high + 1] - e[low] for e in ends))
        scores[(low == 0) & (high == levels - 1)] = -np.inf
        if not len(scores) or (highest := scores.max()) == -np.inf:
            return None
        near = np.flatnonzero(scores >= highest - _NEARLY * abs(highest))
        digits = criterion.digits[low[near]] + criterion.digits[high[near] + 1]
        best = near[np.lexsort((-scores[near], digits))[0]]
        return int(low[best]), int(high[best]) + 1

    def _scores(self, n: Floats, s: Floats, q: Floats) -> Floats:
        whole = len(self.outcome), float(self.outcome.sum())
        return self.score.of(self.direction, n, s, q, whole, self.least)


def refined(conditions: Conditions, criteria: Sequence[Criterion], aim: Aim) -> Conditions:
    """The same conditions with each range moved, in turn, to the best of all levels, until none moves any more; then
    without those that do not make the score higher."""
    for _ in range(_MOST_ROUNDS):
        before = conditions
        for n, condition in enumerate(conditions):
            criterion = criteria[condition.criterion]
            if criterion.ordered and condition.levels.high <= criterion.ordered:
                inside = holds((*conditions[:n], *conditions[n + 1 :]), criteria)
                if found := aim.best_range(criterion, inside):
                    moved = Condition(condition.criterion, Range(*found, condition.levels.group))
                    conditions = (*conditions[:n], moved, *conditions[n + 1 :])
        if conditions == before:
            break
    return _shortened(conditions, criteria, aim)


def _shortened(conditions: Conditions, criteria: Sequence[Criterion], aim: Aim) -> Conditions:
    score = aim.of(holds(conditions, criteria))
    while len(conditions) > 1:
        fewer = [(*conditions[:n], *conditions[n + 1 :]) for n in range(len(conditions))]
        best = max(fewer, key=lambda c: aim.of(holds(c, criteria)))
        shorter = aim.of(holds(best, criteria))
        if shorter < score:
            break
        conditions, score = best, shorter
    return conditions


def diverse(groups: Sequence[Conditions], criteria: Sequence[Criterion], aim: Aim, most: int) -> list[Conditions]:
    """Up to `most` of them: of those that hold nearly the same customers (Jaccard 0.95) the shortest; then again and
    again the one whose customers are in few that were taken (its score × the mean of 1 / (1 + how many hold him);
    weighted covering, Lavrač et al. 2004), without those that are mostly one that was taken (Jaccard 0.5)."""
    kept: list[tuple[Conditions, Bools, float]] = []
    for conditions in dict.fromkeys(groups):
        inside = holds(conditions, criteria)
        score = aim.of(inside)
        if score <= 0.0:
            continue
        twin = next((n for n, (_, other, _) in enumerate(kept) if jaccard(inside, other) >= _SAME), None)
        if twin is None:
            kept.append((conditions, inside, score))
        elif len(conditions) < len(kept[twin][0]):
            kept[twin] = conditions, inside, score
    covered = np.zeros(len(aim.outcome), np.int64)
    chosen: list[Conditions] = []
    while kept and len(chosen) < most:
        weight = 1.0 / (1.0 + covered)
        best = max(range(len(kept)), key=lambda n: kept[n][2] * float(weight[kept[n][1]].mean()))
        conditions, inside, _ = kept.pop(best)
        chosen.append(conditions)
        covered += inside
        kept = [one for one in kept if jaccard(one[1], inside) < _MOSTLY]
    return chosen


def jaccard(a: Bools, b: Bools) -> float:
    """How much of what either holds both hold."""
    either = np.count_nonzero(a | b)
    return float(np.count_nonzero(a & b) / either) if either else 1.0
