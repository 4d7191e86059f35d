from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beachhead.store.files import FileSystem
from beachhead.store.manifest import SnapshotRef
from beachhead.store.retention import collect_garbage, superseded_at, worth_keeping
from beachhead.store.scratch import remove_leftovers, scratch_path

NOW = datetime(2024, 12, 15, 12, tzinfo=UTC)
REFS = st.builds(SnapshotRef, st.dates(date(2023, 1, 1), date(2024, 12, 31)), st.integers(1, 4))


@pytest.fixture
def collect(layout, store):
    return lambda daily=35, now=NOW: collect_garbage(layout, store, FileSystem(), daily, now)


def at_noon_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=1)


@given(st.sets(REFS, max_size=80), st.integers(1, 40))
def test_kept_are_the_last_days_and_the_last_of_each_month(refs, daily):
    kept = worth_keeping(refs, daily)
    days = sorted({ref.as_of for ref in refs})
    assert kept <= refs
    assert {ref.as_of for ref in kept} >= set(days[-daily:])
    assert {(d.year, d.month) for d in days} == {(ref.as_of.year, ref.as_of.month) for ref in kept}
    for ref in kept:
        assert ref.revision == max(other.revision for other in refs if other.as_of == ref.as_of)
        later_that_month = [d for d in days if (d.year, d.month) == (ref.as_of.year, ref.as_of.month) and d > ref.as_of]
        assert ref.as_of in days[-daily:] or not later_that_month


def test_snapshot_is_in_use_until_the_next_is_published_whatever_day_that_describes():
    first, backfill, last = (SnapshotRef(date(2024, 10, day), 1) for day in (31, 1, 30))
    created = {first: NOW, backfill: NOW + timedelta(hours=1), last: NOW + timedelta(hours=2)}
    assert superseded_at(created) == {first: created[backfill], backfill: created[last], last: None}


def test_old_days_go_and_month_ends_stay(store, publish, collect):
    days = [date(2024, 10, 28) + timedelta(days=n) for n in range(10)]
    for day in days:
        publish(day, created_at=at_noon_after(day))
    collected = collect(daily=2)
    assert [ref.as_of for ref in store.list()] == [date(2024, 10, 31), date(2024, 11, 5), date(2024, 11, 6)]
    assert len(collected.snapshots) == 7
    assert list(store.memberships()) == [SnapshotRef(day, 1) for day in days]
    for ref in store.list():
        store.verify(ref)
    assert collect(daily=2).snapshots == ()


def test_memberships_on_which_later_ones_build_stay_whatever_is_removed(store, publish, collect):
    days = [date(2024, 11, 1) + timedelta(days=n) for n in range(20)]
    for n, day in enumerate(days):
        publish(day, [*range(0, 200, 2), 201 + n], created_at=at_noon_after(day), builds_on=store.current())
    collect(daily=1, now=NOW + timedelta(days=40))
    assert [ref.as_of for ref in store.list()] == days[-1:]
    assert [store.open_memberships(ref).entry("all").depth for ref in store.memberships()] == [
        *range(9),
        *range(9),
        0,
        1,
    ]
    for n, ref in enumerate(store.memberships()):
        assert set(store.open_memberships(ref).read("all").members) == {*range(0, 200, 2), 201 + n}
        store.open_memberships(ref).check_base()


def test_older_revision_goes_when_a_day_has_passed(store, publish, collect):
    day = date(2024, 12, 13)
    publish(day, created_at=NOW - timedelta(hours=60))
    publish(day, created_at=NOW - timedelta(hours=23))
    assert collect().snapshots == ()  # readers may have opened it until 23 hours ago
    assert collect(now=NOW + timedelta(hours=2)).snapshots == (SnapshotRef(day, 1),)


def test_current_snapshot_stays_even_when_newer_days_exist(store, publish, collect):
    for n, day in enumerate([date(2024, 12, 1), date(2024, 12, 2), date(2024, 11, 5)]):
        publish(day, created_at=NOW - timedelta(days=10 - n))
    publish(date(2024, 11, 1), created_at=NOW - timedelta(days=5))
    collect(daily=1)
    assert store.current() == SnapshotRef(date(2024, 11, 1), 1)
    store.verify(store.current())


def shared_file(layout, name, age_hours):
    path = layout.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(name.encode())
    then = (NOW - timedelta(hours=age_hours)).timestamp()
    os.utime(path, (then, then))
    return path


def test_shared_files_go_when_no_kept_manifest_needs_them(layout, store, publish, collect):
    old = shared_file(layout, "events/old.parquet", 900)
    used = shared_file(layout, "events/used.parquet", 900)
    beside = shared_file(layout, "events/used.index.json", 900)
    fresh = shared_file(layout, "events/fresh.parquet", 23)
    inside = shared_file(layout, "events/day/1.parquet", 900)
    publish(date(2024, 11, 1), created_at=NOW - timedelta(days=20), references=("events/old.parquet",))
    publish(date(2024, 11, 2), created_at=NOW - timedelta(days=10), references=("events/used.parquet", "events/day"))
    collected = collect(daily=1)
    assert collected.snapshots == (SnapshotRef(date(2024, 11, 1), 1),)
    assert collected.files == (old,)
    assert [p.exists() for p in (old, used, beside, fresh, inside)] == [False, True, True, True, True]


def test_area_that_the_current_snapshot_does_not_mention_is_left_alone(layout, publish, collect):
    landed = shared_file(layout, "landing/orders/k1.parquet", 900)
    shared_file(layout, "model/m1.parquet", 900)
    stray = shared_file(layout, "model/m0.parquet", 900)
    publish(date(2024, 11, 2), references=("model/m1.parquet",))
    assert collect().files == (stray,)
    assert landed.exists()


def test_registry_is_never_collected(layout, publish, collect):
    part = shared_file(layout, "registry/accounts-0000000001.parquet", 9000)
    publish(date(2024, 11, 2))
    collect()
    assert part.exists()


def test_unreadable_manifest_holds_back_what_it_might_need(layout, store, publish, collect):
    stray = shared_file(layout, "events/stray.parquet", 900)
    shared_file(layout, "events/used.parquet", 900)
    broken = publish(date(2024, 11, 1), created_at=NOW - timedelta(days=20))
    publish(date(2024, 11, 2), created_at=NOW - timedelta(days=10), references=("events/used.parquet",))
    (store.directory(broken) / "manifest.json").write_bytes(b"{")
    collected = collect(daily=1)
    assert [(d.code, d.is_error) for d in collected.diagnostics] == [("cleanup-held-back", False)]
    assert stray.exists()
    assert broken in store.list()


def test_leftovers_of_dead_processes_go_at_once_and_living_work_stays(layout):
    mine = scratch_path(layout, "snapshot-2024-10-31-r1")
    host, pid, token, _ = mine.name.rsplit(".", 4)[1:]
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    dead = layout.tmp / f"snapshot-2024-10-30-r1.{host}.{child}.{token}.1"
    reborn = layout.tmp / f"snapshot-2024-10-30-r1.{host}.{pid}.00000000.1"
    living = layout.tmp / f"spill.{host}.1.{token}.1"
    elsewhere = layout.tmp / f"spill.00000000.{child}.{token}.1"
    for path in (mine, dead, reborn, living, elsewhere):
        path.mkdir()
        (path / "part.parquet").write_bytes(b"half")
    now = datetime.now(UTC)
    assert set(remove_leftovers(layout, FileSystem(), now)) == {dead, reborn}
    later = now + timedelta(hours=25)
    assert set(remove_leftovers(layout, FileSystem(), later)) == {living, elsewhere}
    assert list(layout.tmp.iterdir()) == [mine]
