"""Means of money and other skewed amounts: winsorised, with their likely range."""

from __future__ import annotations

from math import sqrt

import numpy as np

from beachhead.stats.arrays import FloatArray, known
from beachhead.stats.interval import Interval

MONEY_TAIL = 0.01


def winsor_limits(values: FloatArray, tail: float = MONEY_TAIL) -> tuple[float, float] | None:
    """The values below and above which a share `tail` lies; None when there are no values. Nulls are ignored."""
    if not 0 <= tail < 0.5:
        raise ValueError(f"a tail is a share from 0 to below 0.5, not {tail}")
    given = known(values)
    if not given.size:
        return None
    low, high = np.quantile(given, [tail, 1 - tail])
    return float(low), float(high)


def winsorise(values: FloatArray, tail: float = MONEY_TAIL) -> FloatArray:
    """Values beyond the `tail` quantiles moved onto them, so that a few giants do not decide. Nulls stay null.

    Source: Tukey (1962), after C. P. Winsor.
    """
    limits = winsor_limits(values, tail)
    return np.array(values, dtype=np.float64) if limits is None else np.clip(values, *limits)


def mean_interval(values: FloatArray, confidence: float = 0.95, tail: float = MONEY_TAIL) -> Interval | None:
    """Mean of the winsorised values with its Student t interval. Nulls are ignored.

    None with fewer than two values, or when all are equal (their spread is then unknown). `tail=0` does not
    winsorise. Source: Student (1908).
    """
    given = known(winsorise(values, tail))
    if given.size < 2:
        return None
    variance = float(given.var(ddof=1)) / given.size
    if variance == 0:
        return None
    return _around(float(given.mean()), sqrt(variance), given.size - 1, confidence)


def welch_interval(
    first: FloatArray, second: FloatArray, confidence: float = 0.95, tail: float = MONEY_TAIL
) -> Interval | None:
    """Range of mean(first) − mean(second), unequal variances, on winsorised values. Nulls are ignored.

    The limits come from both samples together, so that both are cut at the same amounts; `tail=0` does not
    winsorise. None when a sample has fewer than two values, or when neither varies.
    Source: Welch (1947), with Satterthwaite's (1946) degrees of freedom.
    """
    found = _welch(first, second, tail)
    return None if found is None else _around(*found, confidence)


def welch_p(first: FloatArray, second: FloatArray, tail: float = MONEY_TAIL) -> float | None:
    """Two-sided p-value that two means are equal, otherwise as `welch_interval`."""
    found = _welch(first, second, tail)
    if found is None:
        return None
    from scipy.special import stdtr  # takes a while to import, which most commands do not need

    difference, error, freedom = found
    return float(2 * stdtr(freedom, -abs(difference) / error))


def _welch(first: FloatArray, second: FloatArray, tail: float) -> tuple[float, float, float] | None:
    """The difference of means, its standard error, and the degrees of freedom."""
    x, y = known(first), known(second)
    if x.size < 2 or y.size < 2:
        return None
    limits = winsor_limits(np.concatenate([x, y]), tail)
    if limits is not None:
        x, y = np.clip(x, *limits), np.clip(y, *limits)
    vx, vy = float(x.var(ddof=1)) / x.size, float(y.var(ddof=1)) / y.size
    if vx + vy == 0:
        return None
    freedom = (vx + vy) ** 2 / (vx * vx / (x.size - 1) + vy * vy / (y.size - 1))
    return float(x.mean() - y.mean()), sqrt(vx + vy), freedom


def _around(estimate: float, error: float, freedom: float, confidence: float) -> Interval:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, not {confidence}")
    from scipy.special import stdtrit  # takes a while to import, which most commands do not need

    reach = float(stdtrit(freedom, 0.5 + confidence / 2)) * error
    return Interval(estimate, estimate - reach, estimate + reach)
