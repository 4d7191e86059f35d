"""The log of runs. It is for people to look at: when it cannot be written, the run goes on and a warning is given."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, TypeVar

from beachhead.errors import Diagnostic, Severity

Result = TypeVar("Result")
Status = Literal["running", "published", "failed", "interrupted"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY,
    started TEXT NOT NULL,
    finished TEXT,
    status TEXT NOT NULL,
    as_of TEXT,
    snapshot TEXT,
    message TEXT,
    counts TEXT NOT NULL DEFAULT '{}'
)
"""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run. Times are aware UTC; `finished` is None while it runs; `snapshot` is None when none was published."""

    id: int
    started: datetime
    finished: datetime | None
    status: Status
    as_of: date | None
    snapshot: str | None
    message: str | None
    counts: Mapping[str, int]


class RunLog:
    """Runs in an SQLite file, newest first. No method raises for what is wrong with that file: `on_warning` is told."""

    def __init__(self, path: Path, on_warning: Callable[[Diagnostic], None]) -> None:
        self._path = path
        self._on_warning = on_warning

    def start(self, as_of: date | None, now: datetime | None = None) -> int | None:
        """Note that a run begins; its number, or None when it could not be noted. Needs the writer lock: whatever
        still counts as running has ended without a word and is marked as interrupted."""

        def note(connection: sqlite3.Connection) -> int | None:
            connection.execute("UPDATE runs SET status = 'interrupted' WHERE status = 'running'")
            values = (_time(now), as_of.isoformat() if as_of else None)
            return connection.execute(
                "INSERT INTO runs (started, status, as_of) VALUES (?, 'running', ?)", values
            ).lastrowid

        return self._do(note)

    def finish(
        self,
        run: int | None,
        status: Literal["published", "failed", "interrupted"],
        as_of: date | None = None,
        snapshot: str | None = None,
        message: str | None = None,
        counts: Mapping[str, int] | None = None,
        now: datetime | None = None,
    ) -> None:
        """Note how a run ended; `run` is what `start` returned. `as_of` is kept when it is None here."""
        if run is None:
            return
        day = as_of.isoformat() if as_of else None
        values = (_time(now), status, day, snapshot, message, json.dumps(dict(counts or {})), run)
        self._do(
            lambda connection: connection.execute(
                "UPDATE runs SET finished = ?, status = ?, as_of = coalesce(?, as_of), snapshot = ?, message = ?, "
                "counts = ? WHERE id = ?",
                values,
            )
        )

    def recent(self, limit: int = 20) -> tuple[RunRecord, ...]:
        """The last runs, newest first; none when there is no log or it cannot be read."""
        if not self._path.exists():
            return ()

        def read(connection: sqlite3.Connection) -> tuple[RunRecord, ...]:
            rows = connection.execute(
                "SELECT id, started, finished, status, as_of, snapshot, message, counts "
                "FROM runs ORDER BY id DESC LIMIT ?",
                (limit,),
            )
            return tuple(
                RunRecord(
                    id=row[0],
                    started=datetime.fromisoformat(row[1]),
                    finished=datetime.fromisoformat(row[2]) if row[2] else None,
                    status=row[3],
                    as_of=date.fromisoformat(row[4]) if row[4] else None,
                    snapshot=row[5],
                    message=row[6],
                    counts=json.loads(row[7]),
                )
                for row in rows
            )

        return self._do(read) or ()

    def _do(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """Work in one transaction; None, and a warning, when the log is at fault."""
        try:
            with contextlib.closing(sqlite3.connect(self._path, timeout=5)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(_SCHEMA)
                with connection:
                    return work(connection)
        except (sqlite3.Error, OSError, ValueError) as e:
            remedy = f"Remove {self._path} to start a new log; it holds no results."
            message = "the log of updates could not be used; the update itself is not affected"
            self._on_warning(Diagnostic("run-log-failed", message, Severity.WARNING, why=str(e), remedy=remedy))
            return None


def _time(moment: datetime | None) -> str:
    return (moment or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds")
