"""The embedded engine: DuckDB in memory, spilling into a folder of the project. Nobody else imports duckdb."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow as pa

from beachhead.engines.base import Dialect, Parameter
from beachhead.errors import DataError, Diagnostic, OutsideError, UsageError


class DuckEngine:
    """One private in-memory DuckDB. Not shared between threads.

    SQL errors surface as `duckdb.Error` subclasses only from `raw`; `execute` and `query` raise
    `OutsideError` (disk, memory) or `DataError` with the engine's own words.
    """

    def __init__(self, temp: Path, memory_limit: str | None = None, threads: int | None = None) -> None:
        self._connection = duckdb.connect(":memory:")
        temp.mkdir(parents=True, exist_ok=True)
        options: dict[str, Parameter] = {
            "temp_directory": str(temp),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_progress_bar": False,
            "TimeZone": "UTC",
            # It would compute the rare branch of a CASE for every row, such as the slow reading of odd numbers.
            "disabled_optimizers": "common_subexpressions",
        }
        if memory_limit:
            options["memory_limit"] = memory_limit
        if threads:
            options["threads"] = threads
        for name, value in options.items():
            self._connection.execute(f"SET {name} = {quote_literal(value)}")

    @property
    def raw(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, for what has no SQL form."""
        return self._connection

    def execute(self, sql: str, parameters: Sequence[Parameter] = ()) -> None:
        """Run one or more statements; nothing is returned."""
        with _in_our_words():
            self._connection.execute(sql, list(parameters) or None)

    def query(self, sql: str, parameters: Sequence[Parameter] = ()) -> pa.Table:
        """The result of one SELECT as an Arrow table."""
        with _in_our_words():  # as a relation: only these turn into Arrow on all processors
            return self._connection.sql(sql, params=list(parameters)).to_arrow_table()

    def stream(self, sql: str, rows: int = 1 << 20) -> pa.RecordBatchReader:
        """The result of one SELECT in batches of about `rows`; nothing else may be asked before it is read."""
        with _in_our_words():
            return self._connection.sql(sql).to_arrow_reader(rows)

    def scalar(self, sql: str, parameters: Sequence[Parameter] = ()) -> object:
        """The first value of the first row; None when there is no row."""
        with _in_our_words():
            row = self._connection.execute(sql, list(parameters) or None).fetchone()
        return row[0] if row else None

    @property
    def dialect(self) -> Dialect:
        return "duckdb"

    @property
    def unsupported(self) -> Mapping[str, str]:
        return MappingProxyType({})

    def load(self, name: str, data: pa.Table) -> None:
        """Make an Arrow table readable under `name`, without a copy, in place of what had that name before."""
        self._connection.register(name, data)

    def lock_down(self) -> None:
        """From here on: no files, no network, no settings. For queries that a user wrote."""
        self._connection.execute("SET enable_external_access = false; SET lock_configuration = true")

    def require_select(self, sql: str) -> None:
        """Raise `UsageError` unless `sql` is a single SELECT."""
        try:
            statements = self._connection.extract_statements(sql)
        except duckdb.Error as e:
            remedy = "Correct the SQL; `select * from accounts limit 5` shows what there is."
            raise UsageError(Diagnostic("sql-syntax", _first_line(e), remedy=remedy)) from e
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            message = "only one SELECT is accepted here"
            remedy = "Ask for data with a single SELECT; nothing can be changed."
            raise UsageError(Diagnostic("not-a-select", message, remedy=remedy))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> DuckEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except (duckdb.InterruptException, RuntimeError) as e:
        # Ctrl-C reaches the engine first; it says so with a plain RuntimeError.
        if isinstance(e, duckdb.Error) or "interrupted" in str(e).lower():
            raise KeyboardInterrupt from e
        raise
    except (duckdb.IOException, duckdb.OutOfMemoryException) as e:
        remedy = "Free disk space or memory, or set memory_limit in beachhead.yml; then run again."
        raise OutsideError(Diagnostic("engine-resources", _first_line(e), remedy=remedy)) from e
    except duckdb.Error as e:
        raise DataError(Diagnostic("engine-error", _first_line(e))) from e


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def quote_literal(value: Parameter) -> str:
    """A value as a SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return str(value) if isinstance(value, int | float) else "'" + value.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """A column or table name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def path_literal(path: Path | str) -> str:
    """A path as a SQL literal for reading; `*`, `?` and `[` in it stand for themselves."""
    return quote_literal("".join(f"[{c}]" if c in "*?[" else c for c in str(path)))


def parquet(*paths: Path | str, row_numbers: bool = False) -> str:
    """A FROM item that reads these Parquet files, matched by column name; with `file_row_number` if asked for."""
    numbered = ", file_row_number = true" if row_numbers else ""
    return f"read_parquet([{', '.join(map(path_literal, paths))}], union_by_name = true{numbered})"


class DuckFile:
    """Somebody's database file, opened for reading; queries reach nothing but it.

    Raises `DataError` when it is none, or one of a version that this DuckDB cannot read; queries raise as those of
    `DuckEngine` do.
    """

    def __init__(self, path: Path) -> None:
        with _in_our_words():
            self._connection = duckdb.connect(str(path), read_only=True)
            self._connection.execute(
                "SET TimeZone = 'UTC'; SET enable_external_access = false; SET lock_configuration = true"
            )

    def tables(self) -> tuple[str, ...]:
        """Tables and views of the main schema by name, of others as schema.name when there are others."""
        with _in_our_words():
            rows = self._connection.execute(
                "SELECT schema_name, name FROM (SELECT schema_name, table_name AS name FROM duckdb_tables() WHERE NOT "
                "internal UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal) ORDER BY ALL"
            ).fetchall()
        has_schemas = any(schema != "main" for schema, _ in rows)
        return tuple(f"{schema}.{name}" if has_schemas else str(name) for schema, name in rows)

    def is_select(self, sql: str) -> bool:
        """Whether it is one SELECT."""
        with _in_our_words():
            statements = self._connection.extract_statements(sql)
        return len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT

    def rows(self, sql: str) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
        """Names of the columns, and the rows."""
        with _in_our_words():
            result = self._connection.execute(sql)
        return tuple(str(column[0]) for column in result.description), self._fetched(result)

    def _fetched(self, result: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
        with _in_our_words():
            while rows := result.fetchmany(10_000):
                yield from rows

    def close(self) -> None:
        self._connection.close()
