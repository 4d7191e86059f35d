"""How strongly two things go together."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from beachhead.stats.arrays import FloatArray


def pearson(x: FloatArray, y: FloatArray) -> float | None:
    """Linear correlation from −1 to 1 over the pairs where both are known.

    None with fewer than three such pairs, or when either does not vary. Source: Pearson (1895).
    """
    both = _pairs(x, y)
    return None if both is None else _correlation(*both)


def spearman(x: FloatArray, y: FloatArray) -> float | None:
    """Rank correlation from −1 to 1 over the pairs where both are known; ties share their mean rank.

    None with fewer than three such pairs, or when either does not vary. Source: Spearman (1904).
    """
    both = _pairs(x, y)
    return None if both is None else _correlation(_ranks(both[0]), _ranks(both[1]))


def _ranks(values: FloatArray) -> FloatArray:
    from scipy.stats import rankdata  # takes half a second to import, which most commands do not need

    ranks: FloatArray = rankdata(values)
    return ranks


def spearman_matrix(columns: Sequence[FloatArray]) -> FloatArray:
    """Rank correlations of all pairs of equally long columns, shape (k, k), null where `spearman` is None."""
    k = len(columns)
    complete = [bool(np.isfinite(c).all()) for c in columns]
    ranks = [_ranks(c) if whole else None for c, whole in zip(columns, complete, strict=True)]
    out = np.full((k, k), np.nan)
    for i in range(k):
        for j in range(i, k):
            first, second = ranks[i], ranks[j]
            # Ranking once per column is only right where no pair drops out.
            if first is not None and second is not None and len(first) >= 3:
                found = _correlation(first, second)
            else:
                found = spearman(columns[i], columns[j])
            out[i, j] = out[j, i] = np.nan if found is None else found
    return out


def cramers_v(table: ArrayLike) -> float | None:
    """Association of two categorical attributes, 0 to 1, from counts of shape (rows, columns).

    Rows and columns without any count are ignored; None unless two of each remain. Without bias correction.
    Source: Cramér (1946), "Mathematical Methods of Statistics", p. 282.
    """
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError("a table has two dimensions and counts of 0 or more")
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2:
        return None
    n = counts.sum()
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / n
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    return min(1.0, sqrt(chi2 / (n * (min(counts.shape) - 1))))


def _pairs(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"pairs need arrays of one length, not {first.size} and {second.size}")
    both = np.isfinite(first) & np.isfinite(second)
    return (first[both], second[both]) if int(both.sum()) >= 3 else None


def _correlation(x: FloatArray, y: FloatArray) -> float | None:
    # A constant column may have a mean that is a hair off its value, so look at the values.
    if x.min() == x.max() or y.min() == y.max():
        return None
    dx, dy = x - x.mean(), y - y.mean()
    below = sqrt(float(dx @ dx)) * sqrt(float(dy @ dy))
    return None if below == 0 else max(-1.0, min(1.0, float(dx @ dy) / below))
