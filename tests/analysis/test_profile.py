"""A segment in numbers."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from beachhead.analysis.money import concentration, pick_money, tenth_shares
from beachhead.analysis.profile import Profiler, signups_by_month
from beachhead.analysis.segment import SegmentResult
from beachhead.customers.attributes import BUILT_IN

ATTRIBUTES = {a.name: a for a in BUILT_IN}
AS_OF = date(2026, 10, 31)
N = 200


def accounts():
    ages = np.array([10] * 30 + [100] * 20 + [400] * (N - 50))
    return pa.table(
        {
            "mrr_cents": pa.array([1000] * 50 + [None] * 10 + [500] * (N - 60), pa.int64()),
            "was_customer": pa.array([True] * 80 + [False] * (N - 80)),
            "is_customer": pa.array([True] * 60 + [False] * (N - 60)),
            "signed_up_on": pa.array([AS_OF - timedelta(days=int(a)) for a in ages]),
            "nps_score": pa.array([10.0] * 6 + [8.0] * 2 + [3.0] * 2 + [None] * (N - 10)),
            "value_score": pa.array([80.0] * 50 + [None] * 50 + [20.0] * 100),
            "industry": ["Software"] * 45 + ["Retail"] * 5 + ["Software"] * 15 + ["Retail"] * (N - 65),
            "country": ["DE", "FR"] * (N // 2),
        }
    )


def profile_of(members, **options):
    table = accounts()
    money = pick_money(table, ATTRIBUTES, "selfserve")
    profiler = Profiler(table, ATTRIBUTES, AS_OF, money=money)
    return profiler.profile(SegmentResult("s", "S", members, **options), before=None)


def test_size_money_kept_and_score():
    found = profile_of(np.arange(N) < 50)
    assert (found.size, found.share) == (50, 0.25)
    assert (found.money, found.money_known) == (50_000, 50)
    assert found.money_share == pytest.approx(50_000 / 120_000)
    assert (found.kept.part, found.kept.whole, found.kept.share) == (50, 50, 1.0)
    assert (found.score, found.scored) == (80.0, 50)


def test_positions_and_masks_are_the_same_segment():
    assert profile_of(np.arange(50)).money == profile_of(np.arange(N) < 50).money


def test_kept_has_its_wilson_range():
    kept = profile_of(np.arange(N) < 80).kept
    assert (kept.part, kept.whole) == (60, 80)
    assert (kept.low, kept.high) == (pytest.approx(0.6452, abs=1e-4), pytest.approx(0.8319, abs=1e-4))


def test_nps_counts_promoters_less_detractors():
    nps = profile_of(np.arange(N) < 10).nps
    assert nps is not None
    assert (nps.points, nps.answers) == (pytest.approx(40.0), 10)
    assert profile_of(np.arange(N) >= 10).nps is None


def test_growth_compares_the_last_90_days_with_the_90_before():
    growth = profile_of(np.ones(N, dtype=bool)).growth
    assert (growth.recent, growth.prior, growth.change) == (30, 20, 0.5)
    assert profile_of(np.arange(N) >= 50).growth.change is None


def test_what_members_have_more_often_is_named_with_counts():
    found = profile_of(np.arange(N) < 50)
    top = next(d for d in found.top if d.attribute.name == "industry")
    assert (top.level, top.in_a, top.of_a, top.in_b, top.of_b) == ("Software", 45, 50, 15, 150)
    assert top.lift == pytest.approx(9.0)
    assert "country" not in {d.attribute.name for d in found.top}


def test_what_the_rule_asks_for_is_not_news():
    found = profile_of(np.arange(N) < 50, uses=frozenset({"industry"}))
    assert "industry" not in {d.attribute.name for d in found.top}


def test_an_empty_segment_has_unknown_rates():
    found = profile_of(np.zeros(N, dtype=bool))
    assert (found.size, found.money, found.kept.share, found.nps, found.score, found.top) == (
        0,
        None,
        None,
        None,
        None,
        (),
    )


def test_signups_by_calendar_month():
    days = [date(2026, 10, 31), date(2026, 10, 1), date(2026, 9, 30), date(2025, 11, 1), date(2025, 10, 31)]
    numbers = np.array([(d - date(1970, 1, 1)).days for d in days] + [np.nan], dtype=np.float64)
    assert signups_by_month(numbers, np.ones(6, dtype=bool), AS_OF) == (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2)


def test_concentration_of_the_largest_payers():
    values = np.array([50.0, 30.0, 10.0, 10.0, np.nan])
    found = concentration(values, 2)
    assert (found.top, found.of, found.money, found.share) == (2, 4, 80, 0.8)
    assert concentration(np.array([np.nan]), 3).share is None


def test_tenths_add_up_to_everything():
    shares = tenth_shares(np.arange(1.0, 101.0))
    assert shares[0] == pytest.approx(sum(range(91, 101)) / 5050)
    assert sum(shares) == pytest.approx(1.0)
    assert tenth_shares(np.ones(9)) == ()


@pytest.mark.parametrize(("template", "name"), [("shop", "revenue_cents_365d"), ("sales-led", "mrr_cents")])
def test_the_template_decides_which_money(template, name):
    table = pa.table({"mrr_cents": [100, 0], "revenue_cents_365d": [5, 6]})
    money = pick_money(table, ATTRIBUTES, template)
    assert money is not None
    assert money.attribute.name == name


def test_no_money_where_all_is_zero_or_unknown():
    table = pa.table({"mrr_cents": pa.array([0, None], pa.int64())})
    assert pick_money(table, ATTRIBUTES, "blank") is None
