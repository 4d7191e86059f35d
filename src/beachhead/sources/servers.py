"""Tables and queries of PostgreSQL, MySQL and MariaDB, fetched into Parquet files that then land like any other.

With a cursor (a column that grows with every change of a row) only what is new is fetched, and replaces the rows of
the same key that were fetched before. `fetched.json` says which files count, and is written last. Nothing of the
database's address is kept or shown.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow.parquet as pq

from beachhead.engines.duck import DuckEngine, path_literal, quote_literal, quote_name
from beachhead.errors import DataError, Diagnostic, OutsideError, Place
from beachhead.project.definitions import SourceDefinition
from beachhead.project.environment import redact
from beachhead.project.model import Table
from beachhead.sources.database_files import text_of_value
from beachhead.sources.landed import write_whole
from beachhead.sources.mapping import PlaceOf
from beachhead.sources.opening import TextTable

if TYPE_CHECKING:
    import sqlalchemy as sa

_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "mysql": "mysql+pymysql",
            "mariadb": "mariadb+pymysql"}  # fmt: skip
_CONNECT_SECONDS = 10
_PIECE = 20_000
Cursor = int | str | datetime | date | Decimal


@dataclass(frozen=True)
class Fetching:
    """Where fetched files go (`folder`), what is told while it is done, and where the source's keys stand.

    `again`: forget what was fetched before.
    """

    folder: Path
    engine: DuckEngine
    place_of: PlaceOf
    say: Callable[[str], None]
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Fetched:
    """What was fetched: the files in order, up to which value of the cursor, and by which definition."""

    files: tuple[str, ...]
    last: Cursor | None
    definition: str


def fetch(source: SourceDefinition, table: Table, fetching: Fetching) -> tuple[Path, ...]:
    """The files that hold what the database has now, oldest first. Raises `DataError` when the database does not have
    what the source names, `OutsideError` when it cannot be asked; then what was fetched before stays.
    """
    folder = fetching.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = _Fetched((), None, "") if fetching.again else _read_state(folder)
        definition = _definition(source, table)
        if before.definition != definition or any(not (folder / f).exists() for f in before.files):
            before = _Fetched((), None, definition)
        with _connected(source, fetching) as connection:
            now = _fetch(source, table, fetching, connection, before)
        _write_state(folder, now)
        for path in folder.glob("*.parquet*"):
            if path.name not in now.files:
                path.unlink(missing_ok=True)
    except OSError as e:
        message = f"what is fetched from the database cannot be written: {e.strerror or e}"
        raise OutsideError(Diagnostic("disk", message, remedy="Free disk space, then run again.")) from e
    return tuple(folder / name for name in now.files)


def _definition(source: SourceDefinition, table: Table) -> str:
    """What is asked for, without who asks: another password does not make other data."""
    options = source.database
    url = options.url.get_secret_value() if options.url else ""
    place = re.sub(r"//[^/@]*@", "//", url)
    told = [place, options.table, options.query, options.cursor, _key(source, table)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _key(source: SourceDefinition, table: Table) -> list[str]:
    """The columns of the database that identify a row of the model table."""
    return [c.column for k in table.key if (c := source.columns.get(k)) and c.column]


def _usable(value: object, fetching: Fetching) -> Cursor | None:
    if value is None or (isinstance(value, int | str | datetime | date | Decimal) and not isinstance(value, bool)):
        return value
    message = "the cursor is neither a number, a date nor a text"
    remedy = "Name a column such as updated_at or a growing id, or leave `cursor` away to read all rows each time."
    raise DataError(
        Diagnostic("unusable-cursor", message, place=fetching.place_of("database", "cursor"), remedy=remedy)
    )


@contextmanager
def _connected(source: SourceDefinition, fetching: Fetching) -> Iterator[sa.Connection]:
    """A connection that can only read, and sees one state of the database throughout."""
    place = fetching.place_of("database", "url")
    try:
        import sqlalchemy as sa
    except ModuleNotFoundError as e:
        raise OutsideError(_missing_extra(place)) from e
    assert source.database.url is not None
    scheme, _, rest = source.database.url.get_secret_value().partition("://")
    secrets = _secrets(source.database.url.get_secret_value())
    engine: sa.Engine | None = None
    try:
        kind = scheme.partition("+")[0]
        engine = sa.create_engine(
            f"{_DRIVERS[kind]}://{rest}", connect_args={"connect_timeout": _CONNECT_SECONDS}, poolclass=sa.NullPool
        )
        is_postgres = kind.startswith("postgres")
        with engine.connect() as connection:
            if is_postgres:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            else:
                connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
                connection.commit()
            yield connection
    except (ModuleNotFoundError, sa.exc.NoSuchModuleError) as e:
        raise OutsideError(_missing_extra(place)) from e
    except (KeyError, ValueError, sa.exc.ArgumentError) as e:
        message = "the address of the database cannot be understood"
        remedy = "Write it like postgresql://user:password@host:5432/name; signs in a password as %40 and the like."
        raise DataError(Diagnostic("unknown-database", message, place=place, remedy=remedy)) from e
    except sa.exc.ProgrammingError as e:
        raise DataError(_refused(source, fetching, _why(e, secrets))) from e
    except sa.exc.DBAPIError as e:
        why = _why(e, secrets)
        if e.statement is not None:
            raise DataError(_refused(source, fetching, why)) from e
        message = "the database cannot be reached"
        remedy = "See whether it runs, whether this machine may connect, and whether the address in `url` is right."
        raise OutsideError(Diagnostic("database-unreachable", message, place=place, why=why, remedy=remedy)) from e
    finally:
        if engine is not None:
            engine.dispose()


def _fetch(
    source: SourceDefinition, table: Table, fetching: Fetching, connection: sa.Connection, before: _Fetched
) -> _Fetched:
    import sqlalchemy as sa

    options, folder = source.database, fetching.folder
    named = options.table or "a query"
    rows = _selectable(source, fetching, connection)
    every = sa.select(sa.text("*")).select_from(rows)
    names = tuple(connection.execute(every.limit(0)).keys())
    last: Cursor | None = None
    is_new = not before.files
    if options.cursor is not None:
        if options.cursor not in names:
            place = fetching.place_of("database", "cursor")
            raise DataError(Diagnostic.unknown_name("column", options.cursor, names, place))
        cursor: sa.ColumnClause[object] = sa.column(options.cursor)
        last = _usable(connection.execute(sa.select(sa.func.max(cursor)).select_from(rows)).scalar(), fetching)
        if before.files and tuple(pq.read_schema(folder / before.files[-1]).names) != names:
            before = _Fetched((), None, before.definition)  # its columns changed: all rows anew
            is_new = True
        if not is_new and before.last is not None:
            every = every.where(sa.or_(cursor >= before.last, cursor.is_(None)))
            fetching.say(f"Reading {named} of the database from {before.last} on")
    if is_new or options.cursor is None:
        fetching.say(f"Reading {named} of the database")
    target = folder / "new.parquet.tmp"
    parquet = TextTable(target, names)
    try:
        result = connection.execution_options(yield_per=_PIECE).execute(every)
        for piece in result.partitions():
            for row in piece:
                parquet.add(tuple(text_of_value(value) for value in row))
    finally:
        parquet.close()
    if options.cursor is None or is_new:
        return _replace_all(folder, target, before, last)
    return _merge(source, table, fetching, target, before, last)


def _selectable(source: SourceDefinition, fetching: Fetching, connection: sa.Connection) -> sa.FromClause:
    import sqlalchemy as sa

    options = source.database
    if options.query is not None:
        query = re.sub(r"(?<!:):(?=\w)", r"\\:", options.query.strip().rstrip(";"))  # no parameters
        return sa.text(query).columns().subquery("asked")
    schema, _, name = (options.table or "").rpartition(".")
    inspector = sa.inspect(connection)
    if not inspector.has_table(name, schema=schema or None):
        known = [*inspector.get_table_names(schema=schema or None), *inspector.get_view_names(schema=schema or None)]
        shown = [f"{schema}.{n}" if schema else n for n in known]
        place = fetching.place_of("database", "table")
        raise DataError(Diagnostic.unknown_name("table", options.table or "", shown, place))
    return sa.table(name, schema=schema or None)


def _replace_all(folder: Path, target: Path, before: _Fetched, last: Cursor | None) -> _Fetched:
    """All rows as one file; where they are those of last time, the file of last time."""
    name = f"{_content(target)}.parquet"
    if name in before.files:
        target.unlink()
    else:
        target.replace(folder / name)
    return _Fetched((name,), last, before.definition)


def _merge(
    source: SourceDefinition, table: Table, fetching: Fetching, target: Path, before: _Fetched, last: Cursor | None
) -> _Fetched:
    """Rows that are new or changed beside those of before; a changed one goes from the file that it was in."""
    engine, folder = fetching.engine, fetching.folder
    names = [quote_name(n) for n in pq.read_schema(target).names]
    key = [quote_name(name) for name in _key(source, table)]
    old = f"read_parquet([{', '.join(path_literal(folder / f) for f in before.files)}])"
    new = f"read_parquet({path_literal(target)})"
    fresh = folder / "fresh.parquet.tmp"
    # What is fetched again only since it stands at the border, unchanged, stays where it is.
    known = f"(SELECT o.* FROM {old} AS o SEMI JOIN {new} AS n ON {_same(names)})"
    _copy(engine, f"SELECT o.* FROM {new} AS o ANTI JOIN {known} AS n ON {_same(names)}", fresh)
    target.unlink()
    if not pq.read_metadata(fresh).num_rows:
        fresh.unlink()
        return _Fetched(before.files, last if last is not None else before.last, before.definition)
    files: list[str] = []
    for name in before.files:
        stays, changed = f"read_parquet({path_literal(folder / name)})", f"read_parquet({path_literal(fresh)})"
        if not key or not engine.scalar(f"SELECT count(*) FROM {stays} AS o SEMI JOIN {changed} AS n ON {_same(key)}"):
            files.append(name)
            continue
        left = folder / "left.parquet.tmp"
        _copy(engine, f"SELECT o.* FROM {stays} AS o ANTI JOIN {changed} AS n ON {_same(key)}", left)
        if pq.read_metadata(left).num_rows:
            files.append(f"{_content(left)}.parquet")
            left.replace(folder / files[-1])
        else:
            left.unlink()
    name = f"{_content(fresh)}.parquet"
    fresh.replace(folder / name)
    return _Fetched((*files, name), last, before.definition)


def _same(columns: Sequence[str]) -> str:
    return " AND ".join(f"o.{c} IS NOT DISTINCT FROM n.{c}" for c in columns)


def _copy(engine: DuckEngine, sql: str, target: Path) -> None:
    engine.execute(f"COPY ({sql}) TO {quote_literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _read_state(folder: Path) -> _Fetched:
    """What was fetched before; a damaged note counts as none, and all is fetched anew."""
    try:
        raw = json.loads((folder / "fetched.json").read_text("utf-8"))
        return _Fetched(tuple(map(str, raw["files"])), _cursor(*raw["last"]), str(raw["definition"]))
    except (OSError, ValueError, KeyError, TypeError):
        return _Fetched((), None, "")


def _cursor(kind: str, text: str) -> Cursor | None:
    match kind:
        case "datetime":
            return datetime.fromisoformat(text)
        case "date":
            return date.fromisoformat(text)
        case "int":
            return int(text)
        case "Decimal":
            return Decimal(text)
        case "none":
            return None
        case _:
            return text


def _write_state(folder: Path, now: _Fetched) -> None:
    last = now.last
    kind = "none" if last is None else type(last).__name__
    text = last.isoformat() if isinstance(last, date) else str(last)
    plain = {"files": now.files, "last": [kind, text], "definition": now.definition}
    write_whole(folder / "fetched.json", json.dumps(plain, indent=1).encode())


def _secrets(url: str) -> set[str]:
    """What of an address must not be shown: all of it, and its password in both ways of writing."""
    found = re.search(r"//[^/@:]*:(.*)@", url)
    return {url, *((found[1], unquote(found[1])) if found else ())}


def _why(error: sa.exc.DBAPIError, secrets: set[str]) -> str:
    told = error.orig.args[-1] if error.orig is not None and error.orig.args else error
    return redact(str(told).strip().split("\n", 1)[0][:300], secrets)


def _refused(source: SourceDefinition, fetching: Fetching, why: str) -> Diagnostic:
    what = "query" if source.database.query is not None else "table"
    message = f"the database does not give what the {what} asks for"
    remedy = "Correct it; it must be one SELECT, and the user of `url` must be allowed to read."
    place: Place | None = fetching.place_of("database", what)
    return Diagnostic("database-refused", message, place=place, why=why, remedy=remedy)


def _missing_extra(place: Place | None) -> Diagnostic:
    message = "reading database servers needs packages that are not installed"
    remedy = "Install them: pip install 'beachhead[databases]'."
    return Diagnostic("missing-extra", message, place=place, remedy=remedy)
