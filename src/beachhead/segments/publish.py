"""Members of all segments into one file, block by block, as they are evaluated; and what changed since another day."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from beachhead.segments.engine import Engine, Words
from beachhead.segments.kernels import count_bits
from beachhead.store.bitmaps import WORDS
from beachhead.store.kernels import containers_from_words
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_writer import Base, Column, MembershipWriter

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of a segment once it is written. `joined`, `left`: since the day that it is compared with; None
    where there is nothing to compare."""

    size: int
    joined: int | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Last:
    """A segment that keeps its members of another file, and that file's version. `stale`: because it could not be
    evaluated; else because it need not be."""

    segment: str
    file: MembershipFile
    stale: bool


def write_members(
    path: Path,
    engine: Engine,
    versions: Mapping[str, str],
    kept: Sequence[Last],
    base: Base | None,
    compared: Mapping[str, tuple[MembershipFile, str]],
    previously: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Written]:
    """Evaluate and write; `versions` has the version of every segment of the engine.

    `base`: a segment that is there in the same version is written as what differs from it. `compared`: for segments
    the file and the name there that they are compared with. `previously`: names that segments had in earlier files.
    Raises `OutsideError`; `DataError` for damage there.
    """
    names = [*engine.names, *(last.segment for last in kept)]
    told = [
        *(
            Column(n, versions[n], is_change=_is_carried(base, n, versions[n]), previously=previously.get(n))
            for n in engine.names
        ),
        *(_kept_column(last, base) for last in kept),
    ]
    carried = [n for n, column in enumerate(told) if column.is_change]
    origins = _Origins(
        [
            *((last.file, last.segment) for last in kept),
            *((base.file, names[n]) for n in carried if base),
            *(compared.get(name) for name in names),
        ]
    )
    sizes, joined, left = (np.zeros(len(names), np.int64) for _ in range(3))
    rooms = threading.local()

    def write(number: int, fresh: Words) -> tuple[Counts, Counts, Counts]:
        there = origins.words(number)
        of_kept, of_base, before = np.split(there, [len(kept), len(kept) + len(carried)])
        members = np.concatenate([fresh, of_kept])
        size, gone, come = count_bits(members), count_bits(before & ~members), count_bits(members & ~before)
        members[carried] ^= of_base
        if not hasattr(rooms, "payload"):
            rooms.payload = np.empty(len(names) * WORDS + 2, np.uint64)
        writer.block(number, *containers_from_words(members, rooms.payload))
        return size, come, gone

    with MembershipWriter(path, told, base) as writer:
        for size, come, gone in engine.each_block(write, at_least=origins.blocks):
            sizes += size
            joined += come
            left += gone
        writer.finish(sizes.tolist())
    return {
        name: Written(int(sizes[n]), *((int(joined[n]), int(left[n])) if name in compared else ()))
        for n, name in enumerate(names)
    }


def _kept_column(last: Last, base: Base | None) -> Column:
    entry = last.file.entry(last.segment)
    is_change = not last.stale and base is not None and last.file is base.file and base.can_carry(last.segment)
    return Column(last.segment, entry.version, last.stale, is_change, entry.previously)


def _is_carried(base: Base | None, name: str, version: str) -> bool:
    return base is not None and base.can_carry(name) and base.file.entry(name).version == version


class _Origins:
    """Rows of several files by block, each file being read once: row i is the segment of `wanted[i]`, None is empty."""

    def __init__(self, wanted: Sequence[tuple[MembershipFile, str] | None]) -> None:
        self._count = len(wanted)
        self._files: dict[int, tuple[MembershipFile, list[int], list[str]]] = {}
        for row, origin in enumerate(wanted):
            if origin is None:
                continue
            file, segment = origin
            _, rows, segments = self._files.setdefault(id(file), (file, [], []))
            rows.append(row)
            segments.append(segment)

    @property
    def blocks(self) -> int:
        """How many blocks there are up to the last one with members."""
        return max(
            (file.block_numbers()[-1] + 1 for file, *_ in self._files.values() if file.block_numbers()), default=0
        )

    def words(self, block: int) -> Words:
        found = np.zeros((self._count, WORDS), np.uint64)
        for file, rows, segments in self._files.values():
            file.add_words(block, segments, rows, found)
        return found
