"""Does an update publish what the baseline computes? Every column and every count of unusable rows is compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

import beachhead

_TABLES = {"accounts": "account_id", "users": "user_id"}
_NUMBERS = {"account_no", "user_no"}
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rows and columns compared, and what differs, in words; nothing differs when `differences` is empty."""

    rows: int
    columns: int
    differences: tuple[str, ...]


def compare(folder: Path) -> Agreement:
    """Compare the current snapshot of the project in `folder` with `folder/baseline`."""
    run = beachhead.open(folder).latest()
    rows = columns = 0
    differences: list[str] = []
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET memory_limit = '6GB'")
        for table, key in _TABLES.items():
            theirs = folder / "baseline" / f"{table}.parquet"
            connection.register("ours", getattr(run, table).arrow())
            types = _types(connection, "ours")
            wanted = [c for c in _types(connection, f"'{theirs}'") if c not in _NUMBERS | {key}]
            differences += [f"{table}.{c} is not in the snapshot" for c in wanted if c not in types]
            shared = [c for c in wanted if c in types]
            counts = connection.execute(
                f"SELECT count(*), count(*) FILTER (o.{key} IS NULL OR b.{key} IS NULL)"
                f"{''.join(', ' + _differing(c, types[c]) for c in shared)} "
                f"FROM ours AS o FULL JOIN '{theirs}' AS b ON o.{key} = b.{key}"
            ).fetchone()
            assert counts is not None
            rows, columns = rows + counts[0], columns + len(shared)
            if counts[1]:
                differences.append(f"{table}: {counts[1]} rows are on one side only")
            differences += [f"{table}.{c}: {n} values differ" for c, n in zip(shared, counts[2:], strict=True) if n]
        listed = connection.execute(f"FROM '{folder / 'baseline' / 'problems.parquet'}'").fetchall()
    told = Counter[tuple[str, str]]()
    for problem in run.problems:
        told[problem.source or "", problem.code] += problem.count
    differences += [
        f"{source}: {told[source, code]} rows of {code}, the baseline has {count}"
        for source, code, count in listed
        if told[source, code] != count
    ]
    return Agreement(rows, columns, tuple(differences))


def _types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    found = connection.execute(f"DESCRIBE FROM {relation}").fetchall()
    return {str(name): str(type_) for name, type_, *_ in found}


def _differing(column: str, type_: str) -> str:
    one, other = f'o."{column}"', f'b."{column}"'
    if type_ == "DOUBLE":
        return f"count(*) FILTER (abs({one} - {other}) > {_CLOSE} OR ({one} IS NULL) <> ({other} IS NULL))"
    return f"count(*) FILTER ({one} IS DISTINCT FROM {other})"
