from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime

import pytest

from beachhead.errors import Diagnostic
from beachhead.state.runs import RunLog, RunRecord

START = datetime(2024, 11, 1, 6, 0, tzinfo=UTC)
END = datetime(2024, 11, 1, 6, 2, tzinfo=UTC)
DAY = date(2024, 10, 31)


@pytest.fixture
def warnings() -> list[Diagnostic]:
    return []


@pytest.fixture
def log(tmp_path, warnings):
    return RunLog(tmp_path / "runs.sqlite", warnings.append)


def test_run_reads_back(log, warnings):
    run = log.start(None, START)
    log.finish(run, "published", DAY, "2024-10-31-r1", None, {"customers": 12}, END)
    assert log.recent() == (RunRecord(1, START, END, "published", DAY, "2024-10-31-r1", None, {"customers": 12}),)
    assert warnings == []


def test_failed_run_keeps_its_day_and_says_why(log):
    log.finish(log.start(DAY, START), "failed", message="disk full", now=END)
    assert log.recent() == (RunRecord(1, START, END, "failed", DAY, None, "disk full", {}),)


def test_newest_run_comes_first_and_the_limit_holds(log):
    for _ in range(3):
        log.finish(log.start(DAY), "published")
    assert [run.id for run in log.recent(2)] == [3, 2]


def test_run_that_died_is_marked_when_the_next_begins(log):
    log.start(DAY, START)
    assert log.recent()[0].status == "running"
    log.start(DAY)
    assert [run.status for run in log.recent()] == ["running", "interrupted"]


def test_no_log_is_an_empty_log(log, warnings, tmp_path):
    assert log.recent() == ()
    assert warnings == []
    assert list(tmp_path.iterdir()) == []


def test_damaged_log_warns_and_the_run_goes_on(log, warnings, tmp_path):
    (tmp_path / "runs.sqlite").write_bytes(b"this is not a database, not at all" * 100)
    run = log.start(DAY)
    log.finish(run, "published")
    assert run is None
    assert log.recent() == ()
    assert {w.code for w in warnings} == {"run-log-failed"}
    assert not any(w.is_error for w in warnings)


def test_log_in_a_missing_folder_warns(tmp_path, warnings):
    assert RunLog(tmp_path / "gone" / "runs.sqlite", warnings.append).start(DAY) is None
    assert [w.code for w in warnings] == ["run-log-failed"]


def test_log_with_other_columns_warns(log, warnings, tmp_path):
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        connection.execute("CREATE TABLE runs (id INTEGER)")
    assert log.start(DAY) is None
    assert [w.code for w in warnings] == ["run-log-failed"]
