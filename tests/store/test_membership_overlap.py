from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from membership_world import Chain
from pyroaring import BitMap

from beachhead.errors import DataError
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_overlap import coverage, overlap, shared_with
from beachhead.store.membership_writer import write_memberships
from beachhead.store.memberships import Membership


def written(tmp_path, members: dict[str, BitMap]) -> MembershipFile:
    write_memberships(tmp_path / "m.bin", [Membership(name, "v1", m) for name, m in members.items()])
    return MembershipFile(tmp_path / "m.bin")


def test_shared_customers_of_all_pairs(tmp_path):
    members = {"a": BitMap([1, 2, 70_000]), "b": BitMap([2, 70_000, 70_001]), "c": BitMap(), "d": BitMap([1])}
    assert overlap(written(tmp_path, members)).tolist() == [[3, 2, 0, 1], [2, 3, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_counts_of_many_segments_are_those_of_bitmaps(tmp_path, threads):
    rng = np.random.default_rng(8)
    sizes = [0, 1, 17, 4095, 4096, 4097, 30_000, 65_536, 140_000, *range(100, 9000, 30)]
    members = {f"s{n:03}": BitMap(rng.permutation(140_000)[:size].astype(np.uint32)) for n, size in enumerate(sizes)}
    found = overlap(written(tmp_path, members), threads)
    names = list(members)
    assert len(names) > 256
    assert np.array_equal(found, found.T)
    assert found.diagonal().tolist() == sizes
    for i, j in [*rng.integers(0, len(names), (600, 2)).tolist(), *((i, 8) for i in range(9))]:
        assert found[i, j] == members[names[i]].intersection_cardinality(members[names[j]])


RANGES = st.builds(range, st.integers(0, 140_000), st.integers(0, 140_000), st.integers(1, 30))


@given(st.lists(RANGES, min_size=1, max_size=6))
@settings(deadline=None, max_examples=30)
def test_what_one_segment_shares_is_its_row_of_the_whole(tmp_path_factory, ranges):
    members = {f"s{n}": BitMap(numbers) for n, numbers in enumerate(ranges)}
    file = written(tmp_path_factory.mktemp("overlap"), members)
    assert [shared_with(file, name).tolist() for name in file.segments] == overlap(file).tolist()


def test_overlap_of_no_segments_is_empty(tmp_path):
    assert overlap(written(tmp_path, {})).shape == (0, 0)


def test_overlap_reads_through_bases(tmp_path):
    chain = Chain(tmp_path)
    chain.add({"even": range(0, 10_000, 2), "third": range(0, 10_000, 3)})
    file = chain.add({"even": range(0, 10_002, 2), "third": range(0, 10_002, 3)})
    assert [e.encoding for e in file.entries()] == ["change", "change"]
    assert overlap(file).tolist() == [[5001, 1667], [1667, 3334]]
    assert shared_with(file, "third").tolist() == [1667, 3334]


def test_damage_stops_the_count(tmp_path):
    file = written(tmp_path, {"a": BitMap([1, 2]), "b": BitMap([2])})
    content = bytearray(file.path.read_bytes())
    content[8] ^= 1
    file.path.write_bytes(content)
    with pytest.raises(DataError, match="segment 'a'"):
        overlap(MembershipFile(file.path))
    for segment in ("a", "b"):
        with pytest.raises(DataError, match="segment 'a'"):
            shared_with(MembershipFile(file.path), segment)


def test_customers_are_covered_by_none_by_one_or_by_several(tmp_path):
    members = {"a": BitMap([1, 2, 70_000]), "b": BitMap([2, 70_001]), "c": BitMap([2]), "nobody": BitMap()}
    found = coverage(written(tmp_path, members), BitMap([1, 2, 3, 70_000, 70_001, 140_000]))
    assert set(found.in_none) == {3, 140_000}
    assert set(found.in_one) == {1, 70_000, 70_001}
    assert set(found.in_several) == {2}
    assert found.exclusive.tolist() == [2, 1, 0, 0]


def test_members_who_are_no_longer_known_do_not_count(tmp_path):
    found = coverage(written(tmp_path, {"a": BitMap([1, 99, 70_000])}), BitMap([1, 2]))
    assert (set(found.in_none), set(found.in_one), set(found.in_several)) == ({2}, {1}, set())
    assert found.exclusive.tolist() == [1]


def test_without_segments_everybody_is_in_none(tmp_path):
    assert coverage(written(tmp_path, {}), BitMap([4, 5])).in_none == BitMap([4, 5])
