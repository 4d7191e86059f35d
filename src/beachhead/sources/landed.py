"""What landing a file gives, and how that is kept beside the Parquet file as `<key>.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

from beachhead.errors import DataError, Diagnostic, Severity
from beachhead.project.model import Table
from beachhead.sources.intake import Fingerprint, Form
from beachhead.sources.problems import Example, Problem

VERSION = 3
"""Of the loader: a higher number lands every file again."""


@dataclass(frozen=True, slots=True)
class Places:
    """What is needed to find the source line of a record again.

    `kind`: records of a CSV file, of one line each (lines), of sheet rows, or numbered (rows). `first_line`: the
    line of the first record. `broken`: byte ranges of the plain file that the reader could not take apart;
    `emptied`: lines with a quote that is never closed.
    """

    kind: Literal["csv", "lines", "sheet", "rows"]
    form: Form = field(default_factory=Form)
    skip_lines: int = 0
    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    one_column: bool = False
    sheet: str | int | None = None
    broken: tuple[tuple[int, int], ...] = ()
    emptied: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LandedFile:
    """One raw file as one typed Parquet file.

    `rows` landed, `rejected` set aside, `left_out` by the source's filter: together all records of the file.
    `first_day`, `last_day`: of the column from which rows are known.
    """

    file: str
    path: Path
    key: str
    fingerprint: Fingerprint
    parquet: Path
    rejects: Path | None
    rows: int
    rejected: int
    left_out: int
    assumed: tuple[str, ...]
    problems: tuple[Problem, ...]
    first_day: date | None
    last_day: date | None
    places: Places

    @property
    def rows_read(self) -> int:
        """All records of the file."""
        return self.rows + self.rejected + self.left_out

    @property
    def dropped(self) -> Path:
        """Numbers of the records that did not land (set aside, left out), ascending uint32; no file: there are none."""
        return self.parquet.with_suffix(".dropped")


@dataclass(frozen=True, slots=True)
class LandedSource:
    """All files of a source, in their order. `problems` are those that concern no single file."""

    name: str
    table: Table
    files: tuple[LandedFile, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        return (*self.problems, *(p for f in self.files for p in f.problems))


def write_report(landed: LandedFile, report: Path) -> None:
    """Write `<key>.json`: the last step of landing, whole or not at all."""
    plain = {
        "version": VERSION,
        "file": landed.file,
        "path": os.path.relpath(landed.path, report.parent),
        "size": landed.fingerprint.size,
        "mtime_ns": landed.fingerprint.mtime_ns,
        "sha256": landed.fingerprint.sha256,
        "rows": landed.rows,
        "rejected": landed.rejected,
        "left_out": landed.left_out,
        "has_rejects": landed.rejects is not None,
        "assumed": landed.assumed,
        "first_day": landed.first_day and landed.first_day.isoformat(),
        "last_day": landed.last_day and landed.last_day.isoformat(),
        "places": asdict(landed.places),
        "problems": [asdict(p) for p in landed.problems],
    }
    write_whole(report, json.dumps(plain, indent=1, ensure_ascii=False).encode())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file by way of a temporary one, synced to disk."""
    partial = path.with_name(path.name + ".tmp")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def sync(path: Path) -> None:
    """Force a written file to disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def read_landed(folder: Path, key: str) -> LandedFile:
    """What was landed under `key`. Raises `DataError` when it is missing or damaged."""
    report, parquet = folder / f"{key}.json", folder / f"{key}.parquet"
    try:
        raw = json.loads(report.read_text("utf-8"))
        if not parquet.exists():
            raise FileNotFoundError(parquet.name)
        places = raw["places"]
        return LandedFile(
            file=raw["file"],
            path=Path(os.path.normpath(folder / raw["path"])),
            key=key,
            fingerprint=Fingerprint(raw["size"], raw["mtime_ns"], raw["sha256"]),
            parquet=parquet,
            rejects=folder / f"{key}.rejects.parquet" if raw["has_rejects"] else None,
            rows=raw["rows"],
            rejected=raw["rejected"],
            left_out=raw["left_out"],
            assumed=tuple(raw["assumed"]),
            problems=tuple(_problem(p) for p in raw["problems"]),
            first_day=date.fromisoformat(raw["first_day"]) if raw["first_day"] else None,
            last_day=date.fromisoformat(raw["last_day"]) if raw["last_day"] else None,
            places=Places(
                **{
                    **places,
                    "form": Form(**places["form"]),
                    "broken": tuple((int(a), int(b)) for a, b in places["broken"]),
                    "emptied": tuple(places["emptied"]),
                }
            ),
        )
    except (OSError, ValueError, KeyError, TypeError) as e:
        remedy = "Run with --full to read all files again."
        message = f"what was read earlier is damaged: {report.name}"
        raise DataError(Diagnostic("landing-damaged", message, why=str(e), remedy=remedy)) from e


def _problem(raw: Mapping[str, object]) -> Problem:
    examples = raw["examples"]
    assert isinstance(examples, list)
    made = Problem(**{**raw, "examples": tuple(Example(**e) for e in examples)})  # type: ignore[arg-type]
    return replace(made, severity=Severity(made.severity))
