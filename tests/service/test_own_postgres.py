"""What can be wrong with the PostgreSQL that a project names: told in words, at its place, without its address."""

from __future__ import annotations

import builtins
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from project_world import TODAY, make_company

import beachhead
from beachhead.cli.main import main
from beachhead.errors import OutsideError
from beachhead.service.check import check
from beachhead.service.run import RunOptions, run
from postgres_server import ASKED_USER, PostgresServer

SETTINGS = "name: Little\nkey_events: [export, invite]\nengine: ${WAREHOUSE_URL}\n"
PLACE = "beachhead.yml:3:9"
PASSWORD = "hunter2-secret"


@dataclass(frozen=True)
class Project:
    """A small project that was published once, on DuckDB."""

    root: Path
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def write(self, settings: str) -> None:
        (self.root / "beachhead.yml").write_text(settings)

    def said(self, url: str, command: str = "run") -> tuple[int, str]:
        """The exit code of a command with this address, and what it says; of that the address is no part."""
        self.patch.setenv("WAREHOUSE_URL", url)
        self.patch.setattr(sys, "argv", ["beachhead", command, str(self.root)])
        self.capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        shown = "".join(self.capture.readouterr())
        assert "Traceback" not in shown
        assert url not in shown
        assert PASSWORD not in shown
        return int(ended.value.code or 0), shown

    def published(self) -> str:
        return beachhead.open(self.root).latest().name


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    make_company(tmp_path, 20)
    run(tmp_path, RunOptions(today=TODAY))
    made = Project(tmp_path, monkeypatch, capsys)
    made.write(SETTINGS)
    return made


@pytest.fixture
def asked(postgres_server: PostgresServer) -> Iterator[str]:
    """A user with a password."""
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ASKED_USER} LOGIN PASSWORD '{PASSWORD}'")
        yield ASKED_USER
        connection.execute(f"DROP ROLE {ASKED_USER}")


@pytest.mark.parametrize(
    ("setting", "code", "says"),
    [
        ("mysql://u:hunter2-secret@h/d", "unknown-value", "'engine' cannot be of the kind 'mysql'"),
        ("duckdb:///x", "unknown-value", "the engine duckdb has no address"),
        ("postgresql", "invalid-value", "'engine' lacks the address of the PostgreSQL database"),
        ("duckbd", "unknown-value", "Did you mean 'duckdb'?"),
        ("warehouse", "unknown-value", "Write `engine: duckdb` (the default), or the address of a PostgreSQL"),
        ("postgresql://", "unknown-database", "has no host"),
        ("postgresql://u:hunter2-secret@z@h/d", "unknown-database", "are written %40"),
        ("postgresql://u:z/hunter2-secret@h/d", "unknown-database", "are written %40"),
    ],
)
def test_a_setting_that_cannot_be_is_told_at_its_place_before_anything_runs(
    project: Project, setting: str, code: str, says: str
) -> None:
    for command in ("check", "run"):
        exit_code, shown = project.said(setting, command)
        assert exit_code == 1
        assert f"{PLACE}: error" in shown
        assert f"[{code}]" in shown
        assert says in " ".join(shown.split())


def test_an_address_that_is_not_set_is_one_error(project: Project) -> None:
    project.patch.delenv("WAREHOUSE_URL", raising=False)
    errors = [d for d in check(project.root).diagnostics if d.is_error]
    assert [(d.code, str(d.place)) for d in errors] == [("undefined-variable", PLACE)]


@pytest.mark.parametrize("written", ["postgresql://u:pw@h/d", "postgresql://h/d?user=u&password=pw"])
def test_a_password_in_the_file_is_warned_of(project: Project, written: str) -> None:
    project.write(SETTINGS.replace("${WAREHOUSE_URL}", written))
    found = check(project.root).diagnostics
    assert [(d.code, str(d.place)) for d in found if not d.place or d.place.file == "beachhead.yml"] == [
        ("password-in-file", PLACE)
    ]
    assert not any("pw" in str(d).replace("password", "") for d in found)


def test_without_the_driver_the_remedy_is_the_command(project: Project) -> None:
    imported = builtins.__import__

    def refuse(name: str, *rest: object, **more: object) -> object:
        if name.partition(".")[0] == "psycopg":
            raise ModuleNotFoundError(name)
        return imported(name, *rest, **more)  # type: ignore[arg-type]

    project.patch.delitem(sys.modules, "beachhead.engines.postgres", raising=False)
    project.patch.setattr(builtins, "__import__", refuse)
    exit_code, shown = project.said(f"postgresql://u:{PASSWORD}@127.0.0.1/d")
    assert exit_code == 3
    assert f"{PLACE}: error: the PostgreSQL driver is not installed [driver-missing]" in shown
    assert "pip install 'beachhead[postgres]'" in shown


def test_a_server_that_does_not_answer_is_told(project: Project) -> None:
    before = project.published()
    exit_code, shown = project.said(f"postgresql://u:{PASSWORD}@127.0.0.1:1/d")
    assert exit_code == 3
    assert f"{PLACE}: error: the database cannot be reached [database-unreachable]" in shown
    assert "refused" in shown
    assert project.published() == before


def test_a_host_that_has_several_addresses_is_told_in_one_line(project: Project) -> None:
    _, shown = project.said("postgresql://u@127.0.0.1,127.0.0.2:1/d")
    (why,) = [line for line in shown.splitlines() if "why:" in line]
    assert why.endswith("Connection refused")


@pytest.mark.parametrize("password", ["", ":wrong-" + PASSWORD])
def test_a_wrong_password_is_told_and_not_shown(
    project: Project, postgres_server: PostgresServer, asked: str, password: str
) -> None:
    url = postgres_server.new_database().replace("beachhead@", f"{asked}{password}@")
    exit_code, shown = project.said(url)
    assert exit_code == 3
    assert f"{PLACE}: error: the server does not let this user in [database-unreachable]" in shown
    assert "~/.pgpass" in shown


def test_a_database_that_does_not_exist_is_told(project: Project, postgres_server: PostgresServer) -> None:
    exit_code, shown = project.said(postgres_server.url("nowhere"))
    assert exit_code == 3
    assert f"{PLACE}: error: the server has no such database [database-unreachable]" in shown
    assert "createdb" in shown


def test_a_user_who_may_not_make_temporary_tables_is_told_what_to_grant(
    project: Project, postgres_server: PostgresServer, asked: str
) -> None:
    url = postgres_server.new_database()
    name = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")
    theirs = url.replace("beachhead@", f"{asked}:{PASSWORD}@")
    exit_code, shown = project.said(theirs)
    assert exit_code == 3
    assert f"{PLACE}: error: the user of the database may not make temporary tables in it" in shown
    assert "GRANT TEMPORARY" in shown
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"GRANT TEMPORARY ON DATABASE {name} TO {asked}")
        try:
            assert project.said(theirs)[0] == 0
        finally:
            connection.execute(f"REVOKE TEMPORARY ON DATABASE {name} FROM {asked}")


def test_a_database_of_another_alphabet_is_refused(project: Project, postgres_server: PostgresServer) -> None:
    url = postgres_server.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    exit_code, shown = project.said(postgres_server.url("latin"))
    assert exit_code == 3
    assert "LATIN1" in shown


@pytest.mark.parametrize("moment", ["Matching", "Computing"])
def test_a_server_lost_half_way_leaves_the_last_results(project: Project, postgres: str, moment: str) -> None:
    before = project.published()
    project.patch.setenv("WAREHOUSE_URL", postgres)

    def cut(said: str) -> None:
        if said.startswith(moment):
            with psycopg.connect(postgres, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'beachhead' AND datname = current_database()"
                )

    with pytest.raises(OutsideError) as lost:
        run(project.root, RunOptions(today=TODAY), cut)
    (told,) = lost.value.diagnostics
    assert (told.code, str(told.place)) == ("database-lost", PLACE)
    assert project.published() == before
    assert run(project.root, RunOptions(today=TODAY)).customers == 20


def test_nothing_is_left_behind_when_an_update_is_killed(project: Project, postgres: str) -> None:
    project.patch.setenv("WAREHOUSE_URL", postgres)
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom beachhead.service.run import run\n"
        "def say(said):\n    if said.startswith('Computing'): os.kill(os.getpid(), signal.SIGKILL)\n"
        "run(Path(sys.argv[1]), say=say)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(project.root)], check=False)
    assert killed.returncode == -signal.SIGKILL
    with psycopg.connect(postgres, autocommit=True) as connection:
        deadline = time.monotonic() + 30
        left: list[object] = [None]
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            left = [
                *connection.execute(
                    "SELECT pid FROM pg_stat_activity "
                    "WHERE application_name = 'beachhead' AND datname = current_database()"
                ).fetchall(),
                *connection.execute(
                    "SELECT relname FROM pg_class WHERE relpersistence = 't' OR relnamespace = 'public'::regnamespace"
                ).fetchall(),
            ]
    assert left == []
    assert run(project.root, RunOptions(today=TODAY)).customers == 20


def test_limits_of_the_user_are_not_those_of_an_update(
    project: Project, postgres_server: PostgresServer, asked: str
) -> None:
    url = postgres_server.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {asked} SET statement_timeout = '5ms'")
        connection.execute(f"ALTER ROLE {asked} SET default_transaction_read_only = on")
        connection.execute(f"ALTER ROLE {asked} SET TimeZone = 'Asia/Tokyo'")
    assert project.said(url.replace("beachhead@", f"{asked}:{PASSWORD}@"))[0] == 0


def test_the_address_is_kept_nowhere(project: Project, postgres_server: PostgresServer, asked: str) -> None:
    url = postgres_server.new_database().replace("beachhead@", f"{asked}:{PASSWORD}@")
    assert project.said(url)[0] == 0
    latest = beachhead.open(project.root).latest()
    kept = json.loads(latest.snapshot.file("about.json").read_bytes())
    assert kept["settings"]["engine"] == "postgresql"
    secrets = [url.encode(), PASSWORD.encode(), f"{asked}:".encode(), b"127.0.0.1"]
    found = {
        (path.name, secret)
        for path in project.root.rglob("*")
        if path.is_file()
        for secret in secrets
        if secret in path.read_bytes()
    }
    assert found == set()
    settings = check(project.root).project.settings
    assert PASSWORD not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


SOURCE = (
    "database: {table: public.customers, cursor: changed}\ntable: accounts\n"
    "columns: {account_id: id, name: name, plan: plan, signed_up_at: since}\n"
)


@pytest.fixture
def tables_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: str) -> Path:
    """A project whose customers are a table of the database that is its engine."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "beachhead.yml").write_text(SETTINGS)
    (tmp_path / "sources/customers.yml").write_text(SOURCE)
    monkeypatch.setenv("WAREHOUSE_URL", postgres)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE TABLE customers (id text, name text, plan text, since date, changed integer)")
        connection.execute(
            "INSERT INTO customers VALUES ('a', 'Ada', 'pro', '2026-01-01', 1), ('b', 'Bob', 'pro', null, 2)"
        )
    return tmp_path


def plans(folder: Path) -> dict[str, str]:
    rows = beachhead.open(folder).query("select account_id, plan from accounts").to_pylist()
    return {str(r["account_id"]): str(r["plan"]) for r in rows}


def test_tables_that_are_in_the_engine_already_are_read_there(tables_there: Path, postgres: str) -> None:
    assert [d for d in check(tables_there).diagnostics if d.is_error] == []
    run(tables_there, RunOptions(today=TODAY))
    assert plans(tables_there) == {"a": "pro", "b": "pro"}
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("UPDATE customers SET plan = 'basic', changed = 3 WHERE id = 'a'")
    run(tables_there, RunOptions(today=TODAY))
    assert plans(tables_there) == {"a": "basic", "b": "pro"}


def test_a_query_of_the_engines_database_is_a_source(tables_there: Path) -> None:
    text = SOURCE.replace("table: public.customers, cursor: changed", "query: select * from customers where id = 'b'")
    (tables_there / "sources/customers.yml").write_text(text)
    run(tables_there, RunOptions(today=TODAY))
    assert plans(tables_there) == {"b": "pro"}


def test_a_table_that_the_engine_lacks_is_told_with_the_nearest(tables_there: Path) -> None:
    (tables_there / "sources/customers.yml").write_text(SOURCE.replace("public.customers", "public.custmers"))
    with pytest.raises(beachhead.errors.DataError, match=re.escape("there is no table 'public.custmers'")) as told:
        run(tables_there, RunOptions(today=TODAY))
    (diagnostic,) = told.value.diagnostics
    assert (diagnostic.nearest, str(diagnostic.place)) == ("public.customers", "sources/customers.yml:1:19")


@pytest.mark.parametrize("settings", ["name: X\n", "name: X\nengine: duckdb\n"])
def test_a_table_without_any_database_is_told_with_what_is_missing(tables_there: Path, settings: str) -> None:
    (tables_there / "beachhead.yml").write_text(settings)
    (told,) = [d for d in check(tables_there).diagnostics if d.is_error]
    assert (told.code, str(told.place)) == ("missing-key", "sources/customers.yml:1:1")
    assert told.remedy
    assert "engine: ${WAREHOUSE_URL}" in told.remedy


def test_a_cursor_is_for_servers(tables_there: Path) -> None:
    (tables_there / "sources/customers.yml").write_text(f"files: a.sqlite\n{SOURCE}")
    found = [d for d in check(tables_there).diagnostics if d.code == "invalid-value"]
    assert [(str(d.place), d.remedy) for d in found] == [("sources/customers.yml:2:37", "Remove `cursor`.")]
