"""Engines that statements of rules run on in the tests: each takes tables of values and gives rows of values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from beachhead.engines.base import Dialect
from beachhead.engines.postgres import PostgresEngine
from beachhead.rules import Value, ValueType

Columns = Mapping[str, ValueType]
Rows = Sequence[Mapping[str, Value]]

_ARROW = {
    ValueType.TEXT: pa.string(),
    ValueType.LIST: pa.string(),
    ValueType.INTEGER: pa.int64(),
    ValueType.MONEY: pa.int64(),
    ValueType.NUMBER: pa.float64(),
    ValueType.BOOLEAN: pa.bool_(),
    ValueType.DATE: pa.date32(),
    ValueType.TIMESTAMP: pa.timestamp("us"),
}


class RuleEngine(Protocol):
    """One engine; `load` makes a table, `query` runs one SELECT in the engine's own SQL."""

    dialect: Dialect

    def load(self, name: str, columns: Columns, rows: Rows) -> None: ...

    def query(self, sql: str) -> list[tuple[Any, ...]]: ...

    def close(self) -> None: ...


class Duck:
    dialect: Dialect = "duckdb"

    def __init__(self) -> None:
        self._connection = duckdb.connect(config={"threads": 1})

    def load(self, name: str, columns: Columns, rows: Rows) -> None:
        table = _arrow(columns, rows)
        self._connection.register("given", table)
        self._connection.execute(f"create or replace table {name} as select * from given")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()

    def close(self) -> None:
        self._connection.close()


class Postgres:
    dialect: Dialect = "postgres"

    def __init__(self, url: str) -> None:
        self._engine = PostgresEngine(url)

    def load(self, name: str, columns: Columns, rows: Rows) -> None:
        self._engine.load(name, _arrow(columns, rows))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        found = self._engine.query(sql)
        return list(zip(*(column.to_pylist() for column in found.columns), strict=True))

    def close(self) -> None:
        self._engine.close()


@cache
def _play_snowflake() -> object:
    """Until the process ends: fakesnow can be in the connector's place only once at a time, and leaves it when what is
    given here is forgotten."""
    import fakesnow

    playing = fakesnow.patch()
    playing.__enter__()
    return playing


class Snowflake:
    """Snowflake as fakesnow plays it, which is DuckDB behind a parser of Snowflake's SQL."""

    dialect: Dialect = "snowflake"
    _TYPES: Mapping[ValueType, str] = {ValueType.NUMBER: "double", ValueType.TIMESTAMP: "timestamp_ntz"}

    def __init__(self) -> None:
        import snowflake.connector

        _play_snowflake()
        self._cursor = snowflake.connector.connect(database="rules", schema="world").cursor()

    def load(self, name: str, columns: Columns, rows: Rows) -> None:
        written = {kind: self._TYPES.get(kind, "") or _SQL_TYPES[kind] for kind in ValueType}
        for statement in _inserts(name, columns, rows, written):
            self._cursor.execute(statement)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self._cursor.execute(sql).fetchall())

    def close(self) -> None:
        self._cursor.close()


class ClickHouse:
    """ClickHouse in this process."""

    dialect: Dialect = "clickhouse"
    _TYPES: Mapping[ValueType, str] = {
        ValueType.INTEGER: "Int64", ValueType.MONEY: "Int64", ValueType.NUMBER: "Float64", ValueType.BOOLEAN: "Bool",
        ValueType.DATE: "Date32", ValueType.TIMESTAMP: "DateTime64(6)",
    }  # fmt: skip

    def __init__(self) -> None:
        from chdb.session import Session

        self._session = Session()

    def load(self, name: str, columns: Columns, rows: Rows) -> None:
        kinds = ", ".join(f'"{c}" Nullable({self._TYPES.get(kind, "String")})' for c, kind in columns.items())
        self._session.query(f"CREATE OR REPLACE TABLE {name} ({kinds}) ENGINE = Memory")
        if rows:
            listed = "\n".join(json.dumps({c: row.get(c) for c in columns}, default=_iso) for row in rows)
            self._session.query(f"INSERT INTO {name} FORMAT JSONEachRow {listed}")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        told = str(self._session.query(sql, "JSONCompactEachRowWithNamesAndTypes"))
        _, types, *rows = [json.loads(line) for line in told.splitlines()]
        return [tuple(_read(value, kind) for value, kind in zip(row, types, strict=True)) for row in rows]

    def close(self) -> None:
        self._session.close()


class SparkSql:
    """Spark in this process, with one thread and without a page of its own."""

    dialect: Dialect = "spark"
    _TYPES: Mapping[ValueType, str] = {
        ValueType.TEXT: "string", ValueType.LIST: "string", ValueType.TIMESTAMP: "timestamp_ntz",
    }  # fmt: skip

    def __init__(self) -> None:
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.sql.shuffle.partitions", "1").config("spark.log.level", "ERROR")
        self._session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()

    def load(self, name: str, columns: Columns, rows: Rows) -> None:
        schema = ", ".join(f"`{c}` {self._TYPES.get(kind) or _SQL_TYPES[kind]}" for c, kind in columns.items())
        values = [tuple(row.get(c) for c in columns) for row in rows]
        self._session.createDataFrame(values, schema).createOrReplaceTempView(name)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._session.sql(sql).collect()]

    def close(self) -> None:
        self._session.stop()


_SQL_TYPES = {
    ValueType.TEXT: "varchar", ValueType.LIST: "varchar", ValueType.INTEGER: "bigint", ValueType.MONEY: "bigint",
    ValueType.NUMBER: "double", ValueType.BOOLEAN: "boolean", ValueType.DATE: "date", ValueType.TIMESTAMP: "timestamp",
}  # fmt: skip


def _arrow(columns: Columns, rows: Rows) -> pa.Table:
    return pa.table({c: pa.array([row.get(c) for row in rows], _ARROW[kind]) for c, kind in columns.items()})


def _inserts(name: str, columns: Columns, rows: Rows, types: Mapping[ValueType, str]) -> Iterable[str]:
    kinds = ", ".join(f'"{c}" {types[kind]}' for c, kind in columns.items())
    yield f'create or replace table "{name}" ({kinds})'
    if rows:
        values = ", ".join(f"({', '.join(_written(row.get(c)) for c in columns)})" for row in rows)
        yield f'insert into "{name}" values {values}'


def _written(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case _:
            text = _iso(value) if isinstance(value, date) else str(value)
            return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _read(value: Any, kind: str) -> Any:  # noqa: ANN401  (what JSON holds)
    """A value by ClickHouse's name of its type."""
    if value is None or not isinstance(value, str):
        return bool(value) if value is not None and "Bool" in kind else value
    if "DateTime" in kind:
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if "Date" in kind else value


def _iso(value: object) -> str:
    assert isinstance(value, date)
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
