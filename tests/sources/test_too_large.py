"""Numbers that are too large to count with are set aside with their place and reason, and the rest is read."""

from __future__ import annotations

import pytest
from landing_world import HEADER, World, problem, rejects_of, table_of

LINES: dict[str, object] = {
    "order_id": "o", "account_id": "a", "ordered_at": "day", "quantity": "n", "unit_price": {"column": "p"},
}  # fmt: skip


@pytest.mark.parametrize("text", ["1e400", "-1e400", "1e300", "99999999999999999999", "1000000000000000.00", "1e15"])
def test_an_amount_is_set_aside_with_line_and_reason(world: World, text: str) -> None:
    landed = world.file(f"{HEADER}s1,a,2026-01-02,{text},1\ns2,a,2026-01-02,5,1\n")
    assert [row["amount"] for row in table_of(landed)] == [None, 500]
    (reject,) = rejects_of(landed)
    told = {name: reject[name] for name in ("line", "column", "code", "reason", "raw", "kind")}
    assert told == {
        "line": 2, "column": "amount", "code": "too-large", "reason": "amount is too large to count with",
        "raw": text, "kind": "value",
    }  # fmt: skip
    said = problem(landed, "too-large")
    assert (said.count, said.message) == (1, "1 value of amount is too large to count with; read as unknown")


def test_what_is_large_but_may_be_is_read(world: World) -> None:
    text = f"{HEADER}s1,a,2026-01-02,9999999999999.99,1\ns2,a,2026-01-02,-1e12,9\ns3,a,2026-01-02,1,999999999999\n"
    landed = world.file(text)
    assert [(r["amount"], r["quantity"]) for r in table_of(landed)] == [
        (999_999_999_999_999, 1), (-(10**14), 9), (100, 999_999_999_999),
    ]  # fmt: skip
    assert landed.problems == ()


def test_a_price_that_its_quantity_makes_too_large_is_set_aside(world: World) -> None:
    landed = world.file(f"{HEADER}s1,a,2026-01-02,90000000000,90000000000\ns2,a,2026-01-02,5,\n")
    assert [(r["amount"], r["quantity"]) for r in table_of(landed)] == [(None, 90_000_000_000), (500, None)]
    assert [(r["line"], r["column"], r["code"], r["raw"]) for r in rejects_of(landed)] == [
        (2, "amount", "too-large", "90000000000")
    ]


def test_order_lines_are_multiplied_only_without_an_amount(world: World) -> None:
    text = "o,a,day,n,p,v\n1,a,2026-01-02,900000000000,900000000000,7\n"
    landed = world.file(text, table="order_lines", columns=LINES)
    assert [(r["line"], r["column"], r["code"]) for r in rejects_of(landed)] == [(2, "unit_price", "too-large")]
    landed = world.file(text, table="order_lines", columns={**LINES, "amount": "v"})
    assert [(r["unit_price"], r["amount"]) for r in table_of(landed)] == [(90_000_000_000_000, 700)]
    assert landed.problems == ()


def test_what_an_expression_makes_too_large_is_told_too(world: World) -> None:
    columns = {**LINES, "unit_price": {"expression": "cost * 1000"}}
    extra = {"cost": {"column": "p", "type": "money", "hidden": True}, "much": {"expression": "n / 0.001 * 1e300"}}
    extra |= {"n": {"column": "n", "type": "integer"}}
    extra["much"] |= {"type": "integer"}
    landed = world.file(
        "o,a,day,n,p\n1,a,2026-01-02,,90000000000000\n2,a,2026-01-02,2,900000000\n3,a,2026-01-02,,1\n",
        table="order_lines", columns=columns, extra=extra,
    )  # fmt: skip
    assert [(r["line"], r["column"], r["code"]) for r in rejects_of(landed)] == [
        (2, "unit_price", "too-large"), (3, "much", "too-large"),
    ]  # fmt: skip
    assert [(r["unit_price"], r["much"]) for r in table_of(landed)] == [
        (None, None), (90_000_000_000_000, None), (100_000, None),
    ]  # fmt: skip


def test_a_row_that_needs_the_amount_is_set_aside(world: World) -> None:
    charges = {"account_id": "a", "charged_at": "day", "amount": "v"}
    landed = world.file("a,day,v\na,2026-01-02,1e300\nb,2026-01-02,3\n", table="charges", columns=charges)
    assert [r["amount"] for r in table_of(landed)] == [300]
    assert [(r["line"], r["code"], r["kind"]) for r in rejects_of(landed)] == [(2, "too-large", "row")]
    assert problem(landed, "too-large").message == "1 row whose amount is too large to count with; set aside"


@pytest.mark.parametrize(
    ("type_", "texts", "values", "code"),
    [
        ("integer", ["123456789012345678", "1234567890123456789", "1e400", "12.5e30", "5"],
         [123456789012345678, None, None, None, 5], "too-large"),
        ("integer", ["12.5", "1e-3", "5"], [None, None, 5], "unreadable-integer"),
        ("number", ["1e300", "1e400", "5"], [1e300, None, 5.0], "too-large"),
        ("money", ["12/5", "5"], [None, 500], "unreadable-money"),
        ("money", ["-", "€", "5"], [None, None, 500], "unreadable-money"),
        ("money", ["1.000.000.000.000.000.000,00", "5"], [None, 500], "too-large"),
    ],
)  # fmt: skip
def test_further_columns_hold_what_can_be_stored(
    world: World, type_: str, texts: list[str], values: list[object], code: str
) -> None:
    decimal = "," if any("," in text for text in texts) else "."
    assert world.column(texts, type_, decimal=decimal) == values
    landed = world.file(
        "id,x\n" + "".join(f'{n},"{v}"\n' for n, v in enumerate(texts)), table="products",
        columns={"product_id": "id"}, extra={"x": {"column": "x", "type": type_, "decimal": decimal}},
    )  # fmt: skip
    assert {r["code"] for r in rejects_of(landed)} == {code}
