"""JSON documents: `{schema, as_of, snapshot, diagnostics, <noun>: …}`, ISO dates, money as `{minor, currency}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pyarrow as pa

from beachhead.customers.attributes import Attribute
from beachhead.errors import Diagnostic
from beachhead.service.results import Run
from beachhead.sources.problems import Problem

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


def document(
    noun: str, payload: Json, run: Run | None = None, diagnostics: Sequence[Diagnostic] = ()
) -> dict[str, Json]:
    """One document. `run`: the update it speaks of."""
    return {
        "schema": f"beachhead/{noun}/1",
        "as_of": run.as_of.isoformat() if run else None,
        "snapshot": run.name if run else None,
        "diagnostics": [d.as_dict() for d in diagnostics],
        noun: payload,
    }


def rows(table: pa.Table, attributes: Mapping[str, Attribute], currency: str) -> list[dict[str, Json]]:
    """The rows of a table; columns that are attributes as `attribute_value` has them."""
    return [{n: attribute_value(v, attributes.get(n), currency) for n, v in row.items()} for row in table.to_pylist()]


def attribute_value(value: object, attribute: Attribute | None, currency: str) -> Json:
    """A value of an attribute: money as `{minor, currency}`, a list as its items, all else as it is."""
    if attribute is not None and attribute.type == "money":
        return money_value(value, currency)
    if attribute is not None and attribute.type == "list" and isinstance(value, str):
        return value.split(";")
    return plain(value)


def money_value(minor: object, currency: str) -> Json:
    """Minor units with their currency; null stays null."""
    return {"minor": int(minor), "currency": currency} if isinstance(minor, int) else None


def plain(value: object) -> Json:
    """A value as JSON has it: days and moments as ISO text, anything unknown as text."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, Sequence):
        return [plain(v) for v in value]
    return str(value)


def problem_json(problem: Problem) -> dict[str, Json]:
    """A problem in the data, with its examples."""
    return {
        "code": problem.code,
        "severity": str(problem.severity),
        "message": problem.message,
        "remedy": problem.remedy,
        "count": problem.count,
        "out_of": problem.out_of,
        "source": problem.source,
        "table": problem.table,
        "column": problem.column,
        "examples": [{"file": e.file, "line": e.line, "value": e.value} for e in problem.examples],
    }
