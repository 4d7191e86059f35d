"""Customers that were written by hand, as rules see them: for tests of segments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import pyarrow as pa

from beachhead.customers.event_counts import EventRuns
from beachhead.customers.record import arrow_type, known_on
from beachhead.engines.duck import DuckEngine
from beachhead.errors import DataError, Diagnostic
from beachhead.rules import ValueType
from beachhead.segments.activity import Events
from beachhead.service.made_rows import Extra
from beachhead.service.plan import Plan
from beachhead.service.population import Customers
from beachhead.service.segment_rules import ids_of_list
from beachhead.store.membership_history import MembershipHistory


class _Made:
    """The world of one test. It has one day: nothing was published, and records of earlier days are like today's."""

    def __init__(
        self, engine: DuckEngine, records: pa.Table, events: pa.Table, codes: Sequence[str], plan: Plan, extra: Extra
    ) -> None:
        self.engine = engine
        self._records = records
        self._events = events
        self._codes = codes
        self._plan = plan
        self._extra = extra

    def columns(self, names: Collection[str], day: date) -> pa.Table:
        attributes, columns = self._plan.catalog.attributes, {n: self._records[n] for n in ("account_no", "account_id")}
        for name in names:
            here = name in self._records.column_names
            columns[name] = self._records[name] if here else pa.nulls(len(self._records), arrow_type(attributes[name]))
        return pa.table(columns)

    def known_on(self, table: str, day: date) -> str:
        return known_on(table, day, self._extra)

    def event_rows(self) -> tuple[pa.Table, Sequence[str]]:
        return self._events, self._codes

    def listed(self, name: str) -> Collection[str]:
        return ids_of_list(self._plan.project, name)

    @property
    def history(self) -> MembershipHistory:
        message = "a test has no history: nothing was published before"
        remedy = "Test the other conditions; who joined and left is known from updates only."
        raise DataError(Diagnostic("no-history", message, remedy=remedy))


def made_population(
    engine: DuckEngine,
    as_of: date,
    timezone: str,
    records: pa.Table,
    events: pa.Table,
    runs: EventRuns,
    codes: Sequence[str],
    plan: Plan,
    extra: Extra,
) -> Customers:
    """A population of `records`. `events`: rows with account_no, user_no, code, day, moment, and their further
    columns; `runs`: the same without these."""
    types = {name: ValueType(a.type) for name, a in plan.catalog.attributes.items()}
    world = _Made(engine, records, events, codes, plan, extra)
    numbers = records["account_no"].to_numpy()
    return Customers(as_of, timezone, numbers, types, Events.of(runs, codes, as_of), world)
