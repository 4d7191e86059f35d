"""What two sources say against each other is told, with customers as examples and with which of them counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import beachhead
from beachhead.errors import Severity
from beachhead.service.run import RunOptions, run
from beachhead.sources.problems import Problem

ACCOUNTS = "files: data/accounts.csv\ntable: accounts\nstable: true\ncolumns: {account_id: id, signed_up_at: since%s}\n"
SUBSCRIPTIONS = (
    "files: data/subscriptions.csv\ntable: subscriptions\n"
    "columns: {subscription_id: id, account_id: account, started_at: start, ended_at: end, amount: amount}\n"
)
CHARGES = "files: data/charges.csv\ntable: charges\ncolumns: {account_id: id, charged_at: day, amount: paid}\n"
ORDERS = (
    "files: data/orders.csv\ntable: orders\ncolumns: {order_id: no, account_id: id, ordered_at: day, revenue: sum}\n"
)
PAID = (
    "id,account,start,end,amount\ns1,a,2025-01-05,,10\ns2,b,2025-01-05,2026-01-31,10\ns3,c,2025-01-05,,10\n"
    "s4,d,2025-08-01,,10\ns5,e,2025-01-05,,0\n"
)


@pytest.fixture
def update(tmp_path: Path) -> Callable[..., beachhead.Run]:
    def make(files: dict[str, str], as_of: date = date(2026, 3, 1)) -> beachhead.Run:
        for name, text in {"beachhead.yml": "name: X\n", **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        run(tmp_path, RunOptions(as_of=as_of, today=date(2026, 6, 1)))
        return beachhead.open(tmp_path).latest()

    return make


def _found(run: beachhead.Run, code: str) -> list[Problem]:
    return [p for p in run.problems if p.code == code]


@pytest.mark.parametrize(
    ("column", "values", "states"),
    [
        ("churned_at", ["2026-02-01", "2026-02-01", "", "2025-06-01", "2026-02-01"], ["a, churned_at 2026-02-01"]),
        ("is_churned", ["yes", "yes", "no", "", "yes"], ["a, is_churned"]),
        ("status", ["Churned", "lost", "active", "", "lost"], ["a, status Churned"]),
        ("churned_at", ["2026-03-02", "", "", "", ""], []),
    ],
)
def test_churned_customers_who_pay_are_told(
    column: str, values: list[str], states: list[str], update: Callable[..., beachhead.Run]
) -> None:
    """Not: b, whose subscription has ended; c, not stated; d, who left before and came back; e, who pays nothing."""
    listed = "".join(f"{name},2025-01-01,{value}\n" for name, value in zip("abcde", values, strict=True))
    made = update({
        "sources/accounts.yml": ACCOUNTS % f", {column}: gone", "data/accounts.csv": f"id,since,gone\n{listed}",
        "sources/subscriptions.yml": SUBSCRIPTIONS, "data/subscriptions.csv": PAID,
    })  # fmt: skip
    found = _found(made, "churned-but-paying")
    assert [e.value for p in found for e in p.examples] == states
    assert made.accounts.pandas().set_index("account_id")["is_churned"]["a"] == False  # noqa: E712
    if found:
        (problem,) = found
        assert (problem.count, problem.out_of, problem.severity) == (1, 5, Severity.WARNING)
        assert problem.message == (
            "1 customer is stated as churned and has a paid subscription that runs; "
            "the subscription counts: not churned"
        )
        assert (problem.examples[0].file, problem.examples[0].line) == ("data/accounts.csv", 2)


def _shop(charges: str, orders: str, more: dict[str, str] | None = None) -> dict[str, str]:
    return {
        "sources/accounts.yml": ACCOUNTS % "", "data/accounts.csv": "id,since\na,2025-01-01\nb,2025-01-01\n",
        "sources/charges.yml": CHARGES, "data/charges.csv": "id,day,paid\n" + charges,
        "sources/orders.yml": ORDERS, "data/orders.csv": "no,id,day,sum\n" + orders, **(more or {}),
    }  # fmt: skip


def test_the_same_money_from_charges_and_orders_is_told(update: Callable[..., beachhead.Run]) -> None:
    charges = "a,2026-01-05,1000.50\na,2026-01-06,200\nb,2026-01-05,5\n"
    orders = "1,a,2026-01-05,1210\n2,b,2026-03-02,5\n"
    made = update(_shop(charges, orders))
    (problem,) = _found(made, "charged-and-ordered")
    assert (problem.count, problem.severity) == (1, Severity.WARNING)
    assert problem.message == (
        "1 customer has money from charges and from orders, and revenue is the sum of both; "
        "for 1 the two are nearly alike, as if the same money counted twice"
    )
    assert [str(e) for e in problem.examples] == ["data/accounts.csv:2: a, 1,200.50 in charges, 1,210.00 in orders"]
    assert made.accounts.pandas()["revenue_cents_total"].to_list() == [241_050, 500]


def test_different_sales_are_a_note_only(update: Callable[..., beachhead.Run]) -> None:
    made = update(_shop("a,2026-01-05,10\nb,2026-01-05,5\n", "1,a,2026-01-05,700\n2,b,2026-01-05,-5\n"))
    (problem,) = _found(made, "charged-and-ordered")
    assert (problem.count, problem.severity) == (1, Severity.INFO)
    assert problem.message.endswith("revenue is the sum of both")


def test_nothing_is_said_where_no_customer_has_both(update: Callable[..., beachhead.Run]) -> None:
    assert _found(update(_shop("a,2026-01-05,10\n", "1,b,2026-01-05,700\n")), "charged-and-ordered") == []
