from __future__ import annotations

from datetime import date

import pyarrow as pa

from beachhead.analysis.sight import sight

DAY = date(2026, 10, 31)


def records(active: int, churned: int, trials: int = 0, **more: list[object]) -> pa.Table:
    n = active + churned + trials
    status = ["active_customer"] * active + ["churned"] * churned + ["active_trial"] * trials
    return pa.table(
        {
            "account_id": [f"a{k}" for k in range(n)],
            "account_name": [f"Company {k}" for k in range(n)],
            "account_status": status,
            "is_customer": [s == "active_customer" for s in status],
            "was_customer": [s in ("active_customer", "churned") for s in status],
            "signed_up_on": pa.array([date(2026, 3, 1)] * n, pa.date32()),
            "churned_on": pa.array([DAY if s == "churned" else None for s in status], pa.date32()),
            **more,
        }
    )


def test_three_hundred_customers_show_a_difference_of_so_many_points():
    found = sight(records(276, 24), DAY, "customers", {})
    assert found.difference is not None
    assert (
        f"a difference in leaving of {round(found.difference * 100 + 0.5)} points or more would be seen"
        in found.lines[2]
    )
    assert "300 customers ever paid or bought, 24 of them left (8 %)" in found.lines[2].replace("\xa0", " ")
    assert found.to_call == ()


def test_a_few_are_to_be_talked_with_by_name():
    found = sight(records(20, 3, value_rank=list(range(23, 0, -1))), DAY, "teams", {})
    assert found.to_call[:2] == ("Company 22", "Company 21")
    assert "talk to them" in found.next_steps[-1]
    assert any("less than a year" in step for step in found.next_steps)


def test_an_export_without_those_who_left_says_how_to_get_them():
    found = sight(records(120, 0), DAY, "customers", {})
    assert found.difference is None
    assert any("Canceled" in step for step in found.next_steps)
    assert "nobody can say yet" in found.lines[2]


def test_where_nobody_could_have_left_it_is_unknown_and_not_zero():
    table = records(120, 0).drop_columns(["churned_on"])
    found = sight(table, DAY, "customers", {"trial_ends_on": "needs subscriptions.trial_ends_at"})
    assert {k.name: k.count for k in found.kinds}["who left"] is None
    assert any("cannot be told" in step for step in found.next_steps)
    assert any("Nobody tried" in step for step in found.next_steps)


def test_no_customers_at_all():
    found = sight(records(0, 0), DAY, "customers", {})
    assert (found.difference, found.to_call) == (None, ())
