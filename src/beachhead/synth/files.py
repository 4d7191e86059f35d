"""Writing large CSV files piece by piece, as exports look: text ids, amounts with two decimals, local-looking times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from beachhead.synth.world import Bools, Days, Ints

Quoting = Literal["none", "needed"]


class CsvFile:
    """One CSV file, written in pieces of equal columns. `quoting`: "needed" puts all texts in quotes."""

    def __init__(self, path: Path, quoting: Quoting = "needed") -> None:
        self.path = path
        self.rows = 0
        self._options = pa_csv.WriteOptions(quoting_style=quoting, batch_size=65_536)
        self._writer: pa_csv.CSVWriter | None = None

    def write(self, piece: pa.Table) -> None:
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pa_csv.CSVWriter(str(self.path), piece.schema, write_options=self._options)
        self._writer.write_table(piece)
        self.rows += piece.num_rows

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def table(columns: Mapping[str, pa.Array]) -> pa.Table:
    return pa.table(dict(columns))


def ids(prefix: str, numbers: Ints) -> pa.Array:
    """`acc_1000001`: a prefix and a number; negative numbers are null."""
    plain = pa.array(numbers, mask=numbers < 0) if (numbers < 0).any() else pa.array(numbers)
    return pc.binary_join_element_wise(pa.scalar(prefix), pc.cast(plain, pa.string()), pa.scalar(""))


def labels(names: Sequence[str], indexes: Ints) -> pa.Array:
    """Names by index; an index below 0, or an empty name, is null."""
    values = pa.array([name or None for name in names], pa.string())
    usable = pa.array(indexes, mask=indexes < 0) if (indexes < 0).any() else pa.array(indexes)
    return values.take(usable)


def money(cents: Ints) -> pa.Array:
    """Cents as amounts with two decimals."""
    words = np.empty((len(cents), 2), dtype=np.int64)
    words[:, 0] = cents
    words[:, 1] = cents >> 63
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(words)])


def moments(times: Days, style: Literal["T", " "] = " ") -> pa.Array:
    """Moments as text, `2026-10-31 12:00:00` or `2026-10-31T12:00:00Z`; NaT is null."""
    text = pc.cast(pa.array(times.astype("datetime64[s]")), pa.string())
    return text if style == " " else pc.binary_join_element_wise(pc.replace_substring(text, " ", "T"), "Z", "")


def days(values: Days) -> pa.Array:
    """Days as text, `2026-10-31`; NaT is null."""
    return pc.cast(pa.array(values.astype("datetime64[D]")), pa.string())


def numbers(values: Ints, known: Bools | None = None) -> pa.Array:
    """Whole numbers; null where not `known`."""
    return pa.array(values, mask=None if known is None else ~known)
