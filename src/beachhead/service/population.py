"""The customers of a day for rules: attributes as codes, and anything else by SQL over the model as known then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine, quote_name
from beachhead.errors import UsageError
from beachhead.project.model import BY_NAME, day_column
from beachhead.rules import Node, ValueType, attributes_used, tables_used, walk
from beachhead.rules.ast import Aggregate
from beachhead.rules.row_sql import MAX_COLUMNS
from beachhead.rules.statement import values_sql
from beachhead.segments.activity import Events
from beachhead.segments.code_store import CodeShelf
from beachhead.segments.columns import Column, encode, padded
from beachhead.sources.zones import is_utc, to_local
from beachhead.store.bitmaps import numbers_of
from beachhead.store.membership_history import MembershipHistory

Numbers = NDArray[np.uint32]
_MOST_COMPUTED = 1_000
"""Computed values that stay in memory for the next rule."""


class World(Protocol):
    """What a population is made of, beside the views `known_<table>` of an engine.

    `columns` gives attributes of the customers known on a day, with account_no and account_id, in the order of
    account_no; one without data is null. `known_on` gives a FROM item with the rows of a model table as known by the
    end of an earlier day. All raise `BeachheadError` where something cannot be had.
    """

    @property
    def engine(self) -> DuckEngine: ...

    def columns(self, names: Collection[str], day: date) -> pa.Table: ...

    def known_on(self, table: str, day: date) -> str: ...

    def event_rows(self) -> tuple[pa.Table, Sequence[str]]:
        """The rows of the event store, and the event names by code."""
        ...

    def listed(self, name: str) -> Collection[str]:
        """The ids of the customers on a list."""
        ...

    @property
    def history(self) -> MembershipHistory:
        """Who was in which segment, by what was published."""
        ...


class Customers:
    """A population as of a day, of a world whose engine has the views `known_<table>` of that day. What was read or
    computed stays for the next rule; `shelf` keeps attributes for the next process."""

    def __init__(
        self,
        as_of: date,
        timezone: str,
        numbers: Numbers,
        types: Mapping[str, ValueType],
        events: Events | None,
        world: World,
        shelf: CodeShelf | None = None,
    ) -> None:
        self.as_of = as_of
        self.timezone = timezone
        self.numbers = numbers
        self.events = events
        self.world = world
        self._types = types
        self._shelf = shelf
        self._remembered: dict[str, Numbers] = {}
        self._columns: dict[str, Column] = {}
        self._computed: dict[Node, pa.Array] = {}

    def attribute(self, name: str) -> Column:
        if name not in self._columns:
            kept = self._shelf and self._shelf.read(name)
            is_whole = kept and kept.type is self._types[name] and len(kept.codes) == padded(self._highest + 1)
            self._columns[name] = kept if kept and is_whole else self._encoded(name)
        return self._columns[name]

    @property
    def _highest(self) -> int:
        """The highest account number."""
        return int(self.numbers.max(initial=0))

    def _encoded(self, name: str) -> Column:
        values = self.world.columns([name], self.as_of)[name]
        column = encode(values, self._types[name], self.numbers, self._highest)
        if self._shelf:
            self._shelf.write(name, column)
        return column

    def remember(self, segment: str, members: Numbers) -> None:
        self._remembered[segment] = members

    def members(self, segment: str, day: date) -> Numbers:
        """Who is in a segment: today as remembered, earlier as was published."""
        if day == self.as_of and segment in self._remembered:
            return self._remembered[segment]
        return numbers_of(self.world.history.on(segment, day)[1])

    def moved(self, segment: str, has_joined: bool, first: date, last: date) -> Numbers:
        """Who joined (or left) on one of the days: by what was published before, and today by what is remembered."""
        yesterday = self.as_of - timedelta(days=1)
        try:
            self.world.history.on(segment, yesterday)
        except UsageError:  # there is nothing to compare with, so that nobody moved
            return np.zeros(0, np.uint32)
        found = numbers_of(self.world.history.moved(segment, first, min(last, yesterday), joined=has_joined))
        if last < self.as_of:
            return found
        now, before = self.members(segment, self.as_of), self.members(segment, yesterday)
        return np.union1d(found, np.setdiff1d(now, before) if has_joined else np.setdiff1d(before, now))

    def computed(self, values: Sequence[Node]) -> list[pa.Array]:
        missing = [v for v in values if v not in self._computed]
        if len(self._computed) + len(missing) > _MOST_COMPUTED:
            self._computed.clear()
            missing = list(values)
        for start in range(0, len(missing), MAX_COLUMNS):
            batch = missing[start : start + MAX_COLUMNS]
            result = self.world.engine.query(emit(values_sql(batch, self.as_of, _Relations(self, batch)), "duckdb"))
            order = pa.array(np.argsort(result["account_no"].to_numpy()))
            self._computed |= {v: result[f"v{n}"].combine_chunks().take(order) for n, v in enumerate(batch)}
        return [self._computed[v] for v in values]


class _Relations:
    """What one statement for some values reads; tables are loaded into the engine when it names them. A column that a
    table does not have, such as one without data, is null."""

    key = "account_no"
    person = "user_no"

    def __init__(self, of: Customers, values: Sequence[Node]) -> None:
        self._of = of
        self._world = of.world
        self._names = frozenset[str]().union(*map(attributes_used, values))
        self._of_people = frozenset[str]().union(*map(_asked_of_people, values))
        self._loaded: dict[object, str] = {}
        self._columns: dict[str, frozenset[str]] = {}

    def customers(self, day: date) -> str:
        return self._table(("customers", day), lambda: self._world.columns(self._names, day))

    def attribute(self, name: str, row: str) -> str:
        return f"{row}.{quote_name(name)}"

    def account_id(self, row: str) -> str:
        return f"{row}.account_id"

    def rows(self, table: str, day: date) -> str:
        key = ("rows", table, day if table != "events" else None)
        if key not in self._loaded:
            here = self._events() if table == "events" else self._known(table, day)
            self._loaded[key] = self._in_local_time(here, table)
        return self._loaded[key]

    def _known(self, table: str, day: date) -> str:
        here = f"known_{table}" if day == self._of.as_of else self._world.known_on(table, day)
        if table not in self._of_people:
            return here
        people = self.rows("users", day)
        return f"(SELECT t.*, p.user_no FROM {here} AS t LEFT JOIN {people} AS p ON p.user_id = t.user_id)"

    def column(self, table: str, name: str, row: str) -> str:
        model = BY_NAME[table]
        known_at = "moment" if table == "events" else model.known_at
        if name == "day":
            day = "day" if table == "events" else known_at and day_column(known_at)
            return f"{row}.{day}" if day else "CAST(NULL AS DATE)"
        if name == "moment" or (table == "events" and name == "occurred_at"):
            return f"{row}.{known_at}" if known_at else "CAST(NULL AS TIMESTAMP)"
        if name == "interval" and model.column(name) is not None:
            name = "billing_interval"
        return f"{row}.{quote_name(name)}" if name in self._columns_of(table) else "NULL"

    def _columns_of(self, table: str) -> frozenset[str]:
        if table not in self._columns:
            nothing = self._world.engine.query(f"SELECT * FROM {self.rows(table, self._of.as_of)} LIMIT 0")
            self._columns[table] = frozenset(nothing.column_names)
        return self._columns[table]

    def members(self, segment: str, day: date) -> str:
        return self._of_numbers(("members", segment, day), lambda: self._of.members(segment, day))

    def moved(self, segment: str, has_joined: bool, first: date, last: date) -> str:
        key = ("moved", segment, has_joined, first, last)
        return self._of_numbers(key, lambda: self._of.moved(segment, has_joined, first, last))

    def listed(self, name: str) -> str:
        def ids() -> pa.Table:
            return pa.table({"account_id": pa.array(sorted(set(self._world.listed(name))), pa.string())})

        return self._table(("list", name), ids)

    def _in_local_time(self, relation: str, table: str) -> str:
        """A relation with the moments of the model in local time: a view, whose SQL is the embedded engine's own."""
        zone, engine = self._of.timezone, self._world.engine
        if is_utc(zone):
            return relation
        known = {"moment", *(c.name for c in BY_NAME[table].columns if c.type == "timestamp")}
        here = [n for n in engine.query(f"SELECT * FROM {relation} LIMIT 0").column_names if n in known]
        if not here:
            return relation
        view = f"rule_rows_{len(self._loaded)}"
        local = ", ".join(f"{to_local(name, zone)} AS {name}" for name in here)
        engine.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT * REPLACE ({local}) FROM {relation}")
        return view

    def _of_numbers(self, key: object, find: Callable[[], Numbers]) -> str:
        return self._table(key, lambda: pa.table({"account_no": pa.array(find(), pa.uint32())}))

    def _table(self, key: object, make: Callable[[], pa.Table]) -> str:
        if key not in self._loaded:
            self._loaded[key] = f"rule_table_{len(self._loaded)}"
            self._world.engine.load(self._loaded[key], make())
        return self._loaded[key]

    def _events(self) -> str:
        """Events with their names."""
        rows, names = self._world.event_rows()
        self._world.engine.load("rule_event_rows", rows)
        coded = pa.table({"code": pa.array(range(len(names)), pa.uint16()), "event": pa.array(names, pa.string())})
        self._world.engine.load("rule_event_codes", coded)
        columns = [f"r.{quote_name(n)}" for n in rows.column_names if n not in ("user_no", "code")]
        return (
            f"(SELECT {', '.join(columns)}, nullif(r.user_no, 0) AS user_no, c.event "
            "FROM rule_event_rows AS r JOIN rule_event_codes AS c ON c.code = r.code)"
        )


def _asked_of_people(value: Node) -> frozenset[str]:
    """The tables whose rows are asked of single people."""
    people = (part.rows.where for part in walk(value) if isinstance(part, Aggregate) and part.rows.table == "users")
    return frozenset[str]().union(*(tables_used(where) for where in people if where is not None)) - {"events"}
