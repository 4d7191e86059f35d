"""Where everything lies below `<project>/.beachhead/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from beachhead.store.files import FileSystem

_IGNORE = b"# Results, not definitions: made by `beachhead run`.\n*\n"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one project. `root` is the project folder, the one that holds `beachhead.yml`."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / ".beachhead"

    @property
    def landing(self) -> Path:
        """Source files as Parquet, as they were when they were loaded."""
        return self.home / "landing"

    @property
    def fetched(self) -> Path:
        """What sources got from database servers, before it lands."""
        return self.home / "fetched"

    @property
    def registry(self) -> Path:
        """Which number each customer and user has; append-only."""
        return self.home / "registry"

    @property
    def events(self) -> Path:
        """Coded events; files never change."""
        return self.home / "events"

    @property
    def model(self) -> Path:
        """Customer model tables that several snapshots share, named by their content."""
        return self.home / "model"

    @property
    def snapshots(self) -> Path:
        return self.home / "snapshots"

    @property
    def memberships(self) -> Path:
        """Memberships of snapshots that retention has removed; `SnapshotStore.memberships` finds them all."""
        return self.home / "memberships"

    @property
    def codes(self) -> Path:
        """By snapshot its attributes as codes, for rules; what is missing is made again."""
        return self.home / "codes"

    @property
    def current(self) -> Path:
        """A one-line file with the name of the snapshot that readers take."""
        return self.home / "current"

    @property
    def inbox(self) -> Path:
        """Files that were received and wait for a person's word."""
        return self.home / "inbox"

    @property
    def tmp(self) -> Path:
        """Unfinished work, on the same file system as what it becomes."""
        return self.home / "tmp"

    @property
    def lock(self) -> Path:
        return self.home / "lock"

    @property
    def runs(self) -> Path:
        return self.home / "runs.sqlite"

    @property
    def shared(self) -> tuple[Path, ...]:
        """Folders of immutable files that manifests refer to and that can be removed once none does."""
        return (self.landing, self.events, self.model)

    def create(self, files: FileSystem) -> None:
        """Make all folders; what exists stays. Raises `OutsideError` when the place cannot be written."""
        folders = (*self.shared, self.registry, self.snapshots, self.memberships, self.tmp)
        for folder in (self.home, *folders):
            if not folder.is_dir():
                files.mkdir(folder)
        ignore = self.home / ".gitignore"
        if not ignore.exists() or ignore.read_bytes() != _IGNORE:
            files.write_bytes(ignore, _IGNORE)

    def relative(self, path: Path) -> str:
        """`path` as manifests write it: relative to `.beachhead`, with slashes. ValueError when it lies elsewhere."""
        return path.relative_to(self.home).as_posix()
