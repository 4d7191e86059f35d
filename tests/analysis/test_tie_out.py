"""Differences to finance's list are explained by cause, and add up to the cent whatever the amounts are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beachhead.analysis.tie_out import OtherWay, Ours, Theirs, TieOut, tie_out, total_candidates

WAYS = (
    OtherWay("trial", 15_000, "trial"),
    OtherWay("discount", 12_500, "discount"),
    OtherWay("interval", 120_000, "interval"),
    OtherWay("proration", 4_839, "proration"),
)


def causes(ours: Ours, *amounts: int) -> list[tuple[str, int]]:
    found = tie_out([ours], [Theirs(ours.name, a, ours.account_id) for a in amounts])
    return [(c.cause, c.amount) for d in found.differences for c in d.components]


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ((10_000,), []),
        ((), [("not_in_theirs", -10_000)]),
        ((0,), [("unexplained", -10_000)]),
        ((10_001,), [("rounding", 1)]),
        ((15_000,), [("trial", 5_000)]),
        ((12_500,), [("discount", 2_500)]),
        ((12_501,), [("discount", 2_500), ("rounding", 1)]),
        ((120_000,), [("interval", 110_000)]),
        ((4_839,), [("proration", -5_161)]),
        ((11_900,), [("tax", 1_900)]),
        ((8_403,), [("tax", -1_597)]),
        ((14_875,), [("discount", 2_500), ("tax", 2_375)]),
        ((10_000, 10_000), [("twice", 10_000)]),
        ((11_900, 11_900), [("twice", 11_900), ("tax", 1_900)]),
        ((4_000, 6_000), []),
        ((3_333,), [("unexplained", -6_667)]),
    ],
)
def test_each_cause_is_named(amounts, expected):
    assert causes(Ours("a", "Acme", 10_000, WAYS), *amounts) == expected


def test_what_our_data_shows_is_believed_before_what_only_the_arithmetic_suggests():
    ours = Ours("a", "Acme", 10_000, (OtherWay("discount", 12_000, "the list price"),))
    assert causes(ours, 12_000) == [("discount", 2_000)]
    assert causes(Ours("a", "Acme", 10_000), 12_000) == [("tax", 2_000)]


def test_a_customer_that_only_finance_has_stands_there_by_name():
    found = tie_out([Ours("a", "Acme", 100)], [Theirs("Acme", 100, "a"), Theirs("Zork", 700)])
    assert [(d.name, d.components[0].cause, d.components[0].amount) for d in found.differences] == [
        ("Zork", "not_in_ours", 700)
    ]
    assert not found.ties


@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.lists(st.integers(-(10**7), 10**7), max_size=3)), max_size=20),
    st.lists(st.integers(-(10**7), 10**7), max_size=3),
)
def test_components_add_up_to_the_cent(customers, strangers):
    ours = [
        Ours(str(n), f"c{n}", amount, (OtherWay("trial", amount * 2, ""),)) for n, (amount, _) in enumerate(customers)
    ]
    theirs = [Theirs(f"c{n}", a, str(n)) for n, (_, rows) in enumerate(customers) for a in rows]
    theirs += [Theirs("stranger", a) for a in strangers]
    found = tie_out(ours, theirs)
    assert sum(c.amount for d in found.differences for c in d.components) == found.theirs - found.ours
    assert sum(b.amount for b in found.by_cause) == found.theirs - found.ours
    for difference in found.differences:
        assert sum(c.amount for c in difference.components) == difference.theirs - difference.ours


def test_a_total_alone_says_what_it_may_be():
    ours = [Ours("a", "A", 10_000, (OtherWay("trial", 15_000, ""),)), Ours("b", "B", 5_000)]
    assert total_candidates(ours, 15_000) == ("our total",)
    assert total_candidates(ours, 20_000) == ("our total with this counted otherwise: trials counted by finance",)
    assert total_candidates(ours, 17_850) == ("our total with 19 % of tax",)
    assert total_candidates(ours, 99) == ()


def test_totals_alone_tie_only_when_they_are_the_same():
    assert TieOut(100, 100, 1, 0, ()).ties
    assert not TieOut(100, 99_244, 1, 0, ()).ties


def test_many_customers_do_not_make_rounding_of_a_large_difference():
    ours = [Ours(str(n), f"c{n}", 2_000, parts=12) for n in range(100_000)]
    assert total_candidates(ours, 200_000_100) == ("our total",)
    assert "our total" not in total_candidates(ours, 200_090_000)
