"""Memberships to write, as sets, and files that build on each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from pyroaring import BitMap

from beachhead.store.manifest import SnapshotRef
from beachhead.store.membership_file import MembershipFile
from beachhead.store.membership_writer import Base, write_memberships
from beachhead.store.memberships import Membership


def ref_of(n: int) -> SnapshotRef:
    return SnapshotRef(date(2024, 1, 1) + timedelta(days=n), 1)


class Chain:
    """Files in a folder, each written with the one before as its base."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refs: list[SnapshotRef] = []

    def path(self, ref: SnapshotRef) -> Path:
        return self.folder / f"{ref.name}.bin"

    def open(self, ref: SnapshotRef) -> MembershipFile:
        return MembershipFile(self.path(ref), self.open)

    def add(self, members: Mapping[str, Sequence[int] | set[int] | range], version: str = "v1") -> MembershipFile:
        base = Base(self.refs[-1], self.open(self.refs[-1])) if self.refs else None
        self.refs.append(ref_of(len(self.refs)))
        path = self.path(self.refs[-1])
        write_memberships(path, [Membership(name, version, BitMap(m)) for name, m in members.items()], base)
        return self.open(self.refs[-1])
