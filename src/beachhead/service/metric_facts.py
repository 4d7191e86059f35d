"""The facts of a published update, opened for metrics: its model tables in an engine, its movements, its activity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from beachhead.customers.events import open_parts
from beachhead.customers.ledger import ENTRIES, MOVEMENTS, MRR_PERIODS, ledger_sql
from beachhead.customers.model_cache import ModelCache, view_of
from beachhead.customers.model_tables import brought_back, hand_over, with_own_numbers
from beachhead.customers.record import MODEL_TABLES, PERIODS, make_known
from beachhead.customers.set_aside import SCHEMA
from beachhead.engines.base import Engine
from beachhead.engines.choose import model_engine
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine, quote_literal
from beachhead.metrics.counting import warm_up
from beachhead.metrics.facts import Facts
from beachhead.project import Project
from beachhead.project.definitions import Settings
from beachhead.service.model_of_run import event_parts, model_files, open_tables
from beachhead.service.results import Run
from beachhead.service.short_engine import short_engine
from beachhead.store.files import FileSystem
from beachhead.store.layout import Layout


def mapped_columns(project: Project) -> dict[str, tuple[str, ...]]:
    """The columns that sources fill, by model table."""
    mapped: dict[str, set[str]] = {}
    for source in project.sources.values():
        mapped.setdefault(source.table, set()).update(source.columns)
    return {table: tuple(sorted(columns)) for table, columns in mapped.items()}


@contextmanager
def facts_of(run: Run, project: Project, activation_event: str | None) -> Iterator[Facts]:
    """The facts as they were known at the end of the run's day, from the engine that the project names."""
    Thread(target=warm_up, daemon=True).start()
    settings, place = run.about.settings, project.place("settings", "", "engine")
    with short_engine() as (embedded, _), model_engine(project.settings, embedded, place) as engine:
        files = model_files(run)
        extra = open_tables(embedded, files)
        numbers = run.columns("account_no")["account_no"]
        embedded.load("spine", pa.table({"account_no": numbers, "as_of": pa.array([run.as_of] * len(numbers))}))
        hand_over(embedded, engine, [*MODEL_TABLES, "spend", "spine"])
        make_known(engine, extra, run.about.mapped or None)
        movements = _movements(embedded, engine, run, settings, files)
        _open_activity(embedded, run, activation_event)
        first = movements.filter(pc.equal(movements["kind"], "new")).select(["account_no", "day"])
        embedded.load("first_payments", first)
        hand_over(embedded, engine, ["activations", "first_payments"])
        yield Facts(
            engine,
            embedded,
            run.as_of,
            frozenset(_mapped(run.about.mapped)),
            lambda line: movements if line is None else line_movements(engine, settings, line),
            cache(lambda: _product_lines(engine)),
            lambda name: run.columns("account_no", name) if name in run.attributes else None,
        )


def _mapped(mapped: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for table, columns in mapped.items():
        yield table
        yield from (f"{table}.{c}" for c in columns)
    if "order_lines" in mapped:
        yield from ("orders", "orders.revenue")


def _movements(
    embedded: DuckEngine, engine: Engine, run: Run, settings: Settings, files: Mapping[str, Path]
) -> pa.Table:
    """The MRR movements, made once for each state of the ledger. They do not depend on the day: what is known later
    lies on later days."""
    if PERIODS not in files:
        return pa.table({n: pa.array([], t) for n, t in _MOVEMENTS.items()})
    embedded.execute(f"CREATE TEMP VIEW {MRR_PERIODS} AS {view_of(files[PERIODS])}")
    hand_over(embedded, engine, [MRR_PERIODS])
    ledger = ledger_sql(settings, run.about.mapped.keys())
    engine.execute(f"CREATE TEMP VIEW {ENTRIES} AS {emit(ledger.steps[ENTRIES], engine.dialect)}")
    sql = emit(ledger.steps[MOVEMENTS], engine.dialect)
    cache = ModelCache(Layout(run.snapshot.home.parent), FileSystem(), 0)
    made_of = [sql, files[PERIODS].name]
    stored = cache.find(MOVEMENTS, made_of)
    if not stored:
        relation = brought_back(embedded, engine, MOVEMENTS, sql)
        stored = cache.store(embedded, relation, MOVEMENTS, made_of, (), SCHEMA.empty_table())
    return pq.read_table(stored.path, columns=list(_MOVEMENTS), read_dictionary=["kind"])


_MOVEMENTS = {
    "account_no": pa.uint32(),
    "day": pa.date32(),
    "kind": pa.string(),
    "change_cents": pa.int64(),
    "fx_cents": pa.int64(),
    "list_change_cents": pa.int64(),
    "mrr_cents": pa.int64(),
}


def line_movements(engine: Engine, settings: Settings, line: str) -> pa.Table:
    """The movements of one product line (empty: of none) as if there was no other."""
    sql = ledger_sql(settings, ()).steps[MOVEMENTS]
    condition = f"coalesce(product_line, '') = {quote_literal(line)}"
    of_line = sql.replace("FROM mrr_entries", f"FROM mrr_entries WHERE {condition}")
    assert of_line != sql
    return with_own_numbers(engine.query(emit(of_line, engine.dialect)))


def _product_lines(engine: Engine) -> tuple[str, ...]:
    sql = (
        f"SELECT coalesce(product_line, '') AS x, CAST(sum(abs(change_cents)) AS BIGINT) AS n FROM {ENTRIES} "
        "GROUP BY coalesce(product_line, '') ORDER BY n DESC, x"
    )
    found = tuple(engine.query(emit(sql, engine.dialect))["x"].to_pylist())
    return () if found == ("",) else found


def _open_activity(engine: DuckEngine, run: Run, activation_event: str | None) -> None:
    """`activity`: a row for each person and day; `activations`: customers and days with the activating event."""
    parts = event_parts(run)
    if not parts:
        engine.execute("CREATE TEMP TABLE activity (account_no UINTEGER, user_no UINTEGER, day DATE)")
        engine.execute("CREATE TEMP TABLE activations (account_no UINTEGER, day DATE)")
        return
    engine.load("event_rows", open_parts(parts))
    until = f"day <= DATE '{run.as_of}'"
    engine.execute(
        "CREATE TEMP TABLE activity AS SELECT DISTINCT account_no, user_no, day FROM event_rows WHERE " + until
    )
    codes = run.about.event_codes
    code = codes.index(activation_event) if activation_event in codes else -1
    engine.execute(
        "CREATE TEMP TABLE activations AS SELECT DISTINCT account_no, day FROM event_rows "
        f"WHERE code = {code} AND {until}"
    )
