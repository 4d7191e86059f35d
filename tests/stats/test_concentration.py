"""Concentration against R's ineq."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from beachhead.stats.concentration import count_of, gini, lorenz_curve, top_share


def test_gini_and_lorenz_equal_r_ineq(reference: Path) -> None:
    example = json.loads((reference / "concentration.json").read_text())
    x = np.array(example["x"], dtype=float)[::-1]
    assert gini(x) == pytest.approx(example["published"]["gini_R_ineq"], abs=1e-12)
    assert lorenz_curve(x) == pytest.approx(example["lorenz_L"], abs=5e-8)


def test_equal_shares_have_no_concentration_and_one_owner_nearly_all() -> None:
    assert gini(np.full(10, 7.0)) == pytest.approx(0, abs=1e-12)
    assert gini(np.array([0, 0, 0, 5.0])) == pytest.approx(0.75)


def test_top_share_counts_customers_rounded_up() -> None:
    values = np.array([50, 30, 10, 5, 5], dtype=float)
    assert top_share(values, 20) == 0.5
    assert top_share(values, 21) == 0.8
    assert top_share(values, 100) == 1
    assert top_share(values, 0) == 0


def test_per_cent_of_a_count_is_exact_in_decimals() -> None:
    assert count_of(1000, 1.1) == 11
    assert count_of(101, 1) == 2
    assert count_of(0, 10) == 0


def test_nulls_are_ignored() -> None:
    assert top_share(np.array([np.nan, 3.0, 1.0]), 50) == 0.75
    assert gini(np.array([np.nan, 0, 0, 0, 5.0])) == pytest.approx(0.75)


@pytest.mark.parametrize("values", [[], [np.nan], [0.0, 0.0], [-1.0, 3.0]])
def test_concentration_of_nothing_or_of_debts_is_null(values: list[float]) -> None:
    assert gini(np.array(values)) is None
    assert lorenz_curve(np.array(values)) is None


def test_top_share_of_no_revenue_is_null() -> None:
    assert top_share(np.array([]), 10) is None
    assert top_share(np.array([-5.0, 5.0]), 10) is None
    with pytest.raises(ValueError, match="per cent"):
        top_share(np.array([1.0]), 101)
