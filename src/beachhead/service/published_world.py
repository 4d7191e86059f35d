"""What rules read of a published update: its records, the model as it was known then, and what was published before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import cached_property
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from beachhead.customers.event_counts import read_events
from beachhead.customers.events import NO_EVENTS, open_parts
from beachhead.customers.record import arrow_type, known_on, make_known
from beachhead.engines.duck import DuckEngine
from beachhead.errors import DataError, Diagnostic
from beachhead.project.definitions import ValueTypeName
from beachhead.project.model import TABLES, day_column
from beachhead.rules import ValueType
from beachhead.segments.activity import Events
from beachhead.segments.code_store import CodeShelf
from beachhead.service.model_of_run import event_parts, model_files, open_tables
from beachhead.service.plan import Plan
from beachhead.service.population import Customers
from beachhead.service.published_days import has_records_of, run_on
from beachhead.service.results import Run
from beachhead.service.segment_rules import ids_of_list
from beachhead.service.short_engine import short_engine
from beachhead.store.layout import Layout
from beachhead.store.membership_history import MembershipHistory
from beachhead.store.snapshots import SnapshotStore


class PublishedWorld:
    """The world of a run, under the present definitions of attributes and lists. Opens an engine when one is asked
    for; `close` gives it up."""

    def __init__(self, run: Run, plan: Plan) -> None:
        self._run = run
        self._plan = plan
        self._open = ExitStack()

    @cached_property
    def engine(self) -> DuckEngine:
        engine, _ = self._open.enter_context(short_engine())
        self._extra: dict[str, dict[str, ValueTypeName]] = open_tables(engine, model_files(self._run))
        numbers = self._run.columns("account_no")["account_no"]
        as_of = pa.array([self._run.as_of] * len(numbers), pa.date32())
        engine.load("spine", pa.table({"account_no": numbers, "as_of": as_of}))
        make_known(engine, self._extra, self._run.about.mapped or None)
        return engine

    def close(self) -> None:
        self._open.close()

    def columns(self, names: Collection[str], day: date) -> pa.Table:
        found = self._run if day == self._run.as_of else self._earlier(day)
        run = found or self._run
        here = [n for n in names if n in run.attributes and n != "account_id"]
        for name in here:
            self._check_type(name, run)
        table = run.columns("account_no", "account_id", *here)
        if found is None:
            table = table.slice(0, 0)
        for name in names:
            if name not in table.column_names:
                kind = arrow_type(self._plan.catalog.attributes[name])
                table = table.append_column(name, pa.nulls(len(table), kind))
        return table

    def known_on(self, table: str, day: date) -> str:
        _ = self.engine
        return known_on(table, day, self._extra, self._run.about.mapped or None)

    def event_rows(self) -> tuple[pa.Table, Sequence[str]]:
        parts = event_parts(self._run)
        return open_parts(parts) if parts else NO_EVENTS, self._run.about.event_codes

    def listed(self, name: str) -> Collection[str]:
        ids = ids_of_list(self._plan.project, name)
        if not len(self._run.matches):
            return ids
        matches = self._run.matches.arrow()
        numbers = matches.filter(pc.is_in(matches["account_id"], pa.array(ids, pa.string())))["account_no"]
        accounts = self._run.columns("account_no", "account_id")
        of_numbers = accounts.filter(pc.is_in(accounts["account_no"], numbers.combine_chunks()))
        return {*ids, *cast("list[str]", of_numbers["account_id"].to_pylist())}

    @cached_property
    def history(self) -> MembershipHistory:
        return MembershipHistory(SnapshotStore(Layout(self._plan.project.root)), self._plan.previously)

    @cached_property
    def first_known(self) -> date | None:
        """The first day on which any customer was known; None where days alone do not tell."""
        if "accounts" in self._run.about.mapped:
            sql = "SELECT CASE WHEN count(signed_up_day) = count(*) THEN min(signed_up_day) END FROM accounts"
        else:
            dated = [t for t in TABLES if t.known_at and t.name != "events" and "account_id" in t.column_names]
            self.engine.load("event_days", self.event_rows()[0].select(["day"]))
            facts = [f"SELECT {day_column(t.known_at)} AS day FROM {t.name}" for t in dated if t.known_at]
            sql = f"SELECT min(day) FROM ({' UNION ALL '.join([*facts, 'SELECT day FROM event_days'])})"
        return cast("date | None", self.engine.scalar(sql))

    def _check_type(self, name: str, run: Run) -> None:
        was, now = run.attributes[name].type, self._plan.catalog.attributes[name].type
        if was != now:
            message = f"'{name}' is of the type {now} now, and {was} in the data as of {run.as_of}"
            raise DataError(Diagnostic("other-type", message, remedy="Run `beachhead run` to compute it anew."))

    def _earlier(self, day: date) -> Run | None:
        """The update of an earlier day; None where nobody was known then."""
        found = run_on(SnapshotStore(Layout(self._plan.project.root)), day)
        if found is not None and has_records_of(found, self._plan.made_by):
            return found
        if (first := self.first_known) is not None and day < first:
            return None
        message = f"there is no data as of {day}, which the rule asks for"
        raise DataError(Diagnostic("no-earlier-data", message, remedy=f"Run `beachhead run --as-of {day}`."))


def first_known_day(run: Run, plan: Plan) -> date | None:
    """The first day on which any customer of a run was known; None where days alone do not tell."""
    world = PublishedWorld(run, plan)
    try:
        return world.first_known
    finally:
        world.close()


@contextmanager
def population_of_run(run: Run, plan: Plan, *, kept: bool = True) -> Iterator[Customers]:
    """The customers of a published run as rules see them, until the context ends. `kept`: codes of attributes are read
    from where they were kept, and kept."""
    world = PublishedWorld(run, plan)
    types = {name: ValueType(a.type) for name, a in plan.catalog.attributes.items()}
    parts = event_parts(run)
    events = Events.of(read_events(parts), run.about.event_codes, run.as_of) if parts else None
    numbers = run.columns("account_no")["account_no"].to_numpy()
    shelf = CodeShelf(Layout(plan.project.root).codes / run.name) if kept else None
    try:
        yield Customers(run.as_of, run.about.settings.timezone, numbers, types, events, world, shelf)
    finally:
        world.close()
