"""The process dies at every file operation, and at any moment: what is published stays whole."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
from pyroaring import BitMap

from beachhead.engines.duck import DuckEngine
from beachhead.store.files import FileSystem, Hook, Operation
from beachhead.store.layout import Layout
from beachhead.store.lock import writer_lock
from beachhead.store.manifest import Contents, SnapshotRef
from beachhead.store.membership_writer import Base, write_memberships
from beachhead.store.memberships import Membership
from beachhead.store.registry import Registry
from beachhead.store.retention import collect_garbage
from beachhead.store.scratch import scratch_path
from beachhead.store.snapshots import MEMBERSHIPS, SnapshotStore

FIRST_DAY = date(2024, 1, 1)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


def ids_of(day: date) -> list[str]:
    """What the customers of that day are: some new every day."""
    n = (day - FIRST_DAY).days
    return [f"c{i}" for i in range(n, n + 5)]


def members_of(account_nos: Iterable[int]) -> BitMap:
    """These and many others, the same each day, so that a change is smaller than all of them."""
    return BitMap([*account_nos, *range(1_000_000, 1_000_200, 2)])


def publish_day(layout: Layout, day: date, files: FileSystem) -> SnapshotRef:
    """The whole cycle: lock, registry, model file, snapshot, clean-up; every second snapshot is due for removal."""
    layout.create(files)
    store = SnapshotStore(layout, files)
    with writer_lock(layout, f"update as of {day}", wait_seconds=10):
        registry = Registry(layout, "account", files)
        spill = scratch_path(layout, "spill")
        with DuckEngine(spill, threads=1) as engine:
            listed = ", ".join(f"('{i}')" for i in ids_of(day))
            registry.register_new(engine, f"SELECT * FROM (VALUES {listed}) AS t(account_id)", day)
            accounts = engine.query(
                f"SELECT account_no, account_id FROM {registry.relation()} JOIN (VALUES {listed}) AS t(account_id) "
                "USING (account_id) ORDER BY account_no"
            )
        files.remove_tree(spill)
        model = layout.model / f"m-{day}.parquet"
        if not model.exists():
            pq.write_table(accounts, model.with_suffix(".part"))
            files.fsync_file(model.with_suffix(".part"))
            files.rename(model.with_suffix(".part"), model)
        with store.begin(day) as draft:
            pq.write_table(accounts, draft.directory / "accounts.parquet")
            (draft.directory / "codes").mkdir()
            (draft.directory / "codes" / "plan.bin").write_bytes(day.isoformat().encode())
            current = store.current()
            base = Base(current, store.open_memberships(current)) if current else None
            everybody = members_of(accounts["account_no"].to_pylist())
            write_memberships(draft.directory / MEMBERSHIPS, [Membership("all", "v1", everybody)], base)
            contents = Contents((str(day),), (layout.relative(model),), {"customers": accounts.num_rows})
            ref = draft.publish(contents, LONG_AGO + (day - FIRST_DAY) * 3 + timedelta(seconds=draft.ref.revision))
        in_two_days = datetime.now(UTC) + timedelta(days=2)  # so that files of this test are old enough to go
        collect_garbage(layout, store, files, daily=1, now=in_two_days)
    return ref


def assert_whole(layout: Layout) -> SnapshotRef | None:
    """Everything that readers can reach reads back as what was meant for its day."""
    store = SnapshotStore(layout)
    ref = store.current()
    if ref is None:
        return None
    assert ref in store.list()
    for each in store.list():
        store.verify(each)
        accounts = pq.read_table(store.open(each).file("accounts.parquet"))
        assert accounts["account_id"].to_pylist() == ids_of(each.as_of)
        assert store.open_memberships(each).read("all").members == members_of(accounts["account_no"].to_pylist())
    for each in store.memberships():
        memberships = store.open_memberships(each)
        memberships.check()
        assert len(memberships.read("all").members) == len(members_of(range(5)))
    with DuckEngine(layout.tmp / "reader", threads=1) as engine:
        known = engine.query(f"SELECT account_no, account_id FROM {Registry(layout, 'account').relation()}").to_pylist()
    assert sorted(row["account_no"] for row in known) == list(range(1, len(known) + 1))
    assert len({row["account_id"] for row in known}) == len(known)
    return ref


def in_child(work: Callable[[], object]) -> int:
    """Fork (libraries are loaded already) and do it there; the child's process id."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return pid


def die_at(step: int) -> Hook:
    """A hook that ends the process just before its n-th file operation, from 1."""
    left = itertools.count(step - 1, -1)

    def die(_operation: Operation, _path: Path) -> None:
        if next(left) == 0:
            os._exit(99)

    return die


def test_process_may_die_at_every_file_operation(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    day, step, before = FIRST_DAY, 0, None
    exit_code = 99
    while exit_code == 99:
        step += 1
        _, status = os.waitpid(in_child(partial(publish_day, layout, day, FileSystem(die_at(step)))), 0)
        exit_code = os.waitstatus_to_exitcode(status)
        after = assert_whole(layout)
        assert after == before or (after is not None and after.as_of == day)
        before = publish_day(layout, day, FileSystem())
        assert assert_whole(layout) == before
        assert before.as_of == day
        assert [path.name for path in layout.tmp.iterdir()] == ["reader"]
        kept = [each.as_of for each in SnapshotStore(layout).list()]
        assert sorted(path.name for path in layout.model.iterdir()) == [f"m-{each}.parquet" for each in kept]
        day += timedelta(days=1)
    assert exit_code == 0
    assert step > 30


def test_process_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    chance = random.Random(2024)
    day = FIRST_DAY

    def publish_for_ever() -> None:
        next_day = day
        while True:
            publish_day(layout, next_day, FileSystem())
            next_day += timedelta(days=1)

    publish_day(layout, day, FileSystem())
    for _ in range(50):
        before = assert_whole(layout)
        assert before is not None
        day = before.as_of
        pid = in_child(publish_for_ever)
        time.sleep(chance.uniform(0, 0.12))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        after = assert_whole(layout)
        assert after is not None
        assert after >= before
    last = publish_day(layout, day + timedelta(days=40), FileSystem())
    assert assert_whole(layout) == last


def test_two_writers_at_once_publish_one_after_the_other(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    pids = [in_child(partial(publish_day, layout, FIRST_DAY, FileSystem())) for _ in range(2)]
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0, 0]
    assert assert_whole(layout) == SnapshotRef(FIRST_DAY, 2)
    assert list(SnapshotStore(layout).memberships()) == [SnapshotRef(FIRST_DAY, 1), SnapshotRef(FIRST_DAY, 2)]
