"""What a snapshot consists of, written last and checked by its own checksum: the truth about a result."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq

from beachhead.errors import DataError, Diagnostic

SCHEMA_VERSION = 1
FILE_NAME = "manifest.json"
_NAME = re.compile(r"^(?P<day>\d{4}-\d{2}-\d{2})-r(?P<revision>[1-9]\d*)$")


@dataclass(frozen=True, slots=True, order=True)
class SnapshotRef:
    """Which snapshot: the day it describes and the revision of that day, from 1. Ordered by both."""

    as_of: date
    revision: int

    @property
    def name(self) -> str:
        return f"{self.as_of.isoformat()}-r{self.revision}"

    @classmethod
    def parse(cls, name: str) -> SnapshotRef | None:
        """The snapshot that `name` (`2024-10-31-r1`) names; None when it is no such name."""
        found = _NAME.match(name)
        if not found:
            return None
        try:
            return cls(date.fromisoformat(found["day"]), int(found["revision"]))
        except ValueError:
            return None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a snapshot: name relative to it, with slashes. `rows` is None when it has none.

    `sha256` of its content; of memberships, that of their index, which has the checksums of the rest.
    """

    name: str
    size_bytes: int
    rows: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What only the caller knows of a snapshot.

    `watermark`: the landed files whose customers or people have numbers (`account KEY`, `user KEY`). `references`:
    every immutable file or folder outside the snapshot that a reader or the next run needs (landing, events, model),
    relative to `.beachhead`; what no manifest refers to is removed in time. `counts`: noun → number.
    """

    watermark: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of a snapshot. `created_at` is an aware UTC time."""

    ref: SnapshotRef
    created_at: datetime
    files: tuple[FileEntry, ...]
    contents: Contents
    schema_version: int = SCHEMA_VERSION


def encode(manifest: Manifest) -> bytes:
    """The manifest as JSON, with the SHA-256 of its canonical form."""
    contents = manifest.contents
    body: dict[str, object] = {
        "schema_version": manifest.schema_version,
        "as_of": manifest.ref.as_of.isoformat(),
        "revision": manifest.ref.revision,
        "created_at": manifest.created_at.astimezone(UTC).isoformat(),
        "files": [
            {"name": f.name, "size_bytes": f.size_bytes, "rows": f.rows, "sha256": f.sha256} for f in manifest.files
        ],
        "watermark": list(contents.watermark),
        "references": list(contents.references),
        "counts": dict(contents.counts),
    }
    return (json.dumps({"sha256": _checksum(body), "manifest": body}, indent=1) + "\n").encode()


def decode(data: bytes, place: str) -> Manifest:
    """The manifest that `data` holds. Raises `DataError` when it is damaged or of a newer version."""
    try:
        document = json.loads(data)
        body = document["manifest"]
        whole = isinstance(body, dict) and document["sha256"] == _checksum(body)
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise DataError(damaged("snapshot-damaged", f"{place} is damaged", "its checksum does not fit"))
    if body["schema_version"] > SCHEMA_VERSION:
        remedy = "Install the newer version of Beachhead that wrote it."
        raise DataError(Diagnostic("snapshot-too-new", f"{place} was written by a newer version", remedy=remedy))
    return _from_body(cast("dict[str, object]", body))


def _from_body(body: dict[str, object]) -> Manifest:
    files = cast("list[dict[str, object]]", body["files"])
    return Manifest(
        ref=SnapshotRef(date.fromisoformat(cast("str", body["as_of"])), cast("int", body["revision"])),
        created_at=datetime.fromisoformat(cast("str", body["created_at"])),
        files=tuple(
            FileEntry(
                cast("str", f["name"]),
                cast("int", f["size_bytes"]),
                cast("int | None", f["rows"]),
                cast("str", f["sha256"]),
            )
            for f in files
        ),
        contents=Contents(
            watermark=tuple(cast("list[str]", body["watermark"])),
            references=tuple(cast("list[str]", body["references"])),
            counts=dict(cast("dict[str, int]", body["counts"])),
        ),
        schema_version=cast("int", body["schema_version"]),
    )


def _checksum(body: Mapping[str, object]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def describe_file(directory: Path, path: Path) -> FileEntry:
    """Size, rows and checksum of a file as it lies on disk. Raises `DataError` for Parquet that cannot be read."""
    rows: int | None = None
    if path.suffix == ".parquet":
        try:
            rows = pq.read_metadata(path).num_rows
        except (pa.ArrowException, OSError) as e:
            raise DataError(damaged("snapshot-damaged", f"{path.name} is not readable Parquet", str(e))) from e
    with path.open("rb") as f:
        digest = hashlib.file_digest(f, "sha256").hexdigest()
    return FileEntry(path.relative_to(directory).as_posix(), path.stat().st_size, rows, digest)


def damaged(code: str, message: str, why: str) -> Diagnostic:
    """Something stored does not read back as it was written."""
    remedy = (
        "Restore it from a backup, or run `beachhead run --full` to make it anew; your source files are not touched."
    )
    return Diagnostic(code, message, why=why, remedy=remedy)
