from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from beachhead.store.bitmaps import (
    bitmap_of_bits,
    bitmap_of_blocks,
    bitmap_of_containers,
    bitmap_of_mask,
    bitmap_of_numbers,
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


@given(SINGLE, RUNS)
@settings(deadline=None, max_examples=50)
def test_bitmaps_hold_exactly_the_given_numbers(single, runs):
    expected = bitmap_with(single, runs)
    numbers = np.array(list(expected), dtype=np.uint32)
    mask = np.zeros(300_001, dtype=np.bool_)
    mask[numbers] = True
    built = bitmap_of_mask(mask)
    assert built == expected == bitmap_of_numbers(numbers[::-1])
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
    assert bitmap_of_mask(np.ones(size, dtype=np.bool_)) == BitMap(range(size))
    spread = np.arange(size, dtype=np.uint32) * 3
    assert bitmap_of_numbers(spread) == BitMap(spread)
    assert bitmap_of_containers(containers_of(BitMap(range(size)))) == BitMap(range(size))


def test_words_of_a_kernel_are_taken_as_they_are():
    words = np.array([0b101, 1 << 63], dtype="<u8")
    assert list(bitmap_of_bits(words.view(np.uint8))) == [0, 2, 127]
