"""Nothing, little, much, and much of the same."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pytest
from companies import Row, as_table, make_company
from matching_world import groups, match, match_rows

from beachhead.customers.matching import match_records
from beachhead.engines.duck import DuckEngine
from beachhead.project.definitions import MatchingDefinition


@pytest.mark.parametrize("rows", [[], [{"account_id": "crm:1", "name": "Acme"}], [{"account_id": "crm:1"}]])
def test_hardly_any_records(rows: list[Row], tmp_path: Path) -> None:
    matching = match_rows(rows, tmp_path)
    assert matching.customers.to_pylist() == [{"account_id": "crm:1", "customer_id": "crm:1"} for _ in rows]
    assert (matching.pairs.num_rows, matching.doubtful.num_rows, matching.notes) == (0, 0, ())


def test_records_that_say_nothing_stay_apart(tmp_path: Path) -> None:
    blank = {"name": " ", "email": "n/a", "website": "", "phone": "000000000", "postcode": "-", "country": "unknown"}
    matching = match_rows([{"account_id": f"crm:{n}", **blank} for n in range(50)], tmp_path)
    assert groups(matching) == []
    assert matching.customers.num_rows == 50


def test_an_address_on_a_hundred_thousand_records_is_not_used_and_that_is_said(tmp_path: Path) -> None:
    n = 100_000
    rows: list[Row] = [{"account_id": f"crm:{i}", "email": "info@portal.example.net"} for i in range(n)]
    records = as_table(rows).set_column(4, "listed", pa.array([i % 2 == 0 for i in range(n)]))
    started = time.monotonic()
    matching = match(records.set_column(3, "ids", pa.array(["crm"] * n)), tmp_path)
    assert time.monotonic() - started < 30
    assert (groups(matching), matching.doubtful.num_rows) == ([], 0)
    assert matching.notes == tuple(
        f"The {words} is on 100,000 records: too common to tell who is who, so it was not used."
        for words in ("e-mail address 'info@portal.example.net'", "web address 'example.net'")
    )


def test_the_same_records_give_the_same_customers_whatever_the_order_and_threads(tmp_path: Path) -> None:
    records = make_company("group", size=60).records
    backwards = records.take(pa.array(range(records.num_rows - 1, -1, -1)))
    one, other = match(records, tmp_path, threads=2), match(backwards, tmp_path, threads=1)
    assert one.customers.equals(other.customers)
    assert one.pairs.equals(other.pairs)
    assert one.doubtful.equals(other.doubtful)


def test_nothing_is_left_in_the_engine(tmp_path: Path) -> None:
    with DuckEngine(tmp_path) as engine:
        engine.load("records", make_company("saas", size=60).records)
        match_records(engine, "records", MatchingDefinition(), lambda _: None)
        left = engine.query(
            "SELECT table_name AS name FROM duckdb_tables() "
            "UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal"
        )
        assert left["name"].to_pylist() == ["records"]
