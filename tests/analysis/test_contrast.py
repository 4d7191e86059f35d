"""What sets two groups apart: found where it is, and not where it is not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from beachhead.analysis.contrast import contrast, median, needed_per_group
from beachhead.customers.attributes import BUILT_IN, Attribute

ATTRIBUTES = {a.name: a for a in BUILT_IN}


def two_groups(n):
    first = np.arange(2 * n) < n
    return first, ~first


def test_a_planted_difference_is_found_with_its_counts_and_range():
    a, b = two_groups(100)
    industry = ["Software"] * 60 + ["Retail"] * 40 + ["Software"] * 20 + ["Retail"] * 80
    found = contrast(pa.table({"industry": industry}), ATTRIBUTES, a, b)
    software = next(d for d in found.differences if d.level == "Software")
    assert (software.in_a, software.of_a, software.in_b, software.of_b) == (60, 100, 20, 100)
    assert software.difference == pytest.approx(0.4)
    assert software.lift == pytest.approx(3.0)
    assert 0.26 < software.low < 0.4 < software.high < 0.52
    assert software.q < 1e-6


def test_unknown_values_are_left_out_of_both_shares():
    a, b = two_groups(100)
    industry = [None] * 50 + ["Software"] * 45 + ["Retail"] * 5 + [None] * 20 + ["Software"] * 20 + ["Retail"] * 60
    found = contrast(pa.table({"industry": industry}), ATTRIBUTES, a, b)
    software = next(d for d in found.differences if d.level == "Software")
    assert (software.in_a, software.of_a, software.in_b, software.of_b) == (45, 50, 20, 80)


def test_a_number_is_compared_by_medians():
    a, b = two_groups(50)
    employees = np.concatenate([np.arange(100, 150), np.arange(50)])
    shift = contrast(pa.table({"employees": employees}), ATTRIBUTES, a, b).shifts[0]
    assert (shift.a.value, shift.b.value) == (124.5, 24.5)
    assert (shift.test.in_a, shift.test.in_b) == (50, 0)
    assert shift.a.low is not None and shift.a.low < 124.5 < (shift.a.high or 0)


def test_noise_gives_no_statement_and_says_how_many_are_needed():
    rng = np.random.default_rng(5)
    a, b = two_groups(20)
    table = pa.table({"industry": rng.choice(["x", "y", "z"], 40), "employees": rng.integers(1, 100, 40)})
    found = contrast(table, ATTRIBUTES, a, b)
    assert not found.holds
    assert found.tested == 4
    assert found.needed == needed_per_group(4)
    assert found.needed > 95


def test_false_statements_over_many_noise_tables_are_rare():
    rng = np.random.default_rng(11)
    a, b = two_groups(60)
    names = ["industry", "country", "region", "plan", "technology"]
    wrong = sum(
        contrast(pa.table({n: rng.choice(["p", "q", "r"], 120) for n in names}), ATTRIBUTES, a, b).holds
        for _ in range(100)
    )
    assert wrong <= 10


def test_one_comparison_needs_95_customers_per_group():
    # Fleiss (1981) without continuity correction: (1.96 + 0.8416)² (0.24 + 0.24) / 0.04 = 94.2.
    assert needed_per_group(1) == 95


def test_outcomes_names_dates_and_excluded_attributes_are_not_used():
    a, b = two_groups(50)
    split = ["yes"] * 50 + ["no"] * 50
    table = pa.table(
        {"account_status": split, "account_name": split, "tier": split, "source_status": split, "plan": split}
    )
    found = contrast(table, ATTRIBUTES, a, b, exclude=["plan"])
    assert (found.attributes, found.holds) == (0, False)


def test_what_moves_with_an_excluded_number_is_left_out_too():
    a, b = two_groups(100)
    mrr = np.arange(200, 0, -1) * 100
    plan = np.where(mrr > 13_000, "Pro", np.where(mrr > 6000, "Team", "Solo"))
    table = pa.table({"mrr_cents": mrr, "revenue_cents_365d": mrr * 12, "plan": plan, "industry": ["x", "y"] * 100})
    found = contrast(table, ATTRIBUTES, a, b, exclude=["mrr_cents"])
    assert found.attributes == 1


def test_an_empty_group_supports_nothing():
    nobody = np.zeros(4, dtype=bool)
    found = contrast(pa.table({"industry": ["a", "a", "b", "b"]}), ATTRIBUTES, nobody, ~nobody)
    assert (found.n_a, found.tested, found.holds) == (0, 0, False)


def test_range_of_a_median_is_exact():
    # Conover (1999), table A3: for n = 20 the 6th and 15th values bound the median at 95 %.
    found = median(np.arange(1.0, 21.0))
    assert (found.value, found.low, found.high, found.n) == (10.5, 6.0, 15.0, 20)
    assert median(np.array([1.0, 2.0])).low is None


def test_of_a_list_each_item_is_compared_on_its_own_among_those_whose_list_is_known():
    a, b = two_groups(100)
    tools = ["slack;jira"] * 60 + ["jira"] * 30 + [None] * 10 + ["slack;jira"] * 10 + ["jira;teams"] * 90
    known = {"tools": Attribute("tools", "list", "Tools", "extra", known_from="signup")}
    found = {d.level: d for d in contrast(pa.table({"tools": tools}), known, a, b).differences}
    assert {level: (d.in_a, d.of_a, d.in_b, d.of_b) for level, d in found.items()} == {
        "slack": (60, 90, 10, 100),
        "teams": (0, 90, 90, 100),
    }
