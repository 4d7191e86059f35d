"""A project whose customers come from a database server: fetched with each update, with history, and no secret kept."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import psycopg
import pytest

import beachhead
from beachhead.cli.main import main
from beachhead.errors import BeachheadError
from beachhead.service.check import check
from beachhead.service.run import RunOptions, run

SOURCE = (
    "database: {url: '${WAREHOUSE_URL}', table: public.customers, cursor: changed}\ntable: accounts\nhistory: kept\n"
    "columns: {account_id: id, name: name, plan: plan, signed_up_at: since}\n"
)


@pytest.fixture
def project(tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sources").mkdir()
    (tmp_path / "beachhead.yml").write_text("name: X\n")
    (tmp_path / "sources/customers.yml").write_text(SOURCE)
    monkeypatch.setenv("WAREHOUSE_URL", postgres.replace("beachhead@", "beachhead:hunter2-secret@"))
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE TABLE customers (id text, name text, plan text, since date, changed integer)")
        connection.execute(
            "INSERT INTO customers VALUES ('a', 'Ada', 'pro', '2026-01-01', 1), ('b', 'Bob', 'pro', null, 2)"
        )
    return tmp_path


def plans(project: Path) -> dict[str, str]:
    rows = beachhead.open(project).query("select account_id, plan from accounts").to_pylist()
    return {str(r["account_id"]): str(r["plan"]) for r in rows}


def test_an_update_takes_what_changed_and_remembers_what_was(project: Path, postgres: str) -> None:
    run(project, RunOptions(today=date(2026, 3, 1)))
    assert plans(project) == {"a": "pro", "b": "pro"}
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("UPDATE customers SET plan = 'basic', changed = 3 WHERE id = 'a'")
        connection.execute("INSERT INTO customers VALUES ('c', 'Cy', 'pro', '2026-03-02', 4)")
    run(project, RunOptions(today=date(2026, 3, 5)))
    assert plans(project) == {"a": "basic", "b": "pro", "c": "pro"}


def test_no_file_of_the_project_has_the_secret(project: Path) -> None:
    run(project, RunOptions(today=date(2026, 3, 1)))
    kept = b"".join(p.read_bytes() for p in project.rglob("*") if p.is_file())
    assert b"hunter2" not in kept


def test_a_server_that_does_not_answer_stops_the_update_in_words(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", "postgresql://reader:hunter2-secret@127.0.0.1:1/x")
    assert [d for d in check(project).diagnostics if d.is_error] == []
    monkeypatch.setattr(sys, "argv", ["beachhead", "run", str(project)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 3
    assert "sources/customers.yml:1" in said.err
    assert "the database cannot be reached [database-unreachable]" in said.err
    assert "hunter2" not in said.err + said.out
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("database", "code"),
    [
        ("{url: 'oracle://x/y', table: t}", "unknown-database"),
        ("{url: nonsense, table: t}", "unknown-database"),
        ("{url: 'postgresql://u:p@h/d', table: t}", "password-in-file"),
        ("{url: 'postgresql://h/d'}", "invalid-value"),
        ("{table: t}", "missing-key"),
        ("{table: t, query: select 1}", "invalid-value"),
        ("{url: 'postgresql://h/d', tabel: t}", "unknown-key"),
    ],
)
def test_what_is_wrong_with_a_database_is_told_before_it_is_asked(project: Path, database: str, code: str) -> None:
    text = SOURCE.replace(SOURCE.splitlines()[0], f"database: {database}")
    (project / "sources/customers.yml").write_text(text)
    found = [d for d in check(project).diagnostics if d.code == code]
    assert len(found) == 1
    assert found[0].place
    assert found[0].place.file == "sources/customers.yml"
    if code != "password-in-file":
        with pytest.raises(BeachheadError):
            run(project, RunOptions(today=date(2026, 3, 1)))
