"""The second half of an update: records of all customers as of a day, their score, and who is in which segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from beachhead.customers.assemble import Assembler, Assembly, KnownSource
from beachhead.customers.catalog import Catalog
from beachhead.customers.columns import extra_types
from beachhead.customers.event_counts import EventCounts, count_events, read_events
from beachhead.customers.model_cache import ModelCache
from beachhead.customers.people import people_table
from beachhead.customers.record import arrow_type, build_record, make_spine
from beachhead.engines.duck import DuckEngine, quote_name
from beachhead.project.definitions import ValueTypeName
from beachhead.project.model import TABLES
from beachhead.rules import ValueType, attribute_sql
from beachhead.segments.evaluate import Evaluation, evaluate
from beachhead.service.load import Numbered
from beachhead.service.plan import OwnAttribute, Plan, split_at_score
from beachhead.service.progress import Say
from beachhead.service.scoring import Scored, score_columns, score_records
from beachhead.store.files import FileSystem
from beachhead.store.layout import Layout

_SQL_TYPES = {
    ValueType.TEXT: "VARCHAR",
    ValueType.INTEGER: "BIGINT",
    ValueType.NUMBER: "DOUBLE",
    ValueType.MONEY: "BIGINT",
    ValueType.BOOLEAN: "BOOLEAN",
    ValueType.DATE: "DATE",
    ValueType.TIMESTAMP: "TIMESTAMP",
}


@dataclass(frozen=True)
class Computed:
    """Everything of one day. `scored` is None without a recipe or without customers. `model_files`: the
    stored model tables it was made from."""

    accounts: pa.Table
    users: pa.Table | None
    assembly: Assembly
    scored: Scored | None
    evaluation: Evaluation
    model_files: tuple[Path, ...]


def compute(
    plan: Plan,
    sources: Sequence[KnownSource],
    numbered: Numbered,
    layout: Layout,
    files: FileSystem,
    engine: DuckEngine,
    as_of: date,
    say: Say,
) -> Computed:
    """Compute the records as of the end of `as_of`."""
    settings = plan.project.settings
    say("Matching records to customers")
    relation = numbered.accounts.relation()
    cache = ModelCache(layout, files, numbered.accounts.count())
    assembly = Assembler(engine, sources, relation, settings.currency, cache).assemble()
    event_parts = [layout.events / part for part in numbered.events.parts]
    spine = make_spine(
        engine, relation, numbered.accounts.first_seen(), as_of, {s.definition.table for s in sources}, event_parts
    )
    say("Computing customer records")
    extra = _extra_by_table(sources)
    mapped = {t: {c for s in sources if s.table.name == t for c in s.definition.columns} for t in extra}
    builder = build_record(engine, spine, plan.catalog, settings, extra, mapped)
    counts: EventCounts | None = None
    if event_parts:
        say("Counting events")
        counts = count_events(
            read_events(event_parts),
            as_of,
            numbered.events.codes,
            settings.key_events,
            accounts=numbered.accounts.count(),
            users=numbered.users.count(),
        )
        builder.add_events(counts, settings)
    users = people_table(engine, numbered.users.relation(), counts) if "users" in extra else None
    records = builder.table()
    before, after = split_at_score(plan.own)
    records = add_own(engine, records, before, plan.catalog, as_of)
    say("Scoring customers")
    value = plan.project.value
    usable = value.model_copy(update={"inputs": plan.score_inputs}) if value else None
    scored = score_records(records, usable)
    for name, column in score_columns(scored, records.num_rows).items():
        records = records.append_column(name, column)
    records = add_own(engine, records, after, plan.catalog, as_of)
    say("Finding who is in which segment")
    evaluation = evaluate(engine, records, plan.segments, as_of, column_sql(plan.catalog, records.column_names))
    return Computed(records, users, assembly, scored, evaluation, tuple(cache.used))


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
        return f"CAST(NULL AS {_SQL_TYPES[value_type]})" if value_type else "NULL"

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
