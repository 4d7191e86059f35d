"""Databases that are files, SQLite and DuckDB: a table of theirs, or what a SELECT gives. Opened for reading only."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from beachhead.engines.duck import DuckFile, quote_name
from beachhead.errors import BeachheadError, DataError, Diagnostic, Place
from beachhead.project.definitions import DatabaseOptions
from beachhead.sources.excel import text_of
from beachhead.sources.intake import stamp
from beachhead.sources.opening import Opening, TextTable, not_a

FileKind = Literal["sqlite", "duckdb"]
_READING = {
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, 33,  # 33: recursive WITH
}  # fmt: skip


def tables_of(path: Path, shown: str, kind: FileKind) -> tuple[str, ...]:
    """Names of the tables and views of a database file, those that a program keeps for itself left out.

    Raises `DataError`, `OutsideError`.
    """
    with closing(_opened(path, shown, kind)) as database:
        return database.tables()


def database_table(opening: Opening) -> tuple[Path, str]:
    """What the source takes of a database file, as a temporary Parquet file; and what was taken, in words.

    Raises `DataError`, `OutsideError`.
    """
    kind: FileKind = "duckdb" if opening.kind == "duckdb" else "sqlite"
    with closing(_opened(opening.path, opening.shown, kind)) as database:
        sql, words = _select(database, opening.source.database, opening.shown)
        if opening.only_header:
            sql = f"SELECT * FROM ({sql}) LIMIT 0"
        target = opening.temporary(".parquet")
        try:
            names, rows = database.rows(sql)
            _refuse_repeats(names, opening.shown)
            table = TextTable(target, names)
            try:
                for row in rows:
                    table.add(tuple(text_of_value(value) for value in row))
            finally:
                table.close()
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return target, words


def _select(database: _Sqlite | _Duck, options: DatabaseOptions, shown: str) -> tuple[str, str]:
    if options.query is not None:
        return options.query.strip().rstrip(";"), "a query"
    known = database.tables()
    name = options.table
    if name is None:
        if len(known) != 1:
            listed = f"Tables: {', '.join(known[:12])}{', …' if len(known) > 12 else ''}." if known else "It has none."
            message = f"{shown} is a database of {len(known)} tables"
            remedy = f"Say which one: `database: {{table: …}}`. {listed}"
            raise DataError(Diagnostic("which-table", message, place=Place(shown), remedy=remedy))
        (name,) = known
    if name not in known:
        raise DataError(Diagnostic.unknown_name("table", name, known, Place(shown)))
    return f"SELECT * FROM {'.'.join(quote_name(part) for part in _parts(name, known))}", f"table '{name}'"


def _parts(name: str, known: Sequence[str]) -> list[str]:
    """Schema and table; a point in a name of SQLite is a part of it."""
    return name.split(".", 1) if "." in name and all("." in k for k in known) else [name]


def _opened(path: Path, shown: str, kind: FileKind) -> _Sqlite | _Duck:
    stamp(path, shown)  # says when it cannot be read
    return _Duck(path, shown) if kind == "duckdb" else _Sqlite(path, shown)


class _Sqlite:
    def __init__(self, path: Path, shown: str) -> None:
        self._shown = shown
        self._connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
        self._connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
        try:
            self._names = tuple(
                str(name)
                for (name,) in self._connection.execute(
                    "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' "
                    "ESCAPE '\\' ORDER BY name"
                )
            )
        except sqlite3.Error as e:
            self._connection.close()
            raise not_a("not-sqlite", "SQLite database that can be read", shown, e) from e
        self._connection.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
        )

    def tables(self) -> tuple[str, ...]:
        return self._names

    def rows(self, sql: str) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
        try:
            cursor = self._connection.execute(sql)
            if cursor.description is None:
                raise DataError(_not_a_select(self._shown))
            return tuple(str(column[0]) for column in cursor.description), self._fetched(cursor)
        except (sqlite3.Error, sqlite3.Warning) as e:
            raise self._wrong(e) from e

    def _fetched(self, cursor: sqlite3.Cursor) -> Iterator[tuple[object, ...]]:
        try:
            yield from cursor
        except sqlite3.Error as e:
            raise self._wrong(e) from e

    def _wrong(self, error: Exception) -> DataError:
        if "not authorized" in str(error):
            return DataError(_not_a_select(self._shown))
        message = f"{self._shown} cannot be read"
        remedy = "Correct the query, or make a new copy of the database."
        return DataError(
            Diagnostic("unreadable-data", message, place=Place(self._shown), why=str(error), remedy=remedy)
        )

    def close(self) -> None:
        self._connection.close()


class _Duck:
    def __init__(self, path: Path, shown: str) -> None:
        self._shown = shown
        try:
            self._file = DuckFile(path)
        except BeachheadError as e:
            raise not_a("not-duckdb", "DuckDB database that can be read", shown, e.diagnostics[0].message) from e

    def tables(self) -> tuple[str, ...]:
        return self._file.tables()

    def rows(self, sql: str) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
        if not self._file.is_select(sql):
            raise DataError(_not_a_select(self._shown))
        return self._file.rows(sql)

    def close(self) -> None:
        self._file.close()


def _not_a_select(shown: str) -> Diagnostic:
    message = f"the query of {shown} is not one SELECT over its tables"
    remedy = "Databases are only read: write a single SELECT."
    return Diagnostic("not-a-select", message, place=Place(shown), remedy=remedy)


def _refuse_repeats(names: Sequence[str], shown: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            message = f"the query of {shown} gives two columns called '{name}'"
            remedy = "Name the columns one by one, with `as` where two have the same name."
            raise DataError(Diagnostic("duplicate-header", message, place=Place(shown), remedy=remedy))
        seen.add(name)


def text_of_value(value: object) -> str | None:
    """A value of a database as a CSV export would write it; bytes that are no text as hexadecimal digits."""
    match value:
        case None | str():
            return value
        case bytes() | memoryview():
            raw = bytes(value)
            try:
                return raw.decode("utf-8")
            except UnicodeDecodeError:
                return raw.hex()
        case datetime() if value.tzinfo is not None:
            return value.isoformat(sep=" ")
        case Decimal():
            return format(value, "f")
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return text_of(value)
