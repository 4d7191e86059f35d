"""Rates against the tables that the methods' authors printed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.stats.proportions import fisher_exact, fisher_mid_p, newcombe_interval, rate, wilson_interval

# Newcombe (1998a), "Two-sided confidence intervals for the single proportion", table I, method 3.
WILSON = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]
# Newcombe (1998b), "Interval estimation for the difference between independent proportions", table II, method 10.
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
]
# Fagerland, Lydersen & Laake (2017), "Statistical Analysis of Contingency Tables", ch. 4: a lady tasting tea,
# Perondi (2004), Lampasona (2013), Ritland (2007).
MID_P = [
    (3, 4, 1, 4, 0.25714),
    (7, 34, 1, 34, 0.02966),
    (9, 13, 4, 14, 0.03914),
    (0, 16, 15, 72, 0.04466),
]


@pytest.mark.parametrize(("successes", "n", "low", "high"), WILSON)
def test_wilson_interval_equals_newcombes_table(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson_interval(successes, n)
    assert interval is not None
    assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert interval.estimate == successes / n


@pytest.mark.parametrize(("a", "m", "b", "n", "low", "high"), NEWCOMBE)
def test_difference_of_rates_equals_newcombes_table(a: int, m: int, b: int, n: int, low: float, high: float) -> None:
    interval = newcombe_interval(a, m, b, n)
    assert interval is not None
    assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_swapped_groups_give_the_mirrored_difference() -> None:
    one, other = newcombe_interval(56, 70, 48, 80), newcombe_interval(48, 80, 56, 70)
    assert one is not None and other is not None
    assert (other.estimate, other.low, other.high) == pytest.approx((-one.estimate, -one.high, -one.low))


def test_a_rate_over_nothing_is_null() -> None:
    assert rate(0, 0) is None
    assert wilson_interval(0, 0) is None
    assert newcombe_interval(1, 2, 0, 0) is None
    assert fisher_exact(0, 0, 1, 2) is None
    assert fisher_mid_p(0, 0, 1, 2) is None


def test_more_successes_than_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        wilson_interval(3, 2)
    with pytest.raises(ValueError, match="1 of 0"):
        rate(1, 0)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_is_a_share(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        wilson_interval(1, 2, confidence)


@pytest.mark.parametrize(("a", "m", "b", "n", "p"), MID_P)
def test_mid_p_equals_the_textbook(a: int, m: int, b: int, n: int, p: float) -> None:
    assert fisher_mid_p(a, m, b, n) == pytest.approx(p, abs=5e-6)


def test_exact_test_equals_fishers_examples() -> None:
    # R, ?fisher.test: Agresti's tea drinker (two-sided), Fisher's convictions of twins.
    assert fisher_exact(3, 4, 1, 4) == pytest.approx(0.4857, abs=5e-5)
    assert fisher_exact(2, 17, 10, 13) == pytest.approx(0.0005367, abs=5e-8)


def test_exact_test_bears_a_million_customers() -> None:
    p = fisher_exact(500_000, 1_000_000, 501_500, 1_000_000)
    assert p == pytest.approx(0.0340, abs=5e-4)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_intervals_hold_their_estimate_and_stay_in_range(m: int, n: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, m)), data.draw(st.integers(0, n))
    one, both = wilson_interval(a, m), newcombe_interval(a, m, b, n)
    assert one is not None and both is not None
    assert 0 <= one.low <= one.estimate <= one.high <= 1
    assert -1 - 1e-12 <= both.low <= both.estimate <= both.high <= 1 + 1e-12
    assert both.excludes(2) and not both.excludes(both.estimate)
    mid, exact = fisher_mid_p(a, m, b, n), fisher_exact(a, m, b, n)
    assert mid is not None and exact is not None
    assert 0 < mid < exact <= 1
