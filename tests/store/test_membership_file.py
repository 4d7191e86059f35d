from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from membership_world import Chain, ref_of
from pyroaring import BitMap

from beachhead.errors import BeachheadError, DataError
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_format import FOOT_BYTES, FORMAT, Head, decode_head, encode_head, read_foot
from beachhead.store.membership_writer import write_memberships
from beachhead.store.memberships import Entry, Membership

WHALES = Membership("whales", "v2", BitMap([3, 70_000]), stale=True)
ALL = Membership("all", "v1", BitMap(range(1, 100_000)))
NOBODY = Membership("nobody", "v1", BitMap())
NUMBERS = st.one_of(st.integers(0, 200_000), st.integers(0, 2**32 - 1))
MEMBERS = st.dictionaries(
    st.text(min_size=1, max_size=8),
    st.tuples(st.sets(NUMBERS, max_size=30), st.tuples(st.integers(0, 150_000), st.integers(0, 9000))).map(
        lambda drawn: drawn[0] | set(range(drawn[1][0], sum(drawn[1])))
    ),
    max_size=6,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "memberships.bin"
    write_memberships(path, [WHALES, ALL, NOBODY])
    return path


def codes(error: pytest.ExceptionInfo[BeachheadError]) -> list[str]:
    assert all(d.remedy for d in error.value.diagnostics)
    return [d.code for d in error.value.diagnostics]


def test_memberships_read_back(path):
    file = MembershipFile(path)
    assert file.read_all() == (ALL, NOBODY, WHALES)
    assert file.read_some(["whales", "all"]) == {"whales": WHALES, "all": ALL}
    assert file.read("whales").members == BitMap([3, 70_000])
    file.check()


def test_entries_need_no_containers(path):
    content = bytearray(path.read_bytes())
    content[8:2000] = bytes(1992)
    path.write_bytes(content)
    assert MembershipFile(path).entries() == (
        Entry("all", "v1", 99_999, False),
        Entry("nobody", "v1", 0, False),
        Entry("whales", "v2", 2, True),
    )


def test_no_segments_at_all_read_back(tmp_path):
    write_memberships(tmp_path / "m.bin", [])
    file = MembershipFile(tmp_path / "m.bin")
    assert file.read_all() == ()
    assert file.segments_of(7) == []
    assert list(file.blocks()) == []
    file.check()


def test_unknown_segment_gets_the_nearest_name(path):
    for ask in (MembershipFile(path).read, MembershipFile(path).entry, lambda s: MembershipFile(path).contains(s, 1)):
        with pytest.raises(DataError, match="Did you mean 'whales'"):
            ask("whale")


def test_segments_of_a_customer(path):
    file = MembershipFile(path)
    asked = {0: [], 1: ["all"], 3: ["all", "whales"], 70_000: ["all", "whales"], 99_999: ["all"], 100_000: []}
    assert {n: file.segments_of(n) for n in asked} == asked
    assert file.segments_of(4_000_000_000) == []
    assert [file.contains("whales", n) for n in (3, 4, 69_999, 70_000)] == [True, False, False, True]


def test_many_segments_are_looked_up_as_few_are(tmp_path):
    rng = np.random.default_rng(5)
    members = [BitMap(rng.integers(0, 140_000, size)) for size in [3, 6000, 0, 90_000] * 60]
    write_memberships(tmp_path / "m.bin", [Membership(f"s{n:03}", "v1", m) for n, m in enumerate(members)])
    file = MembershipFile(tmp_path / "m.bin")
    for account_no in (0, 1, 65_535, 65_536, 100_001, 139_999, 140_000):
        expected = [f"s{n:03}" for n, m in enumerate(members) if account_no in m]
        assert file.segments_of(account_no) == expected
        assert [name for name in file.segments if file.contains(name, account_no)] == expected


def test_blocks_hold_the_bits_of_all_segments(path):
    found = dict(MembershipFile(path).blocks())
    assert list(found) == [0, 1]
    assert found[0].shape == found[1].shape == (3, 1024)
    assert np.bitwise_count(found[0]).sum(axis=1).tolist() == [65_535, 0, 1]
    assert found[1][2].nonzero()[0].tolist() == [(70_000 - 65_536) // 64]


def test_words_go_to_the_rows_that_are_asked_for(path):
    words = MembershipFile(path).words(0, places=np.array([2, 0, 1]), room=5)
    assert np.bitwise_count(words).sum(axis=1).tolist() == [0, 1, 65_535, 0, 0]


@given(st.lists(MEMBERS, min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_files_that_build_on_each_other_read_back_as_sets(tmp_path_factory, days):
    chain = Chain(tmp_path_factory.mktemp("chain"))
    for members in days:
        file = chain.add(members)
    assert {m.segment: set(m.members) for m in file.read_all()} == members
    file.check()
    file.check_base()
    asked = {n for m in members.values() for n in list(m)[:3]} | {0, 65_536}
    assert {n: file.segments_of(n) for n in asked} == {n: sorted(s for s in members if n in members[s]) for n in asked}
    counted = sum((np.bitwise_count(words).sum(axis=1) for _, words in file.blocks()), np.zeros(len(members)))
    assert counted.tolist() == [len(members[s]) for s in sorted(members)]


def test_segment_that_changes_little_is_stored_as_what_changed(tmp_path):
    chain = Chain(tmp_path)
    whole = chain.add({"all": range(0, 100_000, 2), "new": range(10)})
    change = chain.add({"all": range(0, 100_002, 2), "new": range(500, 600)})
    assert [e.encoding for e in whole.entries()] == ["whole", "whole"]
    assert [(e.segment, e.encoding, e.size) for e in change.entries()] == [
        ("all", "change", 50_001),
        ("new", "whole", 100),
    ]
    assert chain.path(chain.refs[1]).stat().st_size < 2000 < chain.path(chain.refs[0]).stat().st_size
    assert change.read("all").members == BitMap(range(0, 100_002, 2))


def test_chain_ends_after_eight_changes_and_begins_anew(tmp_path):
    chain = Chain(tmp_path)
    depths = [chain.add({"all": range(0, 10_000 + n, 2)}).entry("all").depth for n in range(20)]
    assert depths == [*range(9), *range(9), 0, 1]
    for n, ref in enumerate(chain.refs):
        assert chain.open(ref).read("all").members == BitMap(range(0, 10_000 + n, 2))
        assert chain.open(ref).segments_of(10_000) == (["all"] if n > 0 else [])


def test_members_that_are_known_need_no_base(tmp_path):
    chain = Chain(tmp_path)
    first = chain.add({"all": range(0, 10_000, 2)}).read("all").members
    second = chain.add({"all": range(0, 10_002, 2)})
    chain.path(ref_of(0)).unlink()
    assert second.read("all", {ref_of(0): first}).members == BitMap(range(0, 10_002, 2))
    assert first == BitMap(range(0, 10_000, 2))


def test_missing_base_is_a_clear_error_and_whole_segments_still_read(tmp_path):
    chain = Chain(tmp_path)
    chain.add({"all": range(0, 10_000, 2), "new": range(3)})
    second = chain.add({"all": range(0, 10_002, 2), "new": range(500, 600)})
    chain.path(ref_of(0)).unlink()
    assert second.read("new").members == BitMap(range(500, 600))
    asked = (lambda: second.read("all"), lambda: second.segments_of(4), second.check_base, lambda: [*second.blocks()])
    for ask in asked:
        with pytest.raises(DataError, match="memberships of snapshot 2024-01-01-r1 are missing") as error:
            ask()
        assert codes(error) == ["memberships-base-missing"]
    with pytest.raises(DataError, match="the members of segment 'all'"):
        second.read("all")


def test_base_that_is_another_file_is_not_taken(tmp_path):
    chain = Chain(tmp_path)
    chain.add({"all": range(0, 10_000, 2)})
    second = chain.add({"all": range(0, 10_002, 2)})
    chain.path(ref_of(0)).unlink()
    write_memberships(chain.path(ref_of(0)), [Membership("all", "v1", BitMap(range(0, 9_000, 2)))])
    with pytest.raises(DataError, match="builds on another file") as error:
        second.read("all")
    assert codes(error) == ["memberships-damaged"]


def test_damage_in_the_base_is_named_there_and_others_still_read(tmp_path):
    chain = Chain(tmp_path)
    chain.add({"all": range(0, 10_000, 2), "even": range(0, 20_000, 4)})
    second = chain.add({"all": range(0, 10_002, 2), "even": range(0, 20_004, 4)})
    flip(chain.path(ref_of(0)), 8)
    with pytest.raises(DataError, match=rf"segment 'all' in {re.escape(str(chain.path(ref_of(0))))}"):
        second.read("all")
    assert second.read("even").members == BitMap(range(0, 20_004, 4))
    second.check()


def test_base_with_damage_is_not_built_on(tmp_path):
    chain = Chain(tmp_path)
    chain.add({"all": range(0, 10_000, 2), "even": range(0, 20_000, 4)})
    flip(chain.path(ref_of(0)), 8)
    second = chain.add({"all": range(0, 10_002, 2), "even": range(0, 20_004, 4)})
    assert [(e.segment, e.encoding) for e in second.entries()] == [("all", "whole"), ("even", "change")]


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0x40
    path.write_bytes(content)


def test_damaged_container_is_named_and_the_others_still_read(path):
    flip(
        path, path.read_bytes().index(b"\x03\x00\x00\x00\x00\x00\x00\x00")
    )  # the only one of whales in the first block
    file = MembershipFile(path)
    for ask in (lambda: file.read("whales"), lambda: file.segments_of(3), file.check, lambda: [*file.blocks()]):
        with pytest.raises(DataError, match=rf"members of segment 'whales' in {re.escape(str(path))} are damaged") as e:
            ask()
        assert codes(e) == ["memberships-damaged"]
    assert len(file.read("all").members) == 99_999
    assert file.read("nobody").members == BitMap()
    assert file.segments_of(70_000) == ["all", "whales"]


def test_all_damaged_segments_are_named_at_once(tmp_path):
    path = tmp_path / "m.bin"
    write_memberships(path, [Membership(f"s{n:03}", "v1", BitMap([n + 1])) for n in range(200)])
    for n in (3, 150):
        flip(path, 8 + 8 * n)
    with pytest.raises(DataError) as error:
        MembershipFile(path).check()
    assert [re.findall("'(.*)'", d.message) for d in error.value.diagnostics] == [["s003"], ["s150"]]
    with pytest.raises(DataError, match="s003"):
        MembershipFile(path).segments_of(500)


def test_every_changed_byte_is_found(tmp_path):
    path = tmp_path / "m.bin"
    write_memberships(path, [WHALES, NOBODY, Membership("some", "v1", BitMap(range(7)))])
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in (0, 7):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << bit)]) + whole[place + 1 :])
            with pytest.raises(DataError) as error:
                MembershipFile(path).check()
            assert codes(error) == ["memberships-damaged"], place


def test_file_that_is_cut_short_anywhere_is_a_clear_error(tmp_path):
    path = tmp_path / "m.bin"
    write_memberships(path, [WHALES])
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match="cut short") as error:
            MembershipFile(path)
        assert codes(error) == ["memberships-damaged"]


@pytest.mark.parametrize("content", [b"", b"BHMEMB\r\n", b"garbage" * 100, bytes(400)])
def test_something_else_is_a_clear_error(tmp_path, content):
    (tmp_path / "m.bin").write_bytes(content)
    with pytest.raises(DataError) as error:
        MembershipFile(tmp_path / "m.bin")
    assert codes(error) == ["memberships-damaged"]


def test_bytes_added_or_taken_out_are_found(path):
    whole = path.read_bytes()
    for other in (whole[:100] + whole[108:], whole[:8] + bytes(8) + whole[8:], whole + bytes(8)):
        path.write_bytes(other)
        with pytest.raises(DataError) as error:
            MembershipFile(path).check()
        assert codes(error) == ["memberships-damaged"]


def test_wrong_checksum_of_the_index_is_a_clear_error(path):
    whole = path.read_bytes()
    length, _ = read_foot(whole[-FOOT_BYTES:])
    flip(path, len(whole) - FOOT_BYTES - length + 20)  # in the head
    with pytest.raises(DataError, match="the checksum of its index does not fit"):
        MembershipFile(path)
    path.write_bytes(whole)
    flip(path, len(whole) - FOOT_BYTES - length - 5)  # in the table
    assert MembershipFile(path).entry("whales").size == 2
    with pytest.raises(DataError, match="the checksum of its index does not fit"):
        MembershipFile(path).read("nobody")


def test_size_that_does_not_fit_the_containers_is_found(path):
    whole = path.read_bytes()
    length, _ = read_foot(whole[-FOOT_BYTES:])
    start = len(whole) - FOOT_BYTES - length
    head = decode_head(whole[start:-FOOT_BYTES])
    assert head.sizes == [99_999, 0, 2]
    wrong = Head(head.segments, head.versions, [99_998, 0, 2], head.stale, head.depths, {}, head.blocks, None,
                 head.table_offset, head.table_sha256)  # fmt: skip
    path.write_bytes(whole[:start] + encode_head(wrong)[0])
    with pytest.raises(DataError, match="the number of members does not fit"):
        MembershipFile(path).read("all")
    assert MembershipFile(path).read("whales") == WHALES


def test_file_of_a_newer_version_says_so(path, monkeypatch):
    path.unlink()
    monkeypatch.setattr("beachhead.store.membership_format.FORMAT", FORMAT + 1)
    write_memberships(path, [WHALES])
    monkeypatch.undo()
    with pytest.raises(DataError) as error:
        MembershipFile(path)
    assert codes(error) == ["memberships-too-new"]


def test_missing_file_is_a_clear_error(tmp_path):
    for path in (tmp_path / "m.bin", tmp_path):
        with pytest.raises(DataError) as error:
            MembershipFile(path)
        assert codes(error) == ["memberships-missing"]


def test_opened_file_stays_readable_when_it_is_removed(path):
    file = MembershipFile(path)
    path.unlink()
    assert file.read_all() == (ALL, NOBODY, WHALES)
