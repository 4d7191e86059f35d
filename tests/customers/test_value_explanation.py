"""Why a score is what it is, and what would lift it."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.customers.tiers import assign_tiers
from beachhead.customers.value import score
from beachhead.customers.value_explanation import Explanation, explain
from beachhead.project.definitions import ScoreInput, Tiers, ValueDefinition

NULL = np.nan


def explained(
    inputs: list[ScoreInput], index: int, scope: list[bool] | None = None, best: float = 1, **values: list[float]
) -> Explanation:
    arrays = {name: np.array(v, dtype=float) for name, v in values.items()}
    size = len(next(iter(arrays.values())))
    inside = np.array(scope) if scope is not None else np.ones(size, dtype=bool)
    tiers = Tiers(by_name_below=0, best=best, next_best=best + 10)
    scores = score(arrays, ValueDefinition(inputs=tuple(inputs), tiers=tiers), inside)
    return explain(scores, assign_tiers(scores.score, inside, tiers), index)


def line(
    attribute: str,
    weight: float = 1,
    direction: Literal["high", "low"] = "high",
    missing: Literal["middle", "worst", "best", "leave_out"] = "leave_out",
) -> ScoreInput:
    return ScoreInput(
        attribute=attribute, theme="revenue", weight=weight, direction=direction, missing=missing, transform="minmax"
    )


def test_each_input_says_its_part() -> None:
    e = explained([line("use", 3), line("tickets", 1, "low")], 1, use=[0, 6, 10], tickets=[10, 4, 0])
    use, tickets = e.inputs
    assert (use.attribute, use.value, use.points, use.weight) == ("use", 6, 0.6, 0.75)
    assert (use.contribution, tickets.contribution) == (pytest.approx(45), pytest.approx(15))
    assert (use.ahead_of, use.behind, tickets.ahead_of) == (pytest.approx(1 / 3),) * 3
    assert (e.score, e.rank, e.ranked, e.tier) == (pytest.approx(60), 2, 3, "middle")


def test_smallest_change_that_alone_closes_the_gap_is_named_or_nothing() -> None:
    # The best has 90, account 1 has 60: 6 more of `use` do; `nps` weighs too little, of `more` it has all there is.
    e = explained(
        [line("use", 5), line("nps", 1), line("more", 4)],
        1,
        use=[10, 4, 0],
        nps=[0, 0, 1],
        more=[5, 5, 0],
    )
    assert (e.cut_off, e.gap) == (90, pytest.approx(30))
    use, nps, more = e.alone
    assert use is not None and more is None and nps is None
    assert (use.from_value, use.to_value, use.gain) == (4, 10, pytest.approx(30))
    assert [lift.attribute for lift in e.together] == ["use"]


def test_several_inputs_together_close_what_none_closes_alone() -> None:
    e = explained([line("a", 5), line("b", 3), line("c", 2)], 1, a=[10, 0, 0], b=[9, 0, 10], c=[10, 0, 0])
    assert e.alone == (None, None, None)
    assert [(lift.attribute, lift.to_value) for lift in e.together] == [("a", 10), ("b", 10), ("c", 9)]
    assert sum(lift.gain for lift in e.together) >= (e.gap or 0) - 1e-9


def test_less_of_a_bad_thing_lifts() -> None:
    e = explained([line("tickets", direction="low")], 1, tickets=[2, 7, 10])
    (lift,) = e.alone
    assert lift is not None
    assert (lift.from_value, lift.to_value) == (7, 2)


def test_whole_numbers_are_lifted_to_whole_numbers() -> None:
    e = explained([line("a"), line("b")], 1, a=[9, 3, 0, 10], b=[6.5, 6.5, 0.0, 0.0])
    lift = e.alone[0]
    assert lift is not None
    assert lift.to_value == 9
    e = explained([line("a", 2), line("b")], 1, a=[9, 3, 0, 10], b=[4.5, 6.5, 0.0, 0.0])
    lift = e.alone[0]
    # Something below 8 would do; there are no parts of a login.
    assert lift is not None
    assert lift.to_value == 8


def test_unknown_value_can_lift_by_becoming_known() -> None:
    e = explained([line("a"), line("nps", missing="worst")], 1, a=[10, 8, 0], nps=[7, NULL, 10])
    nps = e.inputs[1]
    assert (nps.value, nps.points, nps.contribution, nps.ahead_of) == (None, 0, 0, None)
    # 40 of 50 points: a fifth of the way from 7 to 10 would do, and answers are whole.
    lift = e.alone[1]
    assert lift is not None
    assert (e.cut_off, lift.from_value, lift.to_value) == (50, None, 8)


def test_left_out_input_has_no_weight() -> None:
    e = explained([line("a"), line("nps")], 1, a=[10, 8, 0], nps=[7, NULL, 10])
    assert (e.inputs[0].weight, e.inputs[1].weight, e.inputs[1].points) == (1, 0, None)
    assert e.score == pytest.approx(80)


def test_the_best_lack_nothing() -> None:
    e = explained([line("a")], 0, a=[10, 8, 0])
    assert (e.tier, e.gap, e.alone, e.together) == ("best", 0, (None,), ())


def test_trialer_is_measured_against_customers_without_a_tier() -> None:
    e = explained([line("a")], 3, scope=[True, True, True, False], a=[10, 8, 0, 5])
    assert (e.tier, e.rank, e.score, e.gap) == (None, None, 50, 50)
    lift = e.alone[0]
    assert lift is not None
    assert lift.to_value == 10


def test_account_without_values_has_nothing_to_explain() -> None:
    e = explained([line("a")], 1, a=[10, NULL, 0])
    assert (e.score, e.tier, e.gap) == (None, None, None)
    assert (e.inputs[0].contribution, e.inputs[0].weight) == (0, 0)


def test_index_outside_is_refused() -> None:
    with pytest.raises(IndexError, match="no account at 2"):
        explained([line("a")], 2, a=[1, 2])


@settings(deadline=None)
@given(
    st.lists(st.tuples(*[st.one_of(st.just(NULL), st.integers(0, 30).map(float))] * 3), min_size=3, max_size=25),
    st.tuples(*[st.sampled_from(["percentile", "log", "zscore", "minmax", "thresholds"])] * 3),
    st.tuples(*[st.sampled_from(["high", "low"])] * 3),
    st.sampled_from(["middle", "worst", "best", "leave_out"]),
    st.data(),
)
def test_a_lift_reaches_best_and_contributions_sum_to_the_score(
    rows: list[tuple[float, ...]],
    transforms: tuple[Literal["percentile", "log", "zscore", "minmax", "thresholds"], ...],
    directions: tuple[Literal["high", "low"], ...],
    missing: Literal["middle", "worst", "best", "leave_out"],
    data: st.DataObject,
) -> None:
    inputs = [
        ScoreInput(
            attribute=name,
            theme="revenue",
            weight=weight,
            transform=t,
            direction=d,
            missing=missing,
            thresholds=((0, 0), (9, 0.7), (20, 1)) if t == "thresholds" else (),
        )
        for name, weight, t, d in zip("abc", (1, 2, 4), transforms, directions, strict=True)
    ]
    index = data.draw(st.integers(0, len(rows) - 1))
    e = explained(inputs, index, best=10, **{n: [r[k] for r in rows] for k, n in enumerate("abc")})
    if e.score is None:
        return
    assert sum(part.contribution for part in e.inputs) == pytest.approx(e.score, abs=1e-9)
    assert sum(part.weight for part in e.inputs) == pytest.approx(1)
    for lift in (one for one in e.alone if one):
        assert e.score + lift.gain >= (e.cut_off or 0) - 1e-6
    if e.together:
        assert e.score + sum(lift.gain for lift in e.together) >= (e.cut_off or 0) - 1e-6
    if any(e.alone):
        assert e.together
