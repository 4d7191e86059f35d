from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from beachhead.errors import DataError
from beachhead.store.bitmaps import bitmap_of_bits, bitmap_of_mask, bitmap_of_numbers, numbers_of
from beachhead.store.memberships import (
    Membership,
    Size,
    delta,
    read_membership,
    read_memberships,
    read_sizes,
    write_memberships,
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "memberships.parquet"
    write_memberships(
        path,
        [
            Membership("whales", "v2", BitMap([3, 70_000]), stale=True),
            Membership("all", "v1", BitMap(range(1, 100_000))),
            Membership("nobody", "v1", BitMap()),
        ],
    )
    return path


def test_memberships_read_back(path):
    assert read_memberships(path) == (
        Membership("all", "v1", BitMap(range(1, 100_000))),
        Membership("nobody", "v1", BitMap()),
        Membership("whales", "v2", BitMap([3, 70_000]), stale=True),
    )
    assert read_membership(path, "whales").members == BitMap([3, 70_000])


def test_sizes_need_no_bitmaps(path):
    assert read_sizes(path) == (
        Size("all", "v1", 99_999, False),
        Size("nobody", "v1", 0, False),
        Size("whales", "v2", 2, True),
    )


def test_no_segments_at_all_read_back(tmp_path):
    write_memberships(tmp_path / "m.parquet", [])
    assert read_memberships(tmp_path / "m.parquet") == ()


def test_unknown_segment_gets_the_nearest_name(path):
    with pytest.raises(DataError, match="Did you mean 'whales'"):
        read_membership(path, "whale")


def test_delta_says_who_joined_and_who_left():
    found = delta(BitMap([1, 2, 3]), BitMap([2, 3, 4, 5]))
    assert (list(found.joined), list(found.left)) == ([4, 5], [1])


def test_changed_bitmap_is_a_clear_error_and_the_others_still_read(path):
    table = pq.read_table(path)
    blobs = table["bitmap"].to_pylist()
    blobs[2] = blobs[2][:-1] + bytes([blobs[2][-1] ^ 1])
    pq.write_table(table.set_column(5, "bitmap", pa.array(blobs, pa.large_binary())), path)
    with pytest.raises(DataError, match="members of segment 'whales'"):
        read_membership(path, "whales")
    assert len(read_membership(path, "all").members) == 99_999


@pytest.mark.parametrize("content", [b"", b"PAR1", b"garbage" * 100])
def test_damaged_file_is_a_clear_error(tmp_path, content):
    path = tmp_path / "m.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_memberships(path)
    assert [d.code for d in error.value.diagnostics] == ["memberships-damaged"]


def test_parquet_of_something_else_is_a_clear_error(tmp_path):
    pq.write_table(pa.table({"segment": ["a"]}), tmp_path / "m.parquet")
    with pytest.raises(DataError, match="it lacks version"):
        read_memberships(tmp_path / "m.parquet")


def test_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(DataError) as error:
        read_membership(tmp_path / "m.parquet", "all")
    assert [d.code for d in error.value.diagnostics] == ["memberships-missing"]


@given(
    st.lists(st.integers(0, 300_000), max_size=50),
    st.lists(st.tuples(st.integers(0, 280_000), st.integers(0, 20_000)), max_size=5),
)
@settings(deadline=None, max_examples=50)
def test_bitmaps_hold_exactly_the_given_numbers(single, runs):
    expected = BitMap(single)
    for start, length in runs:
        expected |= BitMap(range(start, start + length))
    numbers = np.array(list(expected), dtype=np.uint32)
    mask = np.zeros(300_001, dtype=np.bool_)
    mask[numbers] = True
    built = bitmap_of_mask(mask)
    assert built == expected == bitmap_of_numbers(numbers[::-1])
    assert BitMap.deserialize(built.serialize()) == expected
    assert numbers_of(built).tolist() == list(expected)


@pytest.mark.parametrize("size", [4095, 4096, 4097, 65_535, 65_536, 65_537, 131_072])
def test_container_borders_are_right(size):
    assert bitmap_of_mask(np.ones(size, dtype=np.bool_)) == BitMap(range(size))
    spread = np.arange(size, dtype=np.uint32) * 3
    assert bitmap_of_numbers(spread) == BitMap(spread)


def test_words_of_a_kernel_are_taken_as_they_are():
    words = np.array([0b101, 1 << 63], dtype="<u8")
    assert list(bitmap_of_bits(words.view(np.uint8))) == [0, 2, 127]
