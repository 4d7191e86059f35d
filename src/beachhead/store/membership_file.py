"""Reading a memberships file: one segment, one customer, or block by block. What is damaged is named."""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from beachhead.errors import DataError, Diagnostic
from beachhead.store.bitmaps import LIST_AT_MOST, WORDS, Containers, bitmap_of_containers, container_bytes
from beachhead.store.checksum import checksum
from beachhead.store.files import outside
from beachhead.store.manifest import SnapshotRef, damaged
from beachhead.store.membership_format import (
    FOOT_BYTES,
    MAGIC,
    Head,
    Table,
    TooNewError,
    decode_head,
    decode_table,
    read_foot,
    sha256,
    stored_bytes,
    table_bytes,
)
from beachhead.store.memberships import Entry, Membership

Words = NDArray[np.uint64]
_FEW = 100  # of so many segments a customer is looked up without compiled loops, which take a while to load
OpenFile = Callable[[SnapshotRef], "MembershipFile"]


def _nowhere(ref: SnapshotRef) -> MembershipFile:
    return MembershipFile(Path(ref.name))


class MembershipFile:
    """An opened file; it does not change, and stays readable when it is removed. Safe for several threads.

    `opener` opens the file of another snapshot, for segments that are stored as changes. Opening reads the head only.
    All methods raise `DataError`: `memberships-missing`, `-damaged`, `-too-new`, `memberships-base-missing`, or
    `unknown-segment` with the nearest name. A damaged segment does not keep others from being read.
    """

    def __init__(self, path: Path, opener: OpenFile = _nowhere) -> None:
        self.path = path
        self._opener = opener
        self._content, self._head, self.index_checksum = _open(path)
        self._columns = {segment: n for n, segment in enumerate(self._head.segments)}
        self._row_of = {number: row for row, number in enumerate(self._head.blocks)}

    @property
    def head(self) -> Head:
        """What the file says of itself and of all segments."""
        return self._head

    @property
    def segments(self) -> Sequence[str]:
        """Their names, in the order in which they were written."""
        return self._head.segments

    def __contains__(self, segment: str) -> bool:
        return segment in self._columns

    def entry(self, segment: str) -> Entry:
        """What the file says of a segment, without reading a container."""
        n, head = self._column(segment), self._head
        earlier = head.previously.get(segment)
        return Entry(segment, head.versions[n], head.sizes[n], head.stale[n], head.depths[n], earlier)

    def entries(self) -> tuple[Entry, ...]:
        """What it says of all."""
        return tuple(map(self.entry, self._head.segments))

    @property
    def base(self) -> SnapshotRef | None:
        """The snapshot on whose file some of the segments build."""
        return self._head.base.ref if self._head.base else None

    def block_numbers(self) -> list[int]:
        """The blocks that may have members, ascending."""
        below = self._base_columns[0].block_numbers() if self._changed.any() else []
        return sorted({*self._head.blocks, *below})

    def read(self, segment: str, known: Mapping[SnapshotRef, BitMap] | None = None) -> Membership:
        """One segment. `known`: its members in other snapshots, where these need not be read again."""
        column, entry = self._column(segment), self.entry(segment)
        members = bitmap_of_containers(self._containers(column))
        if entry.depth and self._head.base:
            before = known.get(self._head.base.ref) if known else None
            members ^= before if before is not None else self._base_of(column).read(segment).members
        if len(members) != entry.size:
            raise DataError(self._damage(segment, "the number of members does not fit"))
        return Membership(segment, entry.version, members, entry.stale)

    def read_some(self, segments: Collection[str]) -> dict[str, Membership]:
        """Some segments by name."""
        return {segment: self.read(segment) for segment in segments}

    def read_all(self) -> tuple[Membership, ...]:
        """All of them."""
        return tuple(map(self.read, self._head.segments))

    def segments_of(self, account_no: int) -> list[str]:
        """The segments that a customer is in, reading one block only."""
        found = self._look_up(account_no, np.arange(len(self._head.segments)))
        return [self._head.segments[n] for n in np.flatnonzero(found).tolist()]

    def contains(self, segment: str, account_no: int) -> bool:
        """Whether a customer is in a segment, reading one container only."""
        return bool(self._look_up(account_no, np.array([self._column(segment)]))[0])

    def blocks(self) -> Iterator[tuple[int, Words]]:
        """Block by block its number and the bits of all segments, in their order: uint64 (segments, WORDS), with bit
        `n % 64` of word `n // 64` for the customer with `account_no & 0xFFFF == n`. Left out: blocks without members.
        """
        for number in self.block_numbers():
            yield number, self.words(number)

    def words(self, number: int, places: NDArray[np.int64] | None = None, room: int | None = None) -> Words:
        """The bits of one block. `places`: by segment its row, default its own place; `room`: how many rows there are,
        those that are nobody's being empty."""
        columns = np.arange(len(self._head.segments))
        words = np.zeros((len(columns) if room is None else room, WORDS), np.uint64)
        self._turn(number, columns, columns if places is None else places, words)
        return words

    def add_words(self, number: int, segments: Sequence[str], rows: Sequence[int], words: Words) -> None:
        """Set in `words[rows[i]]`, which is empty, the bits of one block of `segments[i]`, without reading others."""
        columns = np.array([self._column(segment) for segment in segments], np.int64)
        self._turn(number, columns, np.array(rows, np.int64), words)

    def check(self) -> None:
        """Compare every byte with its checksum, without those of the base. Raises `DataError` with one diagnostic for
        each segment that is damaged."""
        from beachhead.store import kernels

        bad = np.zeros(len(self._head.segments), np.bool_)
        for row in range(len(self._table.offsets)):
            found = np.zeros_like(bad)
            kernels.find_damage(self._file, *self._of_row(row), found)
            bad |= found
        faults = [self._damage(self._head.segments[n]) for n in np.flatnonzero(bad).tolist()]
        if bytes(self._content[: len(MAGIC)]) != MAGIC:
            faults.append(damaged("memberships-damaged", f"{self.path} is damaged", "it begins with something else"))
        if faults:
            raise DataError(faults)

    def check_base(self) -> None:
        """Raise `DataError` when the file on which this one builds is missing, or is another one."""
        if self._head.base:
            _ = self._base_columns

    @cached_property
    def _file(self) -> Words:
        return np.frombuffer(self._content, "<u8")

    @cached_property
    def _table(self) -> Table:
        blocks, segments = len(self._head.blocks), len(self._head.segments)
        start = self._head.table_offset
        content = self._content[start : start + table_bytes(blocks, segments)]
        if sha256(content) != self._head.table_sha256:
            raise DataError(_broken(self.path, "the checksum of its index does not fit"))
        return decode_table(content, blocks, segments)

    @cached_property
    def _checked(self) -> NDArray[np.bool_]:
        return np.zeros((len(self._head.blocks), len(self._head.segments)), np.bool_)

    def _of_row(self, row: int) -> tuple[Words, NDArray[np.uint32], Words]:
        table = self._table
        return table.offsets[row], table.cardinalities[row], table.checksums[row]

    def _column(self, segment: str) -> int:
        if segment not in self._columns:
            raise DataError(Diagnostic.unknown_name("segment", segment, self._columns))
        return self._columns[segment]

    def _containers(self, column: int) -> Containers:
        rows = np.flatnonzero(self._table.cardinalities[:, column])
        counts = self._table.cardinalities[rows, column].astype(np.int64)
        starts = self._table.offsets[rows, column].tolist()
        sums = self._table.checksums[rows, column].tolist()
        stored, lengths = stored_bytes(counts).tolist(), container_bytes(counts).tolist()
        if any(checksum(self._content[a : a + n]) != s for a, n, s in zip(starts, stored, sums, strict=True)):
            raise DataError(self._damage(self._head.segments[column]))
        content = [self._content[a : a + n] for a, n in zip(starts, lengths, strict=True)]
        return Containers(np.array(self._head.blocks, np.int64)[rows], counts, content)

    def _look_up(self, account_no: int, columns: NDArray[np.int64]) -> NDArray[np.bool_]:
        found = np.zeros(len(columns), np.bool_)
        row, low = self._row_of.get(account_no >> 16), account_no & 0xFFFF
        if row is not None and len(columns) <= _FEW:
            found[:] = [self._holds(row, column, low) for column in columns.tolist()]
        elif row is not None:
            from beachhead.store import kernels  # a compiler takes a while to import

            bad = kernels.look_up(self._file, *self._of_row(row), self._checked[row], columns, low, found)
            self._refuse(bad)
        changed = np.flatnonzero(self._changed[columns])
        if len(changed):
            base, at = self._base_columns
            found[changed] ^= base._look_up(account_no, at[columns[changed]])
        return found

    def _holds(self, row: int, column: int, low: int) -> bool:
        """Whether a container holds the customer with that number within the block."""
        count, start = int(self._table.cardinalities[row, column]), int(self._table.offsets[row, column])
        content = self._content[start : start + int(stored_bytes(np.array(count)))]
        if checksum(content) != self._table.checksums[row, column]:
            raise DataError(self._damage(self._head.segments[column]))
        if count > LIST_AT_MOST:
            return bool(content[low >> 3] >> (low & 7) & 1)
        numbers = np.frombuffer(content, "<u2", count)
        at = int(np.searchsorted(numbers, low))
        return at < count and int(numbers[at]) == low

    def _turn(self, number: int, columns: NDArray[np.int64], rows: NDArray[np.int64], words: Words) -> None:
        """Turn the bits of `words[rows[i]]` that are members of `columns[i]`."""
        from beachhead.store import kernels

        row = self._row_of.get(number)
        if row is not None:
            self._refuse(kernels.toggle(self._file, *self._of_row(row), columns, rows, words))
        changed = np.flatnonzero(self._changed[columns])
        if len(changed):
            base, at = self._base_columns
            base._turn(number, at[columns[changed]], rows[changed], words)

    def _refuse(self, column: int) -> None:
        if column >= 0:
            raise DataError(self._damage(self._head.segments[column]))

    @cached_property
    def _changed(self) -> NDArray[np.bool_]:
        return np.array(self._head.depths, np.int64) > 0

    def _base_of(self, column: int) -> MembershipFile:
        try:
            return self._base_columns[0]
        except DataError as e:
            if e.diagnostics[0].code != "memberships-base-missing":
                raise
            segment = self._head.segments[column]
            raise DataError(self._lost_base(f"the members of segment '{segment}' in {self.path}")) from e

    @cached_property
    def _base_columns(self) -> tuple[MembershipFile, NDArray[np.int64]]:
        """The base, and for each of our segments that is a change the column that it has there."""
        name = self._head.base
        if name is None:
            raise DataError(_broken(self.path, "it names no base for what changed"))
        try:
            base = self._opener(name.ref)
        except DataError as e:
            if e.diagnostics[0].code != "memberships-missing":
                raise
            raise DataError(self._lost_base(str(self.path))) from e
        deep = [entry for entry in self.entries() if entry.depth]
        fits = all(x.segment in base and base.entry(x.segment).depth == x.depth - 1 for x in deep)
        if base.index_checksum != name.index or not fits:
            raise DataError(_broken(self.path, f"it builds on another file than {base.path}"))
        at = np.full(len(self._head.segments), -1, np.int64)
        for entry in deep:
            at[self._columns[entry.segment]] = base._columns[entry.segment]
        return base, at

    def _lost_base(self, what: str) -> Diagnostic:
        why = f"{what} cannot be read without those of {self.base}"
        return damaged("memberships-base-missing", f"the memberships of snapshot {self.base} are missing", why)

    def _damage(self, segment: str, why: str = "the checksum does not fit") -> Diagnostic:
        return damaged("memberships-damaged", f"the members of segment '{segment}' in {self.path} are damaged", why)


def _open(path: Path) -> tuple[memoryview, Head, str]:
    """The file in memory, its head and the checksum of its index."""
    try:
        with path.open("rb") as f, outside("read", path):
            size = os.fstat(f.fileno()).st_size
            content = memoryview(mmap.mmap(f.fileno(), size, access=mmap.ACCESS_READ) if size else b"")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as e:
        raise DataError(damaged("memberships-missing", f"{path.name} is missing", f"there is no {path}")) from e
    except OSError as e:
        if e.errno in (errno.EMFILE, errno.ENFILE):
            with outside("open", path):
                raise
        raise DataError(_broken(path, e.strerror or str(e))) from e
    foot = read_foot(content[-FOOT_BYTES:])
    if foot is None:
        raise DataError(_broken(path, "it does not end as it should: it is cut short, or something else"))
    length, digest = foot
    text = content[size - FOOT_BYTES - length : size - FOOT_BYTES] if length <= size - FOOT_BYTES else b""
    if sha256(text) != digest:
        raise DataError(_broken(path, "the checksum of its index does not fit"))
    try:
        head = decode_head(text)
    except TooNewError:
        remedy = "Install the newer version of Beachhead that wrote it."
        raise DataError(
            Diagnostic("memberships-too-new", f"{path} was written by a newer version", remedy=remedy)
        ) from None
    if head.table_offset + table_bytes(len(head.blocks), len(head.segments)) + length + FOOT_BYTES != size:
        raise DataError(_broken(path, "it has another length than it says"))
    return content, head, digest


def _broken(path: Path, why: str) -> Diagnostic:
    return damaged("memberships-damaged", f"{path} is not readable", why)
