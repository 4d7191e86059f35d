"""The number that each customer and each user has for ever: append-only parts of Parquet, numbers from 1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from beachhead.engines.duck import DuckEngine, parquet, path_literal, quote_literal
from beachhead.errors import DataError, Diagnostic
from beachhead.store.files import FileSystem, outside
from beachhead.store.layout import Layout
from beachhead.store.manifest import damaged
from beachhead.store.scratch import scratch_path

Kind = Literal["account", "user"]
_LAST_NUMBER = 2**32 - 1
_CHAIN_AT_MOST = 64


@dataclass(frozen=True, slots=True)
class _Part:
    path: Path
    first: int
    rows: int


class Registry:
    """Numbers of accounts (`account_no`, `account_id`) or users (`user_no`, `user_id`).

    Files in `registry/`, all written once and never changed:
    - `accounts-<first number>.parquet` (account_no UINTEGER, account_id VARCHAR, first_seen DATE): numbers in a row;
    - `accounts-aliases-<n>.parquet` (account_id VARCHAR, account_no UINTEGER): that id now means that customer;
    - `accounts-tombstones-<n>.parquet` (account_no UINTEGER): erased; the number is never given again.
    Later parts win. 0 is no customer's number.
    """

    def __init__(self, layout: Layout, kind: Kind, files: FileSystem | None = None) -> None:
        self.kind: Kind = kind
        self.number = f"{kind}_no"
        self.id = f"{kind}_id"
        self._layout = layout
        self._files = files or FileSystem()

    def count(self) -> int:
        """How many numbers were ever given; also the last of them. Raises `DataError` when a part is damaged."""
        return sum(part.rows for part in self._parts())

    def register_new(self, engine: DuckEngine, ids: str, first_seen: date) -> int:
        """Give numbers to ids that have none, in the order of first appearance; returns how many were new.

        `ids` is a SELECT of one column, or of two where the second orders the rows (without it, the order in which
        the engine returns them counts). Null and repeated ids are passed over; an erased id stays erased. Needs the
        lock. A crash at any point leaves either all of the new numbers or none; numbers that no snapshot uses do no
        harm. Raises `OutsideError`, `DataError`.
        """
        engine.execute(f"CREATE OR REPLACE TEMP TABLE new_ids AS {self._unknown_ids(engine, ids)}")
        try:
            found = engine.scalar("SELECT count(*) FROM new_ids")
            new = found if isinstance(found, int) else 0
            if new:
                self._append(engine, self.count(), new, first_seen)
        finally:
            engine.execute("DROP TABLE new_ids")
        return new

    def _unknown_ids(self, engine: DuckEngine, ids: str) -> str:
        columns = engine.query(f"SELECT * FROM ({ids}) LIMIT 0").num_columns
        named = "t(id, pos)" if columns == 2 else "t(id)"
        position = "pos" if columns == 2 else "row_number() OVER ()"
        given = f"SELECT id::VARCHAR AS id, {position} AS pos FROM ({ids}) AS {named}"
        return (
            f"SELECT id, min(pos) AS pos FROM ({given}) AS given ANTI JOIN {self._known_ids()} AS known USING (id) "
            "WHERE id IS NOT NULL GROUP BY id"
        )

    def _append(self, engine: DuckEngine, last: int, new: int, first_seen: date) -> None:
        if last + new > _LAST_NUMBER:
            raise DataError(damaged("registry-full", f"there are no more {self.kind} numbers", f"{last:,} are given"))
        if not self._layout.registry.is_dir():
            self._layout.create(self._files)
        scratch = scratch_path(self._layout, f"{self.kind}s")
        numbered = (
            f"SELECT ({last} + row_number() OVER (ORDER BY pos, id))::UINTEGER AS {self.number}, id AS {self.id}, "
            f"DATE {quote_literal(first_seen.isoformat())} AS first_seen FROM new_ids ORDER BY pos, id"
        )
        engine.execute(f"COPY ({numbered}) TO {quote_literal(str(scratch))} (FORMAT parquet)")
        self._files.fsync_file(scratch)
        self._files.rename(scratch, self._layout.registry / f"{self.kind}s-{last + 1:010d}.parquet")

    def redirect(self, engine: DuckEngine, wanted: str) -> int:
        """Make ids mean the customers that `wanted` says, a SELECT of (id, number); returns how many changed.

        Ids that mean that customer already are passed over. An id without a number of its own becomes another name
        of the customer, and with the number 0 nobody's again. Needs the lock. Raises `OutsideError`, `DataError`.
        """
        engine.execute(
            f"CREATE OR REPLACE TEMP TABLE redirected AS SELECT DISTINCT w.id::VARCHAR AS {self.id}, "
            f"w.number::UINTEGER AS {self.number} FROM ({wanted}) AS w(id, number) "
            f"LEFT JOIN {self.relation()} AS r ON r.{self.id} = w.id "
            f"WHERE coalesce(r.{self.number}, 0) <> w.number"
        )
        changed = engine.scalar("SELECT count(*) FROM redirected")
        if changed:
            following = max((int(p.stem.rpartition("-")[2]) for p in self._others("aliases")), default=0) + 1
            scratch = scratch_path(self._layout, f"{self.kind}s-aliases")
            engine.execute(
                f"COPY (SELECT * FROM redirected ORDER BY ALL) TO {quote_literal(str(scratch))} (FORMAT parquet)"
            )
            self._files.fsync_file(scratch)
            self._files.rename(scratch, self._layout.registry / f"{self.kind}s-aliases-{following:010d}.parquet")
        engine.execute("DROP TABLE redirected")
        return int(str(changed))

    def own_numbers(self) -> str:
        """A FROM item of (number, id) as they were given, before any merge. Raises `DataError` when damaged."""
        parts = self._parts()
        if not parts:
            return f"(SELECT NULL::UINTEGER AS {self.number}, NULL::VARCHAR AS {self.id} WHERE false)"
        return f"(SELECT {self.number}, {self.id} FROM {parquet(*(part.path for part in parts))})"

    @property
    def identity(self) -> str:
        """A text that changes when ids come to mean other numbers than before."""
        return " ".join(path.name for path in self._others("aliases") + self._others("tombstones"))

    def relation(self) -> str:
        """A FROM item of (number, id) for every id that is known: an alias has its survivor's number, erased ones are
        left out. Numbers repeat where several ids mean the same customer. Raises `DataError` when damaged."""
        base, aliases, tombstones = self.own_numbers(), self._others("aliases"), self._others("tombstones")
        if not (aliases or tombstones):
            return base
        base = f"SELECT {self.number}, {self.id} FROM {base}"
        if aliases:
            base = self._resolved(base, aliases)
        if tombstones:
            base = f"SELECT * FROM ({base}) WHERE {self.number} NOT IN (SELECT {self.number} FROM {_files(tombstones)})"
        return f"({base})"

    def _resolved(self, base: str, aliases: list[Path]) -> str:
        """Follow each number through the merges to the survivor; in a circle of merges everybody keeps their own."""
        no, key = self.number, self.id
        latest = f"SELECT {key}, arg_max({no}, filename) AS target FROM {_files(aliases)} GROUP BY {key}"
        return f"""
            WITH RECURSIVE own AS ({base}), alias AS ({latest}),
            step AS (SELECT own.{no} AS source, target FROM own JOIN alias USING ({key}) WHERE own.{no} <> target),
            walk AS (
                SELECT {no} AS start, {no} AS here, 0 AS steps
                FROM (SELECT source AS {no} FROM step UNION SELECT target FROM alias)
                UNION ALL
                SELECT start, target, steps + 1 FROM walk JOIN step ON source = here WHERE steps < {_CHAIN_AT_MOST}
            ),
            final AS (SELECT start, here AS survivor FROM walk WHERE here NOT IN (SELECT source FROM step))
            SELECT coalesce(survivor, {no}) AS {no}, {key}
            FROM (SELECT {no}, {key} FROM own
                  UNION ALL SELECT target, {key} FROM alias WHERE {key} NOT IN (SELECT {key} FROM own))
            LEFT JOIN final ON start = {no} WHERE {no} <> 0
        """

    def _known_ids(self) -> str:
        """A FROM item of the ids that have a number, erased ones among them."""
        return f"(SELECT {self.id} AS id FROM {self.own_numbers()})"

    def first_seen(self) -> str:
        """A FROM item of (number, first_seen): the day of the data in which each number was given."""
        parts = self._parts()
        if not parts:
            return f"(SELECT NULL::UINTEGER AS {self.number}, NULL::DATE AS first_seen WHERE false)"
        return f"(SELECT {self.number}, first_seen FROM {parquet(*(part.path for part in parts))})"

    def references(self) -> tuple[str, ...]:
        """The files as a manifest names them."""
        paths = [part.path for part in self._parts()] + self._others("aliases") + self._others("tombstones")
        return tuple(self._layout.relative(path) for path in paths)

    def _parts(self) -> list[_Part]:
        """The parts in order of their numbers, without a gap. Raises `DataError` otherwise."""
        name = re.compile(rf"{self.kind}s-(\d+)\.parquet")
        parts: list[_Part] = []
        following = 1
        for path in self._paths():
            found = name.fullmatch(path.name)
            if not found:
                continue
            try:
                rows = pq.read_metadata(path).num_rows
            except (pa.ArrowException, OSError) as e:
                why = str(e).split("\n", 1)[0]
                raise DataError(_lost(f"{path} is not readable", why)) from e
            if int(found[1]) != following:
                why = f"it begins with {int(found[1])}, but {following} is missing"
                raise DataError(_lost(f"a part of the registry before {path} is missing", why))
            parts.append(_Part(path, following, rows))
            following += rows
        return parts

    def _others(self, what: Literal["aliases", "tombstones"]) -> list[Path]:
        return [path for path in self._paths() if path.name.startswith(f"{self.kind}s-{what}-")]

    def _paths(self) -> list[Path]:
        if not self._layout.registry.is_dir():
            return []
        with outside("read", self._layout.registry):
            return sorted(self._layout.registry.glob("*.parquet"))


def _files(paths: list[Path]) -> str:
    listed = ", ".join(map(path_literal, paths))
    return f"read_parquet([{listed}], filename = true)"


def _lost(message: str, why: str) -> Diagnostic:
    remedy = "Restore .beachhead/registry from a backup: without it customers would get new numbers."
    return Diagnostic("registry-damaged", message, why=why, remedy=remedy)
