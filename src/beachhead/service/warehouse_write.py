"""Members and changes written into a PostgreSQL warehouse: one table of who is in, one of who joined and left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from beachhead.engines.choose import postgres
from beachhead.engines.duck import quote_literal, quote_name
from beachhead.errors import Diagnostic, UsageError
from beachhead.service.results import Run

_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")


@dataclass(frozen=True, slots=True)
class WrittenBack:
    """What was written: how many members there are now, and how many rows were added and taken out."""

    table: str
    changes_table: str
    members: int
    joined: int
    left: int


def write_back(url: str, table: str, run: Run, segments: Sequence[str]) -> WrittenBack:
    """Make `table` (segment, account_id, version, since) hold the members of these segments, in one transaction.

    Other segments in it stay. Who joined and left is added to `table_changes` (segment, account_id, change, as_of,
    snapshot). Both are made where they are missing. Doing it again changes nothing. Raises `UsageError` for a name that
    is none, `OutsideError`, `DataError`.
    """
    if not _TABLE.fullmatch(table):
        remedy = "Write it as table or schema.table, in letters, digits and underscores."
        raise UsageError(Diagnostic("not-a-table-name", f"'{table}' is not the name of a table", remedy=remedy))
    schema, _, name = table.rpartition(".")
    members = f"{quote_name(schema or 'public')}.{quote_name(name)}"
    changes = f"{quote_name(schema or 'public')}.{quote_name(f'{name}_changes')}"
    found = _members(run, segments)
    with postgres(url) as engine:
        engine.load("new_members", found)
        engine.load("written_segments", pa.table({"segment": pa.array(list(segments), pa.string())}))
        engine.execute(
            f"CREATE TABLE IF NOT EXISTS {members} (segment text NOT NULL, account_id text NOT NULL, "
            "version text NOT NULL, since date NOT NULL, PRIMARY KEY (segment, account_id)); "
            f"CREATE TABLE IF NOT EXISTS {changes} (segment text NOT NULL, account_id text NOT NULL, "
            "change text NOT NULL, as_of date NOT NULL, snapshot text NOT NULL)"
        )
        day, snapshot = quote_literal(run.as_of), quote_literal(run.name)
        gone = (
            f"{members} AS o WHERE o.segment IN (SELECT segment FROM written_segments) AND NOT EXISTS (SELECT 1 FROM "
            "new_members AS n WHERE n.segment = o.segment AND n.account_id = o.account_id)"
        )
        come = (
            f"FROM new_members AS n WHERE NOT EXISTS (SELECT 1 FROM {members} AS o "
            "WHERE o.segment = n.segment AND o.account_id = n.account_id)"
        )
        engine.execute(
            f"LOCK TABLE {members} IN EXCLUSIVE MODE; "
            f"CREATE TEMP TABLE written_back AS SELECT o.segment, o.account_id, 'left' AS change FROM {gone} "
            f"UNION ALL SELECT n.segment, n.account_id, 'joined' {come}; "
            f"INSERT INTO {changes} SELECT segment, account_id, change, {day}, {snapshot} FROM written_back; "
            f"DELETE FROM {gone}; "
            f"INSERT INTO {members} SELECT n.segment, n.account_id, n.version, {day} {come}; "
            f"UPDATE {members} AS o SET version = n.version FROM new_members AS n "
            "WHERE o.segment = n.segment AND o.account_id = n.account_id AND o.version <> n.version"
        )
        counted = engine.query("SELECT change, count(*) AS n FROM written_back GROUP BY change")
    by_change = dict(zip(counted["change"].to_pylist(), counted["n"].to_pylist(), strict=True))
    return WrittenBack(
        table, f"{table}_changes", found.num_rows, by_change.get("joined", 0), by_change.get("left", 0)
    )  # fmt: skip


def _members(run: Run, segments: Sequence[str]) -> pa.Table:
    ids = run.columns("account_no", "account_id")
    numbers = ids["account_no"].to_numpy()
    columns: dict[str, list[pa.Array]] = {"segment": [], "account_id": [], "version": []}
    for name, members in run.members(*segments).items():
        rows = pa.array(np.searchsorted(numbers, members))
        columns["segment"].append(pa.array([name] * len(members), pa.string()))
        columns["account_id"].append(ids["account_id"].combine_chunks().take(rows))
        columns["version"].append(pa.array([run.memberships.entry(name).version] * len(members), pa.string()))
    return pa.table({name: pa.chunked_array(parts, pa.string()) for name, parts in columns.items()})
