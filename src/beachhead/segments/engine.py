"""All rules over all customers, block by block: what the compiled loops need, made ready once.

A block is 65,536 account numbers, as in the memberships on disk. Blocks are independent, so that threads share them and
memory holds a few at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from beachhead.rules.ast import Node
from beachhead.segments.activity import Activity
from beachhead.segments.columns import Column, padded
from beachhead.segments.kernels import count_bits, evaluate_rows
from beachhead.segments.program import Program, compile_rules

BLOCK = 1 << 16
_PART = 1 << 13  # customers whose events are counted at a time, so that their codes stay in the cache
T = TypeVar("T")
Words = NDArray[np.uint64]
"""Bits of members, (rules, words): bit i of word w is account number 64 w + i of the block."""


@dataclass(frozen=True, eq=False)
class Engine:
    """Compiled rules over columns. `known`: one bit for each account number, set where there is a customer."""

    program: Program
    columns: tuple[Column, ...]
    activity: Activity | None
    known: NDArray[np.uint64]

    @classmethod
    def of(
        cls,
        rules: Mapping[str, Node],
        columns: Mapping[Node, Column],
        activity: Activity | None,
        numbers: NDArray[np.uint32],
        as_of: date,
    ) -> Engine:
        """`columns` and those of `activity` have every value of the rules; `numbers` are the customers there are.
        ValueError for a column that does not reach the last of them."""
        counted = activity.columns if activity else {}
        program = compile_rules(rules, {**columns, **counted}, as_of)
        known = _bits_of(numbers)
        if any(len(column.codes) < len(known) * 64 for column in columns.values()):
            raise ValueError("a column ends before the last customer")
        return cls(program, tuple(columns.values()), activity if counted else None, known)

    @property
    def names(self) -> tuple[str, ...]:
        return self.program.names

    @property
    def blocks(self) -> int:
        return -(-len(self.known) * 64 // BLOCK)

    def block(self, number: int) -> Words:
        """Who of a block is in which segment: (rules, 1024), zero beyond the last customer."""
        members = np.zeros((len(self.names), BLOCK // 64), np.uint64)
        first, last = number * BLOCK, min((number + 1) * BLOCK, len(self.known) * 64)
        part = _PART if self.activity else BLOCK
        for start in range(first, last, part):
            rows = min(part, last - start)
            members[:, (start - first) // 64 : (start - first + rows) // 64] = self.rows(start, rows)
        return members

    def rows(self, first_no: int, rows: int) -> Words:
        """Who of the account numbers from `first_no` on is in which segment; both are multiples of 64. IndexError
        beyond the last customer, `DataError` for damaged events."""
        program = self.program
        if first_no + rows > len(self.known) * 64:  # compiled loops do not look
            raise IndexError(first_no)
        addresses = [c.codes.ctypes.data + first_no * c.codes.itemsize for c in self.columns]
        widths = [c.codes.itemsize for c in self.columns]
        planes = np.zeros(0, np.uint8)
        if self.activity:
            ends = np.cumsum(self.activity.widths) * rows
            starts = ends - self.activity.widths * rows
            planes = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
            self.activity.count(first_no, rows, planes, starts)
            addresses += (planes.ctypes.data + starts).tolist()
            widths += self.activity.widths.tolist()
        members = np.empty((len(self.names), rows // 64), np.uint64)
        evaluate_rows(
            np.array(addresses, np.int64), np.array(widths, np.int64), program.starts, program.low, program.span,
            program.tables, program.table_of, program.rules, program.operations, self.known, first_no // 64,
            rows // 64, members,
        )  # fmt: skip
        return members

    def all_rows(self) -> Words:
        """Who is in which segment, of few customers: (rules, words)."""
        size = len(self.known) * 64
        starts = range(0, size, _PART)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            parts = list(pool.map(lambda start: self.rows(start, min(_PART, size - start)), starts))
        return np.concatenate(parts, axis=1)

    def each_block(
        self, use: Callable[[int, Words], T], threads: int | None = None, at_least: int = 0
    ) -> Iterator[T]:  # fmt: skip
        """`use` of every block with its members, in order of blocks, and of empty ones up to `at_least`; called from
        several threads."""
        blocks = range(max(self.blocks, at_least))
        with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
            yield from pool.map(lambda number: use(number, self.block(number)), blocks)

    def only(self, numbers: NDArray[np.uint32]) -> Engine:
        """The same rules over some customers, whose numbers ascend: customer i of it is `numbers[i]` here. Those whom
        it does not know, being newer, are in no segment."""
        size = padded(max(len(numbers), 1))
        numbers = numbers[: np.searchsorted(numbers, len(self.known) * 64)]
        columns = []
        for column in self.columns:
            codes = np.zeros(size, column.codes.dtype)
            np.take(column.codes, numbers, out=codes[: len(numbers)])
            columns.append(replace(column, codes=codes))
        activity = self.activity and replace(self.activity, events=self.activity.events.only(numbers))
        known = self.known[numbers // 64] >> (numbers % 64).astype(np.uint64) & np.uint64(1)
        flags = np.zeros(size, np.bool_)
        flags[: len(numbers)] = known == 1
        bits = np.packbits(flags, bitorder="little").view(np.uint64)
        return Engine(self.program, tuple(columns), activity, bits)

    def counts(self) -> NDArray[np.int64]:
        """How many members each segment has."""
        found: Sequence[NDArray[np.int64]] = list(self.each_block(lambda _, words: count_bits(words)))
        total: NDArray[np.int64] = (
            np.sum(found, axis=0, dtype=np.int64) if found else np.zeros(len(self.names), np.int64)
        )
        return total

    def segments_of(self, account_no: int) -> list[str]:
        """The segments that one customer is in, evaluated now; none for whom it does not know."""
        start = account_no // 64 * 64
        if start >= len(self.known) * 64:
            return []
        bits = self.rows(start, 64)[:, 0] >> np.uint64(account_no - start) & np.uint64(1)
        return [self.names[n] for n in np.flatnonzero(bits)]

    def counts_and_members(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """How many members each segment has, and the account numbers of those of one, in one pass."""
        row = self.names.index(name)
        found = list(self.each_block(lambda n, words: (count_bits(words), _numbers(n, words[[row]])[0])))
        return np.sum([counts for counts, _ in found], axis=0), np.concatenate([numbers for _, numbers in found])

    def members(self, names: Collection[str]) -> dict[str, NDArray[np.uint32]]:
        """The account numbers of the members of some segments, ascending."""
        rows = [n for n, name in enumerate(self.names) if name in names]
        parts = list(self.each_block(lambda number, words: _numbers(number, words[rows])))
        return {self.names[r]: np.concatenate([part[n] for part in parts]) for n, r in enumerate(rows)}


def _bits_of(numbers: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """One bit for each account number, padded as columns are."""
    size = padded(int(numbers[-1]) + 1) if len(numbers) else padded(1)
    flags = np.zeros(size, np.bool_)
    if len(numbers) and int(numbers[-1]) - int(numbers[0]) + 1 == len(numbers):
        flags[numbers[0] : numbers[-1] + 1] = True
    else:
        flags[numbers] = True
    return np.packbits(flags, bitorder="little").view(np.uint64)


def _numbers(block: int, words: Words) -> list[NDArray[np.uint32]]:
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    return [np.flatnonzero(row).astype(np.uint32) + np.uint32(block * BLOCK) for row in bits]


def warm_up() -> None:
    """Load the compiled loop of rules, which takes a while the first time in a process."""
    Engine.of({}, {}, None, np.zeros(1, np.uint32), date.min).counts()
