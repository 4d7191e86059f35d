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
from beachhead.store.kernels import WORDS, Int64, Words, first_one, ones_in

CUSTOMERS = WORDS * 64
_WORDS_AT_ONCE = 32
"""A segment with many members is walked so many words at a time: the rows of 2,048 customers stay in the cache."""
_MOST = 2**LEVELS - 1  # members that are counted before the counters are emptied


@njit(cache=True, nogil=True)
def turn_round(words: Words, rows: Words) -> None:
    """Fill `rows` (customers + 1, segments / 64) with the bits of `words` (segments, 1024), transposed; the last row
    stays as it is. The number of segments is a multiple
    of 64 × COLUMNS."""
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
    segments, bits, width = planes.shape
    members = np.empty(_MOST + 16, np.int64)
    counters, carries = np.zeros((LEVELS, width), np.uint64), np.zeros(width, np.uint64)
    for s in range(segments):
        count = np.int64(0)
        for k in range(WORDS):
            count += ones_in(words[s, k])
        if not count:
            continue
        first = s // 64 // COLUMNS * COLUMNS
        at_once = WORDS if count <= _MOST else _WORDS_AT_ONCE
        for start in range(0, WORDS, at_once):
            found = np.int64(0)
            for k in range(start, start + at_once):
                word = words[s, k]
                while word:
                    members[found] = (k * 64 + first_one(word)) * width * 8
                    found += 1
                    word &= word - np.uint64(1)
            if not found:
                continue
            members[found : found + 16] = CUSTOMERS * width * 8
            counters[:, first:] = 0
            for i in range(0, found, 16):
                for column in range(first, width, COLUMNS):
                    at = counters.ctypes.data + column * 8
                    add_rows(at, width * 8, rows.ctypes.data + column * 8, members.ctypes.data + i * 8)
            _add_counters(counters[:, first:], planes[s, :, first:], carries[first:])


@njit(cache=True, nogil=True)
def _add_counters(counters: Words, planes: Words, carries: Words) -> None:
    """Add to numbers with more bits; all three reach over the same columns, and `carries` are only for this."""
    carries[:] = 0
    for level in range(len(planes)):
        plane = planes[level]
        if level < len(counters):
            counter = counters[level]
            for w in range(len(carries)):
                a, b, carry = plane[w], counter[w], carries[w]
                half = a ^ b
                plane[w] = half ^ carry
                carries[w] = (a & b) | (half & carry)
        else:
            for w in range(len(carries)):
                a, carry = plane[w], carries[w]
                plane[w] = a ^ carry
                carries[w] = a & carry


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
