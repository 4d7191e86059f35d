"""Why a customer has its score, and what would lift it to best."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, isfinite, nan

import numpy as np

from beachhead.customers.tiers import Tier, Tiering
from beachhead.customers.value import Scores
from beachhead.project.definitions import ScoreInput
from beachhead.stats.scales import Scale

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class InputShare:
    """What one input does to one account's score.

    `value`, `ahead_of`, `behind` None: the value is missing; `points` (0–1) None: the input is left out. `weight`:
    share of all weights that count for this account, 0–1. `contribution`: score points; all inputs' sum is
    the score. `ahead_of`, `behind`: shares (0–1) of customers that do worse and better here; equals are in neither.
    """

    input: ScoreInput
    value: float | None
    points: float | None
    weight: float
    contribution: float
    ahead_of: float | None
    behind: float | None

    @property
    def attribute(self) -> str:
        return self.input.attribute


@dataclass(frozen=True, slots=True)
class Lift:
    """A change of one input and the score points it brings. `from_value` None: not known now."""

    attribute: str
    from_value: float | None
    to_value: float
    gain: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """One account's score taken apart.

    `score`, `rank`, `tier` None: no score, or not a customer yet. `ranked`: customers with a score. `cut_off`:
    the lowest score among the best, None when nobody is; `gap`: points that lack to it, 0 for the best.
    `alone`: per input the smallest change that closes the gap by itself, None where none can (and for all
    when there is no gap). `together`: changes in order of what they can bring, until the gap is closed, the
    last only as far as needed; empty when even all cannot. Others' values are held as they are.
    """

    index: int
    score: float | None
    tier: Tier | None
    rank: int | None
    ranked: int
    inputs: tuple[InputShare, ...]
    cut_off: float | None
    gap: float | None
    alone: tuple[Lift | None, ...]
    together: tuple[Lift, ...]


def explain(scores: Scores, tiering: Tiering, index: int) -> Explanation:
    """Take the score of the account at `index` apart. IndexError when there is none."""
    if not 0 <= index < scores.score.size:
        raise IndexError(f"no account at {index}")
    total = float(scores.score[index])
    inputs = tuple(_share(scores, index, k) for k in range(len(scores.inputs)))
    cut_off = tiering.cut_offs[0]
    tier = tiering.tier_of(index)
    gap: float | None = None
    if isfinite(total) and cut_off is not None:
        gap = 0.0 if tier == "best" else max(0.0, cut_off - total)
    alone: tuple[Lift | None, ...] = (None,) * len(inputs)
    together: tuple[Lift, ...] = ()
    if gap and cut_off is not None:
        climb = _Climb(scores, index)
        alone = tuple(climb.alone(k, cut_off) for k in range(len(inputs)))
        together = climb.together(cut_off)
    return Explanation(
        index,
        total if isfinite(total) else None,
        tier,
        int(tiering.ranks[index]) or None,
        tiering.ranked,
        inputs,
        cut_off,
        gap,
        alone,
        together,
    )


def _share(scores: Scores, index: int, k: int) -> InputShare:
    definition = scores.inputs[k]
    value = float(scores.values[definition.attribute][index])
    points = float(scores.points[k, index])
    has_score = isfinite(float(scores.score[index]))
    counted = np.where(np.isnan(scores.points[:, index]), 0.0, scores.weights)
    standing = scores.standings[k]
    ahead: float | None = None
    behind: float | None = None
    if isfinite(value) and standing is not None:
        below, above = standing.shares_around(value)
        ahead, behind = (above, below) if definition.direction == "low" else (below, above)
    return InputShare(
        definition,
        value if isfinite(value) else None,
        points if isfinite(points) else None,
        float(counted[k] / counted.sum()) if has_score else 0.0,
        float(scores.contributions(index)[k]) if has_score else 0.0,
        ahead,
        behind,
    )


class _Climb:
    """One account's points and weights, and what changing an input's points would do to its score."""

    def __init__(self, scores: Scores, index: int) -> None:
        self._scores = scores
        self._index = index
        points = scores.points[:, index]
        self._weights = np.where(np.isnan(points), 0.0, scores.weights)
        self._points = np.nan_to_num(points)

    def _score(self) -> float:
        return 100 * float(self._weights @ self._points) / float(self._weights.sum())

    def _with(self, k: int, points: float) -> float:
        """The score with these points for input k, whose weight then counts."""
        weights, now = self._weights.copy(), self._points.copy()
        weights[k], now[k] = self._scores.weights[k], points
        return 100 * float(weights @ now) / float(weights.sum())

    def _needed(self, k: int, target: float) -> float:
        """Points of input k at which the score is `target`."""
        weight = float(self._scores.weights[k])
        others = float(self._weights @ self._points - self._weights[k] * self._points[k])
        total = float(self._weights.sum() - self._weights[k]) + weight
        return (target / 100 * total - others) / weight

    def _change(self, k: int, good: float) -> Lift | None:
        """The nearest value of input k with at least `good` points, high being good."""
        scale = self._scores.scales[k]
        if scale is None:
            return None
        definition = self._scores.inputs[k]
        start = float(self._scores.values[definition.attribute][self._index])
        high = definition.direction == "high"
        wanted = good if high else 1 - good
        found = scale.value_for(wanted, start, at_least=high)
        if found is None:
            return None
        if self._is_whole(k):
            found = _whole(scale, found, start, wanted, high)
        raw = float(scale.points(np.array([found]))[0])
        gain = self._with(k, raw if high else 1 - raw) - self._score()
        return Lift(definition.attribute, start if isfinite(start) else None, found, gain)

    def _is_whole(self, k: int) -> bool:
        standing = self._scores.standings[k]
        return standing is not None and bool((standing.distinct == np.floor(standing.distinct)).all())

    def _top(self, k: int) -> float:
        scale = self._scores.scales[k]
        if scale is None:
            return nan
        lowest, highest = scale.span
        return highest if self._scores.inputs[k].direction == "high" else 1 - lowest

    def alone(self, k: int, target: float) -> Lift | None:
        """The smallest change of input k that by itself reaches `target`."""
        top = self._top(k)
        if not isfinite(top) or self._with(k, top) < target - _ROUNDING:
            return None
        return self._change(k, min(top, self._needed(k, target)))

    def together(self, target: float) -> tuple[Lift, ...]:
        """Greedily the input that can bring most, until `target` is reached; empty when it cannot be."""
        lifts: list[Lift] = []
        left = [k for k in range(len(self._points)) if isfinite(self._top(k))]
        while left:
            k = max(left, key=lambda k: self._with(k, self._top(k)))
            left.remove(k)
            if self._with(k, self._top(k)) <= self._score() + _ROUNDING:
                break
            last = self.alone(k, target)
            lift = last or self._change(k, self._top(k))
            if lift is None:
                continue
            lifts.append(lift)
            if last is not None:
                return tuple(lifts)
            self._points[k], self._weights[k] = self._top(k), self._scores.weights[k]
        return ()


def _whole(scale: Scale, found: float, start: float, wanted: float, high: bool) -> float:
    """`found` as a whole number on its far side from `start`, if that has the points as well."""
    upwards = found > start if isfinite(start) else high
    rounded = float(ceil(found - _ROUNDING) if upwards else floor(found + _ROUNDING))
    points = float(scale.points(np.array([rounded]))[0])
    enough = points >= wanted - _ROUNDING if high else points <= wanted + _ROUNDING
    return rounded if enough else found
