"""Quantiles with their range."""

from __future__ import annotations

import numpy as np
import pytest

from beachhead.stats.quantiles import quantile_interval


def test_the_range_of_a_median_is_that_of_conover() -> None:
    """Of 20 values by ranks: 10 ± 1.96·√5, rounded up, are 6 and 15."""
    found = quantile_interval(np.arange(1.0, 21.0))
    assert found is not None
    assert (found.estimate, found.low, found.high) == (10.5, 6, 15)


def test_one_value_is_its_own_range_and_none_has_none() -> None:
    one = quantile_interval(np.array([7.0]))
    assert one is not None
    assert (one.estimate, one.low, one.high) == (7, 7, 7)
    assert quantile_interval(np.array([np.nan])) is None


def test_a_fraction_lies_between_0_and_1() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile_interval(np.array([1.0]), 1.5)


def test_the_range_holds_the_median_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    samples = rng.exponential(size=(2000, 40))
    intervals = [quantile_interval(s) for s in samples]
    holds = np.mean([i is not None and i.low <= np.log(2) <= i.high for i in intervals])
    assert 0.93 < holds < 0.99
