"""The model tables and events that a published update was computed from, where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from beachhead.customers.columns import model_columns
from beachhead.customers.model_cache import view_of
from beachhead.engines.duck import DuckEngine
from beachhead.project.definitions import ValueTypeName
from beachhead.project.model import TABLES, Table, day_column
from beachhead.service.results import Run

_OF_ARROW: Mapping[pa.DataType, ValueTypeName] = {
    pa.string(): "text",
    pa.int64(): "integer",
    pa.float64(): "number",
    pa.bool_(): "boolean",
    pa.date32(): "date",
}


def model_files(run: Run) -> dict[str, Path]:
    """The stored model tables of a run's snapshot by name."""
    references = [r for r in run.snapshot.manifest.contents.references if r.startswith("model/")]
    return {Path(r).name.rpartition("-")[0]: run.snapshot.home / r for r in references}


def event_parts(run: Run) -> list[Path]:
    """The files of the event store that a run's snapshot refers to."""
    references = run.snapshot.manifest.contents.references
    return [run.snapshot.home / r for r in references if r.startswith("events/part-") and r.endswith(".arrow")]


def open_tables(engine: DuckEngine, files: Mapping[str, Path]) -> dict[str, dict[str, ValueTypeName]]:
    """Every model table as a view, empty where the run has none; returns the further columns of each."""
    extra: dict[str, dict[str, ValueTypeName]] = {}
    for table in TABLES:
        if table.name == "events":
            continue
        known = model_columns(table, {})
        if (path := files.get(table.name)) is not None:
            engine.execute(f"CREATE TEMP VIEW {table.name} AS {view_of(path)}")
            further = [f for f in pq.read_schema(path) if f.name not in known and _is_plain(f, table)]
            extra[table.name] = {f.name: _OF_ARROW.get(f.type, "timestamp") for f in further}
        else:
            engine.execute(f"CREATE TEMP TABLE {table.name} ({', '.join(f'{n} {t}' for n, t in known.items())})")
    return extra


def _is_plain(field: pa.Field, table: Table) -> bool:
    own = {"account_no", "account_id", "user_no", "line_order", *(day_column(c.name) for c in table.columns)}
    return field.name not in own
