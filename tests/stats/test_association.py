"""Correlations and Cramér's V against published values."""

from __future__ import annotations

import numpy as np
import pytest

from beachhead.stats.association import cramers_v, pearson, spearman, spearman_matrix

# Hollander & Wolfe (1973), p. 187: tuna, the example of R's cor.test.
LIGHTNESS = np.array([44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1])
QUALITY = np.array([2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8])


def test_correlations_equal_r_on_the_tuna_data() -> None:
    assert pearson(LIGHTNESS, QUALITY) == pytest.approx(0.5711816, abs=5e-8)
    assert spearman(LIGHTNESS, QUALITY) == pytest.approx(0.6, abs=1e-12)


def test_ties_share_their_mean_rank() -> None:
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5 over sqrt(4.5 * 5).
    assert spearman(np.array([1.0, 2, 2, 3]), np.array([1.0, 2, 3, 4])) == pytest.approx(4.5 / np.sqrt(22.5))


def test_pairs_with_a_null_drop_out() -> None:
    x = np.append(LIGHTNESS, [1000.0, np.nan])
    y = np.append(QUALITY, [np.nan, 1000.0])
    assert spearman(x, y) == spearman(LIGHTNESS, QUALITY)
    assert pearson(x, y) == pearson(LIGHTNESS, QUALITY)


def test_too_few_pairs_or_no_variation_is_null() -> None:
    assert pearson(np.array([1.0, 2.0]), np.array([1.0, 2.0])) is None
    assert spearman(np.full(5, 0.1), np.arange(5.0)) is None


def test_uneven_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        pearson(np.arange(3.0), np.arange(4.0))


def test_matrix_equals_each_pair_with_and_without_nulls() -> None:
    r = np.random.default_rng(3)
    columns = [r.normal(size=50), r.integers(0, 4, 50).astype(float), r.normal(size=50), np.ones(50)]
    columns[2][::7] = np.nan
    matrix = spearman_matrix(columns)
    for i in range(4):
        for j in range(4):
            expected = spearman(columns[i], columns[j])
            assert matrix[i, j] == pytest.approx(np.nan if expected is None else expected, nan_ok=True)
    assert np.isnan(matrix[3]).all()


def test_cramers_v_equals_vcd_on_the_arthritis_data() -> None:
    # Koch & Edwards (1988); R vcd: assocstats(xtabs(~Treatment + Improved, Arthritis)): V = 0.394.
    assert cramers_v([[29, 7, 7], [13, 7, 21]]) == pytest.approx(0.394, abs=5e-4)


def test_cramers_v_runs_from_none_to_all() -> None:
    assert cramers_v([[10, 20], [20, 40]]) == pytest.approx(0)
    assert cramers_v([[10, 0, 0], [0, 5, 5]]) == pytest.approx(1)


def test_cramers_v_needs_two_by_two() -> None:
    assert cramers_v([[3, 4], [0, 0]]) is None
    assert cramers_v([[3, 4, 0], [1, 5, 0]]) == cramers_v([[3, 4], [1, 5]])
    with pytest.raises(ValueError, match="counts"):
        cramers_v([[-1, 2], [3, 4]])
