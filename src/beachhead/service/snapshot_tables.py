"""The tables of a snapshot. Columns that do not depend on the day lie in files that snapshots share: they are written
when they change, not every day.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict


class SharedColumns(BaseModel):
    """Which columns of a table lie elsewhere: by name their name in `file` (relative to `.beachhead`).

    Rows are found by `key`, which ascends in the file. `order`: the names of all columns of the whole table.
    """

    model_config = ConfigDict(frozen=True)

    file: str
    key: str
    columns: dict[str, str]
    order: tuple[str, ...]


def write_table(path: Path, table: pa.Table, shared: SharedColumns | None) -> None:
    """Write a table as Parquet, without its shared columns. Whole tables are read: statistics would be for nobody."""
    own = table.select([n for n in table.column_names if n not in shared.columns]) if shared else table
    pq.write_table(own, path, compression="zstd", compression_level=1, row_group_size=262_144, write_statistics=False)


def read_table(path: Path, shared: SharedColumns | None, home: Path) -> pa.Table:
    """The whole table; a row that the shared file lacks has nulls there. Raises as pyarrow and the system do."""
    own = pq.read_table(path)
    if not shared:
        return own
    source = pq.read_table(home / shared.file, columns=[shared.key, *shared.columns.values()])
    wanted, present = own[shared.key].to_numpy(), source[shared.key].to_numpy()
    if not np.array_equal(wanted, present):
        places = np.searchsorted(present, wanted)
        is_there = np.isin(wanted, present)
        source = source.take(pa.array(places, mask=~is_there))
    for name, origin in shared.columns.items():
        own = own.append_column(name, source[origin])
    return own.select(shared.order)
