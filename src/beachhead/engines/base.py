"""What every engine offers: run SQL of its own dialect, give Arrow tables, take Arrow tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, Protocol

import pyarrow as pa

Dialect = Literal["duckdb", "postgres", "snowflake", "bigquery", "clickhouse", "spark"]
DIALECTS: tuple[Dialect, ...] = ("duckdb", "postgres")
"""Those of our engines, in which the customer model is made; the others take statements of rules only."""

SQL_TYPES: Mapping[str, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "list": "VARCHAR",
}
"""How an engine holds each type of value (`rules.ValueType`). Money counts minor units; a list is a text of items with
";" between them."""

Parameter = str | int | float | bool | date | None


class Engine(Protocol):
    """An SQL engine that runs statements made by `dialect.emit`.

    Both engines give the same Arrow types for the same catalogue SQL: BIGINT int64, INTEGER int32, DOUBLE
    double, TEXT string, BOOLEAN bool, DATE date32, TIMESTAMP timestamp[us]. SQL errors are `DataError`,
    a lost connection or a full disk `OutsideError`.
    """

    @property
    def dialect(self) -> Dialect:
        """The SQL that `execute` and `query` take."""

    @property
    def unsupported(self) -> Mapping[str, str]:
        """Catalogue entries that this engine lacks, each with the reason; `emit` refuses them."""

    def execute(self, sql: str) -> None:
        """Run one or more statements; nothing is returned."""

    def query(self, sql: str) -> pa.Table:
        """The result of one SELECT."""

    def load(self, name: str, data: pa.Table) -> None:
        """Make `data` readable as table `name` until the engine is closed, in place of what had that name before."""

    def close(self) -> None:
        """Give up the engine and whatever it holds."""
