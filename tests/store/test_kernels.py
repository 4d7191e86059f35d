"""The compiled loops against their readable definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from beachhead.store import kernels
from beachhead.store.bitmaps import Containers, bitmap_of_blocks, bitmap_of_containers, container_bytes
from beachhead.store.checksum import KEYS, checksum


def words_with(*counts: int, seed: int = 1) -> np.ndarray:
    """Words of a segment for each count, with so many members at random."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((len(counts), 65_536), np.bool_)
    for row, count in zip(mask, counts, strict=True):
        row[rng.permutation(65_536)[:count]] = True
    return np.packbits(mask, axis=1, bitorder="little").view(np.uint64)


def test_keys_are_odd_below_32_bits_and_different():
    assert (KEYS & np.uint64(1)).all()
    assert len(np.unique(KEYS)) == len(KEYS) == 2048
    assert KEYS.max() < 2**32
    assert KEYS[:3].tolist() == [0xE220A839, 0x6E789E6B, 0x06C45D19]  # SplitMix64 with seed 0, published


def test_checksum_is_the_sum_of_products():
    assert checksum((3).to_bytes(4, "little") + (5).to_bytes(4, "little")) == 3 * 0xE220A839 + 5 * 0x6E789E6B
    assert checksum(b"") == 0


@given(st.binary(min_size=8, max_size=8192).map(lambda b: b[: len(b) // 8 * 8]))
@settings(deadline=None)
def test_compiled_checksum_is_the_readable_one(content):
    assert int(kernels.checksum_of(np.frombuffer(content, "<u8").copy())) == checksum(content)


@given(st.binary(min_size=16, max_size=400).map(lambda b: b[: len(b) // 8 * 8]), st.data())
@settings(deadline=None)
def test_every_change_within_four_bytes_changes_the_checksum(content, data):
    at = data.draw(st.integers(0, len(content) // 4 - 1)) * 4
    other = data.draw(st.binary(min_size=4, max_size=4).filter(lambda b: b != content[at : at + 4]))
    assert checksum(content[:at] + other + content[at + 4 :]) != checksum(content)


def test_checksum_depends_on_the_position():
    content = bytes(range(64))
    assert checksum(content[8:16] + content[:8] + content[16:]) != checksum(content)


def test_words_become_the_containers_of_their_members():
    counts = [0, 1, 2, 3, 4, 5, 299, 300, 1499, 1500, 4095, 4096, 4097, 65_535, 65_536, 0]
    words = words_with(*counts)
    cardinalities, payload, offsets, checksums = kernels.containers_from_words(words)
    assert cardinalities.tolist() == counts
    stored = [-(-n // 8) * 8 for n in container_bytes(cardinalities).tolist()]
    assert offsets.tolist() == np.cumsum([0, *stored[:-1]]).tolist()
    assert len(payload) == sum(stored)
    for n, (start, length) in enumerate(zip(offsets.tolist(), stored, strict=True)):
        content = bytes(payload[start : start + length])
        assert checksum(content) == checksums[n]
        exact = int(container_bytes(cardinalities[n : n + 1])[0])
        assert not any(content[exact:])
        if counts[n]:
            made = bitmap_of_containers(Containers(np.array([0]), cardinalities[n : n + 1], [content[:exact]]))
            assert made == bitmap_of_blocks(np.array([0]), words[n : n + 1])


@pytest.mark.parametrize(
    ("first", "chosen"), [(0, 64), (5, 59), (63, 1), (3, 0), (70, 4_096), (1, 4_097), (64, 65_536)]
)
def test_some_customers_become_the_same_containers(first, chosen):
    draw = np.random.default_rng(chosen)
    places = np.sort(draw.choice(65_536, chosen, replace=False)).astype(np.uint16)
    inside = draw.random((3, chosen)) < np.array([[0.0], [0.5], [1.0]])
    flags = np.ones((3, (first + chosen) // 64 * 64 + 64), np.bool_)  # others are members too, of another block
    flags[:, first : first + chosen] = inside
    bits = np.packbits(flags, axis=1, bitorder="little").view(np.uint64)
    whole = np.zeros((3, 65_536), np.bool_)
    for row, chosen_here in zip(whole, inside, strict=True):
        row[places[chosen_here]] = True
    words = np.packbits(whole, axis=1, bitorder="little").view(np.uint64)
    found, expected = kernels.containers_of_some(bits, first, places), kernels.containers_from_words(words)
    assert [bytes(part) for part in found] == [bytes(part) for part in expected]


def test_room_for_the_payload_is_used_again():
    room = np.full(2 * 1024 + 2, 0xFFFF_FFFF_FFFF_FFFF, np.uint64)
    for counts in ((5000, 3), (1, 4096), (0, 0)):
        again = kernels.containers_from_words(words_with(*counts), room)
        fresh = kernels.containers_from_words(words_with(*counts))
        assert [bytes(part) for part in again] == [bytes(part) for part in fresh]


@pytest.mark.parametrize("word", [0, 1, 2**63, 2**64 - 1, 0b1010_0000, 2**40 - 2**20])
def test_bits_are_counted_and_found(word):
    assert kernels.ones_in(np.uint64(word)) == word.bit_count()
    assert kernels.first_one(np.uint64(word)) == (64 if not word else (word & -word).bit_length() - 1)


def test_nobody_at_all_is_no_container():
    assert bitmap_of_blocks(np.array([0]), words_with(0)) == BitMap()
