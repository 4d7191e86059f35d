from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyroaring import BitMap

from beachhead.store.files import FileSystem
from beachhead.store.layout import Layout
from beachhead.store.manifest import Contents, SnapshotRef
from beachhead.store.membership_writer import Base, write_memberships
from beachhead.store.memberships import Membership
from beachhead.store.snapshots import MEMBERSHIPS, SnapshotStore

Publish = Callable[..., SnapshotRef]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.create(FileSystem())
    return layout


@pytest.fixture
def store(layout: Layout) -> SnapshotStore:
    return SnapshotStore(layout)


@pytest.fixture
def publish(store: SnapshotStore) -> Publish:
    """Publish a small snapshot of a day: `publish(date(2024, 10, 31), accounts=[1, 2])`."""

    def publish(
        as_of: date,
        accounts: list[int] | None = None,
        created_at: datetime | None = None,
        references: tuple[str, ...] = (),
        builds_on: SnapshotRef | None = None,
    ) -> SnapshotRef:
        numbers = accounts or [1, 2, 3]
        with store.begin(as_of) as draft:
            pq.write_table(
                pa.table({"account_no": pa.array(numbers, pa.uint32())}), draft.directory / "accounts.parquet"
            )
            (draft.directory / "codes").mkdir()
            (draft.directory / "codes" / "plan.bin").write_bytes(bytes(numbers))
            base = Base(builds_on, store.open_memberships(builds_on)) if builds_on else None
            write_memberships(draft.directory / MEMBERSHIPS, [Membership("all", "v1", BitMap(numbers))], base)
            contents = Contents(("load-1",), references, {"customers": len(numbers)})
            return draft.publish(contents, created_at or datetime.now(UTC))

    return publish
