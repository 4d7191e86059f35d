from __future__ import annotations

from datetime import date, datetime

import pytest
from landing_world import HEADER, World, problem, rejects_of, table_of


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("12", 1200), ("1,234.50", 123450), ("1.005", 101), ("-1.005", -101), ("2.344", 234), ("(12.00)", -1200),
        ("€ 12.00", 1200), ("12,345,678.90 EUR", 1234567890), ("$5", 500), ("5-", -500), ("-$5.10", -510),
        ("1 234.50", 123450), ("1e3", 100000), (".5", 50), ("nan", None), ("1.234,50", None), ("12,34", None),
        ("abc", None), ("", None), ("99999999999999999999", None), ("100000000000", 10**13), ("9e12", 9 * 10**14),
    ],
)  # fmt: skip
def test_money_becomes_minor_units_rounded_half_away_from_zero(world: World, text: str, minor: int | None) -> None:
    assert world.column([text, "1"], "money") == [minor, 100]


@pytest.mark.parametrize(
    ("text", "minor"), [("1.234,50", 123450), ("12,5", 1250), ("1.234", 123400), ("12.5", 1250), ("1,234.50", None)]
)
def test_decimal_comma_is_read_where_the_mapping_says_so(world: World, text: str, minor: int | None) -> None:
    assert world.column([text, "1"], "money", decimal=",") == [minor, 100]


def test_minor_units_and_currencies_without_cents_are_not_multiplied(world: World) -> None:
    assert world.column(["1250", "12.5"], "money", unit="minor") == [1250, 13]
    world.minor_digits = 0
    assert world.column(["1250"], "money") == [1250]


def test_numbers_and_whole_numbers(world: World) -> None:
    assert world.column(["1.5", "1,234.5", "12%", "inf", "x"], "number") == [1.5, 1234.5, 12.0, None, None]
    assert world.column(["7", "7.0", "7.5", "1,000", "-3", " 8 "], "integer") == [7, 7, None, 1000, -3, 8]


def test_yes_and_no_in_several_languages(world: World) -> None:
    texts = ["Yes", "NO", "1", "0", "t", "ja", "Nein", "TRUE", "maybe"]
    assert world.column(texts, "boolean") == [True, False, True, False, True, True, False, True, None]


def test_text_is_trimmed_and_what_means_nothing_is_null(world: World) -> None:
    texts = ["  a ", "\tb\u00a0", "   ", "", "N/A", "n/a", "it's; drop table x"]
    expected = ["a", "b", None, None, None, None, "it's; drop table x"]
    assert world.column(texts, "text", empty=["N/A"]) == expected


def test_values_are_mapped_before_they_are_typed(world: World) -> None:
    assert world.column(["yup", "?", "no"], "boolean", values={"yup": True, "?": None}) == [True, None, False]


def test_not_a_number_becomes_null_and_is_reported(world: World) -> None:
    landed = world.file(HEADER + "1,a,2024-01-02,NaN,1\n2,b,2024-01-02,5,1\n")
    assert table_of(landed)[0]["amount"] is None
    found = problem(landed, "not-a-number")
    assert (found.count, found.out_of, found.column, found.examples[0].line) == (1, 2, "amount", 2)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-01-02", datetime(2024, 1, 2)),
        ("2024-01-02 03:04", datetime(2024, 1, 2, 3, 4)),
        ("2024-01-02T03:04:05.678Z", datetime(2024, 1, 2, 3, 4, 5, 678000)),
        ("2024-01-02T03:04:05+02:00", datetime(2024, 1, 2, 1, 4, 5)),
        ("2024-01-02T03:04Z", datetime(2024, 1, 2, 3, 4)),
        ("2024-01-02 03:04:05-0530", datetime(2024, 1, 2, 8, 34, 5)),
        ("2024-02-30", None),
        ("epoch", None),
        ("infinity", None),
        ("2024-01-02 (BC)", None),
        ("0000-00-00", None),
    ],
)
def test_iso_timestamps_honour_offsets(world: World, text: str, utc: datetime | None) -> None:
    assert world.column([text, "2024-05-06"], "timestamp") == [utc, datetime(2024, 5, 6)]


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["16-10-2024", "01-02-2024"], [date(2024, 10, 16), date(2024, 2, 1)]),
        (["10/16/2024", "1/2/2024 3:05 PM"], [date(2024, 10, 16), date(2024, 1, 2)]),
        (["16.10.24", "1.2.24"], [date(2024, 10, 16), date(2024, 2, 1)]),
        (["16-Oct-2024", "1-Feb-2024"], [date(2024, 10, 16), date(2024, 2, 1)]),
        (["Oct 16, 2024", "Feb 1, 2024"], [date(2024, 10, 16), date(2024, 2, 1)]),
        (["20241016", "20240201"], [date(2024, 10, 16), date(2024, 2, 1)]),
        (["1729036800", "1706745600"], [date(2024, 10, 16), date(2024, 2, 1)]),
        (["1729036800000", "1706745600000"], [date(2024, 10, 16), date(2024, 2, 1)]),
        (["2024/10/16", "2024/2/1"], [date(2024, 10, 16), date(2024, 2, 1)]),
    ],
)
def test_common_ways_of_writing_dates_are_recognised(world: World, texts: list[str], days: list[date]) -> None:
    assert world.column(texts, "date") == days


def test_undecidable_order_of_day_and_month_is_assumed_and_said(world: World) -> None:
    landed = world.file(HEADER + "1,a,03/04/2024,1,1\n2,b,05/06/2024,1,1\n")
    assert [r["started_day"] for r in table_of(landed)] == [date(2024, 4, 3), date(2024, 6, 5)]
    assert problem(landed, "ambiguous-date-order").count == 2


def test_given_formats_are_used_and_several_forms_are_counted(world: World) -> None:
    columns = {"subscription_id": "id", "account_id": "acct", "started_at": {"column": "start", "format": ["%d-%m-%Y"]}}
    text = HEADER + "1,a,03-04-2024,1,1\n2,b,2024-06-05,1,1\n3,c,05-04-2024,1,1\n"
    landed = world.file(text, columns=columns)
    assert [r["started_day"] for r in table_of(landed)] == [date(2024, 4, 3), date(2024, 6, 5), date(2024, 4, 5)]
    found = problem(landed, "mixed-date-formats")
    assert (found.count, found.out_of) == (1, 3)
    assert "2 as DD-MM-YYYY, 1 as YYYY-MM-DD" in found.message


def test_a_form_that_first_shows_far_down_is_found(world: World) -> None:
    rows = "".join(f"{n},a,{'2024-01-02' if n != 60_000 else '17.03.2024'},1,1\n" for n in range(60_001))
    landed = world.file(HEADER + rows)
    assert (landed.rows, landed.rejected, landed.last_day) == (60_001, 0, date(2024, 3, 17))
    assert problem(landed, "mixed-date-formats").examples[1].line == 60_002


def test_local_day_and_utc_follow_the_time_zones(world: World) -> None:
    world.timezone = "Europe/Berlin"
    texts = ["2024-07-01 00:30:00", "2024-07-01T23:30:00Z", "2024-07-01", "2024-01-01 00:30:00"]
    landed = world.file(HEADER + "".join(f"{n},a,{t},1,1\n" for n, t in enumerate(texts)))
    rows = table_of(landed)
    assert [r["started_at"] for r in rows] == [
        datetime(2024, 6, 30, 22, 30), datetime(2024, 7, 1, 23, 30), datetime(2024, 6, 30, 22),
        datetime(2023, 12, 31, 23, 30),
    ]  # fmt: skip
    assert [r["started_day"] for r in rows] == [date(2024, 7, 1), date(2024, 7, 2), date(2024, 7, 1), date(2024, 1, 1)]
    abroad = world.file(HEADER + "1,a,2024-07-01 20:00:00,1,1\n", "b.csv", timezone="America/New_York")
    assert table_of(abroad)[0]["started_at"] == datetime(2024, 7, 2)
    assert table_of(abroad)[0]["started_day"] == date(2024, 7, 2)


def test_expressions_constants_and_filters(world: World) -> None:
    columns = {
        "order_id": "o", "ordered_at": "t", "quantity": "q", "unit_price": "p", "currency": {"constant": "EUR"},
        "amount": {"expression": "quantity * unit_price"},
    }  # fmt: skip
    extra = {"raw_price": {"column": "p", "type": "number", "hidden": True}}
    text = "o,t,q,p\n1,2024-01-02,3,1.25\n2,2024-01-02,-1,9.99\n3,2024-01-02,,1\nC4,2024-01-02,2,0.005\n"
    where = "quantity > 0 and raw_price < 100"
    landed = world.file(text, table="order_lines", columns=columns, extra=extra, where=where)
    assert [(r["order_id"], r["amount"], r["currency"]) for r in table_of(landed)] == [
        ("1", 375, "EUR"),
        ("C4", 2, "EUR"),
    ]
    assert (landed.rows, landed.left_out, landed.rejected) == (2, 2, 0)
    assert problem(landed, "left-out-by-filter").count == 2
    assert "raw_price" not in table_of(landed)[0]


@pytest.mark.parametrize(
    ("expression", "minor"), [("part", -13), ("price / 2", -13), ("-part", 13), ("-price / 2", 13)]
)
def test_money_of_an_expression_is_rounded_half_away_from_zero(world: World, expression: str, minor: int) -> None:
    columns = {"order_id": "o", "ordered_at": "t", "amount": {"expression": expression}}
    extra = {
        "part": {"column": "p", "type": "number", "hidden": True},
        "price": {"column": "q", "type": "money", "hidden": True},
    }
    text = "o,t,p,q\n1,2024-01-02,-0.125,-0.25\n"
    landed = world.file(text, table="order_lines", columns=columns, extra=extra)
    assert table_of(landed)[0]["amount"] == minor


def test_unmapped_columns_are_typed_nulls(world: World) -> None:
    row = table_of(world.file(HEADER + "1,a,2024-01-02,1,1\n"))[0]
    assert row["cancelled_at"] is None
    assert row["cancelled_day"] is None
    assert list(row)[:5] == ["subscription_id", "account_id", "plan", "product_line", "started_at"]


def test_bad_value_is_kept_and_missing_required_sets_the_row_aside(world: World) -> None:
    landed = world.file(HEADER + "1,a,2024-01-02,x,1\n2,,2024-01-02,1,1\n3,c,soon,1,1\n4,d,2024-01-02,1,1\n")
    assert (landed.rows, landed.rejected) == (2, 2)
    kept = [(r["line"], r["column"], r["code"], r["kind"], r["raw"]) for r in rejects_of(landed)]
    assert kept == [
        (2, "amount", "unreadable-money", "value", "x"),
        (3, "account_id", "missing-required", "row", "2, , 2024-01-02, 1, 1"),
        (4, "started_at", "unreadable-date", "row", "3, c, soon, 1, 1"),
    ]
