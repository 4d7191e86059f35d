from __future__ import annotations

import importlib
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from beachhead.service.run import RunOptions, run
from beachhead.synth import Truth, append_day, generate

BENCHMARKS = Path(__file__).resolve().parent.parent.parent / "benchmarks"


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("speed")


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("measure.agreement")


def _make(folder: Path, speed: ModuleType) -> Truth:
    return generate(folder, 500, 7, files=speed.FILES)


def _baseline(folder: Path, day: date) -> None:
    command = [sys.executable, str(BENCHMARKS / "measure" / "run_baseline.py"), str(folder), str(day), "1GB"]
    subprocess.run(command, check=True)


def test_the_baseline_computes_what_is_planted(tmp_path: Path, speed: ModuleType) -> None:
    truth = _make(tmp_path, speed)
    _baseline(tmp_path, truth.last_day)
    accounts = pq.read_table(tmp_path / "baseline" / "accounts.parquet")
    users = pq.read_table(tmp_path / "baseline" / "users.parquet")
    assert accounts.num_rows == 500
    assert users.num_rows == truth.totals.users == 1554
    assert pc.sum(accounts["mrr_cents"]).as_py() == truth.totals.mrr_cents == 14_682_260
    assert pc.sum(accounts["event_count_total"]).as_py() == truth.totals.events == 10_100
    assert pc.sum(accounts["is_customer"].cast(pa.int64())).as_py() == truth.totals.active_customers == 213
    problems = {
        (p["source"], p["code"]): p["rows"]
        for p in pq.read_table(tmp_path / "baseline" / "problems.parquet").to_pylist()
    }
    assert problems["events", "duplicate-key"] == 50
    assert problems["events", "orphan-key"] == 30
    assert problems["events", "unreadable-date"] == 20
    assert problems["subscriptions", "orphan-key"] == 1


def test_update_and_baseline_agree_on_the_first_and_on_the_next_day(
    tmp_path: Path, speed: ModuleType, compare: ModuleType
) -> None:
    truth = _make(tmp_path, speed)
    for _ in range(2):
        run(tmp_path, RunOptions(as_of=truth.last_day))
        _baseline(tmp_path, truth.last_day)
        found = compare.compare(tmp_path)
        assert found.differences == ()
        assert (found.rows, found.columns) == (500 + 1554, 108 + 10)
        truth = append_day(tmp_path, share=0.01, events_only=True).truth


def test_a_different_value_a_missing_row_and_a_different_count_are_told(
    tmp_path: Path, speed: ModuleType, compare: ModuleType
) -> None:
    truth = _make(tmp_path, speed)
    run(tmp_path, RunOptions(as_of=truth.last_day))
    _baseline(tmp_path, truth.last_day)
    accounts = tmp_path / "baseline" / "accounts.parquet"
    table = pq.read_table(accounts).slice(1)
    plus_one = pc.add(table["seat_count"], pa.array([1] + [0] * 498))
    pq.write_table(table.set_column(table.column_names.index("seat_count"), "seat_count", plus_one), accounts)
    listed = tmp_path / "baseline" / "problems.parquet"
    pq.write_table(pa.table({"source": ["events"], "code": ["orphan-key"], "rows": [31]}), listed)
    found = compare.compare(tmp_path).differences
    assert "accounts: 1 rows are on one side only" in found
    assert "accounts.seat_count: 2 values differ" in found
    assert "events: 30 rows of orphan-key, the baseline has 31" in found


def test_a_process_is_measured_and_its_failure_stops_everything(speed: ModuleType) -> None:
    cost = speed.run_process([sys.executable, "-c", "x = bytearray(80_000_000)"])
    assert cost.resident_gb > 0.08
    assert cost.cpu_seconds > 0
    assert 0 < cost.seconds < 60
    with pytest.raises(SystemExit, match="no such day"):
        speed.run_process([sys.executable, "-c", "raise SystemExit('no such day')"])


def test_the_table_gives_ratios_beside_their_limits(speed: ModuleType) -> None:
    company = speed.Company(1_000_000, 20_000_000, 2_000_000, 3_000_000, 2_100.0)
    large = speed.Company(3_000_000, 60_000_000, 6_000_000, 9_000_000, 6_300.0)
    by_hand, cost = speed.Cost(40, 70, 4), speed.Cost
    first, day = speed.Pair(by_hand, cost(60, 100, 5)), speed.Pair(by_hand, cost(8, 9, 2))
    measured = speed.Measured(company, first, day)
    text = speed.table(measured, (large, cost(186, 300, 6)), speed.Setting())
    assert "| first update | 60.0 | 100.0 | 5.0 GB | 1.50 | 2.00 |" in text
    assert "| update for one more day, 1 % events | 8.0 | 9.0 | 2.0 GB | 0.20 | 0.25 |" in text
    assert "| first update, 3 times the customers | 186.0 | 300.0 | 6.0 GB | 3.10 of the first | 3.3 |" in text
    assert "agree in every value" in text
