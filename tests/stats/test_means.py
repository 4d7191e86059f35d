"""Means of skewed amounts."""

from __future__ import annotations

import numpy as np
import pytest

from beachhead.stats.means import mean_interval, welch_interval, welch_p, winsor_limits, winsorise

# Student (1908), Cushny & Peebles' sleep data, as in R's `sleep`.
DRUG_1 = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
DRUG_2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_welch_interval_equals_r_on_students_sleep_data() -> None:
    # R: t.test(extra ~ group, data = sleep)
    interval = welch_interval(DRUG_1, DRUG_2, tail=0)
    assert interval is not None
    assert interval.estimate == pytest.approx(0.75 - 2.33)
    assert (interval.low, interval.high) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)
    assert welch_p(DRUG_1, DRUG_2, tail=0) == pytest.approx(0.07939, abs=5e-6)


def test_mean_interval_equals_r_on_paired_sleep_data() -> None:
    # R: t.test(sleep$extra[1:10] - sleep$extra[11:20]): -2.4598858, -0.7001142
    interval = mean_interval(DRUG_1 - DRUG_2, tail=0)
    assert interval is not None
    assert (interval.estimate, interval.low, interval.high) == pytest.approx((-1.58, -2.4598858, -0.7001142), abs=5e-8)


def test_a_giant_does_not_decide_the_mean() -> None:
    usual = np.arange(1000.0)
    with_giant = np.append(usual, 1e9)
    interval = mean_interval(with_giant)
    assert interval is not None
    assert interval.estimate == pytest.approx(500, abs=1)
    assert winsorise(with_giant).max() == 990.0
    assert winsor_limits(with_giant) == (10.0, 990.0)


def test_both_samples_are_cut_at_the_same_amounts() -> None:
    low, high = np.zeros(200), np.append(np.zeros(199), 1e6)
    # The one giant of 400 values is beyond the common limit, so nothing is left that varies.
    assert welch_interval(low, high) is None


def test_nulls_are_ignored_and_stay_null() -> None:
    with_nulls = np.concatenate([DRUG_1, [np.nan, np.nan]])
    assert welch_interval(with_nulls, DRUG_2, tail=0) == welch_interval(DRUG_1, DRUG_2, tail=0)
    assert np.isnan(winsorise(np.array([1.0, np.nan]))).tolist() == [False, True]
    assert np.isnan(winsorise(np.array([np.nan]))).all()


@pytest.mark.parametrize("few", [[], [1.0], [np.nan, 1.0]])
def test_less_than_two_values_have_no_range(few: list[float]) -> None:
    assert welch_interval(np.array(few), DRUG_1) is None
    assert mean_interval(np.array(few)) is None


def test_equal_values_have_no_range() -> None:
    assert mean_interval(np.full(5, 3.0)) is None
    assert welch_interval(np.full(5, 3.0), np.full(5, 2.0)) is None
    assert welch_p(np.full(5, 3.0), np.full(5, 2.0)) is None


@pytest.mark.parametrize("tail", [-0.1, 0.5])
def test_a_tail_is_less_than_half(tail: float) -> None:
    with pytest.raises(ValueError, match="tail"):
        winsorise(DRUG_1, tail)
