"""The tables of a snapshot: each in one or several files. Columns that do not depend on the day lie in files that
snapshots share: they are written when they change, not every day.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from beachhead.store.files import outside


class Part(BaseModel):
    """Columns of a table that lie in another file than the rest: by name their name there.

    With a `key` the file is shared (relative to `.beachhead`), rows are found by the key, and it ascends in both;
    without, the file is one of the snapshot, and has the table's rows.
    """

    model_config = ConfigDict(frozen=True)

    file: str
    columns: dict[str, str]
    key: str | None = None


class Division(BaseModel):
    """How a table is divided; `order` are all its columns. What is in no part lies in the table's own file."""

    model_config = ConfigDict(frozen=True)

    order: tuple[str, ...]
    parts: tuple[Part, ...]


def write_tables(directory: Path, tables: Mapping[str, pa.Table], divisions: Mapping[str, Division]) -> None:
    """Write tables, by the names of their files, as Parquet; two files at a time, the largest first."""
    files: dict[str, pa.Table] = {}
    for name, table in tables.items():
        parts = divisions[name].parts if name in divisions else ()
        elsewhere = {column for part in parts for column in part.columns}
        files[name] = table.select([c for c in table.column_names if c not in elsewhere])
        files |= {part.file: table.select(list(part.columns)) for part in parts if part.key is None}
    largest_first = sorted(files, key=lambda name: -files[name].nbytes)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: _write(directory / name, files[name]), largest_first))


def _write(path: Path, table: pa.Table) -> None:
    """Whole tables are read: statistics would be for nobody."""
    options = {"compression": "zstd", "compression_level": 1, "row_group_size": 262_144, "write_statistics": False}
    with outside("write", path):
        pq.write_table(table, path, **options)


def read_table(path: Path, division: Division | None, home: Path) -> pa.Table:
    """The whole table; a row that a shared file lacks has nulls there. Raises as pyarrow and the system do."""
    table = pq.read_table(path)
    if not division:
        return table
    for part in division.parts:
        for name, column in _columns(part, table, path.parent, home).items():
            table = table.append_column(name, column)
    return table.select(division.order)


def _columns(part: Part, table: pa.Table, directory: Path, home: Path) -> dict[str, pa.ChunkedArray]:
    if part.key is None:
        found = pq.read_table(directory / part.file)
    else:
        found = pq.read_table(home / part.file, columns=[part.key, *part.columns.values()])
        wanted, present = table[part.key].to_numpy(), found[part.key].to_numpy()
        if not np.array_equal(wanted, present):
            places = np.searchsorted(present, wanted)
            found = found.take(pa.array(places, mask=~np.isin(wanted, present)))
    return {name: found[origin] for name, origin in part.columns.items()}
