"""How the segments of one day lie over each other and over all customers: exact counts, never of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from beachhead.store.bitmaps import NUMBERS, WORDS, bitmap_of_blocks, blocks_of
from beachhead.store.membership_file import MembershipFile

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Customers by how many segments they are in; and by segment how many of its members are in no other.

    Only of customers who are known on the day: a stale segment may still have others.
    """

    in_none: BitMap
    in_one: BitMap
    in_several: BitMap
    exclusive: Int64


def overlap(memberships: MembershipFile, threads: int = 2) -> Int64:
    """How many customers each two segments share, in the order of segments, sizes on the diagonal: (S, S). Takes
    S² × 24 bytes for each thread. Raises `DataError`."""
    from beachhead.store import overlap_kernels as kernels
    from beachhead.store.adders import COLUMNS, LEVELS

    segments, blocks = memberships.segments, memberships.block_numbers()
    order = np.argsort([e.size for e in memberships.entries()], kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    width = -(-len(segments) // (64 * COLUMNS)) * COLUMNS
    room, bits = width * 64, max(LEVELS, (len(blocks) * NUMBERS).bit_length())

    def count(numbers: Sequence[int]) -> Int64:
        planes = np.zeros((room, bits, width), np.uint64)
        rows = np.zeros((NUMBERS + 1, width), np.uint64)
        for number in numbers:
            words = memberships.words(number, places, room)
            kernels.turn_round(words, rows)
            kernels.add_pairs(words, rows, planes)
        return kernels.counts_of(planes)

    with ThreadPoolExecutor(threads) as pool:
        found = sum(pool.map(count, [blocks[n::threads] for n in range(threads)]), np.zeros((room, room), np.int64))
    upper = np.triu(found[: len(segments), : len(segments)])
    both = upper + np.triu(upper, 1).T
    shared: Int64 = both[np.ix_(places, places)]
    return shared


def shared_with(memberships: MembershipFile, segment: str) -> Int64:
    """How many customers one segment shares with each, in their order; with itself its size. Raises `DataError`."""
    place = list(memberships.segments).index(segment)
    counts = np.zeros(len(memberships.segments), np.int64)
    for number in memberships.block_numbers():
        words = memberships.words(number)
        counts += np.bitwise_count(words & words[place]).sum(axis=1, dtype=np.int64)
    return counts


def coverage(memberships: MembershipFile, everyone: BitMap) -> Coverage:
    """Which of `everyone` is in no segment, in one, in several. Raises `DataError`."""
    from beachhead.store import overlap_kernels as kernels

    exclusive = np.zeros(len(memberships.segments), np.int64)
    known, numbers = blocks_of(everyone), memberships.block_numbers()
    once, several = np.zeros((2, len(numbers), WORDS), np.uint64)
    for row, number in enumerate(numbers):
        if number in known:
            words = memberships.words(number)
            kernels.cover(words, known[number], once[row], several[row], exclusive)
    in_one, in_several = (bitmap_of_blocks(np.array(numbers, np.int64), bits) for bits in (once, several))
    return Coverage(everyone - in_one - in_several, in_one, in_several, exclusive)
