"""Slice and dice, on tables that can be checked by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from beachhead.analysis.counting import count
from beachhead.customers.attributes import BUILT_IN, Attribute
from beachhead.errors import UsageError

ATTRIBUTES = {a.name: a for a in BUILT_IN}
ACCOUNTS = pa.table(
    {
        "industry": ["Software"] * 6 + ["Retail"] * 3 + [None],
        "mrr_cents": pa.array([1000, 2000, 3000, None, 0, 0, 4000, 0, 0, 10_000], pa.int64()),
        "was_customer": [True] * 6 + [True, True, None, False],
        "is_customer": [True, True, True, True, False, None, True, False, None, False],
        "signed_up_on": [date(2026, 1, 5)] * 4 + [date(2026, 3, 1)] * 4 + [None, date(2026, 1, 31)],
        "employees": pa.array([1, 5, 12, 30, 70, 150, 400, 900, 2500, None], pa.int64()),
    }
)


def rows(by, **options):
    return {r.labels: r for r in count(ACCOUNTS, ATTRIBUTES, by, **options).rows}


def test_customers_money_and_kept_rate_by_one_attribute():
    table = count(ACCOUNTS, ATTRIBUTES, ["industry"], measure="mrr_cents")
    software, retail, unknown = table.rows
    assert (software.labels, software.customers, software.share) == (("Software",), 6, 0.6)
    assert (software.measured, software.measure_total, software.measure_average) == (5, 6000, 1200)
    assert software.measure_share == 6000 / 20_000
    assert (software.were_customers, software.kept_rate) == (6, 4 / 6)
    assert (retail.labels, retail.customers, retail.measure_total, retail.kept_rate) == (("Retail",), 3, 4000, 0.5)
    assert (unknown.labels, unknown.customers, unknown.were_customers) == (("unknown",), 1, 0)
    assert (table.total.customers, table.total.measure_total, table.total.measure_share) == (10, 20_000, 1.0)


def test_kept_rate_of_nobody_is_null_and_not_zero():
    assert rows(["industry"])[("unknown",)].kept_rate is None


def test_a_sum_of_nothing_known_is_null():
    only_null = ACCOUNTS.set_column(1, "mrr_cents", pa.nulls(10, pa.int64()))
    row = count(only_null, ATTRIBUTES, ["industry"], measure="mrr_cents").rows[0]
    assert (row.measured, row.measure_total, row.measure_average, row.measure_share) == (0, None, None, None)


def test_groups_under_five_are_marked_small():
    assert {labels[0]: r.is_small for labels, r in rows(["industry"]).items()} == {
        "Software": False,
        "Retail": True,
        "unknown": True,
    }


def test_dates_are_counted_by_month_in_order_and_unknown_comes_last():
    table = count(ACCOUNTS, ATTRIBUTES, ["signed_up_on"])
    assert [(r.labels[0], r.customers) for r in table.rows] == [("Jan 2026", 5), ("Mar 2026", 4), ("unknown", 1)]


def test_dates_over_more_than_36_months_are_counted_by_year():
    accounts = pa.table({"signed_up_on": [date(2020, 5, 1), date(2026, 5, 1), date(2026, 9, 1)]})
    table = count(accounts, ATTRIBUTES, ["signed_up_on"])
    assert [(r.labels[0], r.customers) for r in table.rows] == [("2020", 1), ("2026", 2)]


def test_numbers_are_counted_in_round_ranges():
    accounts = pa.table({"employees": pa.array(range(1, 1001), pa.int64())})
    table = count(accounts, ATTRIBUTES, ["employees"])
    assert [(r.labels[0], r.customers) for r in table.rows] == [
        ("under 100", 99),
        *((f"{low} to {low + 99}", 100) for low in range(100, 900, 100)),
        ("900 and more", 101),
    ]


def test_ranges_of_whole_numbers_have_both_ends():
    values = [0] * 50 + [1] * 20 + [2] * 10 + [3] * 10 + [4] * 8 + list(range(5, 20))
    accounts = pa.table({"employees": pa.array(values, pa.int64())})
    labels = [r.labels[0] for r in count(accounts, ATTRIBUTES, ["employees"]).rows]
    assert labels == ["0", "1", "2 to 3", "4 to 7", "8 and more"]


def test_a_few_whole_numbers_are_groups_of_their_own():
    accounts = pa.table({"active_days_7d": pa.array([0, 0, 1, 7, None], pa.int64())})
    table = count(accounts, ATTRIBUTES, ["active_days_7d"])
    assert [(r.labels[0], r.customers) for r in table.rows] == [("0", 2), ("1", 1), ("7", 1), ("unknown", 1)]


def test_money_ranges_are_labelled_in_the_currency():
    accounts = pa.table({"mrr_cents": pa.array(np.arange(1, 1001) * 100, pa.int64())})
    assert count(accounts, ATTRIBUTES, ["mrr_cents"], currency="GBP").rows[0].labels == ("under £100",)


def test_two_attributes_give_every_combination_that_occurs():
    found = rows(["industry", "is_customer"])
    assert {labels: r.customers for labels, r in found.items()} == {
        ("Software", "yes"): 4,
        ("Software", "no"): 1,
        ("Software", "unknown"): 1,
        ("Retail", "yes"): 1,
        ("Retail", "no"): 1,
        ("Retail", "unknown"): 1,
        ("unknown", "no"): 1,
    }


def test_more_groups_than_the_limit_end_in_other_and_still_add_up():
    accounts = pa.table({"country": [f"C{i:02}" for i in range(60) for _ in range(60 - i)]})
    table = count(accounts, ATTRIBUTES, ["country"])
    assert len(table.rows) == 51
    other = table.rows[-1]
    assert (other.labels, other.merged, other.customers) == (("other",), 10, sum(range(1, 11)))
    assert sum(r.customers for r in table.rows) == accounts.num_rows == table.total.customers


def test_empty_table_has_no_groups_and_a_total_of_zero():
    table = count(ACCOUNTS.slice(0, 0), ATTRIBUTES, ["industry", "employees"], measure="mrr_cents")
    assert (table.rows, table.total.customers, table.total.share) == ((), 0, None)


def test_dictionary_columns_and_blank_texts_count_like_plain_ones():
    column = pa.array(["a", " ", None, "a"]).dictionary_encode()
    table = count(pa.table({"industry": column}), ATTRIBUTES, ["industry"])
    assert [(r.labels[0], r.customers) for r in table.rows] == [("a", 2), ("unknown", 2)]


def test_as_arrow_has_the_total_last():
    table = count(ACCOUNTS, ATTRIBUTES, ["industry"], measure="mrr_cents").as_arrow()
    assert table.column("industry").to_pylist() == ["Software", "Retail", "unknown", "total"]
    assert table.column("mrr_cents_total").to_pylist() == [6000, 4000, 10_000, 20_000]


@pytest.mark.parametrize(
    ("by", "measure", "code"),
    [
        (["industri"], None, "unknown-attribute"),
        (["industry", "industry"], None, "count-attributes"),
        ([], None, "count-attributes"),
        (["industry"], "industry", "measure-not-a-number"),
        (["nps_score"], None, "attribute-without-data"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(by, measure, code):
    with pytest.raises(UsageError) as caught:
        count(ACCOUNTS, ATTRIBUTES, by, measure=measure)
    assert caught.value.diagnostics[0].code == code
    assert caught.value.diagnostics[0].remedy


def test_no_kept_rate_where_the_data_cannot_tell_who_left():
    everybody = pa.table(
        {"industry": ["Software", "Retail"], "was_customer": [True, True], "is_customer": [True, True]}
    )
    table = count(everybody, ATTRIBUTES, ["industry"])
    assert "cannot tell who left" in table.not_kept
    assert "kept_rate" not in table.as_arrow().column_names
    assert table.total.kept_rate is None
    told = everybody.append_column("churned_on", pa.nulls(2, pa.date32()))
    assert count(told, ATTRIBUTES, ["industry"]).total.kept_rate == 1.0


def test_no_kept_rate_by_what_only_those_who_stayed_have():
    accounts = pa.table(
        {
            "plan": ["Pro", "Basic", None, None],
            "mrr_cents": pa.array([900, 500, 0, None], pa.int64()),
            "industry": ["Software", "Retail", "Software", None],
            "was_customer": [True] * 4,
            "is_customer": [True, True, False, False],
        }
    )
    for forgetful in ("plan", "mrr_cents"):
        table = count(accounts, ATTRIBUTES, [forgetful])
        assert "not known of those who left" in table.not_kept
        assert {r.kept_rate for r in (*table.rows, table.total)} == {None}
    assert count(accounts, ATTRIBUTES, ["industry"]).total.kept_rate == 0.5


TOOLS = Attribute("tools", "list", "Tools", "extra")
LISTED = pa.table(
    {
        "tools": ["slack;jira", "jira", None, "slack;jira;teams", "teams"],
        "country": ["NL", "NL", "NL", "DE", "DE"],
        "mrr_cents": pa.array([100, 200, 400, 800, None], pa.int64()),
    }
)


def test_of_a_list_each_item_is_a_group_and_each_customer_is_once_in_the_total():
    table = count(LISTED, ATTRIBUTES | {"tools": TOOLS}, ["tools"], measure="mrr_cents")
    found = {r.labels[0]: (r.customers, r.share, r.measure_total, r.measure_average) for r in table.rows}
    assert found == {
        "jira": (3, 0.6, 1100, 1100 / 3),
        "slack": (2, 0.4, 900, 450),
        "teams": (2, 0.4, 800, 800),
        "unknown": (1, 0.2, 400, 400),
    }
    assert (table.total.customers, table.total.measure_total, table.total.measured) == (5, 1500, 4)
    assert (
        table.overlap == "Who has several of “Tools” is in several groups, so that these add up to more than the total."
    )


def test_items_are_counted_beside_another_attribute():
    table = count(LISTED, ATTRIBUTES | {"tools": TOOLS}, ["country", "tools"])
    assert {r.labels: r.customers for r in table.rows if r.customers > 1} == {("NL", "jira"): 2, ("DE", "teams"): 2}


def test_who_has_several_rare_items_is_once_among_the_others():
    table = count(LISTED, ATTRIBUTES | {"tools": TOOLS}, ["tools"], limit=1)
    jira, other = table.rows
    assert (jira.labels, jira.customers) == (("jira",), 3)
    assert (other.labels, other.customers, other.merged) == (("other",), 4, 3)


def test_groups_that_each_hold_other_customers_do_not_overlap():
    assert count(LISTED, ATTRIBUTES, ["country"]).overlap == ""
