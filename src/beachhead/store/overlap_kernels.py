"""Compiled counting of how many customers two segments share, for all pairs of segments at once.

The bits of a block are turned round: one row for each customer, one bit for each segment. The rows of the members of a
segment, added up column by column, are its counts with all segments. They are added bit-sliced: plane p of 64 columns
holds bit p of 64 counters, so that a few logical operations add to all of them; 16 rows at a time go through a tree of
full adders (Harley and Seal, in Warren, "Hacker's Delight", 2nd ed. 2013, 5-1). A pair is counted once: of segments in
ascending order of size, each only with those from its own place on, so that the smaller one is walked.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from beachhead.store.adders import COLUMNS, LEVELS, add_rows
from beachhead.store.bitmaps import NUMBERS, WORDS
from beachhead.store.kernels import Int64, Words, first_one, ones_in

_WORDS_AT_ONCE = 32
"""A segment with many members is walked so many words at a time: the rows of 2,048 customers stay in the cache."""
_MOST = 2**LEVELS - 1  # members that are counted before the counters are emptied


@njit(cache=True, nogil=True)
def turn_round(words: Words, rows: Words) -> None:
    """Fill `rows` (customers + 1, segments / 64) with the bits of `words` (segments, 1024), transposed; the last row
    stays as it is. The number of segments is a multiple of 64 × COLUMNS."""
    tile = np.empty(64, np.uint64)
    for k in range(WORDS):
        for column in range(len(words) // 64):
            for i in range(64):
                tile[i] = words[column * 64 + i, k]
            _transpose(tile)
            for i in range(64):
                rows[k * 64 + i, column] = tile[i]


@njit(cache=True, nogil=True)
def _transpose(tile: Words) -> None:
    """64 × 64 bits, bit j of word i becoming bit i of word j (Warren, 7-3)."""
    mask = np.uint64(0x00000000FFFFFFFF)
    size = 32
    while size:
        shift = np.uint64(size)
        for start in range(0, 64, 2 * size):
            for i in range(start, start + size):
                swapped = ((tile[i] >> shift) ^ tile[i + size]) & mask
                tile[i] ^= swapped << shift
                tile[i + size] ^= swapped
        size //= 2
        mask ^= mask << np.uint64(size)


@njit(cache=True, nogil=True)
def add_pairs(words: Words, rows: Words, planes: Words) -> None:
    """Add the counts of a block to `planes` (segments, bits, segments / 64): bit p of the counters of segment s with 64
    others. `rows`: as by `turn_round`, the last one being empty."""
    segments, _, width = planes.shape
    counts = np.zeros(segments, np.int64)
    for s in range(segments):
        for k in range(WORDS):
            counts[s] += ones_in(words[s, k])
    members = np.empty(_MOST + 16, np.int64)
    counters, carries = np.zeros((LEVELS, width), np.uint64), np.zeros(width, np.uint64)
    for start in range(0, WORDS, _WORDS_AT_ONCE):
        for s in range(segments):
            if counts[s] > _MOST:
                _add_members(words[s], start, start + _WORDS_AT_ONCE, s // 64, rows, members, counters)
                _add_counters(counters, planes[s], carries, s // 64)
    for s in range(segments):
        if 0 < counts[s] <= _MOST:
            _add_members(words[s], 0, WORDS, s // 64, rows, members, counters)
            _add_counters(counters, planes[s], carries, s // 64)


@njit(cache=True, nogil=True)
def _add_members(row: Words, start: int, stop: int, first: int, rows: Words, members: Int64, counters: Words) -> None:
    """Set the counters of the columns from `first` on to the sums over the customers in these words of a segment."""
    width = rows.shape[1]
    found = np.int64(0)
    for k in range(start, stop):
        word = row[k]
        while word:
            members[found] = (k * 64 + first_one(word)) * width * 8
            found += 1
            word &= word - np.uint64(1)
    members[found : found + 16] = NUMBERS * width * 8
    counters[:] = 0
    for i in range(0, found, 16):
        for column in range(first // COLUMNS * COLUMNS, width, COLUMNS):
            at = counters.ctypes.data + column * 8
            add_rows(at, width * 8, rows.ctypes.data + column * 8, members.ctypes.data + i * 8)


@njit(cache=True, nogil=True)
def _add_counters(counters: Words, planes: Words, carries: Words, first: int) -> None:
    """Add to the numbers, with more bits, of the columns from `first` on; `carries` are only for this."""
    carries[:] = 0
    carry = carries[first:]
    for level in range(len(planes)):
        plane = planes[level, first:]
        if level < LEVELS:
            counter = counters[level, first:]
            for w in range(len(carry)):
                half = plane[w] ^ counter[w]
                both = plane[w] & counter[w]
                plane[w] = half ^ carry[w]
                carry[w] = both | (half & carry[w])
        else:
            for w in range(len(carry)):
                both = plane[w] & carry[w]
                plane[w] ^= carry[w]
                carry[w] = both


@njit(cache=True, nogil=True)
def counts_of(planes: Words) -> Int64:
    """The counters as numbers (segments, segments): those of each segment with the ones from its own place on; the
    others are not meant to be read."""
    segments, bits, width = planes.shape
    counts = np.zeros((segments, width * 64), np.int64)
    for s in range(segments):
        for level in range(bits):
            for w in range(s // 64, width):
                word = planes[s, level, w]
                for bit in range(64):
                    counts[s, w * 64 + bit] += np.int64((word >> np.uint64(bit)) & np.uint64(1)) << level
    return counts


@njit(cache=True, nogil=True)
def cover(words: Words, known: Words, once: Words, several: Words, exclusive: Int64) -> None:
    """Fill the bits of the known customers of a block who are in one segment, and in several; add to how many of each
    segment are in no other."""
    once[:] = 0
    several[:] = 0
    for s in range(len(words)):
        for k in range(WORDS):
            several[k] |= once[k] & words[s, k]
            once[k] |= words[s, k]
    for k in range(WORDS):
        several[k] &= known[k]
        once[k] &= known[k] & ~several[k]
    for s in range(len(words)):
        for k in range(WORDS):
            exclusive[s] += ones_in(words[s, k] & once[k])
