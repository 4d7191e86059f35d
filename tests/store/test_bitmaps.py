from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from beachhead.store.bitmaps import (
    NUMBERS,
    WORDS,
    bitmap_of_blocks,
    bitmap_of_containers,
    blocks_of,
    containers_of,
    numbers_of,
)

SINGLE = st.lists(st.integers(0, 300_000), max_size=50)
RUNS = st.lists(st.tuples(st.integers(0, 280_000), st.integers(0, 20_000)), max_size=5)


def bitmap_with(single: list[int], runs: list[tuple[int, int]]) -> BitMap:
    made = BitMap(single)
    for start, length in runs:
        made |= BitMap(range(start, start + length))
    return made


def words_of(bitmap: BitMap, blocks: int) -> np.ndarray:
    mask = np.zeros(blocks * NUMBERS, dtype=np.bool_)
    mask[list(bitmap)] = True
    return np.packbits(mask, bitorder="little").view(np.uint64).reshape(blocks, WORDS)


@given(SINGLE, RUNS)
@settings(deadline=None, max_examples=50)
def test_bitmaps_hold_exactly_the_given_numbers(single, runs):
    expected = bitmap_with(single, runs)
    built = bitmap_of_blocks(np.arange(5), words_of(expected, 5))
    assert built == expected
    assert BitMap.deserialize(built.serialize()) == expected
    assert numbers_of(built).tolist() == list(expected)


@given(SINGLE, RUNS)
@settings(deadline=None, max_examples=50)
def test_bitmap_comes_apart_into_containers_and_blocks_and_together_again(single, runs):
    expected = bitmap_with(single, runs)
    parts = containers_of(expected)
    assert parts.keys.tolist() == sorted({n >> 16 for n in expected})
    assert [len(c) for c in parts.content] == [min(2 * n, 8192) if n <= 4096 else 8192 for n in parts.cardinalities]
    assert bitmap_of_containers(parts) == expected
    blocks = blocks_of(expected)
    words = np.array(list(blocks.values()), np.uint64).reshape(-1, 1024)
    assert bitmap_of_blocks(np.array(list(blocks), np.int64), words) == expected


def test_highest_number_comes_apart_too():
    highest = BitMap([7, 2**32 - 1])
    assert containers_of(highest).keys.tolist() == [0, 65_535]
    assert bitmap_of_containers(containers_of(highest)) == highest


@pytest.mark.parametrize("size", [4095, 4096, 4097, 65_535, 65_536, 65_537, 131_072])
def test_container_borders_are_right(size):
    for numbers in (BitMap(range(size)), BitMap(range(0, 3 * size, 3))):
        assert bitmap_of_blocks(np.arange(6), words_of(numbers, 6)) == numbers
    assert bitmap_of_containers(containers_of(BitMap(range(size)))) == BitMap(range(size))
