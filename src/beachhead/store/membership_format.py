"""What a memberships file consists of: containers, a table of where each lies, a head, and a foot that leads to it.

All numbers are little-endian; containers begin at multiples of 8 and are filled up to one with zero bytes. Checksums
form a chain: the foot has the head's, the head the table's and the base file's, the table that of each container.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beachhead.store.bitmaps import container_bytes
from beachhead.store.manifest import SnapshotRef

FORMAT = 1
MAGIC = b"BHMEMB\r\n"
MOST_DEEP = 8
"""A segment is stored as a change of a change of … at most so often; then it is whole again."""
FOOT_BYTES = 48
_FOOT = struct.Struct("<Q32s8s")


@dataclass(frozen=True, slots=True)
class BaseName:
    """Which file the changes are relative to, and the checksum of its index when they were taken."""

    ref: SnapshotRef
    index: str


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of itself. By segment, as the columns of the table are: name, version, how many members, whether
    they are stale, and depth. `previously`: the names that some segments had in files before this one. `blocks`: their
    numbers, ascending, as the rows of the table are.

    A segment of depth 0 has its members in its containers; else they hold what differs from its members in the base
    file, where its depth is one less.
    """

    segments: Sequence[str]
    versions: Sequence[str]
    sizes: Sequence[int]
    stale: Sequence[bool]
    depths: Sequence[int]
    previously: Mapping[str, str]
    blocks: Sequence[int]
    base: BaseName | None
    table_offset: int
    table_sha256: str


@dataclass(frozen=True, slots=True)
class Table:
    """For each block (row) and segment (column): where its container begins, its checksum, how many numbers it has."""

    offsets: NDArray[np.uint64]
    checksums: NDArray[np.uint64]
    cardinalities: NDArray[np.uint32]


def stored_bytes(cardinalities: NDArray[np.integer]) -> NDArray[np.int64]:
    """How long containers with so many numbers are in a file."""
    return container_bytes(cardinalities) + 7 & ~7


def table_bytes(blocks: int, segments: int) -> int:
    return blocks * segments * 20 + 7 & ~7


def sha256(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()


def encode_table(table: Table) -> bytes:
    content = b"".join(
        [
            table.offsets.astype("<u8").tobytes(),
            table.checksums.astype("<u8").tobytes(),
            table.cardinalities.astype("<u4").tobytes(),
        ]
    )
    return content.ljust(table_bytes(*table.offsets.shape), b"\0")


def decode_table(content: memoryview, blocks: int, segments: int) -> Table:
    """The table in memory that stays where it is. ValueError when `content` has another length."""
    shape, count = (blocks, segments), blocks * segments
    return Table(
        np.frombuffer(content, "<u8", count).reshape(shape),
        np.frombuffer(content, "<u8", count, offset=8 * count).reshape(shape),
        np.frombuffer(content, "<u4", count, offset=16 * count).reshape(shape),
    )


def encode_head(head: Head) -> tuple[bytes, str]:
    """Head and foot as they end a file, and the checksum of the index."""
    document = {
        "format": FORMAT,
        "table": {"offset": head.table_offset, "sha256": head.table_sha256},
        "base": head.base and {"snapshot": head.base.ref.name, "sha256": head.base.index},
        "blocks": head.blocks,
        "segments": head.segments,
        "versions": head.versions,
        "sizes": head.sizes,
        "stale": head.stale,
        "depths": head.depths,
        "previously": head.previously,
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text = text.ljust(len(text) + 7 & ~7)
    digest = sha256(text)
    return text + _FOOT.pack(len(text), bytes.fromhex(digest), MAGIC), digest


def read_foot(foot: bytes | memoryview) -> tuple[int, str] | None:
    """The length of the head and its SHA-256; None when these bytes end no file of this format."""
    if len(foot) != FOOT_BYTES:
        return None
    length, digest, magic = _FOOT.unpack(foot)
    return (length, digest.hex()) if magic == MAGIC else None


class TooNewError(Exception):
    """The head is of a format that this version does not know."""


def decode_head(content: bytes | memoryview) -> Head:
    """The head, whose checksum was compared. Raises `TooNewError`."""
    document = json.loads(bytes(content))
    if document["format"] > FORMAT:
        raise TooNewError
    base = document["base"]
    ref = SnapshotRef.parse(base["snapshot"]) if base else None
    return Head(
        segments=document["segments"],
        versions=document["versions"],
        sizes=document["sizes"],
        stale=document["stale"],
        depths=document["depths"],
        previously=document["previously"],
        blocks=document["blocks"],
        base=BaseName(ref, base["sha256"]) if ref else None,
        table_offset=document["table"]["offset"],
        table_sha256=document["table"]["sha256"],
    )
