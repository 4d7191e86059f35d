"""One SELECT by the user over a snapshot, read-only: no files, no network, no other statements."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from beachhead.engines.duck import DuckEngine
from beachhead.errors import DataError, Diagnostic, UsageError
from beachhead.service.results import Run
from beachhead.store.bitmaps import numbers_of

TABLES = ("accounts", "users", "members", "set_aside")
_UNKNOWN_TABLE = re.compile(r"^Catalog Error: Table with name (\S+) does not exist")


def query(run: Run, sql: str) -> pa.Table:
    """The result of one SELECT over `accounts`, `users`, `members (segment, account_no)`, `set_aside`.

    Raises `UsageError` with the engine's words for anything that is not a single SELECT that works.
    """
    with TemporaryDirectory(prefix="beachhead-") as temp, DuckEngine(Path(temp)) as engine:
        engine.load("accounts", run.accounts.arrow())
        engine.load("users", run.users.arrow() if len(run.users.columns) else pa.table({"user_no": pa.nulls(0)}))
        engine.load("set_aside", run.set_aside.arrow())
        if "members" in sql.lower():
            engine.load("members", _members(run))
        engine.lock_down()
        engine.require_select(sql)
        try:
            return _with_whole_numbers(engine.query(sql))
        except DataError as e:
            raise UsageError([_in_words(d) for d in e.diagnostics]) from e


def _with_whole_numbers(table: pa.Table) -> pa.Table:
    """Sums that the engine widened to 128 bits as 64-bit whole numbers, where all of them fit."""
    for n, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            with contextlib.suppress(pa.ArrowInvalid):
                table = table.set_column(n, field.name, table.column(n).cast(pa.int64()))
    return table


def _in_words(diagnostic: Diagnostic) -> Diagnostic:
    """The engine's words with what can be asked for instead."""
    unknown = _UNKNOWN_TABLE.search(diagnostic.message)
    if unknown:
        return Diagnostic.unknown_name("table", unknown[1], TABLES)
    remedy = (
        f"A SELECT may read {', '.join(TABLES)}, and no files; `select * from accounts limit 5` shows what there is."
    )
    return replace(diagnostic, code="sql-error", remedy=remedy)


def _members(run: Run) -> pa.Table:
    names: list[str] = []
    numbers: list[pa.Array] = []
    for segment in run.about.segments:
        if segment.size:
            found = numbers_of(run.memberships.read(segment.name).members)
            names += [segment.name] * len(found)
            numbers.append(pa.array(found))
    listed = pa.chunked_array(numbers, pa.uint32())
    return pa.table({"segment": pa.array(names, pa.string()).dictionary_encode(), "account_no": listed})
