"""Counting customers of a published update."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_world import TODAY, write_csv

from beachhead.service.project import Project
from beachhead.service.run import RunOptions


@pytest.mark.parametrize(("template", "measure"), [("shop", "revenue_cents_365d"), ("selfserve", "mrr_cents")])
def test_customers_are_counted_by_the_money_of_their_template(tmp_path: Path, template: str, measure: str) -> None:
    (tmp_path / "beachhead.yml").write_text(f"name: Little\ncurrency: EUR\ntemplate: {template}\n")
    (tmp_path / "sources").mkdir()
    for table, columns in {
        "accounts": "{account_id: id, country: country, mrr: mrr}",
        "orders": "{order_id: id, account_id: account, ordered_at: at, revenue: amount}",
    }.items():
        (tmp_path / f"sources/{table}.yml").write_text(f"files: data/{table}.csv\ntable: {table}\ncolumns: {columns}\n")
    write_csv(tmp_path / "data/accounts.csv", [{"id": "a1", "country": "FR", "mrr": "10"}])
    write_csv(tmp_path / "data/orders.csv", [{"id": 1, "account": "a1", "at": "2026-03-01", "amount": "70"}])
    project = Project(tmp_path)
    project.update(RunOptions(today=TODAY))
    counted = project.count("country")
    assert counted.measure is not None
    assert counted.measure.name == measure
    chosen = project.count("country", "mrr_cents").measure
    assert chosen is not None
    assert chosen.name == "mrr_cents"
