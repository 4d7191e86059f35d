"""Members of all segments into one file, block by block, as they are evaluated; and what changed since another day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from beachhead.segments.engine import Engine, Words
from beachhead.segments.kernels import count_bits
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
    """A segment that could not be evaluated: it keeps its members of another file, and that file's version."""

    segment: str
    file: MembershipFile


def write_members(
    path: Path,
    engine: Engine,
    versions: Mapping[str, str],
    kept: Sequence[Last],
    base: Base | None,
    compared: Mapping[str, tuple[MembershipFile, str]],
) -> dict[str, Written]:
    """Evaluate and write; `versions` has the version of every segment of the engine.

    `base`: a segment that is there in the same version is written as what differs from it. `compared`: for segments
    the file and the name there that they are compared with. Raises `OutsideError`; `DataError` for damage there.
    """
    names = [*engine.names, *(last.segment for last in kept)]
    told = [
        *(Column(n, versions[n], is_change=_is_carried(base, n, versions[n])) for n in engine.names),
        *(Column(last.segment, last.file.entry(last.segment).version, stale=True) for last in kept),
    ]
    changed = np.array([column.is_change for column in told], np.bool_)
    place = {name: n for n, name in enumerate(base.file.segments)} if base else {}
    carried = [place[column.segment] for column in told if column.is_change]
    origins = _places(compared, names)
    sizes, joined, left = (np.zeros(len(names), np.int64) for _ in range(3))

    def write(number: int, fresh: Words) -> tuple[Counts, Counts, Counts]:
        members = np.concatenate([fresh, *(_of(last.file, number, last.segment) for last in kept)])
        size = count_bits(members)
        before = _before(origins, number, len(names))
        gone, come = count_bits(before & ~members), count_bits(members & ~before)
        if base and carried:
            there = base.file.words(number)
            members[changed] ^= there[carried]
        writer.block(number, *containers_from_words(members))
        return size, come, gone

    with MembershipWriter(path, told, base) as writer:
        for size, come, gone in engine.each_block(write):
            sizes += size
            joined += come
            left += gone
        writer.finish(sizes.tolist())
    return {
        name: Written(int(sizes[n]), *((int(joined[n]), int(left[n])) if name in compared else ()))
        for n, name in enumerate(names)
    }


def _is_carried(base: Base | None, name: str, version: str) -> bool:
    return base is not None and base.can_carry(name) and base.file.entry(name).version == version


def _of(file: MembershipFile, block: int, segment: str) -> Words:
    return file.words(block)[[file.segments.index(segment)]]


def _places(
    compared: Mapping[str, tuple[MembershipFile, str]], names: Sequence[str]
) -> list[tuple[MembershipFile, list[int], list[int]]]:
    """By file the rows of `names` and the rows of the file that belong together."""
    by_file: dict[int, tuple[MembershipFile, list[int], list[int]]] = {}
    for row, name in enumerate(names):
        if name in compared:
            file, origin = compared[name]
            _, rows, theirs = by_file.setdefault(id(file), (file, [], []))
            rows.append(row)
            theirs.append(file.segments.index(origin))
    return list(by_file.values())


def _before(origins: Sequence[tuple[MembershipFile, list[int], list[int]]], block: int, rows: int) -> Words:
    before = np.zeros((rows, 1024), np.uint64)
    for file, ours, theirs in origins:
        before[ours] = file.words(block)[theirs]
    return before
