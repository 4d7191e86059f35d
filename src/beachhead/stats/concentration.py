"""How much of a total rests on a few."""

from __future__ import annotations

from decimal import Decimal
from math import ceil

import numpy as np

from beachhead.stats.arrays import FloatArray, known


def lorenz_curve(values: FloatArray) -> FloatArray | None:
    """Cumulative share of the total held by the smallest 1, 2, …, n values; length n, ends at 1.

    Nulls are ignored. None without values, with a negative one, or with a total of 0.
    Source: Lorenz (1905).
    """
    given = np.sort(known(values))
    if not given.size or given[0] < 0 or given[-1] == 0:
        return None
    running = np.cumsum(given)
    curve: FloatArray = running / running[-1]
    return curve


def gini(values: FloatArray) -> float | None:
    """Gini index from 0 (all equal) to 1 − 1/n (one holds everything), without small-sample correction.

    Nulls are ignored. None without values, with a negative one, or with a total of 0.
    Source: Gini (1914), as G = 2·Σ i·x₍ᵢ₎ / (n·Σx) − (n + 1)/n.
    """
    curve = lorenz_curve(values)
    if curve is None:
        return None
    return max(0.0, 1 + 1 / curve.size - 2 * float(curve.sum()) / curve.size)


def count_of(n: int, per_cent: float) -> int:
    """How many of n make up `per_cent`, rounded up: 1 % of 101 is 2. 0 only of nothing or at 0 per cent."""
    # In decimals, because 1.1 % of 1,000 is 11 and not the 12 that binary rounding gives.
    return ceil(n * Decimal(str(per_cent)) / 100)


def top_share(values: FloatArray, per_cent: float) -> float | None:
    """Share of the total held by the largest `per_cent` of values (count rounded up).

    Nulls are ignored. None without values or when the total is not positive. With negative values (net
    refunds) it can exceed 1.
    """
    if not 0 <= per_cent <= 100:
        raise ValueError(f"per cent lies between 0 and 100, not {per_cent}")
    given = known(values)
    total = float(given.sum())
    if total <= 0:
        return None
    top = count_of(given.size, per_cent)
    return float(np.sort(given)[given.size - top :].sum()) / total
