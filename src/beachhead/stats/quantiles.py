"""Quantiles with their likely range."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np

from beachhead.stats.arrays import FloatArray, known
from beachhead.stats.interval import Interval, normal_quantile


def quantile_interval(values: FloatArray, fraction: float = 0.5, confidence: float = 0.95) -> Interval | None:
    """The quantile (linear, type 7) with a range between two of the values, free of assumptions about their spread.

    Nulls are ignored; None without values. Source: Conover (1999), "Practical Nonparametric Statistics", 3.2: the
    ranks n·p ± z·√(n·p·(1 − p)), rounded up. ValueError unless 0 < fraction < 1.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"a fraction lies between 0 and 1, not {fraction}")
    given = np.sort(known(values))
    n = given.size
    if not n:
        return None
    reach = normal_quantile(confidence) * sqrt(n * fraction * (1 - fraction))
    low, high = ceil(n * fraction - reach), ceil(n * fraction + reach)
    estimate = float(np.quantile(given, fraction))
    return Interval(estimate, float(given[min(max(low, 1), n) - 1]), float(given[min(max(high, 1), n) - 1]))
