"""Which snapshots stay, and the removal of the others and of shared files that nothing refers to any more."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from beachhead.errors import DataError, Diagnostic, Severity
from beachhead.store.files import FileSystem, outside
from beachhead.store.layout import Layout
from beachhead.store.manifest import Manifest, SnapshotRef
from beachhead.store.scratch import GRACE, remove_leftovers
from beachhead.store.snapshots import MEMBERSHIPS, SnapshotStore


@dataclass(frozen=True, slots=True)
class Collected:
    """What `collect_garbage` removed, and what kept it from removing more."""

    snapshots: tuple[SnapshotRef, ...]
    files: tuple[Path, ...]
    diagnostics: tuple[Diagnostic, ...]


def worth_keeping(refs: Collection[SnapshotRef], daily: int) -> frozenset[SnapshotRef]:
    """The newest revision of each of the `daily` last days, and of the last day published in each month."""
    newest: dict[date, SnapshotRef] = {}
    for ref in sorted(refs):
        newest[ref.as_of] = ref
    days = sorted(newest)
    month_ends = [list(group)[-1] for _, group in itertools.groupby(days, key=lambda day: (day.year, day.month))]
    return frozenset(newest[day] for day in {*days[-daily:], *month_ends})


def superseded_at(created: Mapping[SnapshotRef, datetime]) -> dict[SnapshotRef, datetime | None]:
    """When the next snapshot was published after each one; None for the last. Readers may hold one until then."""
    ordered = sorted(created, key=lambda ref: (created[ref], ref))
    following: list[datetime | None] = [created[ref] for ref in ordered[1:]]
    return dict(zip(ordered, [*following, None], strict=False))


def collect_garbage(
    layout: Layout, store: SnapshotStore, files: FileSystem, daily: int = 35, now: datetime | None = None
) -> Collected:
    """Remove old snapshots (`worth_keeping`), shared files without a reference, and leftovers. Needs the lock.

    Never removed: the current snapshot, one that a newer one took the place of within the last 24 hours, files
    younger than that, memberships, the registry. While a manifest cannot be read, no shared file is removed, because
    one cannot know what it needs; a damaged snapshot stays and is reported.
    """
    now = now or datetime.now(UTC)
    remove_leftovers(layout, files, now)
    manifests, diagnostics = _read_all(store)
    current = store.current()
    keep = worth_keeping(store.list(), daily)
    out_of_use = superseded_at({ref: manifest.created_at for ref, manifest in manifests.items()})
    removed = []
    for ref, since in out_of_use.items():
        if ref == current or ref in keep or since is None or now - since <= GRACE:
            continue
        store.remove(ref)
        removed.append(ref)
        del manifests[ref]
    _remove_codes(layout, store, files)
    gone = () if diagnostics else _remove_unreferenced(layout, files, manifests, current, now)
    return Collected(tuple(removed), gone, tuple(diagnostics))


def _remove_codes(layout: Layout, store: SnapshotStore, files: FileSystem) -> None:
    """Codes of snapshots that are gone; who has them open goes on reading."""
    names = {ref.name for ref in store.list()}
    for folder in layout.codes.iterdir() if layout.codes.is_dir() else ():
        if folder.name not in names:
            files.remove_tree(folder)


def _read_all(store: SnapshotStore) -> tuple[dict[SnapshotRef, Manifest], list[Diagnostic]]:
    manifests: dict[SnapshotRef, Manifest] = {}
    diagnostics: list[Diagnostic] = []
    for ref in store.list():
        try:
            manifests[ref] = store.read_manifest(ref)
        except DataError as e:
            why = e.diagnostics[0].message
            remedy = (
                f"Restore {store.directory(ref)} from a backup. Keep its {MEMBERSHIPS}: other days may build on it."
            )
            message = f"nothing that snapshots share was cleaned up, because {ref} cannot be read"
            diagnostics.append(Diagnostic("cleanup-held-back", message, Severity.WARNING, why=why, remedy=remedy))
    return manifests, diagnostics


def _remove_unreferenced(
    layout: Layout,
    files: FileSystem,
    manifests: Mapping[SnapshotRef, Manifest],
    current: SnapshotRef | None,
    now: datetime,
) -> tuple[Path, ...]:
    """An area of which the current snapshot mentions nothing is left alone: more likely forgotten than unused."""
    needed = {layout.home / name for manifest in manifests.values() for name in manifest.contents.references}
    belonging = {_companions(path) for path in needed}
    in_use = manifests[current].contents.references if current else ()
    removed = []
    for area in layout.shared:
        if not any(layout.home / name == area or area in (layout.home / name).parents for name in in_use):
            continue
        for path in sorted(area.rglob("*")):
            with outside("read", path):
                if path.is_dir() or now - datetime.fromtimestamp(path.stat().st_mtime, UTC) <= GRACE:
                    continue
            if path in needed or _companions(path) in belonging or not needed.isdisjoint(path.parents):
                continue
            files.remove_file(path)
            removed.append(path)
    return tuple(removed)


def _companions(path: Path) -> Path:
    """Files that differ only after the first dot belong together (`k1.parquet`, `k1.rejects.parquet`)."""
    return path.parent / path.name.split(".", 1)[0]
