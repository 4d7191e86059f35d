"""One absurd number does not stop an update: it is set aside, and everybody else is counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_world import LAST_DAY, TODAY, company_tables, make_company, write_csv

import beachhead
from beachhead.service.run import RunOptions, run

ROW = {
    "id": "s999", "account": "a001", "plan": "pro", "start": "2026-01-05", "end": "", "amount": "10", "seats": "2",
    "percent": "", "off": "", "every": "1",
}  # fmt: skip
SUBSCRIPTIONS = (
    "files: data/subscriptions.csv\ntable: subscriptions\ncolumns:\n  subscription_id: id\n  account_id: account\n"
    "  plan: plan\n  started_at: start\n  ended_at: end\n  amount: amount\n  quantity: seats\n  interval_count: every\n"
    "  discount_percent: percent\n  discount: off\n"
)


def _updated(root: Path, **changes: str) -> beachhead.Run:
    make_company(root, accounts=8, changes={"sources/subscriptions.yml": SUBSCRIPTIONS})
    rows = company_tables(8)["subscriptions"]
    filled = [{**ROW, **row, "seats": "1"} for row in rows]
    write_csv(root / "data/subscriptions.csv", [*filled, {**ROW, **changes}])
    run(root, RunOptions(today=TODAY))
    return beachhead.open(root).latest()


@pytest.mark.parametrize("text", ["1e400", "99999999999999999999", "9e18", "92233720368547758", "-1e17"])
@pytest.mark.parametrize("column", ["amount", "seats", "percent", "off", "every"])
def test_the_update_goes_on_and_tells(column: str, text: str, tmp_path: Path) -> None:
    run = _updated(tmp_path, **{column: text})
    assert run.as_of == LAST_DAY
    (problem,) = [p for p in run.problems if p.code == "too-large"]
    assert problem.count == 1
    (aside,) = beachhead.open(tmp_path).query("select * from set_aside where code = 'too-large'").to_pylist()
    assert (aside["source"], aside["file"], aside["value"]) == ("subscriptions", "data/subscriptions.csv", text)
    assert aside["line"] == len((tmp_path / "data/subscriptions.csv").read_text().splitlines())
    others = "select sum(mrr_cents) from accounts where account_id <> 'a001'"
    (counted,) = beachhead.open(tmp_path).query(others).to_pylist()[0].values()
    usual = _updated(tmp_path, amount="10")
    assert usual.as_of == LAST_DAY
    assert counted == next(iter(beachhead.open(tmp_path).query(others).to_pylist()[0].values()))


def test_an_attribute_of_ones_own_that_does_not_fit_is_unknown(tmp_path: Path) -> None:
    make_company(tmp_path, accounts=8, changes={"attributes/own.yml": "huge:\n  expression: mrr_cents * 1e300\n"})
    run(tmp_path, RunOptions(today=TODAY))
    found = beachhead.open(tmp_path).query("select mrr_cents > 0 as pays, huge from accounts").to_pylist()
    assert {row["huge"] for row in found if row["pays"]} == {None}
    assert {row["huge"] for row in found if row["pays"] is False} == {0}
