"""Compiled loops over coded columns: conditions become bits, 64 customers at a time; rules combine the bits.

A column is a plane of codes (1, 2 or 4 bytes for each customer, 0: unknown), padded to whole words of 64 customers. A
condition is a range of codes. Comparing 64 codes gives one word of 64 bits; LLVM makes vector instructions of it on any
processor. Only kernels import numba.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from beachhead.segments.simd import bit_count, code_at_8, code_at_16, code_at_32, in_range_8, in_range_16, in_range_32

WORDS = 8
"""Words of a chunk: 512 customers, so that all conditions of a chunk stay in the cache."""

AND_CONDITION, OR_CONDITION, PUSH_CONDITION = 0, 1, 2
AND_SEGMENT, OR_SEGMENT, PUSH_SEGMENT = 3, 4, 5
AND_OTHERS, OR_OTHERS, PUSH_OTHERS = 6, 7, 8  # those who are not in the segment
AND, OR, PUSH_NOBODY, PUSH_ALL = 9, 10, 11, 12

Words = NDArray[np.uint64]
UInt32 = NDArray[np.uint32]
Int64 = NDArray[np.int64]


@njit(cache=True, nogil=True, inline="always")
def _conditions(
    address: int, width: int, low: UInt32, span: UInt32, start: int, stop: int, words: int, out: Words
) -> None:
    if width == 1:
        for c in range(start, stop):
            for w in range(words):
                out[c, w] = in_range_8(address + w * 64, low[c], span[c])
    elif width == 2:
        for c in range(start, stop):
            for w in range(words):
                out[c, w] = in_range_16(address + w * 128, low[c], span[c])
    else:
        for c in range(start, stop):
            for w in range(words):
                out[c, w] = in_range_32(address + w * 256, low[c], span[c])


@njit(cache=True, nogil=True)
def evaluate_rows(
    addresses: Int64,
    widths: Int64,
    starts: Int64,
    low: UInt32,
    span: UInt32,
    tables: NDArray[np.uint8],
    table_of: Int64,
    rules: Int64,
    operations: NDArray[np.int32],
    known: Words,
    first_word: int,
    words: int,
    members: Words,
) -> None:
    """Evaluate all rules for `words` × 64 customers and write who is a member.

    `addresses`, `widths`: where the codes of the first of these customers stand, by column. Conditions are sorted by
    column: those of column i are `starts[i]` to `starts[i + 1]`. Where `table_of` of a condition is not negative, a
    table begins there in `tables`: for each code 1 where the condition holds. Rule r is
    `operations[rules[r] : rules[r + 1]]`, pairs of operation and operand. `known[first_word:]` are the customers there
    are. `members` is (rules, words).
    """
    columns = addresses.size
    conditions = np.empty((low.size, WORDS), np.uint64)
    stack = np.empty((_most_rows(operations, rules), WORDS), np.uint64)
    done = 0
    while done < words:
        count = min(WORDS, words - done)
        for i in range(columns):
            width = widths[i]
            address = addresses[i] + done * 64 * width
            _conditions(address, width, low, span, starts[i], starts[i + 1], count, conditions)
        for c in range(table_of.size):
            if table_of[c] >= 0:
                _by_table(addresses, widths, starts, c, tables[table_of[c] :], done, count, conditions)
        for r in range(rules.size - 1):
            _combine(operations, rules[r], rules[r + 1], conditions, members, r, done, count, stack, known, first_word)
        done += count


@njit(cache=True, nogil=True)
def _most_rows(operations: NDArray[np.int32], rules: Int64) -> int:
    """How many rows of the stack the rules need at most."""
    most = 1
    for r in range(rules.size - 1):
        rows = 0
        for at in range(rules[r], rules[r + 1], 2):
            operation = operations[at]
            if operation in (AND, OR):
                rows -= 1
            elif operation in (PUSH_CONDITION, PUSH_SEGMENT, PUSH_OTHERS, PUSH_NOBODY, PUSH_ALL):
                rows += 1
                most = max(most, rows)
    return most


@njit(cache=True, nogil=True)
def _by_table(
    addresses: Int64, widths: Int64, starts: Int64, c: int, table: NDArray[np.uint8], done: int, count: int, out: Words
) -> None:
    column = np.searchsorted(starts, c, side="right") - 1
    width = widths[column]
    address = addresses[column] + done * 64 * width
    for w in range(count):
        word = np.uint64(0)
        for bit in range(64):
            code = _code_at(address, width, w * 64 + bit)
            word |= np.uint64(table[code]) << np.uint64(bit)
        out[c, w] = word


@njit(cache=True, nogil=True, inline="always")
def _code_at(address: int, width: int, row: int) -> int:
    if width == 1:
        return code_at_8(address + row)
    if width == 2:
        return code_at_16(address + row * 2)
    return code_at_32(address + row * 4)


@njit(cache=True, nogil=True, inline="always")
def _combine(
    operations: NDArray[np.int32],
    start: int,
    stop: int,
    conditions: Words,
    members: Words,
    rule: int,
    done: int,
    count: int,
    stack: Words,
    known: Words,
    first_word: int,
) -> None:
    top = -1
    for at in range(start, stop, 2):
        operation, operand = operations[at], operations[at + 1]
        if operation == AND_CONDITION:
            for w in range(count):
                stack[top, w] &= conditions[operand, w]
        elif operation == OR_CONDITION:
            for w in range(count):
                stack[top, w] |= conditions[operand, w]
        elif operation == PUSH_CONDITION:
            top += 1
            for w in range(count):
                stack[top, w] = conditions[operand, w]
        elif operation == AND:
            top -= 1
            for w in range(count):
                stack[top, w] &= stack[top + 1, w]
        elif operation == OR:
            top -= 1
            for w in range(count):
                stack[top, w] |= stack[top + 1, w]
        elif operation == AND_SEGMENT:
            for w in range(count):
                stack[top, w] &= members[operand, done + w]
        elif operation == OR_SEGMENT:
            for w in range(count):
                stack[top, w] |= members[operand, done + w]
        elif operation == PUSH_SEGMENT:
            top += 1
            for w in range(count):
                stack[top, w] = members[operand, done + w]
        elif operation == AND_OTHERS:
            for w in range(count):
                stack[top, w] &= ~members[operand, done + w]
        elif operation == OR_OTHERS:
            for w in range(count):
                stack[top, w] |= ~members[operand, done + w]
        elif operation == PUSH_OTHERS:
            top += 1
            for w in range(count):
                stack[top, w] = ~members[operand, done + w]
        else:
            top += 1
            for w in range(count):
                stack[top, w] = np.uint64(0) if operation == PUSH_NOBODY else ~np.uint64(0)
    for w in range(count):
        members[rule, done + w] = stack[0, w] & known[first_word + done + w]


@njit(cache=True, nogil=True)
def count_bits(members: Words) -> Int64:
    """How many bits are set in each row."""
    found = np.zeros(members.shape[0], np.int64)
    for r in range(members.shape[0]):
        total = np.int64(0)
        for w in range(members.shape[1]):
            total += np.int64(bit_count(members[r, w]))
        found[r] = total
    return found
