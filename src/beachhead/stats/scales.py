"""Placing values on a scale of points from 0 to 1, against a reference group, and back.

Every scale rises with the value (thresholds as drawn). A null has no points. A value outside of the
reference group's range gets the points of the end. Where the reference does not vary, its one value gets
0.5, what is below 0, what is above 1: the scale then says nothing about its members.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from beachhead.stats.arrays import BoolArray, FloatArray, IntArray, known
from beachhead.stats.means import winsor_limits

# Whole numbers in a range up to this are counted in a table instead of sorted: ten times as fast.
_COUNTED_RANGE = 1 << 21
_ROUNDING = 1e-12
Z_TAIL = 0.01


class Scale(Protocol):
    """Values to points from 0 to 1, and back."""

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and the highest points that can be had."""
        ...

    def points(self, values: FloatArray) -> FloatArray:
        """Points of each value; null for null."""
        ...

    def value_for(self, points: float, start: float, at_least: bool) -> float | None:
        """The value nearest to `start` with at least (or at most) these points; None where there is none.

        `start` null: the lowest such value for at least, the highest for at most.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PercentileScale:
    """Percentile rank: share of the reference below, plus half the share equal (mid-rank).

    `distinct` are the reference's different values, ascending, `at_or_below` how many of it are that or less.
    `value_for` answers with values that occur. Source: Harter (1971) for the mid-rank rule.
    """

    distinct: FloatArray
    at_or_below: IntArray

    @classmethod
    def fit(cls, reference: FloatArray) -> Self:
        """ValueError without a known value."""
        given = _some(reference)
        distinct, counts = np.unique(given, return_counts=True)
        return cls(distinct, np.cumsum(counts, dtype=np.int64))

    @property
    def ranks(self) -> FloatArray:
        """Mid-rank of each distinct value."""
        below = np.concatenate([[0], self.at_or_below[:-1]])
        middle: FloatArray = (below + self.at_or_below) / (2 * self.at_or_below[-1])
        return middle

    @property
    def span(self) -> tuple[float, float]:
        ranks = self.ranks
        return float(ranks[0]), float(ranks[-1])

    def shares_around(self, value: float) -> tuple[float, float]:
        """The shares (0–1) of the reference that lie strictly below and strictly above a value."""
        running = np.concatenate([[0], self.at_or_below])
        below = running[np.searchsorted(self.distinct, value, side="left")]
        upto = running[np.searchsorted(self.distinct, value, side="right")]
        return float(below / running[-1]), float(1 - upto / running[-1])

    def points(self, values: FloatArray) -> FloatArray:
        given = np.asarray(values, dtype=np.float64)
        running = np.concatenate([[0], self.at_or_below])
        below = running[np.searchsorted(self.distinct, given, side="left")]
        upto = running[np.searchsorted(self.distinct, given, side="right")]
        return np.where(np.isfinite(given), (below + upto) / (2 * running[-1]), np.nan)

    def value_for(self, points: float, start: float, at_least: bool) -> float | None:
        if at_least:
            i = int(np.searchsorted(self.ranks, points - _ROUNDING, side="left"))
        else:
            i = int(np.searchsorted(self.ranks, points + _ROUNDING, side="right")) - 1
        return float(self.distinct[i]) if 0 <= i < self.distinct.size else None


@dataclass(frozen=True, slots=True)
class MinMaxScale:
    """From the reference's lowest value (0) to its highest (1), in a straight line."""

    low: float
    high: float

    @classmethod
    def fit(cls, reference: FloatArray) -> Self:
        """ValueError without a known value."""
        given = _some(reference)
        return cls(float(given.min()), float(given.max()))

    @property
    def span(self) -> tuple[float, float]:
        return (0.0, 1.0) if self.high > self.low else (0.5, 0.5)

    def points(self, values: FloatArray) -> FloatArray:
        given = _nulled(values)
        if self.high > self.low:
            # Cut first: dividing what lies far outside by a tiny range would overflow.
            return (np.clip(given, self.low, self.high) - self.low) / (self.high - self.low)
        return np.where(np.isnan(given), np.nan, 0.5 + 0.5 * np.sign(given - self.low))

    def value_for(self, points: float, start: float, at_least: bool) -> float | None:
        lowest, highest = self.span
        if (points > highest + _ROUNDING) if at_least else (points < lowest - _ROUNDING):
            return None
        if self.high == self.low:
            return self.low
        return self.low + min(1.0, max(0.0, points)) * (self.high - self.low)


@dataclass(frozen=True, slots=True)
class LogScale:
    """Min–max on the signed logarithm sign(x)·ln(1 + |x|), so that 10 to 100 counts about as 100 to 1,000."""

    inner: MinMaxScale

    @classmethod
    def fit(cls, reference: FloatArray) -> Self:
        """ValueError without a known value."""
        return cls(MinMaxScale.fit(signed_log(_some(reference))))

    @property
    def span(self) -> tuple[float, float]:
        return self.inner.span

    def points(self, values: FloatArray) -> FloatArray:
        return self.inner.points(signed_log(_nulled(values)))

    def value_for(self, points: float, start: float, at_least: bool) -> float | None:
        found = self.inner.value_for(points, start, at_least)
        return None if found is None else float(np.copysign(np.expm1(abs(found)), found))


@dataclass(frozen=True, slots=True)
class ZScale:
    """Share of a normal distribution below the z-score (see `zscore`). `value_for` stays in the reference's range."""

    mean: float
    deviation: float
    low: float
    high: float

    @classmethod
    def fit(cls, reference: FloatArray, tail: float = Z_TAIL) -> Self:
        """Mean and deviation of the reference winsorised at `tail`. ValueError without a known value."""
        given = _some(reference)
        limits = winsor_limits(given, tail)
        kept = given if limits is None else np.clip(given, *limits)
        # When nearly all are equal, cutting the tails leaves no deviation: then take the values as they are.
        if kept.min() == kept.max():
            kept = given
        low, high = float(given.min()), float(given.max())
        if low == high:
            return cls(low, 0.0, low, high)
        return cls(float(kept.mean()), float(kept.std()), low, high)

    @property
    def span(self) -> tuple[float, float]:
        lowest, highest = self.points(np.array([self.low, self.high]))
        return float(lowest), float(highest)

    def scores(self, values: FloatArray) -> FloatArray:
        """The z-scores. Where the reference does not vary: 0 for its value, ±infinity for others."""
        off = _nulled(values) - self.mean
        if self.deviation > 0:
            return off / self.deviation
        return np.where(np.isnan(off) | (off == 0), off, np.copysign(np.inf, off))

    def points(self, values: FloatArray) -> FloatArray:
        from scipy.special import ndtr  # takes a while to import, which only this scale needs

        return np.asarray(ndtr(self.scores(values)), dtype=np.float64)

    def value_for(self, points: float, start: float, at_least: bool) -> float | None:
        lowest, highest = self.span
        if (points > highest + _ROUNDING) if at_least else (points < lowest - _ROUNDING):
            return None
        if self.deviation == 0:
            return self.low
        from scipy.special import ndtri  # as above

        z = float(ndtri(min(highest, max(lowest, points))))
        return min(self.high, max(self.low, self.mean + z * self.deviation))


@dataclass(frozen=True, slots=True)
class ThresholdScale:
    """Points drawn by hand: (value, points) pairs joined by straight lines, level before the first and after the last.

    Needs no reference. Two pairs at one value make a step.
    """

    at: tuple[tuple[float, float], ...]

    @property
    def span(self) -> tuple[float, float]:
        points = [p for _, p in self.at]
        return min(points), max(points)

    def points(self, values: FloatArray) -> FloatArray:
        given = _nulled(values)
        x, p = np.array(self.at, dtype=np.float64).T
        return np.where(np.isnan(given), np.nan, np.interp(given, x, p))

    def value_for(self, points: float, start: float, at_least: bool) -> float | None:
        sign = 1.0 if at_least else -1.0
        enough = [x for x, p in self.at if sign * (p - points) >= -_ROUNDING]
        for (x0, p0), (x1, p1) in zip(self.at, self.at[1:], strict=False):
            if p0 != p1 and x0 != x1 and min(p0, p1) <= points <= max(p0, p1):
                enough.append(x0 + (points - p0) / (p1 - p0) * (x1 - x0))
        if not enough:
            return None
        if np.isnan(start):
            return min(enough) if at_least else max(enough)
        return min(enough, key=lambda x: abs(x - start))


def percentile_rank(values: FloatArray, reference: BoolArray | None = None) -> FloatArray:
    """Mid-rank of every value among the values where `reference` is true (default: all), 0 to 1.

    Equal to `PercentileScale` fitted to those and applied to all, in one pass: whole numbers of a small range
    are counted, others sorted once. Nulls stay null; all null when no reference value is known.
    """
    given = np.asarray(values, dtype=np.float64)
    out = np.full(given.shape, np.nan)
    finite = np.isfinite(given)
    whole = bool(finite.all())
    x = given if whole else given[finite]
    counted = np.ones(x.size, dtype=np.bool_) if reference is None else reference if whole else reference[finite]
    n = int(counted.sum())
    if n == 0:
        return out
    ranks = _ranks_by_counting(x, counted, n)
    out[finite] = _ranks_by_sorting(x, counted, n) if ranks is None else ranks
    return out


def _ranks_by_counting(x: FloatArray, counted: BoolArray, n: int) -> FloatArray | None:
    """Mid-ranks by a table of counts; None unless these are whole numbers in a range small enough."""
    low = x.min()
    width = float(x.max() - low)
    if width >= min(_COUNTED_RANGE, 64 + 4 * x.size):
        return None
    index = (x - low).astype(np.int64)
    if not (index + low == x).all():
        return None
    table = np.bincount(index[counted], minlength=int(width) + 1)
    upto = np.cumsum(table)
    ranks: FloatArray = ((2 * upto - table) / (2 * n))[index]
    return ranks


def _ranks_by_sorting(x: FloatArray, counted: BoolArray, n: int) -> FloatArray:
    order = np.argsort(x)
    ascending = x[order]
    last_of_run = np.flatnonzero(np.append(ascending[1:] != ascending[:-1], True))
    upto = np.cumsum(counted[order])[last_of_run]
    mid = (upto + np.concatenate([[0], upto[:-1]])) / (2 * n)
    out = np.empty(x.size)
    out[order] = np.repeat(mid, np.diff(last_of_run, prepend=-1))
    return out


def zscore(values: FloatArray, tail: float = 0.0) -> FloatArray:
    """Deviations from the mean in (population) standard deviations; nulls stay null, equal values get 0.

    `tail`: robust form, mean and deviation come from values winsorised at that share at each end.
    """
    given = _nulled(values)
    return ZScale.fit(given, tail).scores(given) if np.isfinite(given).any() else given


def minmax(values: FloatArray) -> FloatArray:
    """`MinMaxScale` of values against themselves; nulls stay null."""
    given = _nulled(values)
    return MinMaxScale.fit(given).points(given) if np.isfinite(given).any() else given


def log_scaled(values: FloatArray) -> FloatArray:
    """`LogScale` of values against themselves; nulls stay null."""
    given = _nulled(values)
    return LogScale.fit(given).points(given) if np.isfinite(given).any() else given


def signed_log(values: FloatArray) -> FloatArray:
    """sign(x)·ln(1 + |x|): rises everywhere, is 0 at 0, and takes negative amounts such as refunds."""
    given = np.asarray(values, dtype=np.float64)
    return np.copysign(np.log1p(np.abs(given)), given)


def _some(reference: FloatArray) -> FloatArray:
    given = known(reference)
    if not given.size:
        raise ValueError("a scale needs at least one known value")
    return given


def _nulled(values: FloatArray) -> FloatArray:
    """The values with ±infinity as null."""
    given = np.asarray(values, dtype=np.float64)
    return given if not np.isinf(given).any() else np.where(np.isinf(given), np.nan, given)
