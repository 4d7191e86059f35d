"""A small world that a case file describes: customers and all that belongs to them, for every way to run a rule.

A document holds `attributes` (name: type) and `customers` (each with an `id`, which is also the account's number and,
as a text, its id); and where its rules need them:

- `as_of`: the day, else `AS_OF`.
- `tables`: rows by table, `{account: 1, user: u1, at: '2026-03-30 10:00', …}`. `at` is when the row happened; the
  columns are those of the customer model and those of `columns` (name: type, by table). What the model says is known
  later only (when a ticket was solved) is unknown before.
- `earlier`: customers by the day from which they were like that, until the next such day; before the first, nobody
  was known.
- `segments`: members by name. `moved`: by segment, `{account: 1, joined: DAY}` and `{account: 1, left: DAY}`.
- `lists`: ids by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from ruamel.yaml import YAML

from beachhead.project import model
from beachhead.rules import FixedCatalog, Node, Value, ValueType, check_expression, check_rule, parse
from beachhead.rules.oracle import Customer

AS_OF = date(2026, 3, 31)

COLUMN_TYPES = {
    ValueType.TEXT: "varchar",
    ValueType.LIST: "varchar",
    ValueType.INTEGER: "bigint",
    ValueType.NUMBER: "double",
    ValueType.MONEY: "bigint",
    ValueType.BOOLEAN: "boolean",
    ValueType.DATE: "date",
    ValueType.TIMESTAMP: "timestamp",
}
MODEL = {table.name: table for table in model.TABLES}

Row = Mapping[str, Value]
Columns = Mapping[str, ValueType]


def load_yaml(path: Path) -> Any:  # noqa: ANN401  (a case file is whatever it is)
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def table_columns(table: str, more: Columns | None = None) -> dict[str, ValueType]:
    """The columns of a table that rules may name: those of the customer model, and more that a source has."""
    own = {c.name: ValueType(c.type) for c in MODEL[table].columns if c.name != "account_id"}
    return own | {name: ValueType(kind) for name, kind in (more or {}).items()}


@dataclass(frozen=True)
class World:
    """Customers with typed attributes, and what belongs to them. Ids are account numbers."""

    types: Columns
    rows: Sequence[Row]
    segments: Mapping[str, Sequence[int]] = field(default_factory=dict)
    as_of: date = AS_OF
    columns: Mapping[str, Columns] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    earlier: Mapping[date, Sequence[Row]] = field(default_factory=dict)
    lists: Mapping[str, Sequence[int]] = field(default_factory=dict)
    moves: Sequence[tuple[str, int, bool, date]] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> World:
        types = {name: ValueType(kind) for name, kind in document["attributes"].items()}
        more = document.get("columns", {})
        columns = {table: table_columns(table, more.get(table)) for table in document.get("tables", {})}
        moves = [
            (segment, move["account"], word == "joined", move[word])
            for segment, listed in document.get("moved", {}).items()
            for move in listed
            for word in ("joined", "left")
            if word in move
        ]
        return cls(
            types,
            [_typed(row, types) for row in document["customers"]],
            document.get("segments", {}),
            document.get("as_of", AS_OF),
            columns,
            {t: [_row(t, row, columns[t]) for row in rows] for t, rows in document.get("tables", {}).items()},
            {day: [_typed(row, types) for row in rows] for day, rows in document.get("earlier", {}).items()},
            document.get("lists", {}),
            moves,
        )

    @property
    def catalog(self) -> FixedCatalog:
        return FixedCatalog(self.types, tuple(self.segments), tables=self.columns, lists=tuple(self.lists))

    def checked(self, rule: str) -> Node:
        """The core tree of a rule that is right."""
        checked = check_rule(parse(rule), self.catalog)
        assert checked.core is not None, checked.diagnostics
        return checked.core

    def expression(self, text: str) -> Node:
        """The core tree of an expression that is right."""
        checked = check_expression(parse(text), self.catalog)
        assert checked.core is not None, checked.diagnostics
        return checked.core

    def customers_on(self, day: date) -> Sequence[Row]:
        """The customers as they were at the end of a day."""
        if day >= self.as_of:
            return self.rows
        from_day = max((d for d in self.earlier if d <= day), default=None)
        return () if from_day is None else self.earlier[from_day]

    def customers(self, day: date | None = None) -> list[Customer]:
        """The customers as the interpreter sees them, in the order of the rows."""
        population: list[Customer] = []
        population += [
            self._customer(row, day or self.as_of, population) for row in self.customers_on(day or self.as_of)
        ]
        return population

    def _customer(self, row: Row, day: date, population: list[Customer]) -> Customer:
        number = row["id"]

        def earlier(at: date) -> Customer | None:
            return next((c for c in self.customers(at) if c.account_id == str(number)), None)

        def moved(segment: str, has_joined: bool, first: date, last: date) -> bool:
            return any(
                (to, who, joined) == (segment, number, has_joined) and first <= on <= last
                for to, who, joined, on in self.moves
            )

        return Customer(
            row,
            day,
            lambda segment: number in self.segments[segment],
            {t: [known_row(t, r, day) for r in rows if r["account_no"] == number] for t, rows in self.tables.items()},
            str(number),
            {name: frozenset(map(str, numbers)) for name, numbers in self.lists.items()},
            moved,
            earlier,
            lambda: population,
        )

    @cached_property
    def account_types(self) -> Columns:
        return {"account_no": ValueType.INTEGER, "account_id": ValueType.TEXT, **self.types}

    def relations(self) -> dict[str, tuple[Columns, list[Row]]]:
        """Every table that a statement may read, with its columns."""
        number = {"account_no": ValueType.INTEGER}
        found: dict[str, tuple[Columns, list[Row]]] = {
            "customers": (self.account_types, [_account(row) for row in self.rows]),
            "members": (
                {"segment": ValueType.TEXT, **number},
                [{"segment": s, "account_no": n} for s, numbers in self.segments.items() for n in numbers],
            ),
            "listed": (
                {"list": ValueType.TEXT, "account_id": ValueType.TEXT},
                [{"list": name, "account_id": str(n)} for name, numbers in self.lists.items() for n in numbers],
            ),
            "moves": (
                {"segment": ValueType.TEXT, **number, "has_joined": ValueType.BOOLEAN, "moved_on": ValueType.DATE},
                [{"segment": s, "account_no": n, "has_joined": j, "moved_on": d} for s, n, j, d in self.moves],
            ),
        }
        for day, rows in self.earlier.items():
            found[f"customers_{day:%Y_%m_%d}"] = (self.account_types, [_account(row) for row in rows])
        for table, rows in self.tables.items():
            own = {"user_id": ValueType.TEXT, "day": ValueType.DATE, "moment": ValueType.TIMESTAMP}
            found[table] = ({**number, **own, **self.columns[table]}, list(rows))
        return found

    def segment_sql(self, name: str) -> str:
        members = ", ".join(map(str, self.segments[name])) or "-1"
        return f"id in ({members})"

    def table(self) -> duckdb.DuckDBPyConnection:
        """The customers as the one table `accounts`, for what needs no more than a row."""
        connection = duckdb.connect(config={"threads": 1})
        columns = ", ".join(f'"{name}" {COLUMN_TYPES[kind]}' for name, kind in self.types.items())
        connection.execute(f"create table accounts (id bigint, {columns})")
        values = [[row["id"], *(row.get(name) for name in self.types)] for row in self.rows]
        connection.executemany(f"insert into accounts values (?{', ?' * len(self.types)})", values)
        return connection


def known_row(table: str, row: Row, day: date) -> Row:
    """The row as it was known by the end of a day."""
    hidden = {}
    for column, told_at in MODEL[table].reveals.items():
        moment = row.get(told_at)
        if isinstance(moment, datetime) and moment.date() > day:
            hidden[column] = None
    return {**row, **hidden}


def _account(row: Row) -> Row:
    return {**row, "account_no": row["id"], "account_id": str(row["id"])}


def _typed(row: Mapping[str, Any], types: Columns) -> dict[str, Value]:
    return {name: _value(value, types[name]) if name in types else value for name, value in row.items()}


def _row(table: str, row: Mapping[str, Any], columns: Columns) -> dict[str, Value]:
    at = _value(row.get("at"), ValueType.TIMESTAMP)
    moment = at if isinstance(at, datetime) else None
    found = {name: value for name, value in row.items() if name not in ("account", "user", "at")}
    known_at = MODEL[table].known_at
    dated = {known_at: moment} if known_at in columns else {}
    own: dict[str, Value] = {"account_no": row["account"], "user_id": row.get("user"), "moment": moment}
    own["day"] = moment.date() if moment else None
    assert set(found) <= set(columns), (table, found)
    return {**own, **dated, **_typed(found, columns)}


def _value(value: Any, kind: ValueType) -> Value:  # noqa: ANN401  (what YAML gives)
    match kind:
        case _ if value is None:
            return None
        case ValueType.NUMBER:
            return float(value)
        case ValueType.TIMESTAMP if isinstance(value, str):
            return datetime.fromisoformat(value)
        case ValueType.TIMESTAMP if not isinstance(value, datetime):
            return datetime.combine(value, time())
        case ValueType.DATE if isinstance(value, str):
            return date.fromisoformat(value)
        case _:
            return value  # type: ignore[no-any-return]
