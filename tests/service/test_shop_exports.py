"""Exports of shops as they come: orders told line by line, in overlapping files, in several currencies, with guests
and goods given back. Each order counts once, to the cent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import beachhead
from beachhead.engines.duck import DuckEngine
from beachhead.errors import DataError, Severity
from beachhead.service.run import RunOptions, run
from beachhead.sources.problems import Problem

ACCOUNTS = "files: data/accounts.csv\ntable: accounts\nstable: true\ncolumns: {account_id: mail}\n"
ORDERS = (
    "files: data/orders*.csv\ntable: orders\ncolumns: {order_id: Name, account_id: Email, ordered_at: Created at, "
    "revenue: Total, refunded: Refunded, currency: Currency}\n"
)
LINES = (
    "files: data/orders*.csv\ntable: order_lines\ncolumns: {order_id: Name, product_id: Lineitem name, "
    "quantity: Lineitem quantity, unit_price: Lineitem price, currency: Currency}\n"
)
HEAD = "Name,Email,Created at,Total,Refunded,Currency,Lineitem name,Lineitem quantity,Lineitem price\n"
FIRST = "#1,ada@x.org,2026-01-02,30.00,,EUR,cup,2,10.00\n#1,,,,,,pot,1,10.00\n#1,,,,,,pot,1,10.00\n"
SECOND = "#2,bob@x.org,2026-01-03,5.00,5.00,EUR,cup,1,5.00\n#2,bob@x.org,2026-01-03,,,,pen,-1,1.00\n"


@pytest.fixture
def update(tmp_path: Path) -> Callable[..., beachhead.Project]:
    def make(settings: str = "", lines: str = LINES, orders: str = ORDERS, **files: str) -> beachhead.Project:
        written = {
            "beachhead.yml": f"name: X\ntemplate: shop\n{settings}", "sources/accounts.yml": ACCOUNTS,
            "data/accounts.csv": "mail\nada@x.org\nbob@x.org\n", "sources/orders.yml": orders,
            "sources/lines.yml": lines, **{f"data/{name}.csv": text for name, text in files.items()},
        }  # fmt: skip
        for name, text in written.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        run(tmp_path, RunOptions(as_of=date(2026, 2, 1), today=date(2026, 3, 1)))
        return beachhead.open(tmp_path)

    return make


def answer(project: beachhead.Project, sql: str) -> list[tuple[object, ...]]:
    """What a SELECT over the customer record, or over orders and order_lines of the customer model, gives."""
    if " accounts" in sql:
        return [tuple(r.values()) for r in project.query(sql).to_pylist()]
    model = project.root / ".beachhead" / "model"
    with DuckEngine(project.root / "tmp") as engine:
        for table in ("orders", "order_lines"):
            newest = max(model.glob(f"{table}-????????????????.parquet"), key=lambda p: p.stat().st_mtime_ns)
            engine.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{newest}')")
        return [tuple(r.values()) for r in engine.query(sql).to_pylist()]


def problems(project: beachhead.Project) -> dict[tuple[str, str | None], Problem]:
    return {(p.code, p.table): p for p in project.latest().problems}


REVENUE = "select account_id, order_count_total, revenue_cents_total from accounts order by account_id"


def test_totals_on_the_first_line_only_are_no_storm_of_faults(update: Callable[..., beachhead.Project]) -> None:
    made = update(orders_1=HEAD + FIRST + SECOND)
    assert answer(made, REVENUE) == [("ada@x.org", 1, 3000), ("bob@x.org", 1, 0)]
    found = problems(made)
    assert found["order-continued", "orders"].severity is Severity.INFO
    assert [p.count for p in made.latest().problems if p.code == "order-continued"] == [2, 1]
    assert {c for c, _ in found} & {"missing-required", "duplicate-key", "orphan-key", "no-customer"} == set()
    warnings = [p.code for p in made.latest().problems if p.severity is not Severity.INFO and p.source != "accounts"]
    assert warnings == ["repeated-rows"]  # two equal lines of one order in one file are two, and told


def test_an_order_in_two_exports_counts_once_with_all_its_lines(update: Callable[..., beachhead.Project]) -> None:
    late = "#1,ada@x.org,2026-01-02,30.00,,EUR,cup,2,10.00\n#1,,,,,,pot,1,10.00\n#1,,,,,,pot,1,10.00\n#1,,,,,,lid,1,0\n"
    made = update(orders_1=HEAD + FIRST, orders_2=HEAD + late + SECOND)
    assert answer(made, REVENUE) == [("ada@x.org", 1, 3000), ("bob@x.org", 1, 0)]
    lines = "select product_id, quantity, count(*) from order_lines group by all order by all"
    assert answer(made, lines) == [("cup", 1.0, 1), ("cup", 2.0, 1), ("lid", 1.0, 1), ("pen", -1.0, 1), ("pot", 1.0, 2)]
    assert problems(made)["repeated-lines", "order_lines"].count == 3


def test_an_order_that_differs_between_exports_is_a_fault(update: Callable[..., beachhead.Project]) -> None:
    made = update(orders_1=HEAD + FIRST, orders_2=HEAD + FIRST.replace("30.00", "31.00"))
    assert answer(made, REVENUE)[0] == ("ada@x.org", 1, 3000)
    assert problems(made)["duplicate-key", "orders"].count == 1


def test_currencies_are_converted_once_with_the_digits_of_both(update: Callable[..., beachhead.Project]) -> None:
    rows = (
        "#1,ada@x.org,2026-01-02,1001,,JPY,cup,3,333\n#2,ada@x.org,2026-01-02,1.235,,KWD,cup,1,1\n"
        "#3,ada@x.org,2026-01-02,10.05,,usd,cup,1,1\n#4,bob@x.org,2026-01-02,7,,GBP,cup,1,1\n"
        "#5,bob@x.org,2026-01-02,7,,,cup,1,1\n"
    )
    made = update("rates: {JPY: 0.0061, KWD: 3.003, USD: 0.9}\n", orders_1=HEAD + rows)
    # 1001 × 0.0061 = 6.1061; 1.235 × 3.003 = 3.708705; 10.05 × 0.9 = 9.045, half a cent goes up.
    assert answer(made, "select order_id, revenue from orders order by order_id") == [
        ("#1", 611), ("#2", 371), ("#3", 905), ("#4", None), ("#5", 700),
    ]  # fmt: skip
    assert answer(made, "select amount from order_lines where order_id = '#1'") == [(609,)]
    assert "GBP: <EUR for one GBP>" in problems(made)["mixed-currencies", "orders"].remedy
    cheaper = update("rates: {JPY: 0.0061, KWD: 3.003, USD: 0.5, GBP: 1.2}\n", orders_1=HEAD + rows)
    assert answer(cheaper, "select order_id, revenue from orders where order_id in ('#3', '#4') order by 1") == [
        ("#3", 503), ("#4", 840),
    ]  # fmt: skip


def test_a_currency_without_minor_units_as_ones_own(update: Callable[..., beachhead.Project]) -> None:
    rows = "#1,ada@x.org,2026-01-02,12.34,,USD,cup,1,1\n#2,ada@x.org,2026-01-02,100,,JPY,cup,1,1\n"
    made = update("currency: JPY\nrates: {USD: 150}\n", orders_1=HEAD + rows)
    assert answer(made, "select order_id, revenue from orders order by order_id") == [("#1", 1851), ("#2", 100)]


def test_amounts_in_minor_units_are_converted_too(update: Callable[..., beachhead.Project]) -> None:
    orders = ORDERS.replace("revenue: Total", "revenue: {column: Total, unit: minor}")
    rows = "#1,ada@x.org,2026-01-02,1001,,JPY,cup,1,1\n#2,ada@x.org,2026-01-02,1001,,USD,cup,1,1\n"
    made = update("rates: {JPY: 0.0061, USD: 0.9}\n", orders=orders, orders_1=HEAD + rows)
    assert answer(made, "select order_id, revenue from orders order by order_id") == [("#1", 611), ("#2", 901)]


@pytest.mark.parametrize("rates", ["{XYZ: 2}", "{EUR: 2}", "{USD: 0}", "{usd: 1}"])
def test_rates_that_cannot_be_are_refused(rates: str, update: Callable[..., beachhead.Project]) -> None:
    with pytest.raises(Exception, match=r"rates|XYZ|EUR") as wrong:
        update(f"rates: {rates}\n", orders_1=HEAD + FIRST)
    assert not isinstance(wrong.value, DataError)
