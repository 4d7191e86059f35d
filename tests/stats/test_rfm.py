"""Recency, frequency and money."""

from __future__ import annotations

import numpy as np

from beachhead.stats.rfm import OTHERS, SEGMENTS, rfm_scores, rfm_segments


def test_values_at_a_threshold_have_the_higher_score() -> None:
    values = np.array([0.0, 10, 20, 30, 40])  # thresholds 9, 17, 25, 33
    assert rfm_scores(values).tolist() == [1, 2, 3, 4, 5]
    assert rfm_scores(np.array([1.0] * 9 + [100])).tolist() == [1] * 9 + [5]


def test_small_recency_is_good() -> None:
    values = np.arange(100.0)
    assert (rfm_scores(values, reverse=True) == 6 - rfm_scores(values)).all()
    assert rfm_scores(np.zeros(0)).tolist() == []


def test_the_first_segment_that_fits_names_the_customer() -> None:
    for segment in SEGMENTS:
        scores = [np.array([low]) for low, _ in segment[1:]]
        (name,) = rfm_segments(*scores)
        assert SEGMENTS.index(next(s for s in SEGMENTS if s.name == name)) <= SEGMENTS.index(segment)
    assert rfm_segments(np.array([3]), np.array([1]), np.array([5])) == ["Promising"]
    assert rfm_segments(np.array([5]), np.array([4]), np.array([1])) == [OTHERS]
