"""The ways to run a rule over a world; every case must come out the same on each.

A further way is a further class with `members` and `answers`, and a fixture in `conftest.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from rule_world import MODEL, World

from beachhead.engines.dialect import emit
from beachhead.rules import Node, ValueType, identifier
from beachhead.rules.oracle import holds, value_of
from beachhead.rules.sql import date_sql
from beachhead.rules.statement import members_sql, values_sql
from rule_engines import RuleEngine


class Way(Protocol):
    """One way."""

    def members(self, world: World, rule: Node) -> list[int]:
        """The ids of those for whom a core rule is true, in their order."""
        ...

    def answers(self, world: World, values: Sequence[Node]) -> list[list[Any]] | None:
        """Each core value for each customer, in the order of the world's rows; None where only members are known."""
        ...


class Oracle:
    def members(self, world: World, rule: Node) -> list[int]:
        return sorted(int(c.account_id) for c in world.customers() if holds(rule, c) is True)

    def answers(self, world: World, values: Sequence[Node]) -> list[list[Any]] | None:
        customers = world.customers()
        return [[value_of(value, customer) for customer in customers] for value in values]


class InSql:
    """By statements of an engine, into which each world is loaded when it is first asked for."""

    def __init__(self, engine: RuleEngine) -> None:
        self._engine = engine
        self._worlds: list[World] = []

    def members(self, world: World, rule: Node) -> list[int]:
        return sorted(int(row[0]) for row in self._run(world, members_sql(rule, world.as_of, self._relations(world))))

    def answers(self, world: World, values: Sequence[Node]) -> list[list[Any]] | None:
        rows = self._run(world, values_sql(values, world.as_of, self._relations(world)))
        found = {int(row[0]): row[1:] for row in rows}
        assert len(found) == len(rows) == len(world.rows)
        return [[found[row["id"]][i] for row in world.rows] for i in range(len(values))]  # type: ignore[index]

    def _run(self, world: World, sql: str) -> list[tuple[Any, ...]]:
        return self._engine.query(emit(sql, self._engine.dialect))

    def _relations(self, world: World) -> WorldRelations:
        number = next((i for i, known in enumerate(self._worlds) if known is world), None)
        if number is None:
            number = len(self._worlds)
            self._worlds.append(world)
            for name, (columns, rows) in world.relations().items():
                self._engine.load(f"w{number}_{name}", columns, rows)
        return WorldRelations(world, f"w{number}_", self._engine.dialect == "clickhouse")


class WorldRelations:
    """The tables of a world, by names that begin with a prefix.

    `as_double`: whole numbers are given as fractions, since ClickHouse has no common type for both.
    """

    def __init__(self, world: World, prefix: str, as_double: bool) -> None:
        self._world = world
        self._prefix = prefix
        self._as_double = as_double

    @property
    def key(self) -> str:
        return "account_no"

    @property
    def person(self) -> str:
        return "user_id"

    def customers(self, day: date) -> str:
        if day >= self._world.as_of:
            return f"{self._prefix}customers"
        from_day = max((d for d in self._world.earlier if d <= day), default=None)
        if from_day is None:
            return f"(select * from {self._prefix}customers where false)"
        return f"{self._prefix}customers_{from_day:%Y_%m_%d}"

    def attribute(self, name: str, row: str) -> str:
        return self._value(f"{row}.{identifier(name)}", self._world.types[name])

    def account_id(self, row: str) -> str:
        return f"{row}.account_id"

    def rows(self, table: str, day: date) -> str:
        if not (reveals := MODEL[table].reveals):
            return f"{self._prefix}{table}"
        made = [identifier(name) for name in ("account_no", "user_id", "day", "moment")]
        for name in self._world.columns[table]:
            column = identifier(name)
            if name in reveals:
                later = f"cast({identifier(reveals[name])} as date) > {date_sql(day)}"
                column = f"case when {later} then null else {column} end as {column}"
            made.append(column)
        return f"(select {', '.join(dict.fromkeys(made))} from {self._prefix}{table})"

    def column(self, table: str, name: str, row: str) -> str:
        return self._value(f"{row}.{identifier(name)}", self._world.columns[table].get(name))

    def _value(self, sql: str, kind: ValueType | None) -> str:
        is_whole = kind in (ValueType.INTEGER, ValueType.MONEY)
        return f"cast({sql} as double)" if is_whole and self._as_double else sql

    def members(self, segment: str, day: date) -> str:
        return f"(select distinct account_no from {self._prefix}members where segment = '{segment}')"

    def moved(self, segment: str, has_joined: bool, first: date, last: date) -> str:
        when = f"moved_on between {date_sql(first)} and {date_sql(last)}"
        which = f"segment = '{segment}' and has_joined = {str(has_joined).lower()}"
        return f"(select distinct account_no from {self._prefix}moves where {which} and {when})"

    def listed(self, name: str) -> str:
        return f"(select distinct account_id from {self._prefix}listed where list = '{name}')"
