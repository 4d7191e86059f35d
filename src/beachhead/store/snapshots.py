"""Snapshots: written aside, published by one rename, read whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from beachhead.errors import BeachheadError, DataError, Diagnostic, UsageError
from beachhead.store.files import FileSystem, outside
from beachhead.store.layout import Layout
from beachhead.store.manifest import (
    FILE_NAME,
    Contents,
    FileEntry,
    Manifest,
    SnapshotRef,
    damaged,
    decode,
    describe_file,
    encode,
)
from beachhead.store.membership_file import MembershipFile, OpenFile
from beachhead.store.scratch import scratch_path, write_atomically

MEMBERSHIPS = "memberships.bin"
_ARCHIVED = ".bin"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published snapshot, opened. Its files do not change and stay for a day after a newer one took its place."""

    ref: SnapshotRef
    directory: Path
    manifest: Manifest

    @property
    def home(self) -> Path:
        """The folder that the manifest's references are relative to."""
        return self.directory.parent.parent

    def file(self, name: str) -> Path:
        """The path of one of its files. Raises `DataError` when it has none of that name or lost it."""
        names = [f.name for f in self.manifest.files]
        if name not in names:
            raise DataError(Diagnostic.unknown_name("snapshot file", name, names))
        path = self.directory / name
        if not path.is_file():
            raise DataError(damaged("snapshot-damaged", f"snapshot {self.ref} has lost {name}", "the file is gone"))
        return path

    def memberships(self) -> MembershipFile:
        """Who is in which segment. Raises `DataError`."""
        path = self.file(MEMBERSHIPS)
        return MembershipFile(path, partial(open_memberships, Layout(self.home.parent)))

    def has(self, name: str) -> bool:
        """Whether it was published with a file of that name."""
        return any(f.name == name for f in self.manifest.files)


class Draft:
    """A snapshot in the making. Write files into `directory`, then `publish`; as a context it cleans up after itself.

    `ref` is the name that it will have.
    """

    def __init__(self, layout: Layout, files: FileSystem, ref: SnapshotRef, directory: Path) -> None:
        self.ref = ref
        self.directory = directory
        self._layout = layout
        self._files = files
        self._open = True

    def publish(
        self, contents: Contents, created_at: datetime | None = None, *, as_current: bool = True
    ) -> SnapshotRef:
        """Make it the current snapshot. Until this returns, readers see the one before; afterwards this one.

        Not `as_current`: it is there for who asks for its day, and readers go on with the one they have.

        Everything is on disk before the name appears, and the manifest is written after all other files.
        Raises `OutsideError` (disk full, no permission) and `DataError` (a file that cannot be read back).
        """
        if not self._open:
            raise RuntimeError(f"draft {self.ref} is closed")
        entries = self._settle()
        manifest = Manifest(self.ref, created_at or datetime.now(UTC), entries, contents)
        for reference in contents.references:
            if not (self._layout.home / reference).exists():
                raise DataError(damaged("reference-missing", f"{reference} is missing", "the new snapshot needs it"))
        self._files.write_bytes(self.directory / FILE_NAME, encode(manifest))
        self._files.fsync_dir(self.directory)
        self._files.rename(self.directory, self._layout.snapshots / self.ref.name)
        self._open = False
        if as_current:
            write_atomically(self._layout, self._files, self._layout.current, f"{self.ref.name}\n".encode())
        return self.ref

    def _settle(self) -> tuple[FileEntry, ...]:
        """Bring every file and folder to disk, and describe the files."""
        entries = []
        with outside("read", self.directory):
            paths = sorted(self.directory.rglob("*"))
            for path in paths:
                if path.is_dir():
                    continue
                self._files.fsync_file(path)
                entries.append(_describe(self._layout, self.directory, path))
        for path in reversed(paths):
            if path.is_dir():
                self._files.fsync_dir(path)
        return tuple(entries)

    def discard(self) -> None:
        """Give it up. What cannot be removed now is removed by a later run."""
        if self._open:
            self._open = False
            with contextlib.suppress(BeachheadError):
                self._files.remove_tree(self.directory)

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()


class SnapshotStore:
    """The snapshots of one project. Writing needs `writer_lock`; reading needs nothing.

    A reader calls `current` once and keeps what `open` returns: it stays readable while others publish.
    """

    def __init__(self, layout: Layout, files: FileSystem | None = None) -> None:
        self._layout = layout
        self._files = files or FileSystem()

    def begin(self, as_of: date) -> Draft:
        """Start a snapshot of that day, as its next revision; a revision is never used twice."""
        self._layout.create(self._files)
        used = [ref.revision for ref in {*self.list(), *self._archived()} if ref.as_of == as_of]
        ref = SnapshotRef(as_of, max(used, default=0) + 1)
        directory = scratch_path(self._layout, f"snapshot-{ref}")
        self._files.mkdir(directory)
        return Draft(self._layout, self._files, ref, directory)

    def current(self) -> SnapshotRef | None:
        """The snapshot that readers take now; None before the first one. Raises `DataError` when it is damaged."""
        with outside("read", self._layout.current):
            try:
                name = self._layout.current.read_bytes().decode("utf-8", "replace").strip()
            except FileNotFoundError:
                return None
        ref = SnapshotRef.parse(name)
        if ref is None:
            raise DataError(
                damaged("current-damaged", f"{self._layout.current} names no snapshot", f"it says {name!r}")
            )
        return ref

    def list(self) -> tuple[SnapshotRef, ...]:
        """All published snapshots, oldest day first. Damaged ones are among them."""
        return _refs(self._layout.snapshots)

    def find(self, as_of: date) -> SnapshotRef:
        """The newest revision of that day. Raises `UsageError` that names the nearest days there are."""
        listed = self.list()
        found = [ref for ref in listed if ref.as_of == as_of]
        if found:
            return found[-1]
        days = sorted({ref.as_of for ref in listed}, key=lambda day: abs(day - as_of))[:3]
        known = ", ".join(day.isoformat() for day in sorted(days))
        remedy = f"Run `beachhead run --as-of {as_of}`" + (f", or take one of: {known}." if known else ".")
        raise UsageError(Diagnostic("no-snapshot", f"there is no data as of {as_of}", remedy=remedy))

    def open(self, ref: SnapshotRef) -> Snapshot:
        """The snapshot with its manifest checked. Raises `DataError` when it is missing or damaged."""
        return Snapshot(ref, self.directory(ref), self.read_manifest(ref))

    def directory(self, ref: SnapshotRef) -> Path:
        return self._layout.snapshots / ref.name

    def read_manifest(self, ref: SnapshotRef) -> Manifest:
        """The manifest, its checksum compared. Raises `DataError`: `snapshot-missing`, `-damaged`, `-too-new`."""
        path = self.directory(ref) / FILE_NAME
        if not path.is_file():
            why = "its manifest is gone" if path.parent.is_dir() else "its folder is gone"
            raise DataError(damaged("snapshot-missing", f"snapshot {ref} is missing", why))
        with outside("read", path):
            manifest = decode(path.read_bytes(), f"the manifest of snapshot {ref}")
        if manifest.ref != ref:
            why = f"its manifest is that of {manifest.ref}"
            raise DataError(damaged("snapshot-damaged", f"snapshot {ref} is damaged", why))
        return manifest

    def verify(self, ref: SnapshotRef) -> Manifest:
        """Compare every byte with the manifest. Raises `DataError` with one diagnostic for each fault."""
        manifest = self.read_manifest(ref)
        directory = self.directory(ref)
        faults = [fault for entry in manifest.files for fault in _faults(self._layout, ref, directory, entry)]
        faults += [
            damaged("snapshot-damaged", f"snapshot {ref} needs {reference}", "it is gone")
            for reference in manifest.contents.references
            if not (self._layout.home / reference).exists()
        ]
        if faults:
            raise DataError(faults)
        return manifest

    def memberships(self) -> tuple[SnapshotRef, ...]:
        """Every snapshot that was ever published with memberships, oldest day first; they are kept for ever."""
        there = {ref for ref in self.list() if (self.directory(ref) / MEMBERSHIPS).is_file()}
        return tuple(sorted({*there, *self._archived()}))

    def open_memberships(self, ref: SnapshotRef, opener: OpenFile | None = None) -> MembershipFile:
        """The memberships of a snapshot, which may have been removed. `opener`: for those that they build on. Raises
        `DataError`."""
        return open_memberships(self._layout, ref, opener)

    def remove(self, ref: SnapshotRef) -> None:
        """Remove a snapshot but keep its memberships, on which others may build. Raises `UsageError` for the current
        one."""
        if ref == self.current():
            remedy = "Publish another one first."
            raise UsageError(Diagnostic("snapshot-in-use", f"snapshot {ref} is the current one", remedy=remedy))
        directory = self.directory(ref)
        memberships, archived = directory / MEMBERSHIPS, _archived_path(self._layout, ref)
        if memberships.is_file() and not archived.exists():
            second = scratch_path(self._layout, archived.name)
            self._files.copy(memberships, second)
            self._files.replace(second, archived)
        condemned = scratch_path(self._layout, f"removed-{ref}")
        self._files.rename(directory, condemned)
        self._files.remove_tree(condemned)

    def _archived(self) -> tuple[SnapshotRef, ...]:
        return _refs(self._layout.memberships, _ARCHIVED)


def open_memberships(layout: Layout, ref: SnapshotRef, opener: OpenFile | None = None) -> MembershipFile:
    """The memberships of a snapshot: its own, or those that were kept when it was removed. Raises `DataError`."""
    opener = opener or partial(open_memberships, layout)
    try:
        return MembershipFile(layout.snapshots / ref.name / MEMBERSHIPS, opener)
    except DataError as e:
        if e.diagnostics[0].code != "memberships-missing":
            raise
    return MembershipFile(_archived_path(layout, ref), opener)


def _archived_path(layout: Layout, ref: SnapshotRef) -> Path:
    return layout.memberships / f"{ref.name}{_ARCHIVED}"


def _refs(folder: Path, suffix: str = "") -> tuple[SnapshotRef, ...]:
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    refs = (SnapshotRef.parse(name.removesuffix(suffix)) for name in names if name.endswith(suffix))
    return tuple(sorted(ref for ref in refs if ref is not None))


def _describe(layout: Layout, directory: Path, path: Path) -> FileEntry:
    if path != directory / MEMBERSHIPS:
        return describe_file(directory, path)
    memberships = MembershipFile(path, partial(open_memberships, layout))
    memberships.check_base()
    return FileEntry(MEMBERSHIPS, path.stat().st_size, len(memberships.segments), memberships.index_checksum)


def _faults(layout: Layout, ref: SnapshotRef, directory: Path, entry: FileEntry) -> Sequence[Diagnostic]:
    path = directory / entry.name
    try:
        found = _describe(layout, directory, path)
        if path == directory / MEMBERSHIPS:
            MembershipFile(path).check()
    except DataError as e:
        if path.exists() and entry.name == MEMBERSHIPS:
            return e.diagnostics
        return (_lost(ref, entry, path),)
    except OSError:
        return (_lost(ref, entry, path),)
    if found != entry:
        return (damaged("snapshot-damaged", f"{entry.name} of snapshot {ref} is not as it was written", "checksum"),)
    return ()


def _lost(ref: SnapshotRef, entry: FileEntry, path: Path) -> Diagnostic:
    why = "it cannot be read" if path.exists() else "it is gone"
    return damaged("snapshot-damaged", f"snapshot {ref} has lost {entry.name}", why)
