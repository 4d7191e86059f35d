"""The PostgreSQL engine: tables go in and out by COPY. Nobody else imports psycopg."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg.conninfo import conninfo_to_dict

from beachhead.engines.base import Dialect
from beachhead.errors import DataError, Diagnostic, OutsideError, Place
from beachhead.project.engine_setting import ADDRESS_FORM
from beachhead.project.environment import redact

# Arrow type → PostgreSQL type. Texts sort by code point, as everywhere else here.
COLUMN_TYPES: Mapping[pa.DataType, str] = MappingProxyType(
    {
        pa.bool_(): "boolean",
        pa.int8(): "smallint",
        pa.uint8(): "smallint",
        pa.int16(): "smallint",
        pa.uint16(): "integer",
        pa.int32(): "integer",
        pa.uint32(): "bigint",
        pa.int64(): "bigint",
        pa.float32(): "real",
        pa.float64(): "double precision",
        pa.string(): 'text COLLATE "C"',
        pa.large_string(): 'text COLLATE "C"',
        pa.date32(): "date",
        pa.timestamp("us"): "timestamp",
    }
)
# PostgreSQL type name → Arrow type of a result.
RESULT_TYPES: Mapping[str, pa.DataType] = MappingProxyType(
    {
        "bool": pa.bool_(),
        "int2": pa.int16(),
        "int4": pa.int32(),
        "int8": pa.int64(),
        "float4": pa.float32(),
        "float8": pa.float64(),
        "text": pa.string(),
        "varchar": pa.string(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
    }
)

ICU_COLLATION = "und-x-icu"


_CONNECT_SECONDS = 10
# Limits of a role that are meant for people, and what ends the work of a client that is gone.
_SESSION = {
    "lock_timeout": "0",
    "idle_session_timeout": "0",
    "default_transaction_read_only": "off",
    "client_connection_check_interval": "10000",
    "jit": "off",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "extra_float_digits": "1",
    "search_path": "pg_temp",
}


class PostgresEngine:
    """One connection to a PostgreSQL database; every statement commits by itself.

    It sees and makes temporary tables only: tables of the database cannot be taken for those of the customer model,
    and when the connection ends, whichever way, nothing is left. `url` is a libpq URL and never shown; `place`: where
    it is written. Raises `OutsideError` when the server cannot be reached or does not give what is needed.
    """

    def __init__(self, url: str, place: Place | None = None) -> None:
        self._place = place
        url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
        self._secrets = _secrets(url)
        try:
            self._connection = psycopg.connect(
                url,
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                client_encoding="utf8",
                application_name="beachhead",
                prepare_threshold=None,
            )
        except psycopg.ProgrammingError as e:
            raise OutsideError(self._address_is_none()) from e
        except psycopg.OperationalError as e:
            raise OutsideError(self._unreachable(e)) from e
        try:
            self._unsupported = self._prepare()
        except BaseException:
            self._connection.close()
            raise

    @property
    def dialect(self) -> Dialect:
        return "postgres"

    @property
    def unsupported(self) -> Mapping[str, str]:
        return MappingProxyType(self._unsupported)

    def execute(self, sql: str) -> None:
        """Run one or more statements, as one transaction; nothing is returned."""
        with self._in_our_words():
            self._connection.execute(sql)

    def query(self, sql: str) -> pa.Table:
        """The result of one SELECT. Raises `DataError` for a column whose type has no exact Arrow form here."""
        with self._in_our_words():
            schema = self._result_schema(sql)
            received = io.BytesIO()
            copy = f"COPY ({sql}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
            with self._connection.cursor() as cursor, cursor.copy(copy) as rows:
                for block in rows:
                    received.write(block)
        return _from_csv(received.getvalue(), schema)

    def load(self, name: str, data: pa.Table) -> None:
        """Make `data` readable as temporary table `name`, in place of what had that name before."""
        columns = ", ".join(f"{_quoted(f.name)} {_column_type(f)}" for f in data.schema)
        with self._in_our_words(), self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {_quoted(name)}")
            cursor.execute(f"CREATE TEMP TABLE {_quoted(name)} ({columns})")
            with cursor.copy(f"COPY {_quoted(name)} FROM STDIN (FORMAT csv)") as rows:
                for batch in data.to_batches(max_chunksize=50_000):
                    rows.write(_to_csv(batch))
            cursor.execute(f"ANALYZE {_quoted(name)}")  # nobody else looks at temporary tables before they are queried

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> PostgresEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> dict[str, str]:
        """Set what results depend on; returns what this server lacks of the catalogue."""
        with self._in_our_words():
            self._connection.execute("SET statement_timeout = 0")
            known = self._connection.execute("SELECT name FROM pg_settings").fetchall()
            for name in _SESSION.keys() & {str(row[0]) for row in known}:
                self._connection.execute("SELECT set_config(%s, %s, false)", [name, _SESSION[name]])
            row = self._connection.execute(
                "SELECT has_database_privilege(current_database(), 'TEMP'), pg_is_in_recovery(), "
                "current_setting('server_encoding'), EXISTS (SELECT 1 FROM pg_collation WHERE collname = %s)",
                [ICU_COLLATION],
            ).fetchone()
        assert row is not None
        may_make_tables, is_replica, encoding, has_icu = row
        if is_replica:
            message, remedy = "this server is a replica, which cannot hold temporary tables", "Name the primary server."
            raise OutsideError(Diagnostic("database-refused", message, place=self._place, remedy=remedy))
        if not may_make_tables:
            message = "the user of the database may not make temporary tables in it"
            remedy = (
                "As its owner: GRANT TEMPORARY ON DATABASE … TO …; nothing else is needed, and nothing is left there."
            )
            raise OutsideError(Diagnostic("database-refused", message, place=self._place, remedy=remedy))
        if encoding != "UTF8":
            message = f"the database keeps texts in {encoding}, which has no place for all letters"
            remedy = "Use a database made with ENCODING 'UTF8'; an empty one will do."
            raise OutsideError(Diagnostic("database-refused", message, place=self._place, remedy=remedy))
        lacks = "this server was built without ICU, so it changes the case of A to Z only"
        return {} if has_icu else {"lower": lacks, "upper": lacks}

    @contextlib.contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except (psycopg.errors.ProgramLimitExceeded, psycopg.errors.TooManyColumns) as e:
            remedy = "Leave out columns that sources have under `extra`, or write `engine: duckdb`, which takes more."
            raise DataError(Diagnostic("engine-limit", self._told(e), place=self._place, remedy=remedy)) from e
        except (psycopg.OperationalError, psycopg.InterfaceError) as e:
            if self._connection.closed:
                message = "the connection to the database was lost; nothing was published"
                remedy = "See whether the server runs, then run again."
                lost = Diagnostic("database-lost", message, place=self._place, why=self._told(e), remedy=remedy)
                raise OutsideError(lost) from e
            remedy = "Check that the server runs and has disk space and memory; then run again."
            raise OutsideError(Diagnostic("engine-resources", self._told(e), place=self._place, remedy=remedy)) from e
        except psycopg.errors.InsufficientPrivilege as e:
            remedy = "Let the user of the database do that, or name another one."
            raise OutsideError(Diagnostic("database-refused", self._told(e), place=self._place, remedy=remedy)) from e
        except psycopg.Error as e:
            raise DataError(Diagnostic("engine-error", self._told(e))) from e

    def _address_is_none(self) -> Diagnostic:
        message = "the address of the database cannot be understood"
        return Diagnostic("unknown-database", message, place=self._place, remedy=ADDRESS_FORM)

    def _unreachable(self, error: Exception) -> Diagnostic:
        told = self._told(error)
        message = "the database cannot be reached"
        remedy = "See whether the server runs, whether this machine may connect, and whether the address is right."
        if re.search(r"database .* does not exist", told):
            message = "the server has no such database"
            remedy = "Correct its name, the last part of the address, or make it: createdb NAME."
        elif re.search(r"password|authentication|role .* does not exist", told):
            message = "the server does not let this user in"
            remedy = "Correct the user and the password; a password may also stand in PGPASSWORD or in ~/.pgpass."
        return Diagnostic("database-unreachable", message, place=self._place, why=told, remedy=remedy)

    def _told(self, error: Exception) -> str:
        """What the driver says, in one line and without secrets."""
        return redact(str(error).strip().split("\n", 1)[0][:300], self._secrets)

    def _result_schema(self, sql: str) -> pa.Schema:
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({sql}) AS result LIMIT 0")
            described = cursor.description or []
            fields = []
            for column in described:
                known = self._connection.adapters.types.get(column.type_code)
                arrow = RESULT_TYPES.get(known.name) if known else None
                if arrow is None:
                    named = known.name if known else f"number {column.type_code}"
                    message = f"result column '{column.name}' has the type {named}, which has no exact form here"
                    raise DataError(Diagnostic("result-type", message, remedy="Cast it to one of the catalogue types."))
                fields.append(pa.field(column.name, arrow))
        return pa.schema(fields)


def _from_csv(received: bytes, schema: pa.Schema) -> pa.Table:
    if not received or not schema:
        return schema.empty_table()
    # By position: a SELECT may give one name twice, a CSV reader's columns may not.
    positions = [str(i) for i in range(len(schema))]
    table = pa_csv.read_csv(
        io.BytesIO(received),
        read_options=pa_csv.ReadOptions(column_names=positions, block_size=16 << 20),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict(zip(positions, schema.types, strict=True)),
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return table.rename_columns(schema.names).cast(schema)


def _to_csv(batch: pa.RecordBatch) -> bytes:
    written = io.BytesIO()
    pa_csv.write_csv(batch, written, pa_csv.WriteOptions(include_header=False))
    return written.getvalue().replace(b"\0", b"")  # the one character that PostgreSQL's texts cannot hold


def _column_type(field: pa.Field) -> str:
    if field.type not in COLUMN_TYPES:
        message = f"column '{field.name}' has the type {field.type}, which PostgreSQL tables do not take from here"
        raise DataError(Diagnostic("column-type", message, remedy="Cast it to one of the customer model's types."))
    return COLUMN_TYPES[field.type]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _secrets(url: str) -> frozenset[str]:
    """What of an address must not be shown: all of it, and its password in both ways of writing."""
    found = {url, *re.findall(r"//[^/@:]*:([^@]*)@", url), *re.findall(r"[?&]password=([^&]*)", url)}
    with contextlib.suppress(psycopg.ProgrammingError):
        found.add(str(conninfo_to_dict(url).get("password") or ""))
    return frozenset(found)
