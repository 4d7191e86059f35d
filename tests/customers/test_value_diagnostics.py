"""Whether the score can be trusted."""

from __future__ import annotations

import numpy as np
import pytest

from beachhead.customers.tiers import assign_tiers
from beachhead.customers.value import Scores, score
from beachhead.customers.value_diagnostics import (
    distribution,
    double_reversals,
    input_correlations,
    input_problems,
    stability,
    survivorship_guard,
)
from beachhead.project.definitions import ScoreInput, Tiers, ValueDefinition
from beachhead.stats.association import spearman

NULL = np.nan
PER_CENT = Tiers(by_name_below=0)


def scored(
    values: dict[str, np.ndarray], weights: dict[str, float] | None = None, scope: np.ndarray | None = None
) -> Scores:
    inputs = tuple(
        ScoreInput(attribute=a, theme="revenue", transform="minmax", weight=(weights or {}).get(a, 1)) for a in values
    )
    size = next(iter(values.values())).size
    inside = np.ones(size, dtype=bool) if scope is None else scope
    return score(values, ValueDefinition(inputs=inputs, tiers=PER_CENT), inside)


def test_distribution_counts_customers_only() -> None:
    scope = np.array([True] * 5 + [False])
    d = distribution(scored({"a": np.array([0, 50, 100, 100, NULL, 70])}, scope=scope), bins=4)
    assert d.counts.tolist() == [1, 0, 1, 2]
    assert d.edges.tolist() == [0, 25, 50, 75, 100]
    assert (d.scored, d.unscored, d.outside, d.mean) == (4, 1, 1, 62.5)
    assert d.quartiles == (37.5, 75, 100)


def test_distribution_of_nobody_has_no_mean() -> None:
    d = distribution(scored({"a": np.array([NULL])}))
    assert (d.scored, d.unscored, d.mean, d.quartiles) == (0, 1, None, None)


def test_correlations_are_rank_correlations_of_the_values() -> None:
    r = np.random.default_rng(2)
    a, b = r.lognormal(size=300), r.normal(size=300)
    b[::5] = NULL
    s = scored({"a": a, "b": b, "twin": a * 2})
    c = input_correlations(s)
    assert c.with_score[1] == pytest.approx(spearman(b, s.score))
    assert c.among[0, 2] == pytest.approx(1)
    assert c.nearly_the_same() == [("a", "twin", pytest.approx(1))]
    assert c.customers == 300


def test_many_customers_are_sampled_evenly() -> None:
    r = np.random.default_rng(2)
    a = r.normal(size=150_000)
    b = a + r.normal(size=150_000)
    s = scored({"a": a, "b": b})
    c = input_correlations(s)
    assert c.customers == 100_000
    assert c.among[0, 1] == pytest.approx(spearman(a, b), abs=0.01)


def test_best_stay_best_when_one_input_decides() -> None:
    s = scored({"a": np.arange(200.0), "b": np.arange(200.0)})
    found = stability(s, assign_tiers(s.score, s.scope, PER_CENT))
    assert found is not None
    assert (found.worst, found.mean, found.by_input, found.best) == (1, 1, (1, 1), 2)
    # Two inputs: two moves of each alone, and the four corners.
    assert found.trials == 8


def test_a_close_race_is_lost_when_weights_move() -> None:
    a, b = np.zeros(100), np.zeros(100)
    a[0], b[0], a[1], b[1] = 1, 0.95, 0.95, 0.98
    s = scored({"a": a, "b": b})
    tiering = assign_tiers(s.score, s.scope, PER_CENT)
    assert tiering.tier_of(0) == "best"
    found = stability(s, tiering)
    assert found is not None
    # 0 has the better a (by 0.05), 1 the better b (by 0.03 of 0.98): only when b counts two thirds more does 1 win.
    assert found.by_input == (1, 1)
    assert found.worst == 1
    assert (wider := stability(s, tiering, shift=0.4)) is not None
    assert wider.worst == 0
    assert 0 < wider.mean < 1


def test_many_inputs_are_tried_at_drawn_corners_repeatably() -> None:
    r = np.random.default_rng(0)
    s = scored({f"a{i}": r.random(500) for i in range(8)})
    tiering = assign_tiers(s.score, s.scope, PER_CENT)
    first, again = stability(s, tiering, corners=16), stability(s, tiering, corners=16)
    assert first is not None
    assert first == again
    assert first.trials == 16 + 16
    assert 0 <= first.worst <= first.mean <= 1
    assert len(first.by_input) == 8


def test_stability_without_anybody_best_is_null() -> None:
    s = scored({"a": np.array([NULL, NULL])})
    assert stability(s, assign_tiers(s.score, s.scope, PER_CENT)) is None


def test_unused_input_cannot_unsettle_the_best() -> None:
    s = scored({"a": np.arange(10.0), "b": np.full(10, NULL)})
    found = stability(s, assign_tiers(s.score, s.scope, PER_CENT))
    assert found is not None
    assert found.by_input == (1, 1)


def test_guard_warns_when_nobody_of_many_old_customers_left() -> None:
    days = np.array([400.0] * 50 + [10.0] * 30 + [NULL])
    problem = survivorship_guard(days, np.zeros(81, dtype=bool), source="customers")
    assert problem is not None
    assert (problem.code, problem.count, problem.out_of, problem.source) == (
        "only-current-customers",
        50,
        81,
        "customers",
    )
    assert "churned_at" in problem.remedy
    assert survivorship_guard(days, np.zeros(81, dtype=bool), ended_subscriptions=0) is not None


def test_guard_is_silent_when_the_past_is_kept_or_customers_are_few_or_young() -> None:
    old, nobody = np.full(50, 366.0), np.zeros(50, dtype=bool)
    assert survivorship_guard(old, np.arange(50) == 3) is None
    assert survivorship_guard(old, nobody, ended_subscriptions=1) is None
    assert survivorship_guard(old[1:], nobody[1:]) is None
    assert survivorship_guard(np.full(50, 365.0), nobody) is None


def test_inputs_that_say_little_are_named() -> None:
    values = {
        "empty": np.full(10, NULL),
        "same": np.full(10, 3.0),
        "sparse": np.array([1, 2, 3, 4] + [NULL] * 6),
        "fine": np.arange(10.0),
    }
    found = input_problems(scored(values))
    assert [(p.code, p.column, p.count) for p in found] == [
        ("score-input-empty", "empty", 10),
        ("score-input-constant", "same", 10),
        ("score-input-sparse", "sparse", 6),
    ]


def test_falling_thresholds_that_are_also_low_is_good_are_named() -> None:
    falling = ((0.0, 1.0), (5.0, 0.0))
    inputs = (
        ScoreInput(attribute="twice", theme="revenue", transform="thresholds", thresholds=falling, direction="low"),
        ScoreInput(attribute="once", theme="revenue", transform="thresholds", thresholds=falling),
    )
    assert double_reversals(ValueDefinition(inputs=inputs)) == ("twice",)
