"""Many tests at once: how many of the finds may be luck."""

from __future__ import annotations

import numpy as np

from beachhead.stats.arrays import FloatArray


def benjamini_hochberg(p_values: FloatArray) -> FloatArray:
    """Adjusted p-values: keeping those at or below q holds the expected share of false finds to q.

    Same shape and order as given. Null p-values stay null and are not counted as tests.
    ValueError outside 0–1. Source: Benjamini & Hochberg (1995).
    """
    given = np.asarray(p_values, dtype=np.float64)
    out = np.full(given.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(given))
    p = given[tested]
    if ((p < 0) | (p > 1)).any():
        raise ValueError("p-values lie between 0 and 1")
    order = np.argsort(p, kind="stable")
    scaled = p[order] * p.size / np.arange(1, p.size + 1)
    # From the largest down, so that a smaller p-value never gets a larger adjusted one.
    out[tested[order]] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return out
