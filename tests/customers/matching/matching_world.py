"""Small sets of records to match, and what came out in a form that a test can state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from companies import Company, Row, as_table

from beachhead.customers.matching import Matching, match_records
from beachhead.engines.duck import DuckEngine
from beachhead.project.definitions import MatchingDefinition

DEFAULT = MatchingDefinition()


def match(records: pa.Table, temp: Path, settings: MatchingDefinition = DEFAULT, threads: int = 2) -> Matching:
    """Match records in an engine of their own."""
    with DuckEngine(temp, threads=threads) as engine:
        engine.load("records", records)
        return match_records(engine, "records", settings, lambda _: None)


def match_rows(rows: Sequence[Row], temp: Path, settings: MatchingDefinition = DEFAULT) -> Matching:
    """Match records given by what they say. Unless told, a row is of a list; the part of its id before ':' is whose."""
    whole = [{"source": _owner(row), "ids": _owner(row), "listed": True, "person": False, **row} for row in rows]
    return match(as_table(whole), temp, settings)


def _owner(row: Row) -> str:
    before, colon, _ = str(row["account_id"]).partition(":")
    return before if colon else ""


def groups(matching: Matching) -> list[list[str]]:
    """The customers that more than one account is of, as sorted lists of ids."""
    members: dict[str, list[str]] = {}
    for row in matching.customers.to_pylist():
        members.setdefault(row["customer_id"], []).append(row["account_id"])
    return sorted(sorted(group) for group in members.values() if len(group) > 1)


def accuracy(matching: Matching, truth: Company) -> tuple[float, float]:
    """Precision and recall over pairs of accounts."""
    found = Company(matching.customers, _numbered(matching)).pairs()
    true = truth.pairs()
    right = len(found & true)
    return right / max(len(found), 1), right / len(true)


def _numbered(matching: Matching) -> dict[str, int]:
    numbers: dict[str, int] = {}
    return {
        row["account_id"]: numbers.setdefault(row["customer_id"], len(numbers))
        for row in matching.customers.to_pylist()
    }
