"""Writing a memberships file: block by block as an evaluation makes them, or from bitmaps."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from beachhead.errors import DataError
from beachhead.store.bitmaps import NUMBERS, container_bytes, containers_of
from beachhead.store.checksum import checksum
from beachhead.store.files import outside
from beachhead.store.manifest import SnapshotRef
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_format import (
    MAGIC,
    MOST_DEEP,
    BaseName,
    Head,
    Table,
    encode_head,
    encode_table,
    sha256,
    stored_bytes,
)
from beachhead.store.memberships import Membership

UInt32 = NDArray[np.uint32]
UInt64 = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Base:
    """A published file that another one refers to, and the snapshot by whose name it is found again."""

    ref: SnapshotRef
    file: MembershipFile

    def can_carry(self, segment: str) -> bool:
        """Whether the segment can be stored as a change from here: it is there, and not the last of a long chain."""
        return segment in self.file and self.file.entry(segment).depth < MOST_DEEP


@dataclass(frozen=True, slots=True)
class Column:
    """A segment to be written. `is_change`: its containers hold whom it has and its base has not, or the reverse.
    `previously`: the name that it had in earlier files."""

    segment: str
    version: str
    stale: bool = False
    is_change: bool = False
    previously: str | None = None


class MembershipWriter:
    """A file in the making: `block` for each block with members, in any order and from several threads; then `finish`.

    As a context it removes the file unless it was finished. ValueError for what no file can hold: a segment twice, a
    change without a base that can carry it. All methods raise `OutsideError`.
    """

    def __init__(self, path: Path, segments: Sequence[Column], base: Base | None = None) -> None:
        names = [s.segment for s in segments]
        if len(set(names)) < len(names):
            raise ValueError("a segment is given twice")
        changes = [s.segment for s in segments if s.is_change]
        if wrong := next((n for n in changes if base is None or not base.can_carry(n)), None):
            raise ValueError(f"no base can carry a change of '{wrong}'")
        self._path = path
        self._segments = segments
        self._base = base if changes else None
        self._held = np.zeros(len(segments), np.int64)
        self._rows: dict[int, tuple[UInt64, UInt64, UInt32]] = {}
        self._end = len(MAGIC)
        self._lock = threading.Lock()
        with outside("write", path):
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            self._write(MAGIC, 0)

    def block(
        self,
        number: int,
        cardinalities: UInt32,
        payload: bytes | bytearray | memoryview,
        offsets: UInt64,
        checksums: UInt64,
    ) -> None:
        """Write the containers of one block: of the customers with `account_no >> 16 == number`.

        By segment: how many numbers its container holds; where it begins in `payload`; its checksum. Containers that
        are not empty fill the payload without gaps, in any order, each filled up to a multiple of 8 bytes with zeros.
        ValueError when the payload is laid out differently or the block was written already.
        """
        cardinalities = np.array(cardinalities, np.uint32)
        _check_layout(cardinalities, memoryview(payload).nbytes, offsets)
        if not 0 <= number < NUMBERS or len(cardinalities) != len(self._segments):
            raise ValueError(f"no block {number} of {len(cardinalities)} segments")
        with self._lock:
            if number in self._rows:
                raise ValueError(f"block {number} is written twice")
            start = self._end
            self._end += memoryview(payload).nbytes
            moved = np.where(cardinalities > 0, offsets + np.uint64(start), 0).astype(np.uint64)
            self._rows[number] = (moved, np.where(cardinalities > 0, checksums, 0).astype(np.uint64), cardinalities)
            self._held += cardinalities
        with outside("write", self._path):
            self._write(payload, start)

    def finish(self, sizes: Sequence[int] | None = None) -> None:
        """Write the index; the file is complete, though perhaps not yet on disk.

        `sizes`: how many members each segment has. Without changes, what its containers hold, which need not be given.
        """
        if sizes is None and self._base:
            raise ValueError("the sizes of changed segments must be given")
        blocks = tuple(sorted(n for n, (_, _, cardinalities) in self._rows.items() if cardinalities.any()))
        table = encode_table(self._table(blocks))
        head, _ = encode_head(
            Head(
                segments=[c.segment for c in self._segments],
                versions=[c.version for c in self._segments],
                sizes=self._held.tolist() if sizes is None else sizes,
                stale=[c.stale for c in self._segments],
                depths=[self._depth(c) for c in self._segments],
                previously={c.segment: c.previously for c in self._segments if c.previously},
                blocks=blocks,
                base=BaseName(self._base.ref, self._base.file.index_checksum) if self._base else None,
                table_offset=self._end,
                table_sha256=sha256(table),
            )
        )
        with outside("write", self._path):
            self._write(table + head, self._end)
        self._close()

    def _table(self, blocks: Sequence[int]) -> Table:
        shape = (len(blocks), len(self._segments))
        table = Table(np.zeros(shape, np.uint64), np.zeros(shape, np.uint64), np.zeros(shape, np.uint32))
        for row, number in enumerate(blocks):
            table.offsets[row], table.checksums[row], table.cardinalities[row] = self._rows[number]
        return table

    def _depth(self, column: Column) -> int:
        return self._base.file.entry(column.segment).depth + 1 if self._base and column.is_change else 0

    def _write(self, content: bytes | bytearray | memoryview, start: int) -> None:
        left = memoryview(content).cast("B")
        while len(left):
            written = os.pwrite(self._descriptor, left, start)
            left, start = left[written:], start + written

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> MembershipWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            self._close()
            self._path.unlink(missing_ok=True)


def _check_layout(cardinalities: UInt32, length: int, offsets: UInt64) -> None:
    there = cardinalities > 0
    starts, lengths = offsets[there].astype(np.int64), stored_bytes(cardinalities[there])
    order = np.argsort(starts)
    ends = np.concatenate([[0], np.cumsum(lengths[order])])
    if not np.array_equal(starts[order], ends[:-1]) or ends[-1] != length:
        raise ValueError("the containers do not fill the payload")


def write_memberships(path: Path, memberships: Iterable[Membership], base: Base | None = None) -> None:
    """Write them all, ordered by segment. `base`: a segment that differs little from what it is there is written as
    what differs. Raises `OutsideError`; ValueError for two of the same name."""
    ordered = sorted(memberships, key=lambda m: m.segment)
    changes = [_change(m, base) for m in ordered]
    columns = [Column(m.segment, m.version, m.stale, c is not None) for m, c in zip(ordered, changes, strict=True)]
    blocks: dict[int, list[_Piece]] = {}
    for n, (membership, change) in enumerate(zip(ordered, changes, strict=True)):
        found = containers_of(membership.members if change is None else change)
        for key, size, content in zip(found.keys.tolist(), found.cardinalities.tolist(), found.content, strict=True):
            blocks.setdefault(key, []).append(_Piece(n, size, content))
    with MembershipWriter(path, columns, base) as writer:
        for number, pieces in blocks.items():
            _write_block(writer, number, pieces, len(columns))
        writer.finish([len(m.members) for m in ordered])


class _Piece(NamedTuple):
    column: int
    size: int
    content: bytes | memoryview


def _change(membership: Membership, base: Base | None) -> BitMap | None:
    """What differs from the base, when writing that takes less than half as much."""
    if base is None or not base.can_carry(membership.segment):
        return None
    try:
        before = base.file.read(membership.segment).members
    except DataError:  # whole, so that nothing builds on what is damaged
        return None
    change = membership.members ^ before
    return change if 2 * _bytes(change) < _bytes(membership.members) else None


def _bytes(bitmap: BitMap) -> int:
    return int(container_bytes(containers_of(bitmap).cardinalities).sum())


def _write_block(writer: MembershipWriter, number: int, pieces: Sequence[_Piece], columns: int) -> None:
    cardinalities = np.zeros(columns, np.uint32)
    offsets, checksums = np.zeros(columns, np.uint64), np.zeros(columns, np.uint64)
    payload = bytearray()
    for column, size, content in pieces:
        padded = bytes(content).ljust(len(content) + 7 & ~7, b"\0")
        cardinalities[column], offsets[column], checksums[column] = size, len(payload), checksum(padded)
        payload += padded
    writer.block(number, cardinalities, payload, offsets, checksums)
