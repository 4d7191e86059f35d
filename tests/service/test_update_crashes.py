"""Whatever stops an update, the last published data reads back whole and the next update publishes the right one."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from project_world import LAST_DAY, TODAY, make_company, write_csv

from beachhead.errors import DataError, OutsideError
from beachhead.service.project import Project
from beachhead.service.run import RunOptions, run
from beachhead.store.files import FileSystem, Operation
from beachhead.store.layout import Layout
from beachhead.store.snapshots import SnapshotStore

FORK = multiprocessing.get_context("fork")
OPTIONS = RunOptions(today=TODAY)
KILLS = 50


def add_a_day(root: Path) -> None:
    later = LAST_DAY + timedelta(days=1)
    rows = [{"id": f"n{n}", "account": f"a00{n}", "user": "u", "event": "export", "at": f"{later} 09:00"} for n in "12"]
    write_csv(root / "data/events-new.csv", rows)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one published update and a new day of data that is not in it yet."""
    root = tmp_path_factory.mktemp("company")
    make_company(root, accounts=20)
    run(root, OPTIONS)
    add_a_day(root)
    return root


@pytest.fixture(scope="module")
def expected(company: Path, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """What the update of the new day publishes when nothing goes wrong."""
    root = tmp_path_factory.mktemp("calm") / "project"
    shutil.copytree(company, root)
    run(root, OPTIONS)
    return Project(root).latest().accounts.arrow()


def run_with(root: Path, before: Callable[[Operation, Path], None]) -> None:
    run(root, OPTIONS, files=FileSystem(before))


def assert_whole(root: Path) -> None:
    store = SnapshotStore(Layout(root))
    current = store.current()
    assert current is not None
    store.verify(current)


def operations(company: Path, folder: Path) -> int:
    """How many file operations the update makes."""
    root = folder / "counted"
    shutil.copytree(company, root)
    seen: list[Operation] = []
    run_with(root, lambda operation, _path: seen.append(operation))
    return len(seen)


def test_crash_at_every_file_operation(company: Path, expected: pa.Table, tmp_path: Path) -> None:
    total = operations(company, tmp_path)
    assert total > 20
    for n in range(total):
        root = tmp_path / f"crash-{n}"
        shutil.copytree(company, root)
        left = [n]

        def die(_operation: Operation, _path: Path, left: list[int] = left) -> None:
            if left[0] == 0:
                os._exit(9)
            left[0] -= 1

        child = FORK.Process(target=run_with, args=(root, die))
        child.start()
        child.join(60)
        assert child.exitcode == 9, n
        assert_whole(root)
        run(root, OPTIONS)
        assert_whole(root)
        assert Project(root).latest().accounts.arrow().equals(expected), n
        shutil.rmtree(root)


def test_random_kills(company: Path, expected: pa.Table, tmp_path: Path) -> None:
    rng = random.Random(20260331)
    root = tmp_path / "killed"
    shutil.copytree(company, root)
    for _ in range(KILLS):
        child = FORK.Process(target=run, args=(root, OPTIONS))
        child.start()
        time.sleep(rng.uniform(0.0, 0.45))
        if child.pid:
            os.kill(child.pid, signal.SIGKILL)
        child.join(60)
        assert_whole(root)
    run(root, OPTIONS)
    assert Project(root).latest().accounts.arrow().equals(expected)


def test_full_disk_is_a_clear_error(company: Path, tmp_path: Path) -> None:
    root = tmp_path / "full"
    shutil.copytree(company, root)
    before = SnapshotStore(Layout(root)).current()

    def refuse(operation: Operation, path: Path) -> None:
        if operation == "write" and path.name == "about.json":
            raise OSError(28, "No space left on device")

    with pytest.raises(OutsideError) as caught:
        run_with(root, refuse)
    assert caught.value.diagnostics[0].code == "disk-full"
    assert SnapshotStore(Layout(root)).current() == before
    assert_whole(root)


def test_an_update_that_fails_at_once_leaves_no_traceback_of_what_ran_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_company(tmp_path)
    (tmp_path / "data/accounts.csv").write_text("")
    told: list[object] = []
    ended = threading.Event()

    def too_late() -> None:
        ended.set()
        raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    monkeypatch.setattr("beachhead.service.run.warm_up", too_late)
    monkeypatch.setattr(threading, "excepthook", told.append)
    with pytest.raises(DataError, match="is empty"):
        run(tmp_path, OPTIONS)
    assert ended.wait(10)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(10)
    assert told == []
