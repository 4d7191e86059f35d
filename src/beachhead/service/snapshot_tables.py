"""The tables of a snapshot: each in one or several files. Columns that do not depend on the day lie in files that
snapshots share: they are written when they change, not every day.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

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


class TableWriter:
    """Writes tables into a folder as Parquet, beside other work. The end of the context waits until all are written,
    and raises what went wrong.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pool = ThreadPoolExecutor(2)
        self._jobs: list[Future[None]] = []

    def write(self, name: str, table: pa.Table) -> None:
        """Begin to write; the table must not change any more."""
        self._jobs.append(self._pool.submit(_write, self._directory / name, table))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._pool.shutdown()
        if kind is None:
            for job in self._jobs:
                job.result()


def _write(path: Path, table: pa.Table) -> None:
    """Numbers as differences, texts and the rest by dictionary, no marks of nulls where there are none: half the time
    of the defaults, and smaller. Whole tables are read, so statistics would be for nobody."""
    fields = [pa.field(f.name, f.type, table[f.name].null_count > 0) for f in table.schema]
    whole = {f.name for f in fields if pa.types.is_integer(f.type) or pa.types.is_date(f.type)}
    options = {
        "compression": "zstd",
        "compression_level": 1,
        "row_group_size": 262_144,
        "write_statistics": False,
        "use_dictionary": [f.name for f in fields if f.name not in whole],
        "column_encoding": dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
    }
    with outside("write", path):
        pq.write_table(table.cast(pa.schema(fields)), path, **options)


def read_table(path: Path, division: Division | None, home: Path, only: Collection[str] | None = None) -> pa.Table:
    """The whole table, or `only` some columns of it; a row that a shared file lacks has nulls there. Raises as pyarrow
    and the system do."""
    if not division:
        return _wide(pq.read_table(path, columns=None if only is None else list(only)))
    keys = {p.key for p in division.parts if p.key}
    wanted = [n for n in division.order if only is None or n in only]
    elsewhere = {n for p in division.parts for n in p.columns}
    own = None if only is None else [n for n in division.order if (n in only or n in keys) and n not in elsewhere]
    table = pq.read_table(path, columns=own)
    for part in division.parts:
        asked = {n: origin for n, origin in part.columns.items() if n in wanted}
        if asked:
            for name, column in _columns(part.model_copy(update={"columns": asked}), table, path.parent, home).items():
                table = table.append_column(name, column)
    return _wide(table.select(wanted))


def _wide(table: pa.Table) -> pa.Table:
    """Counters are stored as they are counted, in 32 bits; who reads them may add and multiply."""
    kinds = [pa.int64() if field.type == pa.int32() else field.type for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def _columns(part: Part, table: pa.Table, directory: Path, home: Path) -> dict[str, pa.ChunkedArray]:
    if part.key is None:
        found = pq.read_table(directory / part.file, columns=list(part.columns.values()))
    else:
        found = pq.read_table(home / part.file, columns=[part.key, *part.columns.values()])
        wanted, present = table[part.key].to_numpy(), found[part.key].to_numpy()
        if not np.array_equal(wanted, present):
            places = np.searchsorted(present, wanted)
            found = found.take(pa.array(places, mask=~np.isin(wanted, present)))
    return {name: found[origin] for name, origin in part.columns.items()}
