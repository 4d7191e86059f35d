"""The good-customer score."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.customers.value import Scores, score
from beachhead.errors import DefinitionError
from beachhead.project.definitions import ScoreInput, ValueDefinition

NULL = np.nan
Transform = Literal["percentile", "log", "zscore", "minmax", "thresholds"]
Missing = Literal["middle", "worst", "best", "leave_out"]
TRANSFORMS: tuple[Transform, ...] = ("percentile", "log", "zscore", "minmax", "thresholds")
LINE = ((-50.0, 0.0), (0.0, 0.3), (50.0, 1.0))


def ingredient(
    attribute: str,
    weight: float = 1,
    transform: Transform = "minmax",
    direction: Literal["high", "low"] = "high",
    missing: Missing = "leave_out",
) -> ScoreInput:
    return ScoreInput(
        attribute=attribute,
        theme="revenue",
        weight=weight,
        transform=transform,
        direction=direction,
        missing=missing,
        thresholds=LINE if transform == "thresholds" else (),
    )


def scored(inputs: list[ScoreInput], scope: list[bool] | None = None, **values: list[float]) -> Scores:
    arrays = {name: np.array(v, dtype=float) for name, v in values.items()}
    size = len(next(iter(arrays.values())))
    inside = np.array(scope) if scope is not None else np.ones(size, dtype=bool)
    return score(arrays, ValueDefinition(inputs=tuple(inputs)), inside)


def test_score_is_the_weighted_mean_of_points() -> None:
    s = scored([ingredient("a", 3), ingredient("b", 1)], a=[0, 5, 10], b=[8, 4, 0])
    assert s.points.tolist() == [[0, 0.5, 1], [1, 0.5, 0]]
    assert s.score.tolist() == [25, 50, 75]
    assert s.shares.tolist() == [0.75, 0.25]


def test_low_is_good_turns_the_points_round() -> None:
    s = scored([ingredient("tickets", direction="low", transform="percentile")], tickets=[0, 1, 1, 7])
    assert s.score.tolist() == [87.5, 50, 50, 12.5]


def test_thresholds_give_the_points_drawn() -> None:
    s = scored([ingredient("a", transform="thresholds")], a=[-50, 0, 25, 80])
    assert s.score.tolist() == [0, 30, 65, 100]


def test_zscore_points_are_the_share_of_a_normal_distribution() -> None:
    s = scored([ingredient("a", transform="zscore")], a=[-1, 0, 1])
    assert s.score == pytest.approx([11.0, 50, 89.0], abs=0.5)


@pytest.mark.parametrize(("rule", "expected"), [("middle", 75), ("worst", 50), ("best", 100), ("leave_out", 100)])
def test_missing_value_follows_its_rule(rule: Missing, expected: float) -> None:
    s = scored([ingredient("a"), ingredient("b", missing=rule)], a=[0, 10], b=[1, NULL])
    assert s.score[1] == expected


def test_left_out_weight_goes_to_the_others() -> None:
    s = scored([ingredient("a", 1), ingredient("b", 9)], a=[0, 5, 10], b=[0, NULL, 10])
    assert s.score[1] == 50
    assert s.contributions(1).tolist() == [50, 0]


@pytest.mark.parametrize("rule", ["middle", "worst", "best", "leave_out"])
def test_account_without_any_value_has_no_score(rule: Missing) -> None:
    s = scored([ingredient("a", missing=rule), ingredient("b", missing=rule)], a=[0, 1, NULL], b=[0, NULL, np.inf])
    assert np.isnan(s.score).tolist() == [False, False, True]
    assert np.isnan(s.contributions(2)).all()


def test_input_without_any_value_among_customers_is_left_out_for_all() -> None:
    s = scored(
        [ingredient("a"), ingredient("nps", missing="worst")],
        scope=[True, True, False],
        a=[0, 10, 10],
        nps=[NULL, NULL, 9],
    )
    assert s.used == (True, False)
    assert s.score.tolist() == [0, 100, 100]
    assert s.shares.tolist() == [1, 0]


@pytest.mark.parametrize("transform", ["percentile", "log", "zscore", "minmax"])
def test_only_customers_set_the_scale(transform: Transform) -> None:
    inputs = [ingredient("a", transform=transform)]
    alone = scored(inputs, a=[1, 2, 3])
    among = scored(inputs, scope=[True, True, True, False, False], a=[1, 2, 3, 1000, 2])
    assert among.score[:3].tolist() == alone.score.tolist()
    assert among.score[3] >= among.score[2]
    assert among.score[4] == among.score[1]
    assert among.scored.tolist() == [True, True, True, False, False]


def test_nobody_in_scope_gives_nobody_a_score() -> None:
    s = scored([ingredient("a")], scope=[False, False], a=[1, 2])
    assert np.isnan(s.score).all()


def test_unknown_attribute_is_named_with_the_nearest() -> None:
    with pytest.raises(DefinitionError, match="'mrr_cents'") as e:
        scored([ingredient("mrr_cent")], mrr_cents=[1.0])
    assert e.value.diagnostics[0].code == "unknown-attribute"


def test_arrays_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        scored([ingredient("a")], scope=[True], a=[1, 2])


def test_threads_give_the_same_scores() -> None:
    r = np.random.default_rng(1)
    n = 100_001
    values = {"a": r.lognormal(2, 2, n), "b": r.poisson(4, n).astype(float)}
    values["a"][::9] = NULL
    definition = ValueDefinition(inputs=tuple(ingredient(a, transform="percentile") for a in ("a", "b")))
    scope = r.random(n) < 0.9
    large = score(values, definition, scope)
    # Below the size for threads, with the same customers to place against.
    keep = np.delete(np.arange(n), np.flatnonzero(~scope)[:100])
    small = score({k: v[keep] for k, v in values.items()}, definition, scope[keep])
    np.testing.assert_array_equal(large.score[keep], small.score)


cell = st.one_of(st.just(NULL), st.integers(-60, 60).map(float), st.floats(-100, 100))
columns = st.integers(2, 25).flatmap(
    lambda n: st.tuples(*[st.lists(cell, min_size=n, max_size=n) for _ in range(3)], st.permutations(range(n)))
)
ingredients = st.tuples(
    *[
        st.builds(
            ingredient,
            st.just(name),
            st.sampled_from([0.5, 1, 3]),
            st.sampled_from(TRANSFORMS),
            st.sampled_from(["high", "low"]),
            st.sampled_from(["middle", "worst", "best", "leave_out"]),
        )
        for name in "abc"
    ]
)


@settings(deadline=None)
@given(columns, ingredients)
def test_scores_are_bounded_and_are_the_sum_of_contributions(
    data: tuple[list[float], list[float], list[float], list[int]], inputs: tuple[ScoreInput, ...]
) -> None:
    s = scored(list(inputs), a=data[0], b=data[1], c=data[2])
    for i, total in enumerate(s.score):
        if np.isfinite(total):
            assert 0 <= total <= 100
            assert s.contributions(i).sum() == pytest.approx(total, abs=1e-9)
    known = s.points[~np.isnan(s.points)]
    assert ((known >= 0) & (known <= 1)).all()


@settings(deadline=None)
@given(columns, ingredients)
def test_order_of_accounts_does_not_matter(
    data: tuple[list[float], list[float], list[float], list[int]], inputs: tuple[ScoreInput, ...]
) -> None:
    order = list(data[3])
    straight = scored(list(inputs), a=data[0], b=data[1], c=data[2])
    mixed = scored(list(inputs), **{k: [column[i] for i in order] for k, column in zip("abc", data[:3], strict=True)})
    np.testing.assert_allclose(mixed.score, straight.score[order], atol=1e-9)


@settings(deadline=None)
@given(
    st.lists(st.floats(-100, 100), min_size=2, max_size=20),
    st.floats(-100, 100),
    st.floats(0, 100),
    st.sampled_from(TRANSFORMS),
)
def test_more_of_a_good_thing_never_lowers_the_score(
    customers: list[float], value: float, more: float, transform: Transform
) -> None:
    scope = [True] * len(customers) + [False, False]
    s = scored([ingredient("a", transform=transform)], scope=scope, a=[*customers, value, value + more])
    assert s.score[-1] >= s.score[-2]
