"""Every catalogue entry, on every engine, with the same result and the same types."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from beachhead.engines.base import Engine
from beachhead.engines.catalogue import BY_NAME
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine
from beachhead.engines.postgres import PostgresEngine
from postgres_server import PostgresServer

CASES: dict[str, list[dict[str, Any]]] = YAML(typ="safe").load(Path(__file__).with_name("catalogue.yml").read_text())


def whole(sql: str, expected: list[Any]) -> str:
    """A case as one statement: over all of t; one expected value for each row means in the order of rows."""
    if len(expected) == 3:
        return f"{sql} from t order by n"
    return sql if " from t where " in sql else f"{sql} from t"


EACH_CASE = [
    pytest.param(whole(case["sql"], case["expect"]), case["expect"], id=f"{name}-{i}")
    for name, cases in CASES.items()
    for i, case in enumerate(cases)
]

T = pa.table(
    {
        "n": pa.array([1, 2, 3], pa.int64()),
        "a": pa.array([7, -7, None], pa.int64()),
        "b": pa.array([2, 3, 0], pa.int32()),
        "x": pa.array([2.5, -2.5, None], pa.float64()),
        "s": pa.array(["Éa@b", "b", None], pa.string()),
        "d": pa.array([date(2024, 1, 31), date(2024, 2, 29), None], pa.date32()),
        "ts": pa.array([datetime(2024, 1, 31, 10), datetime(2024, 2, 29, 23, 59, 59), None], pa.timestamp("us")),
        "f": pa.array([True, False, None], pa.bool_()),
    }
)


def result(engine: Engine, sql: str) -> pa.Table:
    return engine.query(emit(sql, engine.dialect, None, engine.unsupported))


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    with DuckEngine(tmp_path_factory.mktemp("duck"), threads=1) as engine:
        engine.load("t", T)
        yield engine


@pytest.fixture(scope="module")
def postgres_engine(postgres_server: PostgresServer) -> Iterator[PostgresEngine]:
    with PostgresEngine(postgres_server.new_database()) as engine:
        engine.load("t", T)
        yield engine


def test_every_entry_has_a_case() -> None:
    assert set(CASES) == set(BY_NAME)


@pytest.mark.parametrize(("sql", "expected"), EACH_CASE)
def test_duckdb_gives_the_expected_values(sql: str, expected: list[Any], duck: DuckEngine) -> None:
    assert rows(result(duck, sql)) == listed(expected)


@pytest.mark.parametrize(("sql", "expected"), EACH_CASE)
def test_postgres_gives_the_same_values_and_types(
    sql: str, expected: list[Any], duck: DuckEngine, postgres_engine: PostgresEngine
) -> None:
    found = result(postgres_engine, sql)
    assert rows(found) == listed(expected)
    assert found.schema.types == result(duck, sql).schema.types


def rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(c.to_pylist() for c in table.columns), strict=True))


def listed(expected: list[Any]) -> list[tuple[Any, ...]]:
    return [tuple(row) if isinstance(row, list) else (row,) for row in expected]
