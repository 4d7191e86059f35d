"""Compiled loops over containers and the words of blocks. Only kernels import numba.

A block is 65,536 customers; its words are uint64 (segments, 1024), bit `n % 64` of word `n // 64` for customer n of the
block. A file is seen as uint64 words; containers begin at whole words (`membership_format`).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from beachhead.store.bitmaps import LIST_AT_MOST, WORDS
from beachhead.store.checksum import KEYS

Words = NDArray[np.uint64]
UInt16 = NDArray[np.uint16]
UInt32 = NDArray[np.uint32]
Int64 = NDArray[np.int64]

_LOW = np.ascontiguousarray(KEYS[0::2])
_HIGH = np.ascontiguousarray(KEYS[1::2])


@njit(cache=True, nogil=True)
def ones_in(word: np.uint64) -> np.int64:
    """How many bits of a word are set. LLVM knows this sequence and makes one instruction of it."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True)
def first_one(word: np.uint64) -> np.int64:
    """The position of the lowest bit that is set; 64 when there is none. One instruction too."""
    return ones_in(~word & (word - np.uint64(1)))


@njit(cache=True, nogil=True)
def checksum_of(words: Words) -> np.uint64:
    """`checksum.checksum` of whole words."""
    total = np.uint64(0)
    for i in range(len(words)):
        total += (words[i] & np.uint64(0xFFFFFFFF)) * _LOW[i] + (words[i] >> np.uint64(32)) * _HIGH[i]
    return total


@njit(cache=True, nogil=True)
def _stored_words(cardinality: np.int64) -> int:
    return WORDS if cardinality > LIST_AT_MOST else int((cardinality + 3) // 4)


@njit(cache=True, nogil=True, inline="always")
def _list_numbers(row: Words, low: UInt16, at_once: int) -> np.int64:
    """Write the positions of all bits, and up to 8 more; returns how many there are.

    So many are written for each word, whether it has them or not: a branch that is guessed wrong costs more.
    """
    n = np.int64(0)
    for k in range(WORDS):
        word = row[k]
        after = n + ones_in(word)
        for i in range(at_once):
            low[n + i] = k * 64 + first_one(word)
            word &= word - np.uint64(1)
        n += at_once
        while word:
            low[n] = k * 64 + first_one(word)
            n += 1
            word &= word - np.uint64(1)
        n = after
    return n


@njit(cache=True, nogil=True)
def fill_containers(words: Words, payload: Words, cardinalities: UInt32, offsets: Words, checksums: Words) -> int:
    """Write the container of each row of `words` into `payload` (rows × 1024 + 2 words or more), one after the other.

    Fills cardinalities, offsets (in bytes) and checksums by row; returns how many words of the payload it took.
    """
    at = 0
    for s in range(len(words)):
        row = words[s]
        count = np.int64(0)
        for k in range(WORDS):
            count += ones_in(row[k])
        size = _stored_words(count)
        target = payload[at : at + size]
        if count > LIST_AT_MOST:
            for k in range(WORDS):
                target[k] = row[k]
        elif count:
            low = payload[at : at + size + 2].view(np.uint16)
            if count < 300:  # measured
                n = _list_numbers(row, low, 1)
            elif count < 1500:
                n = _list_numbers(row, low, 3)
            else:
                n = _list_numbers(row, low, 8)
            for i in range(n, size * 4):
                low[i] = 0
        cardinalities[s] = count
        offsets[s] = at * 8
        checksums[s] = checksum_of(target)
        at += size
    return at


def containers_from_words(words: Words, payload: Words | None = None) -> tuple[UInt32, memoryview, Words, Words]:
    """Of each row of `words` (segments, 1024) the container, as `MembershipWriter.block` takes them: cardinalities,
    payload, offsets, checksums. `payload`: room of rows × 1024 + 2 words that is used for block after block."""
    rows = len(words)
    room = np.empty(rows * WORDS + 2, np.uint64) if payload is None else payload
    cardinalities, offsets, checksums = np.empty(rows, np.uint32), np.empty(rows, np.uint64), np.empty(rows, np.uint64)
    used = fill_containers(words, room, cardinalities, offsets, checksums)
    return cardinalities, room[:used].data.cast("B"), offsets, checksums


@njit(cache=True, nogil=True)
def _fill_some(
    bits: Words, first: int, places: UInt16, payload: Words, cardinalities: UInt32, offsets: Words, checksums: Words
) -> int:
    """`fill_containers` of customers `places[i]`, for whom bit `first + i` of each row of `bits` tells."""
    found = np.empty(len(places), np.uint16)
    last = first + len(places)
    at = 0
    for s in range(len(bits)):
        count = np.int64(0)
        for w in range(first >> 6, (last + 63) >> 6):
            word = bits[s, w]
            if w == first >> 6:
                word &= ~np.uint64(0) << np.uint64(first & 63)
            if w == last >> 6:
                word &= (np.uint64(1) << np.uint64(last & 63)) - np.uint64(1)
            while word:
                found[count] = places[w * 64 + first_one(word) - first]
                count += 1
                word &= word - np.uint64(1)
        size = _stored_words(count)
        target = payload[at : at + size]
        target[:] = 0
        if count > LIST_AT_MOST:
            for i in range(count):
                target[found[i] >> 6] |= np.uint64(1) << np.uint64(found[i] & 63)
        elif count:
            low = target.view(np.uint16)
            for i in range(count):
                low[i] = found[i]
        cardinalities[s] = count
        offsets[s] = at * 8
        checksums[s] = checksum_of(target)
        at += size
    return at


def containers_of_some(bits: Words, first: int, places: UInt16) -> tuple[UInt32, memoryview, Words, Words]:
    """As `containers_from_words`, of some customers of a block, `places`, ascending. For place i, bit `first + i` of a
    row of `bits` tells whether it is in that row's container."""
    rows = len(bits)
    room = np.empty(rows * min(-(-len(places) // 4), WORDS), np.uint64)
    cardinalities, offsets, checksums = np.empty(rows, np.uint32), np.empty(rows, np.uint64), np.empty(rows, np.uint64)
    used = _fill_some(bits, first, places, room, cardinalities, offsets, checksums)
    return cardinalities, room[:used].data.cast("B"), offsets, checksums


@njit(cache=True, nogil=True)
def find_damage(
    file: Words, offsets: Words, cardinalities: UInt32, checksums: Words, damaged: NDArray[np.bool_]
) -> None:
    """Mark the containers whose checksum does not fit."""
    for s in range(len(offsets)):
        start = np.int64(offsets[s]) // 8
        found = checksum_of(file[start : start + _stored_words(cardinalities[s])])
        damaged[s] = found != checksums[s]


@njit(cache=True, nogil=True)
def toggle(
    file: Words, offsets: Words, cardinalities: UInt32, checksums: Words, columns: Int64, rows: Int64, words: Words
) -> int:
    """Turn the bits of words[rows[i]] that the container of columns[i] holds. Returns the column of the first container
    that is damaged, or −1; then all are done."""
    for i in range(len(columns)):
        column = columns[i]
        count = cardinalities[column]
        if not count:
            continue
        start = np.int64(offsets[column]) // 8
        content = file[start : start + _stored_words(count)]
        if checksum_of(content) != checksums[column]:
            return int(column)
        target = words[rows[i]]
        if count > LIST_AT_MOST:
            for k in range(WORDS):
                target[k] ^= content[k]
        else:
            low = content.view(np.uint16)
            for n in range(count):
                target[low[n] >> 6] ^= np.uint64(1) << np.uint64(low[n] & 63)
    return -1


@njit(cache=True, nogil=True)
def look_up(
    file: Words,
    offsets: Words,
    cardinalities: UInt32,
    checksums: Words,
    checked: NDArray[np.bool_],
    columns: Int64,
    customer: int,
    found: NDArray[np.bool_],
) -> int:
    """found[i]: whether the container of columns[i] holds `customer` (a number within the block). Compares checksums of
    containers that are not `checked` yet. Returns the column of the first that is damaged, or −1."""
    for i in range(len(columns)):
        column = columns[i]
        count = cardinalities[column]
        found[i] = False
        if not count:
            continue
        start = np.int64(offsets[column]) // 8
        content = file[start : start + _stored_words(count)]
        if not checked[column]:
            if checksum_of(content) != checksums[column]:
                return int(column)
            checked[column] = True
        if count > LIST_AT_MOST:
            found[i] = (content[customer >> 6] >> np.uint64(customer & 63)) & np.uint64(1) != 0
        else:
            low = content.view(np.uint16)
            first, last = np.int64(0), np.int64(count)
            while first < last:
                middle = (first + last) // 2
                if low[middle] < customer:
                    first = middle + 1
                else:
                    last = middle
            found[i] = first < count and low[first] == customer
    return -1
