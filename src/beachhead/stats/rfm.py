"""Recency, frequency and monetary value of customers: scores from 1 to 5 and the segments that marketers name."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from beachhead.stats.arrays import FloatArray

OTHERS = "Others"


class RfmSegment(NamedTuple):
    """A segment: from and to which score each of recency, frequency and monetary value may be."""

    name: str
    recency: tuple[int, int]
    frequency: tuple[int, int]
    monetary: tuple[int, int]


SEGMENTS: tuple[RfmSegment, ...] = (
    RfmSegment("Champions", (5, 5), (5, 5), (5, 5)),
    RfmSegment("Potential Loyalist", (3, 5), (3, 5), (2, 5)),
    RfmSegment("Loyal Customers", (2, 4), (2, 4), (2, 4)),
    RfmSegment("Promising", (3, 4), (1, 3), (3, 5)),
    RfmSegment("New Customers", (4, 5), (1, 3), (1, 5)),
    RfmSegment("Can't Lose Them", (1, 2), (3, 4), (4, 5)),
    RfmSegment("At Risk", (1, 2), (2, 5), (4, 5)),
    RfmSegment("Need Attention", (1, 3), (3, 5), (3, 5)),
    RfmSegment("About To Sleep", (2, 3), (1, 3), (1, 4)),
    RfmSegment("Lost", (1, 1), (1, 5), (1, 5)),
)
"""In order: the first that fits names the customer. Source: R package rfm 0.3.0 (Hebbali 2023)."""


def rfm_scores(values: FloatArray, *, reverse: bool = False) -> NDArray[np.int64]:
    """Scores 1 to 5 of values, none of them null; `reverse`: small ones are good.

    Thresholds are the type-7 quantiles at 20, 40, 60 and 80 % plus 1, and a value at a threshold has the higher score.
    Source: R package rfm 0.3.0. Empty for no values.
    """
    if not values.size:
        return np.zeros(0, np.int64)
    thresholds = np.quantile(values, [0.2, 0.4, 0.6, 0.8]) + 1
    scores = 1 + np.searchsorted(thresholds, values, side="right").astype(np.int64)
    return 6 - scores if reverse else scores


def rfm_segments(recency: NDArray[np.int64], frequency: NDArray[np.int64], monetary: NDArray[np.int64]) -> list[str]:
    """The name of each customer's segment by the three scores; `OTHERS` where none fits."""
    names = np.full(recency.shape, OTHERS, dtype=object)
    open_ = np.ones(recency.shape, np.bool_)
    for segment in SEGMENTS:
        fits = open_.copy()
        scored = ((recency, segment.recency), (frequency, segment.frequency), (monetary, segment.monetary))
        for scores, (low, high) in scored:
            fits &= (scores >= low) & (scores <= high)
        names[fits] = segment.name
        open_ &= ~fits
    return [str(n) for n in names]
