"""Placing values from 0 to 1, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from beachhead.stats.scales import (
    LogScale,
    MinMaxScale,
    PercentileScale,
    Scale,
    ThresholdScale,
    ZScale,
    log_scaled,
    minmax,
    percentile_rank,
    signed_log,
    zscore,
)

NULL = np.nan
numbers = st.floats(-1e6, 1e6, allow_nan=False)
some_numbers = st.lists(st.one_of(numbers, st.integers(-5, 5).map(float)), min_size=1, max_size=30).map(np.array)


def test_ties_share_the_middle_of_their_ranks() -> None:
    ranks = percentile_rank(np.array([10, 20, 20, 30, NULL]))
    assert ranks == pytest.approx([0.125, 0.5, 0.5, 0.875, NULL], nan_ok=True)


def test_values_outside_of_the_reference_are_placed_against_it() -> None:
    values = np.array([1.0, 2.0, 3.0, 0.0, 2.5, 9.0])
    reference = np.array([True, True, True, False, False, False])
    assert percentile_rank(values, reference) == pytest.approx([1 / 6, 0.5, 5 / 6, 0, 2 / 3, 1])


def test_without_any_reference_value_all_is_null() -> None:
    assert np.isnan(percentile_rank(np.array([1.0, 2.0]), np.array([False, False]))).all()
    assert np.isnan(percentile_rank(np.array([NULL]))).all()


@pytest.mark.parametrize("draw", ["counts", "amounts", "wide whole numbers"])
def test_percentile_rank_equals_scipy_ranks(draw: str) -> None:
    r = np.random.default_rng(5)
    values = {
        "counts": r.poisson(3, 2000).astype(float) - 2,
        "amounts": r.lognormal(3, 2, 2000).round(1),
        "wide whole numbers": r.integers(0, 10**12, 2000).astype(float),
    }[draw]
    assert percentile_rank(values) == pytest.approx((rankdata(values) - 0.5) / 2000)


@settings(deadline=None)
@given(some_numbers, st.data())
def test_percentile_rank_equals_its_scale(values: np.ndarray, data: st.DataObject) -> None:
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=values.size, max_size=values.size)))
    if mask.any():
        assert percentile_rank(values, mask) == pytest.approx(PercentileScale.fit(values[mask]).points(values))


def test_minmax_runs_from_lowest_to_highest() -> None:
    assert minmax(np.array([5.0, 10.0, 15.0, NULL])) == pytest.approx([0, 0.5, 1, NULL], nan_ok=True)
    assert MinMaxScale(0, 10).points(np.array([-5.0, 50.0])).tolist() == [0, 1]
    assert MinMaxScale(0, 5e-324).points(np.array([0.0, 5e-324, 1e300])).tolist() == [0, 1, 1]


def test_log_scale_halves_at_the_geometric_middle() -> None:
    # 1 + x: 1, 10, 100
    assert log_scaled(np.array([0.0, 9.0, 99.0, NULL])) == pytest.approx([0, 0.5, 1, NULL], nan_ok=True)


def test_signed_log_takes_refunds() -> None:
    assert signed_log(np.array([-np.e + 1, 0.0, np.e - 1])) == pytest.approx([-1, 0, 1])


def test_zscore_is_in_standard_deviations() -> None:
    assert zscore(np.array([2.0, 4, 4, 4, 5, 5, 7, 9])) == pytest.approx([-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2])


def test_robust_zscore_is_not_moved_by_a_giant() -> None:
    values = np.append(np.arange(1000.0), 1e9)
    assert zscore(values)[0] == pytest.approx(-0.0316, abs=1e-3)
    assert zscore(values, tail=0.01)[0] == pytest.approx(-1.73, abs=0.05)


def test_robust_zscore_falls_back_when_nearly_all_are_equal() -> None:
    values = np.append(np.zeros(999), 1.0)
    assert zscore(values, tail=0.01).tolist() == pytest.approx(zscore(values).tolist())


@pytest.mark.parametrize("function", [zscore, minmax, log_scaled])
def test_scaling_only_nulls_gives_nulls(function: object) -> None:
    assert callable(function)
    assert np.isnan(function(np.array([NULL, NULL]))).all()


@pytest.mark.parametrize("kind", [PercentileScale, MinMaxScale, LogScale, ZScale])
def test_a_scale_needs_a_reference(kind: type[PercentileScale]) -> None:
    with pytest.raises(ValueError, match="at least one known value"):
        kind.fit(np.array([NULL]))


@pytest.mark.parametrize("kind", [PercentileScale, MinMaxScale, LogScale, ZScale])
def test_where_nothing_varies_all_are_in_the_middle(kind: type[PercentileScale]) -> None:
    scale = kind.fit(np.full(7, 0.1))
    assert scale.points(np.array([0.0, 0.1, 0.2, NULL])) == pytest.approx([0, 0.5, 1, NULL], nan_ok=True)
    assert scale.span == (0.5, 0.5)
    assert scale.value_for(0.6, 0.1, at_least=True) is None


def test_thresholds_are_joined_by_lines_and_level_outside() -> None:
    scale = ThresholdScale(((0, 0), (10, 0.5), (30, 1)))
    found = scale.points(np.array([-5.0, 0, 5, 10, 20, 99, NULL]))
    assert found == pytest.approx([0, 0, 0.25, 0.5, 0.75, 1, NULL], nan_ok=True)


def test_nearest_value_on_a_hump_is_on_the_near_side() -> None:
    hump = ThresholdScale(((0, 0), (10, 1), (20, 0)))
    assert hump.value_for(0.5, 1.0, at_least=True) == 5
    assert hump.value_for(0.5, 19.0, at_least=True) == 15
    assert hump.value_for(0.5, NULL, at_least=True) == 5
    assert ThresholdScale(((0, 0.2), (10, 0.6))).value_for(0.7, 3.0, at_least=True) is None


def test_percentile_answers_with_a_value_that_occurs() -> None:
    scale = PercentileScale.fit(np.array([1.0, 2, 2, 5]))
    assert scale.value_for(0.5, 1.0, at_least=True) == 2
    assert scale.value_for(0.51, 1.0, at_least=True) == 5
    assert scale.value_for(0.9, 1.0, at_least=True) is None
    assert scale.value_for(0.49, 5.0, at_least=False) == 1


@settings(deadline=None)
@given(some_numbers, st.floats(0, 1), st.booleans(), st.sampled_from(["percentile", "minmax", "log", "z"]))
def test_value_for_is_the_inverse_of_points(reference: np.ndarray, wanted: float, at_least: bool, kind: str) -> None:
    kinds = {"percentile": PercentileScale, "minmax": MinMaxScale, "log": LogScale, "z": ZScale}
    scale: Scale = kinds[kind].fit(reference)
    found = scale.value_for(wanted, NULL, at_least)
    lowest, highest = scale.span
    if found is None:
        assert wanted > highest if at_least else wanted < lowest
    else:
        # Fine scales of huge values: one step of a float may move the points a little.
        back = scale.points(np.array([found, np.nextafter(found, np.inf), np.nextafter(found, -np.inf)]))
        assert back.max() >= wanted - 1e-6 if at_least else back.min() <= wanted + 1e-6


@settings(deadline=None)
@given(some_numbers, numbers, st.floats(0, 1e6))
def test_higher_values_never_get_fewer_points(reference: np.ndarray, value: float, more: float) -> None:
    for kind in (PercentileScale, MinMaxScale, LogScale, ZScale):
        low, high = kind.fit(reference).points(np.array([value, value + more]))
        assert 0 <= low <= high <= 1
