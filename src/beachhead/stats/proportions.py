"""Rates: their likely range, the difference of two, and whether two differ at all."""

from __future__ import annotations

from math import sqrt

import numpy as np

from beachhead.stats.arrays import FloatArray
from beachhead.stats.interval import Interval, normal_quantile

# Two tables whose probabilities differ by rounding only count as equally likely, as in R's fisher.test.
_SAME_PROBABILITY = 1 + 1e-7


def _checked(successes: int, n: int) -> None:
    if not 0 <= successes <= max(n, 0):
        raise ValueError(f"a rate needs 0 <= successes <= n, not {successes} of {n}")


def rate(successes: int, n: int) -> float | None:
    """Share from 0 to 1. Over nothing it is None. ValueError when successes exceed n."""
    _checked(successes, n)
    return successes / n if n else None


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> Interval | None:
    """Score interval of a rate, without continuity correction, from 0 to 1. Over nothing it is None.

    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference"; method 3 in
    Newcombe (1998a). ValueError when successes exceed n.
    """
    _checked(successes, n)
    if n == 0:
        return None
    z = normal_quantile(confidence)
    p = successes / n
    middle = 2 * successes + z * z
    reach = z * sqrt(z * z + 4 * successes * (1 - p))
    scale = 2 * (n + z * z)
    # At the ends the limits are exactly 0 and 1; rounding would leave them a hair off.
    low = 0.0 if successes == 0 else (middle - reach) / scale
    high = 1.0 if successes == n else (middle + reach) / scale
    return Interval(p, low, high)


def newcombe_interval(a: int, m: int, b: int, n: int, confidence: float = 0.95) -> Interval | None:
    """Range of the difference a/m − b/n of two independent rates, from −1 to 1. None when m or n is 0.

    Source: Newcombe (1998b), "Interval estimation for the difference between independent proportions:
    comparison of eleven methods", method 10 (square-and-add of two Wilson intervals).
    """
    first, second = wilson_interval(a, m, confidence), wilson_interval(b, n, confidence)
    if first is None or second is None:
        return None
    difference = first.estimate - second.estimate
    down = sqrt((first.estimate - first.low) ** 2 + (second.high - second.estimate) ** 2)
    up = sqrt((first.high - first.estimate) ** 2 + (second.estimate - second.low) ** 2)
    return Interval(difference, difference - down, difference + up)


def _tables(a: int, m: int, b: int, n: int) -> tuple[FloatArray, float]:
    """Probabilities of all 2×2 tables with the same margins, and that of the observed one."""
    _checked(a, m)
    _checked(b, n)
    hits = a + b
    first = max(0, hits - n)
    x = np.arange(first, min(m, hits) + 1, dtype=np.float64)
    from scipy.special import gammaln  # takes a while to import, which most commands do not need

    log_p = -(gammaln(x + 1) + gammaln(m - x + 1) + gammaln(hits - x + 1) + gammaln(n - hits + x + 1))
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    return p, float(p[a - first])


def fisher_exact(a: int, m: int, b: int, n: int) -> float | None:
    """Two-sided p-value that a/m and b/n are equal: all tables no likelier than this. None when m or n is 0.

    Source: Fisher (1935), Irwin (1935).
    """
    if m == 0 or n == 0:
        return None
    p, observed = _tables(a, m, b, n)
    return min(1.0, float(p[p <= observed * _SAME_PROBABILITY].sum()))


def fisher_mid_p(a: int, m: int, b: int, n: int) -> float | None:
    """Two-sided mid-p value that a/m and b/n are equal: less likely tables, plus half of those just as likely.

    Less conservative than the exact test, and close to the nominal level. None when m or n is 0.
    Source: Lancaster (1961); Fagerland, Lydersen & Laake (2017), "Statistical Analysis of Contingency
    Tables", ch. 4.
    """
    if m == 0 or n == 0:
        return None
    p, observed = _tables(a, m, b, n)
    less = float(p[p < observed / _SAME_PROBABILITY].sum())
    no_more = float(p[p <= observed * _SAME_PROBABILITY].sum())
    return min(1.0, (less + no_more) / 2)
