"""Tiers of customers by score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.customers.tiers import TIERS, assign_tiers, tier_sizes
from beachhead.project.definitions import Tiers

NULL = np.nan
ALL = Tiers(by_name_below=0)


@pytest.mark.parametrize(
    ("n", "sizes"),
    [
        (1000, (10, 90, 800, 100)),
        (1001, (11, 90, 799, 101)),
        (50, (1, 4, 40, 5)),
        (2, (1, 0, 0, 1)),
        (1, (1, 0, 0, 0)),
        (0, (0, 0, 0, 0)),
    ],
)
def test_lines_are_drawn_in_per_cent_rounded_up(n: int, sizes: tuple[int, ...]) -> None:
    assert tier_sizes(n, ALL) == sizes


@pytest.mark.parametrize(
    ("n", "sizes"),
    [
        (499, (20, 0, 459, 20)),
        (500, (5, 45, 400, 50)),
        (40, (20, 0, 0, 20)),
        (15, (7, 0, 1, 7)),
        (1, (0, 0, 1, 0)),
    ],
)
def test_few_customers_are_named_at_both_ends(n: int, sizes: tuple[int, ...]) -> None:
    assert tier_sizes(n, Tiers()) == sizes
    assert assign_tiers(np.arange(float(n)), np.ones(n, dtype=bool), Tiers()).named is (n < 500)


def test_equal_scores_are_decided_by_revenue_then_number() -> None:
    score = np.array([50.0, 50, 50, 50, 90])
    revenue = np.array([10, 30, NULL, 10, 0])
    number = np.array([7, 8, 1, 2, 9])
    tiering = assign_tiers(score, np.ones(5, dtype=bool), ALL, revenue, number)
    assert tiering.ranks.tolist() == [4, 2, 5, 3, 1]


def test_ties_without_more_to_go_by_keep_their_position() -> None:
    tiering = assign_tiers(np.array([1.0, 1, 2, 1]), np.ones(4, dtype=bool), ALL)
    assert tiering.ranks.tolist() == [2, 3, 1, 4]


def test_who_is_no_customer_yet_or_has_no_score_has_no_tier() -> None:
    score = np.array([99.0, 10, NULL, 50])
    tiering = assign_tiers(score, np.array([False, True, True, True]), ALL)
    assert [tiering.tier_of(i) for i in range(4)] == [None, "worst", None, "best"]
    assert tiering.ranks.tolist() == [0, 2, 0, 1]
    assert tiering.ranked == 2


def test_cut_offs_are_the_lowest_score_of_each_tier() -> None:
    tiering = assign_tiers(np.arange(100.0), np.ones(100, dtype=bool), ALL)
    assert tiering.cut_offs == (99, 90, 10, 0)
    assert tiering.members("best").tolist() == [99]
    assert tiering.members("next_best").tolist() == list(range(98, 89, -1))


def test_empty_tier_has_no_cut_off() -> None:
    tiering = assign_tiers(np.array([]), np.array([], dtype=bool), Tiers())
    assert tiering.cut_offs == (None, None, None, None)
    assert not tiering.named


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.just(NULL), st.integers(0, 5).map(float)), min_size=1, max_size=60),
    st.sampled_from([0, 30]),
    st.data(),
)
def test_sizes_are_exact_and_tiers_follow_the_score(scores: list[float], below: int, data: st.DataObject) -> None:
    score = np.array(scores)
    scope = np.array(data.draw(st.lists(st.booleans(), min_size=score.size, max_size=score.size)))
    rules = Tiers(by_name_below=below, names=4)
    tiering = assign_tiers(score, scope, rules)
    ranked = int((scope & ~np.isnan(score)).sum())
    assert tiering.counts == tier_sizes(ranked, rules)
    assert sum(tiering.counts) == ranked
    assert tuple(int((tiering.codes == 1 + k).sum()) for k in range(len(TIERS))) == tiering.counts
    by_rank = score[np.argsort(np.where(tiering.ranks > 0, tiering.ranks, score.size + 1), kind="stable")][:ranked]
    assert (np.diff(by_rank) <= 0).all()


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.data())
def test_order_of_accounts_does_not_move_tiers(scores: list[int], data: st.DataObject) -> None:
    score = np.array(scores, dtype=float)
    number = np.arange(score.size)
    order = np.array(data.draw(st.permutations(range(score.size))))
    everyone = np.ones(score.size, dtype=bool)
    straight = assign_tiers(score, everyone, ALL, account_no=number)
    mixed = assign_tiers(score[order], everyone, ALL, account_no=number[order])
    assert mixed.codes.tolist() == straight.codes[order].tolist()
