from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import pytest
from pyroaring import BitMap

from beachhead.errors import OutsideError
from beachhead.store.bitmaps import bitmap_of_blocks
from beachhead.store.kernels import containers_from_words
from beachhead.store.manifest import SnapshotRef
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_writer import Base, Column, MembershipWriter, write_memberships
from beachhead.store.memberships import Entry, Membership

REF = SnapshotRef(date(2024, 1, 1), 1)
COLUMNS = [Column("dense", "v1"), Column("sparse", "v2", stale=True), Column("nobody", "v1")]


def block_of_words(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mask = rng.random((3, 65_536)) < np.array([[0.3], [0.001], [0.0]])
    return np.packbits(mask, axis=1, bitorder="little").view(np.uint64)


def members(numbers: list[int], column: int) -> BitMap:
    return bitmap_of_blocks(np.array(numbers), np.stack([block_of_words(n)[column] for n in numbers]))


def test_blocks_may_come_in_any_order_and_from_several_threads(tmp_path):
    numbers = [5, 0, 9, 3, 1, 40_000, 7, 2]
    with MembershipWriter(tmp_path / "m.bin", COLUMNS) as writer:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda n: writer.block(n, *containers_from_words(block_of_words(n))), numbers))
        writer.finish()
    file = MembershipFile(tmp_path / "m.bin")
    file.check()
    numbers.sort()
    assert file.block_numbers() == numbers
    assert file.read("dense") == Membership("dense", "v1", members(numbers, 0))
    assert file.read("sparse") == Membership("sparse", "v2", members(numbers, 1), stale=True)
    assert file.read("nobody").members == BitMap()
    assert [e.size for e in file.entries()] == [len(members(numbers, 0)), len(members(numbers, 1)), 0]
    for number, words in file.blocks():
        assert np.array_equal(words, block_of_words(number))


def test_containers_may_lie_in_any_order_within_the_payload(tmp_path):
    cardinalities, payload, offsets, checksums = containers_from_words(block_of_words(1))
    first = bytes(payload[: int(offsets[1])])
    second = bytes(payload[int(offsets[1]) :])
    with MembershipWriter(tmp_path / "m.bin", COLUMNS) as writer:
        writer.block(1, cardinalities, second + first, np.array([len(second), 0, 77], np.uint64), checksums)
        writer.finish()
    file = MembershipFile(tmp_path / "m.bin")
    file.check()
    assert file.read("dense").members == members([1], 0)


def test_block_without_members_leaves_no_trace(tmp_path):
    nothing = containers_from_words(np.zeros((3, 1024), np.uint64))
    with MembershipWriter(tmp_path / "m.bin", COLUMNS) as writer:
        writer.block(3, *nothing)
        writer.finish()
    assert MembershipFile(tmp_path / "m.bin").block_numbers() == []
    MembershipFile(tmp_path / "m.bin").check()


def test_change_of_words_is_written_with_its_sizes(tmp_path):
    before, after = block_of_words(1), block_of_words(1)
    after[0, 0] ^= np.uint64(0b111)
    with MembershipWriter(tmp_path / "1.bin", COLUMNS) as writer:
        writer.block(0, *containers_from_words(before))
        writer.finish()
    base = Base(REF, MembershipFile(tmp_path / "1.bin"))
    columns = [Column("dense", "v1", is_change=True), Column("sparse", "v3"), Column("nobody", "v1", is_change=True)]
    words = np.stack([after[0] ^ base.file.words(0)[0], after[1], np.zeros(1024, np.uint64)])
    with MembershipWriter(tmp_path / "2.bin", columns, base) as writer:
        writer.block(0, *containers_from_words(words))
        writer.finish(np.bitwise_count(after).sum(axis=1).tolist())
    file = MembershipFile(tmp_path / "2.bin", lambda _ref: base.file)
    assert [e.depth for e in file.entries()] == [1, 0, 1]
    assert np.array_equal(file.words(0), after)
    assert file.read("dense").members == bitmap_of_blocks(np.array([0]), after[:1])
    assert (tmp_path / "2.bin").stat().st_size < 2000


def test_base_that_nothing_builds_on_is_not_named(tmp_path):
    write_memberships(tmp_path / "1.bin", [Membership("all", "v1", BitMap(range(9)))])
    base = Base(REF, MembershipFile(tmp_path / "1.bin"))
    write_memberships(tmp_path / "2.bin", [Membership("all", "v1", BitMap(range(500, 600)))], base)
    assert MembershipFile(tmp_path / "2.bin").base is None
    MembershipFile(tmp_path / "2.bin").check_base()


def test_segment_twice_is_refused(tmp_path):
    same = Membership("all", "v1", BitMap([1]))
    with pytest.raises(ValueError, match="given twice"):
        write_memberships(tmp_path / "m.bin", [same, same])
    assert not (tmp_path / "m.bin").exists()


def test_change_that_no_base_can_carry_is_refused(tmp_path):
    write_memberships(tmp_path / "1.bin", [Membership("all", "v1", BitMap([1]))])
    base = Base(REF, MembershipFile(tmp_path / "1.bin"))
    assert base.can_carry("all")
    for given in (None, base):
        with pytest.raises(ValueError, match="no base can carry a change of 'other'"):
            MembershipWriter(tmp_path / "2.bin", [Column("other", "v1", is_change=True)], given)
    with (
        MembershipWriter(tmp_path / "2.bin", [Column("all", "v1", is_change=True)], base) as writer,
        pytest.raises(ValueError, match="sizes of changed segments"),
    ):
        writer.finish()


def test_payload_that_is_laid_out_otherwise_is_refused(tmp_path):
    cardinalities, payload, offsets, checksums = containers_from_words(block_of_words(1))
    with MembershipWriter(tmp_path / "m.bin", COLUMNS) as writer:
        for wrong in (bytes(payload) + bytes(8), bytes(payload)[:-8], b""):
            with pytest.raises(ValueError, match="do not fill the payload"):
                writer.block(1, cardinalities, wrong, offsets, checksums)
        with pytest.raises(ValueError, match="do not fill the payload"):
            writer.block(1, cardinalities, payload, offsets + np.uint64(8), checksums)
        with pytest.raises(ValueError, match="no block"):
            writer.block(65_536, cardinalities, payload, offsets, checksums)
        with pytest.raises(ValueError, match="no block 1 of 2 segments"):
            writer.block(1, cardinalities[:2], payload, offsets[:2], checksums[:2])
        writer.block(1, cardinalities, payload, offsets, checksums)
        with pytest.raises(ValueError, match="written twice"):
            writer.block(1, cardinalities, payload, offsets, checksums)


def test_file_that_is_not_finished_is_removed(tmp_path):
    with pytest.raises(ZeroDivisionError), MembershipWriter(tmp_path / "m.bin", COLUMNS) as writer:
        writer.block(1, *containers_from_words(block_of_words(1)))
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_a_clear_error(tmp_path, monkeypatch):
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OutsideError) as error, MembershipWriter(tmp_path / "m.bin", COLUMNS) as writer:
        monkeypatch.setattr(os, "pwrite", refuse)
        writer.block(1, *containers_from_words(block_of_words(1)))
    assert [d.code for d in error.value.diagnostics] == ["disk-full"]
    assert list(tmp_path.iterdir()) == []


def test_write_in_pieces_is_whole(tmp_path, monkeypatch):
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda f, content, at: write(f, content[:1000], at))
    with MembershipWriter(tmp_path / "m.bin", COLUMNS) as writer:
        writer.block(1, *containers_from_words(block_of_words(1)))
        writer.finish()
    MembershipFile(tmp_path / "m.bin").check()


def test_entries_keep_the_order_in_which_they_were_given(tmp_path):
    with MembershipWriter(tmp_path / "m.bin", [Column("b", "v1"), Column("a", "v1")]) as writer:
        writer.finish()
    assert MembershipFile(tmp_path / "m.bin").entries() == (Entry("b", "v1", 0, False), Entry("a", "v1", 0, False))
