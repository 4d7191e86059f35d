"""The customer model of rows written by hand, in an engine: its movements, what metrics count, its records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from beachhead.customers.catalog import Catalog, source_catalog
from beachhead.customers.event_counts import EventArrays, EventRuns, count_events
from beachhead.customers.ledger import LINES, MOVEMENTS, ledger_sql
from beachhead.customers.rates import CURRENCY_RATES, Rates
from beachhead.customers.record import PROFILES, Spine, build_record, event_columns, make_known, profile_sql
from beachhead.engines.base import Engine
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine
from beachhead.metrics.facts import Facts
from beachhead.project.currency import rate_steps
from beachhead.project.definitions import ColumnMap, Settings, SourceDefinition
from beachhead.service.compute import add_own
from beachhead.service.made_rows import MadeRows
from beachhead.service.plan import OwnAttribute


class MadeWorld:
    """Rows as the customer model at the end of a day. `engine` is empty; what events say lies in `embedded`."""

    def __init__(self, rows: MadeRows, settings: Settings, as_of: date, engine: Engine, embedded: DuckEngine) -> None:
        self.rows = rows
        self._settings = settings
        self._as_of = as_of
        self._engine = engine
        self._embedded = embedded
        _load(engine, rows, settings, as_of)
        make_known(engine, rows.extra, rows.mapped)

    @cached_property
    def movements(self) -> pa.Table:
        """The movements of MRR, sorted by account and day."""
        return self._engine.query(f"SELECT * FROM {MOVEMENTS} ORDER BY account_no, day")

    def facts(self, activation_event: str | None) -> Facts:
        """The facts that metrics count."""
        events = self.rows.tables["events"]
        numbers, days = events["account_no"].to_pylist(), events["occurred_day"].to_pylist()
        rows = [
            (n, u, d, e)
            for n, u, d, e in zip(numbers, self._user_numbers(), days, events["event"].to_pylist(), strict=True)
            if n is not None and d is not None and d <= self._as_of
        ]
        self._embedded.load("activity", _activity({(n, u, d) for n, u, d, _ in rows}))
        active = sorted({(n, d) for n, _, d, e in rows if e == activation_event})
        columns = {
            "account_no": pa.array([n for n, _ in active], pa.uint32()),
            "day": pa.array([d for _, d in active], pa.date32()),
        }
        self._engine.load("activations", pa.table(columns))
        new = self.movements.filter(pc.equal(self.movements["kind"], "new"))
        self._engine.load("first_payments", new.select(["account_no", "day"]))
        mapped = set(self.rows.mapped) | {f"{t}.{c}" for t, cs in self.rows.mapped.items() for c in cs}
        if "order_lines" in mapped:
            mapped |= {"orders", "orders.revenue"}
        return Facts(self._engine, self._embedded, self._as_of, mapped, lambda _line: self.movements, tuple)

    def _user_numbers(self) -> list[int]:
        return [self.rows.users.get(u, 0) for u in self.rows.tables["events"]["user_id"].to_pylist()]

    def records(self, own: Sequence[OwnAttribute], own_catalog: Catalog) -> pa.Table:
        """The customer record, with the project's `own` attributes."""
        sources = {table: self._source(table, columns) for table, columns in self.rows.mapped.items()}
        catalog = source_catalog(self._settings, sources)
        profiles = profile_sql(*(self.rows.extra.get(table, {}) for table in ("accounts", "companies")))
        self._engine.execute(f"CREATE TEMP TABLE {PROFILES} AS {emit(profiles, self._engine.dialect)}")
        spine_rows = self._engine.query("SELECT account_no FROM spine ORDER BY account_no")
        ids = {n: name for name, n in self.rows.numbers.items()}
        numbers = spine_rows["account_no"].cast(pa.uint32()).to_numpy()
        spine = Spine(numbers, pa.array([ids[n] for n in numbers], pa.string()), self._as_of)
        used = {*catalog.attributes}
        builder = build_record(self._engine, spine, catalog, self._settings, used)
        if "events" in self.rows.mapped:
            builder.add_events(self._event_columns(spine), used)
        return add_own(self._embedded, builder.table(), own, replace(own_catalog, missing={}), self._as_of)

    def _source(self, table: str, columns: Collection[str]) -> SourceDefinition:
        """A source that would bring these columns."""
        extra = self.rows.extra.get(table, {})
        return SourceDefinition(
            name=table, files=("made.csv",), table=table, stable=True,
            columns={c: ColumnMap(column=c) for c in columns if c not in extra},
            extra={c: ColumnMap(column=c, type=kind) for c, kind in extra.items()},
        )  # fmt: skip

    def _event_columns(self, spine: Spine) -> dict[str, pa.Array]:
        accounts, users = len(self.rows.numbers), len(self.rows.users)
        runs, codes, events = self.event_runs, self.event_codes, self._settings.key_events
        return event_columns(count_events(runs, self._as_of, codes, events, accounts, users), spine, self._settings)

    @cached_property
    def event_codes(self) -> tuple[str, ...]:
        """The names of events, each at the place of its code."""
        return tuple(dict.fromkeys(self._known_events["event"].to_pylist()))

    @cached_property
    def event_rows(self) -> pa.Table:
        """The events of customers as the event store has them, sorted by account and day."""
        events, codes = self._known_events, self.event_codes
        numbers = [self.rows.users.get(u, 0) for u in events["user_id"].to_pylist()]
        table = pa.table(
            {
                "account_no": events["account_no"].cast(pa.uint32()),
                "user_no": pa.array(numbers, pa.uint32()),
                "code": pa.array([codes.index(n) for n in events["event"].to_pylist()], pa.uint16()),
                "day": events["occurred_day"],
                "moment": events["occurred_at"],
                **{name: events[name] for name in self.rows.extra.get("events", ())},
            }
        )
        return table.sort_by([("account_no", "ascending"), ("day", "ascending")])

    @cached_property
    def event_runs(self) -> EventRuns:
        """The same as arrays."""
        rows = self.event_rows
        days = rows["day"].cast(pa.int32()).to_numpy()
        numbers, users, codes = (rows[n].to_numpy() for n in ("account_no", "user_no", "code"))
        runs = EventArrays(numbers, users, codes, days).read_only()
        nothing = EventArrays(runs.accounts[:0], runs.users[:0], runs.codes[:0], runs.days[:0]).read_only()
        return EventRuns(runs, nothing)

    @property
    def _known_events(self) -> pa.Table:
        events = self.rows.tables["events"]
        return events.filter(pc.and_(pc.is_valid(events["account_no"]), pc.is_valid(events["occurred_day"])))


def _load(engine: Engine, made: MadeRows, settings: Settings, as_of: date) -> None:
    """Make an engine hold the tables, the ledger and the spine of all customers that exist on the day."""
    for name, table in made.tables.items():
        if name != "events":
            engine.load(name, table)
    engine.load(CURRENCY_RATES, Rates(settings.currency, rate_steps(settings.rates)).table())
    ledger = ledger_sql(settings, made.mapped.keys())
    for name, sql in ledger.steps.items():
        kind = "VIEW" if name == LINES else "TABLE"
        engine.execute(f"CREATE TEMP {kind} {name} AS {emit(sql, engine.dialect, ledger.parameters)}")
    accounts = made.tables["accounts"].select(["account_no", "signed_up_day"]).to_pylist()
    late = {r["account_no"] for r in accounts if r["signed_up_day"] and r["signed_up_day"] > as_of}
    here = [n for n in made.numbers.values() if n not in late]
    engine.load(
        "spine",
        pa.table({"account_no": pa.array(here, pa.uint32()), "as_of": pa.array([as_of] * len(here), pa.date32())}),
    )


def _activity(rows: Collection[tuple[int, int, date]]) -> pa.Table:
    columns = list(zip(*sorted(rows), strict=True)) if rows else ((), (), ())
    types = (pa.uint32(), pa.uint32(), pa.date32())
    names = ("account_no", "user_no", "day")
    return pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})
