"""Whatever stops `apply`, the last segments read back whole, and the next `apply` publishes the right ones."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from harbour import latest, make_harbour, members, segment, update, write

from beachhead.errors import OutsideError
from beachhead.service.plan import make_plan
from beachhead.service.segment_plan import publish_segments
from beachhead.service.verifying import verify
from beachhead.store.files import FileSystem, Operation
from beachhead.store.layout import Layout
from beachhead.store.snapshots import SnapshotStore

FORK = multiprocessing.get_context("fork")
BEFORE, AFTER = {"large": "12", "top": "12"}, {"large": "1246", "top": "12", "german": "12"}
Hook = Callable[[Operation, Path], None]


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one update, and rules that were changed since."""
    root = tmp_path_factory.mktemp("edited")
    make_harbour(root, {"large": "mrr_cents >= 15000", "top": "in_segment('large') and country = 'DE'"})
    update(root)
    write(root, {"segments/large.yml": segment("mrr_cents > 0"), "segments/german.yml": segment("country = 'DE'")})
    return root


def apply(root: Path, before: Hook | None = None) -> None:
    publish_segments(latest(root), make_plan(root), FileSystem(before) if before else None)


def test_crash_at_every_file_operation(edited: Path, copied: Callable[[Path], Path]) -> None:
    """Whole snapshots that were never published may lie about; they do not matter."""
    seen: list[tuple[Operation, Path]] = []
    root = copied(edited)
    apply(root, lambda operation, path: seen.append((operation, path)))
    assert members(latest(root)) == AFTER
    assert len(seen) >= 8
    for n in range(len(seen)):
        root = copied(edited)
        left = [n]

        def die(_operation: Operation, _path: Path, left: list[int] = left) -> None:
            if left[0] == 0:
                os._exit(9)
            left[0] -= 1

        child = FORK.Process(target=apply, args=(root, die))
        child.start()
        child.join(60)
        assert child.exitcode == 9, n
        store = SnapshotStore(Layout(root))
        current = store.current()
        assert current is not None
        store.verify(current)
        assert members(latest(root)) == (BEFORE if current.revision == 1 else AFTER), n
        apply(root)
        assert members(latest(root)) == AFTER, n
        assert verify(latest(root), make_plan(root)).equal == 3


def test_a_full_disk_is_a_clear_error(edited: Path, copied: Callable[[Path], Path]) -> None:
    root = copied(edited)

    def refuse(operation: Operation, path: Path) -> None:
        if operation == "write" and path.name == "about.json":
            raise OSError(28, "No space left on device")

    with pytest.raises(OutsideError) as caught:
        apply(root, refuse)
    assert caught.value.diagnostics[0].code == "disk-full"
    assert members(latest(root)) == BEFORE
    assert [p.name for p in Layout(root).snapshots.iterdir() if p.name != "current"] == ["2026-03-31-r1"]
