"""Which ways of writing dates the columns of one file use: looked for, asked of all values, reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from beachhead.engines.duck import DuckEngine
from beachhead.errors import Severity
from beachhead.sources.dates import (
    DAY_FIRST,
    MONTH_FIRST,
    Reading,
    is_order_open,
    order_counts_sql,
    recognise,
    which_form,
)
from beachhead.sources.faults import EXAMPLES, Faults
from beachhead.sources.mapping import Field, SourceMapping
from beachhead.sources.problems import Example, Problem
from beachhead.sources.readers import Reader
from beachhead.sources.values import text_sql

_SAMPLE_ROWS = 50_000
_SAMPLE_VALUES = 5_000


def find_readings(
    engine: DuckEngine, mapping: SourceMapping, reader: Reader
) -> tuple[dict[str, Reading], dict[str, int]]:
    """How to read each date column, from its mapping or its first values; and how many values of it could be
    day-month as well as month-day.
    """
    readings: dict[str, Reading] = {}
    undecided: dict[str, int] = {}
    for field in _dated(mapping):
        column = field.column
        if column.format:
            readings[field.name] = Reading(column.format)
            continue
        text = text_sql(reader.columns[column.column or ""], column, reader.blanks)
        first = f"(SELECT {text} AS x FROM {reader.relation} LIMIT {_SAMPLE_ROWS})"
        found = engine.query(
            f"SELECT DISTINCT x FROM {first} WHERE x IS NOT NULL AND "
            f"NOT coalesce(x LIKE '____-__-__%' AND try_cast(x AS TIMESTAMP) IS NOT NULL, false) LIMIT {_SAMPLE_VALUES}"
        )
        if found.num_rows:
            readings[field.name], undecided[field.name] = _decide(engine, reader, field, found["x"].to_pylist())
    return {n: r for n, r in readings.items() if r.has_choice}, {n: c for n, c in undecided.items() if c}


def readings_of_unreadable(
    engine: DuckEngine, mapping: SourceMapping, reader: Reader, faults: Faults, readings: Mapping[str, Reading]
) -> tuple[dict[str, Reading], dict[str, int]]:
    """`readings`, extended by the forms of values that could not be read with them."""
    more, undecided = dict(readings), {}
    for field in _dated(mapping):
        if field.column.format:
            continue
        texts = faults.unreadable_texts(field)
        if not texts:
            continue
        found, open_values = _decide(engine, reader, field, texts)
        together = readings.get(field.name, Reading()).plus(found)
        if together.has_choice:
            more[field.name] = together
            if open_values:
                undecided[field.name] = open_values
    return more, undecided


def date_problems(
    engine: DuckEngine, mapping: SourceMapping, reader: Reader, readings: Mapping[str, Reading],
    undecided: Mapping[str, int], lines: NDArray[np.int64] | None, file: str,
) -> list[Problem]:  # fmt: skip
    """Columns that write dates in several ways, and those where day and month could be the other way round."""
    problems = []
    for field in _dated(mapping):
        reading = readings.get(field.name)
        if reading is None:
            continue
        forms = _forms(engine, reader, field, reading)
        total = sum(n for _, n, _, _ in forms)
        examples = tuple(
            Example(file, int(lines[at]) if lines is not None else 0, text) for _, _, at, text in forms[:EXAMPLES]
        )
        if len(forms) > 1:
            counted = ", ".join(f"{n:,} as {form}" for form, n, _, _ in forms)
            remedy = "Export them in one way, best YYYY-MM-DD, or list the forms in order: `format: [...]`."
            message = f"{field.name} is written in several ways: {counted}"
            others = total - forms[0][1]
            problems.append(
                Problem(
                    "mixed-date-formats",
                    Severity.WARNING,
                    message,
                    remedy,
                    others,
                    total,
                    column=field.name,
                    examples=examples,
                )
            )
        if undecided.get(field.name):
            remedy = "Say which comes first: `format: '%d-%m-%Y'` or `format: '%m-%d-%Y'`."
            message = f"{field.name}: day and month cannot be told apart; the day was taken to come first"
            if len({order for f in reading.formats if (order := _first_number(f))}) > 1:
                taken = "month" if _first_number(next(f for f in reading.formats if _first_number(f))) == "m" else "day"
                remedy = "Have the export write all dates in one order, best YYYY-MM-DD; then say `format:`."
                message = (
                    f"{field.name} holds dates in both orders of day and month; where both are possible, the {taken} "
                    "was taken to come first, as in most of the others"
                )
            problems.append(
                Problem(
                    "ambiguous-date-order",
                    Severity.WARNING,
                    message,
                    remedy,
                    undecided[field.name],
                    total,
                    column=field.name,
                    examples=examples,
                )
            )
    return problems


def _first_number(form: str) -> str | None:
    """Whether a form begins with the day (d) or the month (m) as a number; None: with neither."""
    begin = form.removeprefix("%a, ").removeprefix("%A, ")
    return begin[1] if begin[:2] in ("%d", "%m") and "%b" not in form.lower() else None


def _dated(mapping: SourceMapping) -> list[Field]:
    return [f for f in mapping.fields if f.is_dated and f.column.column is not None]


def _decide(engine: DuckEngine, reader: Reader, field: Field, texts: Sequence[str]) -> tuple[Reading, int]:
    """The forms of `texts`. Whether day or month comes first is asked of all values of the column."""
    if not any(is_order_open(t) for t in texts):
        return recognise(texts, DAY_FIRST), 0
    text = text_sql(reader.columns[field.column.column or ""], field.column, reader.blanks)
    counted = engine.query(
        f"SELECT unnest([{order_counts_sql('x')}]) AS n FROM (SELECT {text} AS x FROM {reader.relation})"
    )
    days, months, either = (int(n) for n in counted["n"].to_pylist())
    if days and months:
        first, second = (DAY_FIRST, MONTH_FIRST) if days >= months else (MONTH_FIRST, DAY_FIRST)
        return recognise(texts, first).plus(recognise(texts, second)), either
    if months:
        return recognise(texts, MONTH_FIRST), 0
    return recognise(texts, DAY_FIRST), 0 if days else either


def _forms(engine: DuckEngine, reader: Reader, field: Field, reading: Reading) -> list[tuple[str, int, int, str]]:
    """(form, values, number of the first record, its text), most frequent first."""
    text = text_sql(reader.columns[field.column.column or ""], field.column, reader.blanks)
    rows = engine.query(
        f"SELECT {which_form('x', reading)} AS form, count(*) AS n, min(pos) AS first, arg_min(x, pos) AS text FROM "
        f"(SELECT {text} AS x, row_number() OVER () - 1 AS pos FROM {reader.relation}) WHERE x IS NOT NULL "
        "GROUP BY form HAVING form IS NOT NULL ORDER BY n DESC, form"
    )
    return [(str(r["form"]), int(r["n"]), int(r["first"]), str(r["text"])) for r in rows.to_pylist()]
