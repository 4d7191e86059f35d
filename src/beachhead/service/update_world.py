"""What rules read during an update: its own records and model tables, and what earlier days were like."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import date
from functools import cached_property
from typing import cast

import pyarrow as pa

from beachhead.customers.event_counts import read_events
from beachhead.customers.events import NO_EVENTS, open_parts
from beachhead.customers.record import arrow_type, known_on
from beachhead.rules import ValueType
from beachhead.segments.activity import Events
from beachhead.service.compute import Day, compute
from beachhead.service.population import Customers
from beachhead.service.segment_rules import ids_of_list
from beachhead.store.membership_history import MembershipHistory
from beachhead.store.snapshots import SnapshotStore

DayBefore = Callable[[date], AbstractContextManager[Day]]


class UpdateWorld:
    """The world of one day that is being computed. `before` opens what records of an earlier day are computed from;
    `store` has what was published."""

    def __init__(self, day: Day, records: pa.Table, before: DayBefore, store: SnapshotStore) -> None:
        self._day = day
        self.engine = day.engine
        self._records = {day.as_of: records}
        self._before = before
        self._store = store

    def columns(self, names: Collection[str], day: date) -> pa.Table:
        records = self._records_of(day)
        attributes = self._day.plan.catalog.attributes
        columns = {n: records[n] for n in ("account_no", "account_id")}
        for name in names:
            here = name in records.column_names
            columns[name] = records[name] if here else pa.nulls(len(records), arrow_type(attributes[name]))
        return pa.table(columns)

    def known_on(self, table: str, day: date) -> str:
        return known_on(table, day, self._day.extra, self._day.mapped)

    def event_rows(self) -> tuple[pa.Table, Sequence[str]]:
        parts = self._day.event_parts
        return open_parts(parts) if parts else NO_EVENTS, self._day.events.codes

    def listed(self, name: str) -> Collection[str]:
        """The present ids of the customers on a list, by whatever id it has them."""
        accounts = self._day.numbered.accounts.relation()
        ids = pa.array(ids_of_list(self._day.plan.project, name), pa.string())
        self._day.engine.load("listed_ids", pa.table({"account_id": ids}))
        here = self._records[self._day.as_of].select(["account_no", "account_id"])
        self._day.engine.load("listed_customers", here)
        found = self._day.engine.query(
            f"SELECT c.account_id FROM listed_customers AS c SEMI JOIN (SELECT a.account_no FROM {accounts} AS a "
            "SEMI JOIN listed_ids AS i ON i.account_id = a.account_id) AS n ON n.account_no = c.account_no"
        )
        return cast("list[str]", found["account_id"].to_pylist())

    @cached_property
    def history(self) -> MembershipHistory:
        return MembershipHistory(self._store, self._day.plan.previously)

    def _records_of(self, day: date) -> pa.Table:
        if day not in self._records:
            with self._before(day) as earlier:
                self._records[day] = compute(earlier).accounts
        return self._records[day]


def population_of(day: Day, records: pa.Table, world: UpdateWorld) -> Customers:
    """The customers of an update as rules see them."""
    types = {name: ValueType(a.type) for name, a in day.plan.catalog.attributes.items()}
    parts = day.event_parts
    events = Events.of(read_events(parts), day.events.codes, day.as_of) if parts else None
    numbers, timezone = records["account_no"].to_numpy(), day.plan.project.settings.timezone
    return Customers(day.as_of, timezone, numbers, types, events, world)
