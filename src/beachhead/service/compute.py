"""The second half of an update: records of all customers as of a day, their score, and who is in which segment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from beachhead.analysis.keeping import NEEDED
from beachhead.customers.assemble import KnownSource
from beachhead.customers.catalog import Catalog
from beachhead.customers.columns import extra_types
from beachhead.customers.event_counts import EventCounts, count_events, read_events
from beachhead.customers.events import EventState, open_parts
from beachhead.customers.model_tables import hand_over
from beachhead.customers.people import people_table
from beachhead.customers.record import arrow_type, build_record, event_columns, make_known, make_spine
from beachhead.engines.base import SQL_TYPES, Engine
from beachhead.engines.duck import DuckEngine, quote_name
from beachhead.project.definitions import ValueTypeName
from beachhead.project.model import TABLES
from beachhead.rules import attribute_sql
from beachhead.service.about import ACCOUNTS, ACTIVITY, AREAS, USERS
from beachhead.service.load import Numbered
from beachhead.service.plan import OwnAttribute, Plan, split_at_score
from beachhead.service.progress import Say, say_nothing
from beachhead.service.scoring import Scored, score_columns, score_records
from beachhead.service.snapshot_tables import TableWriter
from beachhead.store.layout import Layout


@dataclass(frozen=True)
class Computed:
    """Everything of one day. `scored` is None without a recipe or without customers.

    `columns`: the names of all columns of a record. Those in `profile` stand in the table of profiles, those in
    `written` are in files of the snapshot already; of both, `accounts` has at least what rules use.
    """

    accounts: pa.Table
    columns: tuple[str, ...]
    profile: tuple[str, ...]
    written: Mapping[str, tuple[str, ...]]
    users: pa.Table | None
    scored: Scored | None


@dataclass(frozen=True)
class Day:
    """What the records of a day are computed from. `engine` and `model` hold the model tables; `model` runs their
    SQL."""

    plan: Plan
    sources: Sequence[KnownSource]
    numbered: Numbered
    events: EventState
    layout: Layout
    engine: DuckEngine
    model: Engine
    as_of: date

    @property
    def event_parts(self) -> list[Path]:
        return [self.layout.events / part for part in self.events.parts]

    @property
    def extra(self) -> dict[str, dict[str, ValueTypeName]]:
        """Further columns by table; every table that there is is there."""
        return _extra_by_table(self.sources)

    @property
    def mapped(self) -> dict[str, set[str]]:
        """Columns that sources fill, by table."""
        return {t: {c for s in self.sources if s.table.name == t for c in s.definition.columns} for t in self.extra}


def compute(day: Day, writer: TableWriter | None = None, say: Say = say_nothing) -> Computed:
    """Compute the records as of the end of a day.

    Tables are given to the `writer` as soon as they are complete: counters of events, what the sources say of
    customers, people, and last the score with what depends on it.
    """
    plan, sources, engine, as_of = day.plan, day.sources, day.engine, day.as_of
    settings = plan.project.settings
    spine = make_spine(
        engine,
        day.numbered.accounts.own_numbers(),
        day.numbered.accounts.first_seen(),
        as_of,
        {s.definition.table for s in sources},
        open_parts(day.event_parts) if day.event_parts else None,
    )
    hand_over(engine, day.model, ["spine"])
    say("Computing customer records")
    extra, mapped = day.extra, day.mapped

    def count() -> tuple[EventCounts, dict[str, pa.Array]]:
        accounts, users = day.numbered.accounts.count(), day.numbered.users.count()
        runs = read_events(day.event_parts)
        counts = count_events(runs, as_of, day.events.codes, settings.key_events, accounts, users)
        return counts, event_columns(counts, spine, settings)

    used = {*plan.attributes_used, *NEEDED}
    with ThreadPoolExecutor(1) as aside:  # events are read and counted while the engine does the rest
        counting = aside.submit(count) if day.event_parts else None
        for one in dict.fromkeys((day.model, engine)):
            make_known(one, extra, mapped)
        builder = build_record(day.model, spine, plan.catalog, settings, used)
        counts, columns = counting.result() if counting else (None, {})
    builder.add_events(columns, used)
    records = builder.table()
    elsewhere = {*builder.profile, *builder.activity}
    areas = tuple(n for n in records.column_names[2:] if n not in elsewhere)
    users = people_table(day.model, counts) if "users" in extra else None
    if writer:
        if builder.activity:
            writer.write(ACTIVITY, pa.table({name: columns[name] for name in builder.activity}))
        if areas:
            writer.write(AREAS, records.select(areas))
        if users is not None:
            writer.write(USERS, users)
    before, after = split_at_score(plan.own)
    records = add_own(engine, records, before, plan.catalog, as_of)
    say("Scoring customers")
    value = plan.project.value
    usable = value.model_copy(update={"inputs": plan.score_inputs}) if value else None
    scored = score_records(records, usable)
    for name, column in score_columns(scored, records.num_rows).items():
        records = records.append_column(name, column)
    records = add_own(engine, records, after, plan.catalog, as_of)
    if writer:
        writer.write(ACCOUNTS, records.select([n for n in records.column_names if n not in {*elsewhere, *areas}]))
    listed = (*builder.names, *(n for n in records.column_names if n not in builder.names))
    return Computed(records, listed, builder.profile, {ACTIVITY: builder.activity, AREAS: areas}, users, scored)


def _extra_by_table(sources: Sequence[KnownSource]) -> dict[str, dict[str, ValueTypeName]]:
    return {
        t.name: extra_types([s.definition for s in sources if s.table is t])
        for t in TABLES
        if any(s.table is t for s in sources)
    }


def column_sql(catalog: Catalog, present: Sequence[str]) -> Callable[[str], str]:
    """The SQL of an attribute's column; a typed null for one that has no data here."""
    here = frozenset(present)

    def sql(name: str) -> str:
        if name in here:
            return quote_name(name)
        value_type = catalog.attribute_type(name)
        return f"CAST(NULL AS {SQL_TYPES[value_type]})" if value_type else "NULL"

    return sql


def add_own(
    engine: DuckEngine, records: pa.Table, own: Sequence[OwnAttribute], catalog: Catalog, as_of: date
) -> pa.Table:
    """`records` with the project's own attributes, each after those it uses."""
    for attribute in own:
        sql = attribute_sql(
            attribute.node,
            attribute.type,
            as_of,
            _no_segment,
            column_sql(catalog, records.column_names),
        )
        engine.load("own_records", records)
        values = engine.query(f"SELECT {sql} AS value FROM own_records")["value"]
        name = attribute.definition.name
        records = records.append_column(name, values.cast(arrow_type(catalog.attributes[name])))
    return records


def _no_segment(name: str) -> str:
    raise AssertionError(f"an attribute names segment {name}")
