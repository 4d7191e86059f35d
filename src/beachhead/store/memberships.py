"""Who is in which segment on one day, as values; `membership_file` reads them, `membership_writer` writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyroaring import BitMap


@dataclass(frozen=True, slots=True)
class Membership:
    """The members of one segment version, as `account_no`. `stale`: its rule could not be evaluated this time, and
    these are the members of the last time that it could."""

    segment: str
    version: str
    members: BitMap
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file says of a segment without its members: how many they are; `depth`: how many files below this one must
    be read for them (0: stored whole; else as what differs from the next); the name that it had in earlier files."""

    segment: str
    version: str
    size: int
    stale: bool
    depth: int = 0
    previously: str | None = None

    @property
    def encoding(self) -> Literal["whole", "change"]:
        return "change" if self.depth else "whole"


@dataclass(frozen=True, slots=True)
class Delta:
    """Who joined and who left between two days."""

    joined: BitMap
    left: BitMap


def delta(before: BitMap, after: BitMap) -> Delta:
    """The difference of two memberships."""
    return Delta(joined=after - before, left=before - after)
