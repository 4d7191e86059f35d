from __future__ import annotations

import errno
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyroaring import BitMap

from beachhead.errors import BeachheadError, DataError, OutsideError, UsageError
from beachhead.store.files import FileSystem
from beachhead.store.guard import check_loss
from beachhead.store.layout import Layout
from beachhead.store.manifest import Contents, SnapshotRef, decode, encode
from beachhead.store.membership_writer import Base, write_memberships
from beachhead.store.memberships import Membership
from beachhead.store.snapshots import MEMBERSHIPS, SnapshotStore

OCT_31 = date(2024, 10, 31)
NOV_1 = date(2024, 11, 1)


def codes(error: pytest.ExceptionInfo[BeachheadError]) -> list[str]:
    assert all(d.remedy for d in error.value.diagnostics)
    return [d.code for d in error.value.diagnostics]


def test_nothing_is_current_before_the_first_snapshot(store):
    assert store.current() is None
    assert store.list() == ()


def test_published_snapshot_is_current_and_reads_back(store, publish):
    ref = publish(OCT_31, [1, 2, 5])
    assert (ref.name, store.current()) == ("2024-10-31-r1", ref)
    snapshot = store.open(ref)
    assert pq.read_table(snapshot.file("accounts.parquet"))["account_no"].to_pylist() == [1, 2, 5]
    assert snapshot.file("codes/plan.bin").read_bytes() == b"\1\2\5"
    assert [(f.name, f.rows) for f in snapshot.manifest.files] == [
        ("accounts.parquet", 3),
        ("codes/plan.bin", None),
        ("memberships.bin", 1),
    ]
    assert snapshot.manifest.contents == Contents(("load-1",), (), {"customers": 3})
    assert store.verify(ref) == snapshot.manifest


def test_same_day_again_is_the_next_revision(store, publish):
    assert [publish(day).name for day in (OCT_31, NOV_1, OCT_31)] == ["2024-10-31-r1", "2024-11-01-r1", "2024-10-31-r2"]
    assert store.current() == SnapshotRef(OCT_31, 2)
    assert store.find(OCT_31) == SnapshotRef(OCT_31, 2)


def test_tenth_revision_follows_the_ninth(store, publish):
    for _ in range(10):
        last = publish(OCT_31)
    assert store.find(OCT_31) == last == SnapshotRef(OCT_31, 10)


def test_revision_is_not_used_again_after_removal(store, publish):
    publish(OCT_31)
    publish(NOV_1)
    store.remove(SnapshotRef(OCT_31, 1))
    assert publish(OCT_31) == SnapshotRef(OCT_31, 2)


def test_reader_of_the_old_snapshot_goes_on_while_a_new_one_is_published(store, publish):
    snapshot = store.open(publish(OCT_31, [7]))
    publish(OCT_31, [8])
    assert pq.read_table(snapshot.file("accounts.parquet"))["account_no"].to_pylist() == [7]


def test_draft_that_fails_leaves_nothing(store, layout, publish):
    first = publish(OCT_31)
    with pytest.raises(ZeroDivisionError), store.begin(NOV_1) as draft:
        (draft.directory / "accounts.parquet").write_bytes(b"half")
        raise ZeroDivisionError
    assert store.current() == first
    assert list(layout.tmp.iterdir()) == []


def test_draft_with_unreadable_parquet_is_not_published(store, publish):
    first = publish(OCT_31)
    with pytest.raises(DataError) as error, store.begin(NOV_1) as draft:
        (draft.directory / "accounts.parquet").write_bytes(b"PAR1 cut short")
        draft.publish(Contents())
    assert codes(error) == ["snapshot-damaged"]
    assert store.list() == (first,)


def test_draft_that_refers_to_a_missing_file_is_not_published(store):
    with pytest.raises(DataError) as error, store.begin(NOV_1) as draft:
        draft.publish(Contents(references=("events/gone.parquet",)))
    assert codes(error) == ["reference-missing"]


def test_all_is_on_disk_before_the_name_appears_and_the_manifest_is_last(layout):
    seen: list[tuple[str, str]] = []
    store = SnapshotStore(layout, FileSystem(lambda operation, path: seen.append((operation, path.name))))
    draft = store.begin(OCT_31)
    (draft.directory / "codes").mkdir()
    (draft.directory / "codes" / "plan.bin").write_bytes(b"x")
    seen.clear()
    draft.publish(Contents())
    draft_name = draft.directory.name
    assert seen[:8] == [
        ("fsync", "plan.bin"),
        ("fsync_dir", "codes"),
        ("write", "manifest.json"),
        ("write", "manifest.json"),
        ("fsync_dir", draft_name),
        ("rename", "2024-10-31-r1"),
        ("fsync_dir", "snapshots"),
        ("write", seen[7][1]),
    ]
    assert seen[-2:] == [("replace", "current"), ("fsync_dir", ".beachhead")]


def test_unknown_day_names_the_nearest_days(store, publish):
    publish(OCT_31)
    with pytest.raises(UsageError, match="take one of: 2024-10-31") as error:
        store.find(date(2024, 12, 1))
    assert codes(error) == ["no-snapshot"]


def test_unknown_file_of_a_snapshot_gets_the_nearest_name(store, publish):
    with pytest.raises(DataError, match=r"Did you mean 'accounts\.parquet'"):
        store.open(publish(OCT_31)).file("acounts.parquet")


def test_changed_byte_is_found(store, publish):
    ref = publish(OCT_31)
    path = store.open(ref).file("codes/plan.bin")
    path.write_bytes(b"\1\2\4")
    with pytest.raises(DataError, match=r"codes/plan\.bin of snapshot 2024-10-31-r1") as error:
        store.verify(ref)
    assert codes(error) == ["snapshot-damaged"]


def test_all_faults_are_told_at_once(store, publish, layout):
    (layout.events / "e1.parquet").write_bytes(b"x")
    ref = publish(OCT_31, references=("events/e1.parquet",))
    (layout.events / "e1.parquet").unlink()
    store.open(ref).file("accounts.parquet").unlink()
    store.open(ref).file("codes/plan.bin").unlink()
    with pytest.raises(DataError) as error:
        store.verify(ref)
    assert codes(error) == ["snapshot-damaged"] * 3
    with pytest.raises(DataError, match=r"has lost accounts\.parquet"):
        store.open(ref).file("accounts.parquet")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"manifest": {}, "sha256": "0"}', b'{"manifest": 3}', b"\xff\xfe\x00"],
)
def test_damaged_manifest_is_a_clear_error(store, publish, content):
    ref = publish(OCT_31)
    (store.directory(ref) / "manifest.json").write_bytes(content)
    with pytest.raises(DataError) as error:
        store.open(ref)
    assert codes(error) == ["snapshot-damaged"]


def test_every_changed_manifest_value_is_found(store, publish):
    ref = publish(OCT_31)
    path = store.directory(ref) / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"customers": 3', b'"customers": 4'))
    with pytest.raises(DataError) as error:
        store.read_manifest(ref)
    assert codes(error) == ["snapshot-damaged"]


def test_manifest_of_another_snapshot_is_not_taken(store, publish):
    first, second = publish(OCT_31), publish(NOV_1)
    (store.directory(first) / "manifest.json").write_bytes((store.directory(second) / "manifest.json").read_bytes())
    with pytest.raises(DataError) as error:
        store.open(first)
    assert codes(error) == ["snapshot-damaged"]


def test_manifest_of_a_newer_version_says_so(store, publish):
    manifest = store.read_manifest(publish(OCT_31))
    newer = type(manifest)(manifest.ref, manifest.created_at, (), Contents(), schema_version=99)
    with pytest.raises(DataError) as error:
        decode(encode(newer), "it")
    assert codes(error) == ["snapshot-too-new"]


def test_current_that_points_nowhere_is_a_clear_error_and_publishing_repairs_it(store, publish, layout):
    publish(OCT_31)
    layout.current.write_text("2024-10-30-r1\n")
    with pytest.raises(DataError) as error:
        store.open(store.current())
    assert codes(error) == ["snapshot-missing"]
    layout.current.write_bytes(b"\0\0\0\0")
    with pytest.raises(DataError) as error:
        store.current()
    assert codes(error) == ["current-damaged"]
    assert publish(OCT_31) == store.current() == SnapshotRef(OCT_31, 2)


@pytest.mark.parametrize("name", ["2024-10-31", "2024-13-01-r1", "2024-10-31-r0", "2024-10-31-r01", "x-r1", ""])
def test_other_names_are_no_snapshots(name):
    assert SnapshotRef.parse(name) is None


def test_memberships_outlive_their_snapshot(store, publish, layout):
    first = publish(OCT_31, [4, 5])
    second = publish(NOV_1, [5])
    opened = store.open(first).memberships()
    inode = (store.directory(first) / MEMBERSHIPS).stat().st_ino
    store.remove(first)
    assert store.list() == (second,)
    assert store.memberships() == (first, second)
    assert list(store.open_memberships(first).read("all").members) == [4, 5]
    assert list(opened.read("all").members) == [4, 5]
    assert (layout.memberships / "2024-10-31-r1.bin").stat().st_ino == inode


def test_memberships_are_copied_where_a_file_has_one_name_only(layout, publish, store):
    def refuse(operation: str, _path: Path) -> None:
        if operation == "link":
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    first = publish(OCT_31, [4, 5])
    publish(NOV_1)
    SnapshotStore(layout, FileSystem(refuse)).remove(first)
    assert list(store.open_memberships(first).read("all").members) == [4, 5]
    assert list(layout.tmp.iterdir()) == []


def test_every_changed_byte_of_the_memberships_is_found(store, publish):
    ref = publish(OCT_31, list(range(1, 40)))
    path = store.open(ref).file(MEMBERSHIPS)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(DataError) as error:
            store.verify(ref)
        assert codes(error) in (["memberships-damaged"], ["snapshot-damaged"])
    path.write_bytes(whole)
    store.verify(ref)


def test_memberships_of_another_snapshot_are_not_taken(store, publish):
    first, second = publish(OCT_31, [4, 5]), publish(NOV_1, [5])
    other = store.open(second).file(MEMBERSHIPS).read_bytes()
    store.open(first).file(MEMBERSHIPS).write_bytes(other)
    with pytest.raises(DataError, match=r"memberships\.bin of snapshot 2024-10-31-r1 is not as it was") as error:
        store.verify(first)
    assert codes(error) == ["snapshot-damaged"]


def test_draft_with_memberships_that_build_on_a_missing_file_is_not_published(store, publish):
    first = publish(OCT_31, list(range(2, 200, 2)))
    base = Base(first, store.open_memberships(first))
    with pytest.raises(DataError) as error, store.begin(NOV_1) as draft:
        everybody = Membership("all", "v1", BitMap(range(2, 202, 2)))
        write_memberships(draft.directory / MEMBERSHIPS, [everybody], base)
        (store.directory(first) / MEMBERSHIPS).unlink()
        draft.publish(Contents())
    assert codes(error) == ["memberships-base-missing"]


def test_base_is_found_wherever_it_lies_and_verified_to_be_there(store, publish, layout):
    first = publish(OCT_31, list(range(2, 200, 2)))
    with store.begin(NOV_1) as draft:
        everybody = Membership("all", "v1", BitMap(range(2, 202, 2)))
        write_memberships(draft.directory / MEMBERSHIPS, [everybody], Base(first, store.open_memberships(first)))
        second = draft.publish(Contents())
    assert store.open_memberships(second).base == first
    store.remove(first)
    store.verify(second)
    assert store.open(second).memberships().read("all") == everybody
    (layout.memberships / "2024-10-31-r1.bin").unlink()
    with pytest.raises(DataError) as error:
        store.verify(second)
    assert codes(error) == ["memberships-base-missing"]


def test_current_snapshot_cannot_be_removed(store, publish):
    ref = publish(OCT_31)
    with pytest.raises(UsageError) as error:
        store.remove(ref)
    assert codes(error) == ["snapshot-in-use"]
    store.verify(ref)


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk-full"), (errno.EROFS, "no-permission"), (errno.EIO, "file-operation-failed")],
)
def test_refusal_at_any_operation_is_a_clear_error_and_leaves_the_last_snapshot(layout, publish, store, number, code):
    before = publish(OCT_31, [1])
    steps = 0
    while True:
        steps += 1
        if publish_refused_at(layout, steps, number, code):
            break
        assert store.current() in (before, max(store.list()))
        store.verify(store.current())
        before = store.current()
    assert steps > 10
    assert store.current() == max(store.list())


def publish_refused_at(layout: Layout, step: int, number: int, code: str) -> bool:
    """Whether it went through, because it has fewer than `step` operations."""
    count = 0

    def refuse(_operation: str, _path: Path) -> None:
        nonlocal count
        count += 1
        if count == step:
            raise OSError(number, os.strerror(number))

    store = SnapshotStore(layout, FileSystem(refuse))
    try:
        with store.begin(NOV_1) as draft:
            (draft.directory / "a.bin").write_bytes(b"a")
            draft.publish(Contents())
    except OutsideError as e:
        assert [d.code for d in e.diagnostics] == [code]
        assert e.diagnostics[0].remedy
        return False
    return True


def test_project_where_a_file_is_in_the_way_is_a_clear_error(tmp_path):
    (tmp_path / ".beachhead").write_text("not a folder")
    with pytest.raises(OutsideError) as error:
        Layout(tmp_path).create(FileSystem())
    assert codes(error) == ["file-operation-failed"]


def test_results_stay_out_of_git(layout):
    assert (layout.home / ".gitignore").read_text().endswith("\n*\n")


def test_created_time_is_kept_in_utc(store, publish):
    ref = publish(OCT_31, created_at=datetime(2024, 11, 1, 3, 0, tzinfo=UTC))
    assert store.read_manifest(ref).created_at == datetime(2024, 11, 1, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(("previous", "new"), [(0, 0), (0, 10), (100, 80), (100, 200)])
def test_loss_within_the_limit_passes(previous, new):
    check_loss(previous, new, 0.2)


def test_loss_beyond_the_limit_is_refused_with_the_way_out():
    with pytest.raises(DataError, match=r"21 of 100 customers would vanish \(21%\)") as error:
        check_loss(100, 79, 0.2)
    assert codes(error) == ["too-many-lost"]
    assert "--allow-loss" in str(error.value)
