"""Who is in which segment on one day: a Parquet file of roaring bitmaps over `account_no`."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyroaring import BitMap

from beachhead.errors import DataError, Diagnostic
from beachhead.store.files import outside
from beachhead.store.manifest import damaged

_SCHEMA = pa.schema(
    [
        pa.field("segment", pa.string(), nullable=False),
        pa.field("version", pa.string(), nullable=False),
        pa.field("size", pa.uint32(), nullable=False),
        pa.field("stale", pa.bool_(), nullable=False),
        pa.field("crc32", pa.uint32(), nullable=False),
        pa.field("bitmap", pa.large_binary(), nullable=False),
    ]
)
_ROWS_PER_GROUP = 64  # so that one segment is read without the others


@dataclass(frozen=True, slots=True)
class Membership:
    """The members of one segment version, as `account_no`. `stale`: its rule could not be evaluated this time, and
    these are the members of the last time that it could."""

    segment: str
    version: str
    members: BitMap
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Size:
    """How many members a segment version has, without who they are."""

    segment: str
    version: str
    members: int
    stale: bool


@dataclass(frozen=True, slots=True)
class Delta:
    """Who joined and who left between two days."""

    joined: BitMap
    left: BitMap


def delta(before: BitMap, after: BitMap) -> Delta:
    """The difference of two memberships."""
    return Delta(joined=after - before, left=before - after)


def write_memberships(path: Path, memberships: Iterable[Membership]) -> None:
    """Write them all, ordered by segment and version. Raises `OutsideError`; two of the same name are an error."""
    ordered = sorted(memberships, key=lambda m: (m.segment, m.version))
    names = [(m.segment, m.version) for m in ordered]
    if len(set(names)) < len(names):
        raise ValueError("a segment version is given twice")
    blobs = [m.members.serialize() for m in ordered]
    columns = [
        [m.segment for m in ordered],
        [m.version for m in ordered],
        [len(m.members) for m in ordered],
        [m.stale for m in ordered],
        [zlib.crc32(blob) for blob in blobs],
        blobs,
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    with outside("write", path):
        pq.write_table(
            pa.Table.from_arrays(arrays, schema=_SCHEMA),
            path,
            row_group_size=_ROWS_PER_GROUP,
            use_dictionary=False,
            write_statistics=["segment"],
        )


def read_memberships(path: Path) -> tuple[Membership, ...]:
    """All of a file. Raises `DataError` when it or one of its bitmaps is damaged."""
    return tuple(_memberships(_read(path, None), path))


def read_membership(path: Path, segment: str) -> Membership:
    """One segment. Raises `DataError`: `unknown-segment` with the nearest name, or damage."""
    return read_some(path, [segment])[segment]


def read_some(path: Path, segments: Collection[str]) -> dict[str, Membership]:
    """Some segments by name. Raises `DataError`: `unknown-segment` with the nearest name, or damage."""
    found = {m.segment: m for m in _memberships(_read(path, [("segment", "in", list(segments))]), path)}
    if missing := next((s for s in segments if s not in found), None):
        raise DataError(Diagnostic.unknown_name("segment", missing, (size.segment for size in read_sizes(path))))
    return found


def read_sizes(path: Path) -> tuple[Size, ...]:
    """The sizes of all segments, without reading a bitmap."""
    table = _read(path, None, ["segment", "version", "size", "stale"])
    columns = (table[name].to_pylist() for name in ("segment", "version", "size", "stale"))
    return tuple(Size(*row) for row in zip(*columns, strict=True))


def _read(path: Path, filters: list[tuple[str, str, list[str]]] | None, columns: list[str] | None = None) -> pa.Table:
    if not path.is_file():
        raise DataError(damaged("memberships-missing", f"{path.name} is missing", f"there is no {path}"))
    try:
        table = pq.read_table(path, filters=filters, columns=columns, partitioning=None)
    except (pa.ArrowException, OSError) as e:
        raise DataError(damaged("memberships-damaged", f"{path} is not readable", str(e).split("\n", 1)[0])) from e
    wanted = columns or _SCHEMA.names
    if missing := [name for name in wanted if name not in table.column_names]:
        raise DataError(damaged("memberships-damaged", f"{path} is damaged", f"it lacks {', '.join(missing)}"))
    return table


def _memberships(table: pa.Table, path: Path) -> Iterable[Membership]:
    for row in table.select(_SCHEMA.names).to_batches():
        segments, versions, sizes, stale, sums = (row.column(i).to_pylist() for i in range(5))
        for i, blob in enumerate(row.column(5)):
            members = _bitmap(blob.as_buffer().to_pybytes(), sums[i], sizes[i])
            if members is None:
                message = f"the members of segment '{segments[i]}' in {path} are damaged"
                raise DataError(damaged("memberships-damaged", message, "the checksum does not fit"))
            yield Membership(segments[i], versions[i], members, stale[i])


def _bitmap(blob: bytes, crc32: int, size: int) -> BitMap | None:
    """None when it is not what was written; garbage never reaches the deserialiser."""
    if zlib.crc32(blob) != crc32:
        return None
    try:
        members = BitMap.deserialize(blob)
    except (ValueError, IndexError):
        return None
    return members if len(members) == size else None
