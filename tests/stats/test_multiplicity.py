"""Benjamini and Hochberg's own example."""

from __future__ import annotations

import numpy as np
import pytest

from beachhead.stats.multiplicity import benjamini_hochberg

# Benjamini & Hochberg (1995), section 4: 15 endpoints of a trial; at q = 0.05 the first four are kept.
P = np.array(
    [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]
)


def test_four_endpoints_are_kept_as_in_the_paper() -> None:
    adjusted = benjamini_hochberg(P)
    assert (adjusted <= 0.05).sum() == 4
    # p.adjust(P, "BH") in R: 0.0001 * 15, 0.0004 * 15 / 2, …, 0.0298 * 15 / 7 pulls the sixth down.
    assert adjusted[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])
    assert adjusted[5] == adjusted[6] == pytest.approx(0.0298 * 15 / 7)


def test_order_is_kept_and_nulls_are_no_tests() -> None:
    shuffled = np.concatenate([[np.nan], P[::-1], [np.nan]])
    adjusted = benjamini_hochberg(shuffled)
    assert adjusted[1:-1][::-1] == pytest.approx(benjamini_hochberg(P))
    assert np.isnan(adjusted[[0, -1]]).all()


def test_no_tests_give_nothing() -> None:
    assert benjamini_hochberg(np.array([])).size == 0


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg(np.array([0.5, 1.5]))
