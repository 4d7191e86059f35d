"""The PostgreSQL engine: tables go in and out by COPY. Nobody else imports psycopg."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pyarrow as pa
import pyarrow.csv as pa_csv

from beachhead.engines.base import Dialect
from beachhead.errors import DataError, Diagnostic, OutsideError, UsageError

try:
    import psycopg
except ImportError as e:
    raise UsageError(
        Diagnostic(
            "driver-missing", "the PostgreSQL driver is not installed", remedy="pip install 'beachhead[postgres]'"
        )
    ) from e

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


class PostgresEngine:
    """One connection to a PostgreSQL database; every statement commits by itself.

    `url` is a libpq URL. Raises `OutsideError` when the server cannot be reached.
    """

    def __init__(self, url: str) -> None:
        try:
            self._connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as e:
            remedy = "Check that the server runs and that host, port, user and password are right."
            raise OutsideError(Diagnostic("database-unreachable", _first_line(e), remedy=remedy)) from e
        self.execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1")
        has_icu = self._connection.execute("SELECT 1 FROM pg_collation WHERE collname = %s", [ICU_COLLATION]).fetchone()
        lacks = "this server was built without ICU, so it changes the case of A to Z only"
        self._unsupported = {} if has_icu else {"lower": lacks, "upper": lacks}

    @property
    def dialect(self) -> Dialect:
        return "postgres"

    @property
    def unsupported(self) -> Mapping[str, str]:
        return MappingProxyType(self._unsupported)

    def execute(self, sql: str) -> None:
        """Run one or more statements, as one transaction; nothing is returned."""
        with _in_our_words():
            self._connection.execute(sql)

    def query(self, sql: str) -> pa.Table:
        """The result of one SELECT. Raises `DataError` for a column whose type has no exact Arrow form here."""
        with _in_our_words():
            schema = self._result_schema(sql)
            received = io.BytesIO()
            copy = f"COPY ({sql}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
            with self._connection.cursor() as cursor, cursor.copy(copy) as rows:
                for block in rows:
                    received.write(block)
        return _from_csv(received.getvalue(), schema)

    def load(self, name: str, data: pa.Table) -> None:
        """Make `data` readable as table `name`, in place of what had that name before; the table is a copy."""
        columns = ", ".join(f"{_quoted(f.name)} {_column_type(f)}" for f in data.schema)
        with _in_our_words(), self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {_quoted(name)}")
            cursor.execute(f"CREATE TABLE {_quoted(name)} ({columns})")
            with cursor.copy(f"COPY {_quoted(name)} FROM STDIN (FORMAT csv)") as rows:
                for batch in data.to_batches(max_chunksize=50_000):
                    rows.write(_to_csv(batch))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> PostgresEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
    return written.getvalue()


def _column_type(field: pa.Field) -> str:
    if field.type not in COLUMN_TYPES:
        message = f"column '{field.name}' has the type {field.type}, which PostgreSQL tables do not take from here"
        raise DataError(Diagnostic("column-type", message, remedy="Cast it to one of the customer model's types."))
    return COLUMN_TYPES[field.type]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as e:
        remedy = "Check that the server runs and has disk space and memory; then run again."
        raise OutsideError(Diagnostic("engine-resources", _first_line(e), remedy=remedy)) from e
    except psycopg.Error as e:
        raise DataError(Diagnostic("engine-error", _first_line(e))) from e
