"""Rows of a table as SQL: which ones are meant, and what aggregates make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from beachhead.rules.ast import Aggregate, Day, InSegment, Node, Rows
from beachhead.rules.days import resolve_day
from beachhead.rules.relations import Relations
from beachhead.rules.sql import date_sql, to_sql

MAX_COLUMNS = 500
"""Most values in one SELECT: PostgreSQL has at most 1,664 columns of a result."""

NEVER_NULL = frozenset({"count", "distinct", "sum"})
"""What aggregates make 0 of nothing."""


class Printer(Protocol):
    """What prints conditions on people, who have rows of their own."""

    def print(self, node: Node) -> str: ...

    def joined(self) -> str:
        """What a FROM with the people must be followed by, when all conditions have been printed."""
        ...


@dataclass(frozen=True, slots=True)
class Owners:
    """Customers as of a day, or their people: those whose rows are counted."""

    relations: Relations
    as_of: date
    are_people: bool = False

    def people(self) -> Owners:
        return Owners(self.relations, self.as_of, are_people=True)

    def relation(self) -> str:
        return self.relations.rows("users", self.as_of) if self.are_people else self.relations.customers(self.as_of)

    def attribute(self, name: str, row: str) -> str:
        return self.relations.column("users", name, row) if self.are_people else self.relations.attribute(name, row)

    def keys(self, row: str) -> Mapping[str, str]:
        """The key columns of a table of the WITH, and what they are equal to in a row of the owners or of theirs."""
        person = {"p": f"{row}.{self.relations.person}"} if self.are_people else {}
        return {"k": f"{row}.{self.relations.key}", **person}

    def day(self, day: Day, row: str) -> str:
        """The SQL of a day, null where its attribute is."""
        if not isinstance(day.base, str):
            return date_sql(self.fixed(day))
        sql = f"cast({self.attribute(day.base, row)} as date)"
        if months := {"month": 1, "year": 12}.get(day.unit, 0) * day.amount:
            sql = f"add_months({sql}, {_bounded(months, 12)})"
        days = _bounded({"day": 1, "week": 7}.get(day.unit, 0) * day.amount + day.plus, 365)
        return f"{sql} {'+' if days > 0 else '-'} {abs(days)}" if days else sql

    def fixed(self, day: Day) -> date:
        """The day, where it is the same for all. Raises TypeError where it is not."""
        found = None if isinstance(day.base, str) else resolve_day(day, self.as_of, {})
        if found is None:
            raise TypeError(f"not the same day for all: {day}")
        return found


class RowSource:
    """The rows of a table in one SELECT, as `t`, and the customers or people to whom they belong, as `o`.

    Of customers' people (`people` prints what is said of them) these may be joined with what counts their rows.
    """

    def __init__(self, owners: Owners, table: str, people: Printer | None) -> None:
        self.owners = owners
        self.table = table
        self.people = people
        self._reads_owners = False

    def column(self, name: str) -> str:
        return self.owners.relations.column(self.table, name, "t")

    def keys(self) -> list[str]:
        return list(self.owners.keys("t").values())

    def selected_keys(self) -> str:
        return ", ".join(f"{sql} as {column}" for column, sql in self.owners.keys("t").items())

    def source(self) -> str:
        """What stands after FROM, when all conditions have been printed."""
        made = f"{self.owners.relations.rows(self.table, self.owners.as_of)} as t"
        if self._reads_owners:
            row = zip(self.owners.keys("o").values(), self.keys(), strict=True)
            made += f" join {self.owners.relation()} as o on {' and '.join(f'{a} = {b}' for a, b in row)}"
        return f"{made} {self.people.joined()}" if self.people else made

    def known(self, *, dated: bool = False) -> str:
        """Whether a row was known by the end of the day; `dated`: only rows with a date are asked for."""
        day, as_of = self.column("day"), date_sql(self.owners.as_of)
        return f"{day} <= {as_of}" if dated else f"({day} is null or {day} <= {as_of})"

    def conditions(self, rows: Rows) -> list[str]:
        """What makes a known row one of those that are meant; nothing where all are."""
        made = []
        if rows.first:
            made.append(f"{self.column('day')} >= {self.day(rows.first)}")
        if rows.last:
            made.append(f"{self.column('day')} <= {self.day(rows.last)}")
        if rows.where:
            made.append(f"({self._printed(rows.where)})")
        return made

    def day(self, day: Day) -> str:
        self._reads_owners |= isinstance(day.base, str)
        return self.owners.day(day, "o")

    def moments(self, rows: Rows) -> str:
        """A SELECT of the keys and the `moment` of each row that has one."""
        moment = self.column("moment")
        conditions = " and ".join([f"{moment} is not null", self.known(dated=True), *self.conditions(rows)])
        return f"select {self.selected_keys()}, {moment} as moment from {self.source()} where {conditions}"

    def at_an_end(self, node: Aggregate) -> str:
        """A SELECT of the keys and `v`, the value of the earliest or latest row that has one."""
        value, moment = self.column(node.column or ""), self.column("moment")
        conditions = [f"{value} is not null", f"{moment} is not null", self.known(dated=True)]
        condition = " and ".join(conditions + self.conditions(node.rows))
        turned = " desc" if node.function == "latest" else ""
        number = f"row_number() over (partition by {', '.join(self.keys())} order by {moment}{turned}, {value}{turned})"
        numbered = f"select {self.selected_keys()}, {value} as v, {number} as n from {self.source()} where {condition}"
        return f"select {', '.join(self.owners.keys(''))}, v from ({numbered}) as r where n = 1"

    def _printed(self, where: Node) -> str:
        if self.people:
            return self.people.print(where)
        return to_sql(where, self.owners.as_of, self._no_segment, self.column)

    def _no_segment(self, name: str) -> str:
        raise TypeError(f"means nothing for a row of {self.table}: {InSegment(name)}")


def aggregate_columns(source: RowSource, columns: Mapping[Aggregate, str]) -> str:
    """A SELECT of the keys and each of the aggregates (but `earliest` and `latest`) under the name of its column."""
    alone = len(columns) == 1
    made, only = [source.selected_keys()], [source.known(dated=all(a.rows.first or a.rows.last for a in columns))]
    for aggregate, column in columns.items():
        conditions = source.conditions(aggregate.rows)
        if alone:
            only, conditions = [*only, *conditions], []
        made.append(f"{_aggregate(aggregate, source, ' and '.join(conditions))} as {column}")
    rows = f"{source.source()} where {' and '.join(only)}"
    return f"select {', '.join(made)} from {rows} group by {', '.join(source.keys())}"


def _aggregate(node: Aggregate, source: RowSource, condition: str) -> str:
    if node.function == "count":
        return f"count({_where(condition, '1')})" if condition else "count(*)"
    if node.column == "week":
        last = source.day(node.rows.last or Day())
        value = f"floor(date_diff('day', {source.column('day')}, {last}) / 7)"
    else:
        value = source.column(node.column or "")
    value = _where(condition, value)
    match node.function:
        case "distinct":
            return f"count(distinct {value})"
        case "sum":
            return f"cast(sum({value}) as double)"
        case _:
            return f"{node.function}({value})"


def _where(condition: str, value: str) -> str:
    return f"case when {condition} then {value} end" if condition else value


def _bounded(amount: int, a_year: int) -> int:
    """Beyond the calendar all days are alike; engines know a few thousand years around it."""
    return max(-4_000 * a_year, min(amount, 8_000 * a_year))
