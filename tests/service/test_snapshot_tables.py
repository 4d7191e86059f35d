"""Tables of a snapshot in several files read back as they were written; records have what is said of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
from project_world import TODAY, make_company, write_csv

from beachhead.service.project import Project
from beachhead.service.run import RunOptions
from beachhead.service.snapshot_tables import Division, Part, TableWriter, read_table

NUMBERS = pa.array([1, 3, 7], pa.uint32())
OWN = pa.table({"account_no": NUMBERS, "name": ["a", None, "Ü"], "is_new": [True, None, False]})
COUNTERS = pa.table({"count": pa.array([0, -5, 2**31 - 1], pa.int32()), "last_on": [None, date(1969, 12, 31), None]})
SHARED = pa.table({"account_no": pa.array([1, 2, 3], pa.uint32()), "town": ["Rome", "Oslo", "Bonn"]})


def test_a_table_in_three_files_is_one_again_and_its_counters_have_64_bits(tmp_path: Path) -> None:
    with TableWriter(tmp_path) as writer:
        for name, table in (("own", OWN), ("counters", COUNTERS), ("shared", SHARED)):
            writer.write(name, table)
    parts = (
        Part(file="counters", columns={"count": "count", "last_on": "last_on"}),
        Part(file="shared", columns={"city": "town"}, key="account_no"),
    )
    order = ("account_no", "count", "city", "name", "is_new", "last_on")
    read = read_table(tmp_path / "own", Division(order=order, parts=parts), tmp_path)
    expected = {
        "account_no": NUMBERS,
        "count": pa.array([0, -5, 2**31 - 1], pa.int64()),
        "city": ["Rome", "Bonn", None],
        "name": OWN["name"],
        "is_new": OWN["is_new"],
        "last_on": COUNTERS["last_on"],
    }
    assert read.equals(pa.table(expected))


def test_counters_of_a_record_can_be_multiplied(tmp_path: Path) -> None:
    make_company(tmp_path, changes={"attributes/own.yml": "large:\n  expression: event_count_total * 1000000000\n"})
    project = Project(tmp_path)
    project.update(RunOptions(today=TODAY))
    records = project.latest().accounts
    kinds = {str(records[name].type) for name in ("event_count_total", "export_count_30d", "active_days_90d")}
    assert kinds == {"int64"}
    totals = records["event_count_total"].to_pylist()
    assert max(totals) > 2
    assert records["large"].to_pylist() == [1_000_000_000 * n for n in totals]


def test_where_nobody_is_known_to_have_left_silence_is_counted_by_events(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "beachhead.yml").write_text("name: Little\ncurrency: EUR\ntemplate: blank\n")
    customers = "files: data/customers.csv\ntable: accounts\ncolumns: {account_id: id, signed_up_at: at, mrr: mrr}\n"
    events = (
        "files: data/events.csv\ntable: events\ncolumns: {account_id: id, event: {constant: seen}, occurred_at: at}\n"
    )
    (tmp_path / "sources/customers.yml").write_text(customers)
    (tmp_path / "sources/events.yml").write_text(events)
    write_csv(tmp_path / "data/customers.csv", [{"id": n, "at": "2025-01-01", "mrr": 50} for n in range(5)])
    seen = ("2025-02-01", "2025-12-01", "2026-03-31", "2026-03-30")
    write_csv(tmp_path / "data/events.csv", [{"id": n, "at": f"{day} 10:00:00"} for n, day in enumerate(seen)])
    project = Project(tmp_path)
    project.update(RunOptions(today=TODAY))
    (doubt,) = (p for p in project.latest().problems if p.code == "cannot-tell-who-left")
    assert "2 of 4 have not been active for 90 days" in doubt.message
