"""A whole project gives the same on its own PostgreSQL as on DuckDB: every value of every customer, every member."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import psycopg
import pytest
from project_world import TODAY, make_company

import beachhead
from beachhead.service.results import Run
from beachhead.service.run import RunOptions, run
from beachhead.service.setup import make_synthetic

EXAMPLES = Path(__file__).parents[2] / "examples"
WRITTEN = "engine: ${WAREHOUSE_URL}\n"


def updated(project: Path, setting: str, options: RunOptions) -> Run:
    """The results of a copy of `project` whose engine is written as `setting`."""
    copy = project.with_name(f"{project.name}_{'postgresql' if setting else 'duckdb'}")
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".beachhead"))
    with (copy / "beachhead.yml").open("a") as file:
        file.write(f"\n{setting}")
    run(copy, options)
    return beachhead.open(copy).latest()


def on_both(project: Path, url: str, options: RunOptions) -> tuple[Run, Run]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_URL", url)
        return updated(project, "", options), updated(project, WRITTEN, options)


def differing(ours: Sequence[object], theirs: Sequence[object]) -> list[tuple[int, object, object]]:
    """Row, value and value where two columns differ; floats count as equal to 1e-9 of their size."""

    def same(a: object, b: object) -> bool:
        if isinstance(a, float) and isinstance(b, float):
            return math.isclose(a, b, rel_tol=1e-9)
        return a == b

    pairs = enumerate(zip(ours, theirs, strict=True))
    return [(n, a, b) for n, (a, b) in pairs if not same(a, b)]


def assert_equal(duck: Run, postgres: Run) -> None:
    assert (duck.about.settings.engine_kind, postgres.about.settings.engine_kind) == ("duckdb", "postgresql")
    ours, theirs = duck.accounts.arrow(), postgres.accounts.arrow()
    assert ours.schema == theirs.schema
    found = {n: differing(ours[n].to_pylist(), theirs[n].to_pylist())[:3] for n in ours.column_names}
    assert {n: d for n, d in found.items() if d} == {}
    assert members(duck) == members(postgres)
    assert [(p.code, p.message, p.examples) for p in duck.problems] == [
        (p.code, p.message, p.examples) for p in postgres.problems
    ]


def members(run: Run) -> dict[str, list[int] | None]:
    """Numbers of the customers in every segment; None where it has no data."""
    return {
        s.name: None if s.about.size is None else s.members()["account_no"].to_pylist() for s in run.segments.values()
    }


def objects_in(url: str) -> list[str]:
    """Every table, view and sequence of a database but for its own."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            "WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') "
            "AND n.nspname NOT LIKE 'pg_toast_temp%' ORDER BY 1"
        ).fetchall()
    return [str(row[0]) for row in rows]


@pytest.mark.parametrize("seed", [1, 20])
def test_an_invented_company_is_the_same_on_both(tmp_path: Path, postgres: str, seed: int) -> None:
    project = tmp_path / "company"
    make_synthetic(project, 300, seed, noise=True)
    duck, own = on_both(project, postgres, RunOptions())
    assert_equal(duck, own)
    assert len(own.accounts) > 250
    assert sum(len(s) for s in own.segments.values()) > 100
    assert objects_in(postgres) == []


@pytest.mark.parametrize(("example", "customers"), [("telco", 7_043), ("ravenstack", 500), ("cdnow", 23_570)])
def test_real_data_is_the_same_on_both(
    tmp_path: Path, postgres: str, real_data: Path, monkeypatch: pytest.MonkeyPatch, example: str, customers: int
) -> None:
    monkeypatch.setenv("BEACHHEAD_DATA", str(real_data))
    project = tmp_path / example
    shutil.copytree(EXAMPLES / example, project, ignore=shutil.ignore_patterns(".beachhead"))
    duck, own = on_both(project, postgres, RunOptions())
    assert_equal(duck, own)
    assert len(own.accounts) == customers


def test_an_earlier_day_is_the_same_on_both(tmp_path: Path, postgres: str) -> None:
    project = tmp_path / "little"
    make_company(project)
    duck, own = on_both(project, postgres, RunOptions(as_of=date(2026, 1, 31), today=TODAY))
    assert own.as_of == date(2026, 1, 31)
    assert_equal(duck, own)


def test_tables_of_the_database_are_never_taken_for_those_of_the_model(tmp_path: Path, postgres: str) -> None:
    project = tmp_path / "little"
    make_company(project)
    theirs = ["public.accounts", "public.area_users", "public.spine", "public.subscription_periods"]
    with psycopg.connect(postgres, autocommit=True) as connection:
        for name in theirs:
            connection.execute(f"CREATE TABLE {name} (account_no text)")
            connection.execute(f"INSERT INTO {name} VALUES ('mine')")
    duck, own = on_both(project, postgres, RunOptions(today=TODAY))
    assert_equal(duck, own)
    assert objects_in(postgres) == theirs
    with psycopg.connect(postgres) as connection:
        kept = [connection.execute(f"SELECT * FROM {name}").fetchall() for name in theirs]
    assert kept == [[("mine",)]] * 4


def test_two_projects_share_a_database(tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one has its tables there, the other makes its own."""
    monkeypatch.setenv("WAREHOUSE_URL", postgres)
    for name, accounts in (("one", 20), ("two", 40)):
        make_company(tmp_path / name, accounts)
        with (tmp_path / name / "beachhead.yml").open("a") as file:
            file.write(WRITTEN)
    inner: list[int] = []

    def run_the_other(said: str) -> None:
        if said.startswith("Computing"):
            inner.append(run(tmp_path / "two", RunOptions(today=TODAY)).customers)

    outer = run(tmp_path / "one", RunOptions(today=TODAY), run_the_other)
    assert (outer.customers, inner) == (20, [40])


def test_changing_the_engine_needs_nothing_else(tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", postgres)
    make_company(tmp_path)
    settings = (tmp_path / "beachhead.yml").read_text()
    tables = []
    for setting in ("", WRITTEN, ""):
        (tmp_path / "beachhead.yml").write_text(settings + setting)
        run(tmp_path, RunOptions(today=TODAY))
        tables.append(beachhead.open(tmp_path).latest().accounts.arrow())
    assert tables[0].num_rows == 60
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])
