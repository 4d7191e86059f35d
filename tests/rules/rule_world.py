"""Conformance cases, and the two ways to run a rule over rows: the interpreter, and DuckDB on the printed SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from ruamel.yaml import YAML

from beachhead.rules import FixedCatalog, Node, Value, ValueType, check_rule, evaluate, parse, to_sql

AS_OF = date(2026, 3, 31)

COLUMN_TYPES = {
    ValueType.TEXT: "varchar",
    ValueType.INTEGER: "bigint",
    ValueType.NUMBER: "double",
    ValueType.MONEY: "bigint",
    ValueType.BOOLEAN: "boolean",
    ValueType.DATE: "date",
    ValueType.TIMESTAMP: "timestamp",
}

Row = Mapping[str, Value]


def load_yaml(path: Path) -> Any:  # noqa: ANN401  (a case file is whatever it is)
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class World:
    """Customers with typed attributes, and segments given by their members."""

    types: Mapping[str, ValueType]
    rows: Sequence[Row]
    segments: Mapping[str, Sequence[int]] = field(default_factory=dict)
    as_of: date = AS_OF

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> World:
        types = {name: ValueType(kind) for name, kind in document["attributes"].items()}
        numbers = [name for name, kind in types.items() if kind is ValueType.NUMBER]
        rows = [
            {**row, **{name: float(row[name]) for name in numbers if row.get(name) is not None}}
            for row in document["customers"]
        ]
        return cls(types, rows, document.get("segments", {}), document.get("as_of", AS_OF))

    @property
    def catalog(self) -> FixedCatalog:
        return FixedCatalog(self.types, tuple(self.segments))

    def checked(self, rule: str) -> Node:
        checked = check_rule(parse(rule), self.catalog)
        assert checked.ok, checked.diagnostics
        return checked.node

    def interpreted(self, node: Node) -> list[bool | None]:
        """The rule's answer for each row, by the interpreter."""
        return [
            evaluate(node, row, self.as_of, lambda name, row=row: row["id"] in self.segments[name])  # type: ignore[misc]
            for row in self.rows
        ]

    def segment_sql(self, name: str) -> str:
        members = ", ".join(map(str, self.segments[name])) or "-1"
        return f"id in ({members})"

    def table(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(config={"threads": 1})
        columns = ", ".join(f'"{name}" {COLUMN_TYPES[kind]}' for name, kind in self.types.items())
        connection.execute(f"create table accounts (id bigint, {columns})")
        values = [[row["id"], *(row.get(name) for name in self.types)] for row in self.rows]
        connection.executemany(f"insert into accounts values (?{', ?' * len(self.types)})", values)
        return connection

    def in_duckdb(self, *nodes: Node) -> list[list[Any]]:
        """Each rule's answer for each row, by DuckDB."""
        printed = [to_sql(node, self.as_of, self.segment_sql) for node in nodes]
        with self.table() as connection:
            rows = connection.execute(f"select {', '.join(printed)} from accounts order by id").fetchall()
        return [list(answers) for answers in zip(*rows, strict=True)]
