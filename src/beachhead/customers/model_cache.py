"""Model tables that are the same as last time are not assembled again: Parquet files named by what they are made of.

A table depends on its landed files, its mapping and the customers that are known. The last matters only where
rows waited for a customer, so a table without such rows stays good when customers are added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from beachhead.customers.set_aside import SCHEMA
from beachhead.engines.duck import DuckEngine, parquet, quote_literal
from beachhead.sources.problems import Problem
from beachhead.store.files import FileSystem, outside
from beachhead.store.layout import Layout
from beachhead.store.scratch import scratch_path, write_atomically

_VERSION = 2


class _Note(BaseModel):
    """What is known of a stored table. `accounts`: how many customers were known; null: it does not matter."""

    accounts: int | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table as it was assembled: its file, its problems, and the rows that were set aside.

    `accounts`: how many customers were known, where rows wait for a customer; else null.
    """

    path: Path
    problems: tuple[Problem, ...]
    set_aside: pa.Table
    accounts: int | None


class ModelCache:
    """The stored model tables of one project. `accounts`: how many customers are known now; `again`: find none."""

    def __init__(self, layout: Layout, files: FileSystem, accounts: int, *, again: bool = False) -> None:
        self._layout = layout
        self._files = files
        self._accounts = accounts
        self._again = again
        self.used: dict[str, Path] = {}

    def _stem(self, table: str, parts: Sequence[str]) -> Path:
        digest = hashlib.sha256(json.dumps([_VERSION, table, *parts]).encode()).hexdigest()[:16]
        return self._layout.model / f"{table}-{digest}"

    def find(self, table: str, parts: Sequence[str]) -> StoredTable | None:
        """The table made of `parts`, if it is stored whole and still good."""
        if self._again:
            return None
        stem = self._stem(table, parts)
        path, aside = stem.with_suffix(".parquet"), stem.with_suffix(".aside.parquet")
        with suppress(OSError, ValueError, pa.ArrowException):
            note = _Note.model_validate_json(stem.with_suffix(".json").read_bytes())
            if note.accounts in (None, self._accounts) and path.exists():
                set_aside = pq.read_table(aside) if aside.exists() else SCHEMA.empty_table()
                self.used[table] = path
                return StoredTable(path, note.problems, set_aside, note.accounts)
        return None

    def store(
        self,
        engine: DuckEngine,
        relation: str,
        table: str,
        parts: Sequence[str],
        problems: Sequence[Problem],
        set_aside: pa.Table,
    ) -> StoredTable:
        """Store the engine's `relation` as `table`; its note is written last."""
        stem = self._stem(table, parts)
        scratch = scratch_path(self._layout, table)
        engine.execute(
            f"COPY (SELECT * FROM {relation}) TO {quote_literal(str(scratch))} (FORMAT parquet, COMPRESSION snappy)"
        )
        self._files.fsync_file(scratch)
        self._files.replace(scratch, stem.with_suffix(".parquet"))
        if set_aside.num_rows:
            scratch = scratch_path(self._layout, f"{table}-aside")
            with outside("write", scratch):
                pq.write_table(set_aside, scratch)
            self._files.fsync_file(scratch)
            self._files.replace(scratch, stem.with_suffix(".aside.parquet"))
        else:  # rows that once waited for their customer do not wait any more
            self._files.remove_file(stem.with_suffix(".aside.parquet"))
        waits = any(p.code == "orphan-key" for p in problems)
        note = _Note(accounts=self._accounts if waits else None, problems=tuple(problems))
        write_atomically(self._layout, self._files, stem.with_suffix(".json"), note.model_dump_json().encode())
        path = stem.with_suffix(".parquet")
        self.used[table] = path
        return StoredTable(path, note.problems, set_aside, note.accounts)


def view_of(path: Path) -> str:
    """The SELECT that reads a stored table."""
    return f"SELECT * FROM {parquet(path)}"
