"""Where engines disagree by themselves, one row after the other: what the catalogue writes gives one result on both,
and the form on which they disagree is refused before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import beachhead
from beachhead.engines.base import DIALECTS, Engine
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine
from beachhead.engines.postgres import PostgresEngine
from beachhead.errors import DataError, DefinitionError
from postgres_server import PostgresServer


@dataclass(frozen=True)
class Row:
    """A disagreement. `refused`: forms that never run, each with what is said; `sql`: what runs instead."""

    refused: Mapping[str, str]
    sql: str
    gives: object


ROWS: Mapping[str, Row] = {
    "1 / 0 is infinite or an error": Row(
        {
            "select 1 / zero from t": "divisor",
            "select 1 // zero from t": "divisor",
            "select 1 % zero from t": "divisor",
        },
        "select 1 / nullif(zero, 0) as v from t",
        None,
    ),
    "2 NOT IN (1, NULL) is unknown or true": Row(
        {"select 2 not in (1, null) as v": "null"}, "select 3 not in (select n from numbers) as v", None
    ),
    "the sum over nothing is null or 0": Row(
        {"select sum(n) as v from numbers": "cast"},
        "select cast(sum(n) as bigint) as v from numbers where n > 9",
        None,
    ),
    "try_cast gives null or does not exist": Row(
        {"select try_cast('x' as bigint) as v": "parsed at ingest"}, "select cast('12' as bigint) as v", 12
    ),
    "round(2.5) is 3 or 2": Row(
        {"select round(2.5) as v": "round_half_up"},
        "select round_half_up(2.5) * 100 + round_half_up(-2.5) * 10 + round_half_up(3.5) as v",
        274,
    ),
    "months between 31 January and 1 February are 1 or 0": Row(
        {"select age(january, february) as v from t": "age"},
        "select date_diff('month', january, february) * 100 + date_diff('day', january, february) as v from t",
        101,
    ),
    "a Sunday is day 0, 1 or 7 of the week": Row(
        {
            "select extract(dow from sunday) as v from t": "dow",
            "select dayofweek(sunday) as v from t": "isodow",
        },
        "select extract(isodow from sunday) as v from t",
        7,
    ),
    "quantile_cont is written differently or missing": Row(
        {"select median(n) as v from numbers": "quantile_cont"},
        "select quantile_cont(n, 0.5) as v from numbers",
        1.5,
    ),
}

T = pa.table(
    {
        "zero": pa.array([0], pa.int64()),
        "january": [date(2026, 1, 31)],
        "february": [date(2026, 2, 1)],
        "sunday": [date(2026, 3, 29)],
    }
)
NUMBERS = pa.table({"n": pa.array([1, 2, None], pa.int64())})


@pytest.fixture(scope="module")
def engines(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, Engine]]:
    with (
        DuckEngine(tmp_path_factory.mktemp("duck"), threads=1) as duck,
        PostgresEngine(postgres_server.new_database()) as postgres,
    ):
        for engine in (duck, postgres):
            engine.load("t", T)
            engine.load("numbers", NUMBERS)
        yield duck, postgres


@pytest.mark.parametrize("name", ROWS)
def test_both_give_the_one_result(name: str, engines: tuple[Engine, Engine]) -> None:
    row = ROWS[name]
    found = [e.query(emit(row.sql, e.dialect, None, e.unsupported)) for e in engines]
    assert [f["v"].to_pylist() for f in found] == [[row.gives]] * 2
    assert found[0].schema == found[1].schema


@pytest.mark.parametrize(("sql", "said"), [pair for row in ROWS.values() for pair in row.refused.items()])
def test_the_form_on_which_they_disagree_is_refused_for_both(sql: str, said: str) -> None:
    for dialect in DIALECTS:
        with pytest.raises(DefinitionError) as refused:
            emit(sql, dialect)
        assert said in str(refused.value).casefold()


def test_a_text_that_is_no_number_is_an_error_on_both(engines: tuple[Engine, Engine]) -> None:
    for engine in engines:
        with pytest.raises(DataError, match="x"):
            engine.query(emit("select cast('x' as bigint) as v", engine.dialect))


def test_what_an_engine_lacks_is_refused_with_its_reason() -> None:
    with pytest.raises(DefinitionError, match="this engine lacks lower: built without ICU"):
        emit("select lower(a) from t", "postgres", None, {"lower": "built without ICU"})


@pytest.mark.parametrize("engine", ["duckdb", "${WAREHOUSE_URL}"])
def test_nan_and_texts_that_are_no_numbers_are_null_before_any_engine_sees_them(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", postgres)
    (tmp_path / "sources").mkdir()
    (tmp_path / "attributes").mkdir()
    (tmp_path / "segments").mkdir()
    (tmp_path / "beachhead.yml").write_text(f"name: X\nengine: {engine}\n")
    (tmp_path / "attributes/own.yml").write_text("low:\n  expression: ratio < 5\n")
    (tmp_path / "segments/high.yml").write_text("title: High\nwhere: ratio > 1\n")
    (tmp_path / "sources/a.yml").write_text(
        "files: a.parquet\ntable: accounts\nstable: true\ncolumns: {account_id: id}\n"
        "extra:\n  ratio: {column: r, type: number}\n  count: {column: n, type: integer}\n"
    )
    rows = {"id": ["a", "b", "c"], "r": [float("nan"), 2.5, float("inf")], "n": ["x", "7", None]}
    pq.write_table(pa.table(rows), tmp_path / "a.parquet")
    run = beachhead.open(tmp_path).run()
    shown = run.accounts.arrow().select(["account_id", "ratio", "count", "low"]).to_pylist()
    assert [tuple(r.values()) for r in shown] == [
        ("a", None, None, None), ("b", 2.5, 7, True), ("c", None, None, None)
    ]  # fmt: skip
    assert run.segments["high"].members()["account_id"].to_pylist() == ["b"]
