"""Some rows of a file, spread over it, as texts: enough to tell what it is, whatever its size."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from beachhead.engines.duck import DuckEngine, quote_name
from beachhead.errors import BeachheadError, DataError, OutsideError
from beachhead.project.definitions import ColumnMap, CsvOptions, ExcelOptions, SourceDefinition
from beachhead.sources.intake import head_is_gzip, unreadable
from beachhead.sources.readers import Opening, Reader, at_file, open_file

MOST_ROWS = 20_000
_WHOLE_BYTES = 24_000_000
"""Text files up to this size are read from their start to their end; of larger ones the head and some pieces."""
_HEAD_BYTES = 4_000_000
_PIECES = 16
_PIECE_BYTES = 250_000
_PREVIEW_ROWS = 20
_GROUPS = 8


@dataclass(frozen=True)
class Column:
    """One column: its trimmed texts in file order, None where nothing stands."""

    name: str
    cells: tuple[str | None, ...] = ()

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The texts that are there."""
        return tuple(cell for cell in self.cells if cell is not None)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How often each text stands there, in the order of their first."""
        return Counter(self.values)


@dataclass(frozen=True)
class Sample:
    """Columns in the order of the file, those without a name left out; `rows` of the whole file, None: not counted."""

    columns: tuple[Column, ...]
    rows: int | None
    assumed: tuple[str, ...]
    csv: CsvOptions = field(default_factory=CsvOptions)
    excel: ExcelOptions = field(default_factory=ExcelOptions)

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def preview(self) -> tuple[tuple[str, ...], ...]:
        """The first rows."""
        return tuple(
            tuple(cell or "" for cell in row)
            for row in list(zip(*(c.cells[:_PREVIEW_ROWS] for c in self.columns), strict=True))
        )


def take_sample(path: Path, shown: str, engine: DuckEngine, temp: Path, sheet: str | None = None) -> Sample:
    """At most `MOST_ROWS` rows. Raises `DataError` or `OutsideError` when the file is not what its name says."""
    source = SourceDefinition(
        name="new", files=(shown,), table="accounts", columns={"account_id": ColumnMap(constant="")},
        excel=ExcelOptions(sheet=sheet),
    )  # fmt: skip
    opening = Opening(source, path, shown, (), engine, temp)
    try:
        with _small_enough(opening) as (small, is_whole):
            reader = open_file(small)
            try:
                sample = _read(reader, small, is_whole)
            finally:
                reader.close()
    except DataError as e:
        raise DataError([at_file(d, shown) for d in e.diagnostics]) from e
    except OutsideError as e:
        raise OutsideError([at_file(d, shown) for d in e.diagnostics]) from e
    return replace(sample, excel=ExcelOptions(sheet=sheet)) if sheet else sample


def _read(reader: Reader, opening: Opening, is_whole: bool) -> Sample:
    engine, relation, rows = opening.engine, reader.relation, None
    if reader.kind == "parquet":
        relation, rows = "recognised_rows", pq.read_metadata(reader.plain or opening.path).num_rows
        engine.load(relation, _some_groups(reader.plain or opening.path))
    names = list(reader.columns)
    listed = ", ".join(f"{sql} AS c{n}" for n, sql in enumerate(reader.columns.values()))
    try:
        broken = f"WHERE NOT ({reader.broken})" if reader.broken else ""
        numbered = f"SELECT {listed or '1'}, row_number() OVER () AS n FROM {relation} {broken}"
        if reader.kind == "excel":
            engine.execute(f"CREATE OR REPLACE TEMP TABLE recognised_texts AS {numbered}")
        else:  # reading stops once there are enough, before the whole file was taken apart
            most = "" if is_whole else f" LIMIT {MOST_ROWS * 4}"
            engine.execute(f"CREATE OR REPLACE TEMP TABLE recognised_texts AS {numbered}{most}")
        count = int(str(engine.scalar("SELECT count(*) FROM recognised_texts")))
        step = max(1, -(-count // MOST_ROWS))
        columns = ", ".join(f"nullif(trim(c{n}), '') AS {quote_name(f'c{n}')}" for n in range(len(names)))
        found = engine.query(f"SELECT {columns} FROM recognised_texts WHERE n % {step} = {1 % step} ORDER BY n")
    finally:
        engine.execute("DROP TABLE IF EXISTS recognised_texts")
        if reader.kind == "parquet":
            engine.raw.unregister("recognised_rows")
    if rows is None and is_whole:
        rows = count
    cells = (Column(name, tuple(found[f"c{n}"].to_pylist())) for n, name in enumerate(names))
    return Sample(tuple(cells), rows, reader.assumed)


def _some_groups(path: Path) -> pa.Table:
    file = pq.ParquetFile(path)
    groups = file.num_row_groups
    if groups == 0:
        return file.read()
    chosen = sorted({round(k * (groups - 1) / max(1, _GROUPS - 1)) for k in range(min(groups, _GROUPS))})
    each = max(1, MOST_ROWS // len(chosen))
    parts = []
    for group in chosen:
        rows = file.read_row_group(group)
        step = max(1, rows.num_rows // each)
        parts.append(rows.take(pa.array(range(0, rows.num_rows, step))))
    return pa.concat_tables(parts)


@contextmanager
def _small_enough(opening: Opening) -> Iterator[tuple[Opening, bool]]:
    """The opening itself, or of a large text file one of its head and of pieces from all over it."""
    path = opening.path
    try:
        packed = head_is_gzip(path)
        is_small = opening.kind not in ("csv", "ndjson") or (not packed and path.stat().st_size <= _WHOLE_BYTES)
        data = None if is_small else _pieces(path, packed)
    except (OSError, EOFError, zlib.error) as e:
        if isinstance(e, OSError) and e.errno is not None:
            raise unreadable(opening.shown, e) from e
        data = None  # a damaged archive is told of by the reader
    if data is None:
        yield opening, True
        return
    small = opening.temporary("".join(s for s in path.suffixes if s.lower() != ".gz"))
    small.write_bytes(data[0])
    try:
        yield replace(opening, path=small), data[1]
    finally:
        small.unlink(missing_ok=True)


def _pieces(path: Path, packed: bool) -> tuple[bytes, bool]:
    """(bytes, whether they are the whole file). Pieces begin and end with a line."""
    if packed:
        with gzip.open(path) as archive:
            data = archive.read(_WHOLE_BYTES)
            is_all = not archive.read(1)
        return (data if is_all else data[: data.rfind(b"\n") + 1]), is_all
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if b"\0" in head[:4_000]:  # two bytes a letter: only the start can be cut safely
            return head[: len(head) // 2 * 2], False
        parts = [head[: head.rfind(b"\n") + 1]]
        for k in range(_PIECES):
            file.seek(_HEAD_BYTES + (size - _HEAD_BYTES - _PIECE_BYTES) * k // (_PIECES - 1))
            file.readline()
            piece = file.read(_PIECE_BYTES)
            parts.append(piece[: piece.rfind(b"\n") + 1])
    return b"".join(parts), False


def is_readable(error: BeachheadError) -> bool:
    """Whether an error only says that there is nothing in a sheet."""
    return all(d.code in ("empty-file", "no-header") for d in error.diagnostics)
