"""What was made of texts while a file landed, and is not seen in what landed: sizes into classes, texts into groups.

Asked of the file only where the mapping has such columns.
"""

from __future__ import annotations

from beachhead.engines.duck import DuckEngine, quote_literal
from beachhead.errors import Severity
from beachhead.sources.groups import OTHER, group_sql
from beachhead.sources.mapping import Field, SourceMapping, size_column
from beachhead.sources.problems import Example, Problem
from beachhead.sources.readers import Reader
from beachhead.sources.sizes import is_number_sql, is_range_sql
from beachhead.sources.values import text_sql

_EXAMPLES = 5


def cleaning_problems(engine: DuckEngine, mapping: SourceMapping, reader: Reader, file: str) -> list[Problem]:
    """Notes of what grouping and classing did, with the texts that belong to no group, most frequent first."""
    found = [
        p
        for f in mapping.fields
        if f.column.groups and f.column.column is not None
        for p in _ungrouped(engine, f, reader, file)
    ]
    size = size_column(mapping.fields) if mapping.table.name == "companies" else None
    return found if size is None else [*found, *_sizes(engine, mapping, size, reader)]


def _ungrouped(engine: DuckEngine, field: Field, reader: Reader, file: str) -> list[Problem]:
    column = field.column
    text = text_sql(reader.columns[column.column or ""], column.model_copy(update={"groups": {}}), reader.blanks)
    known = int(str(engine.scalar(f"SELECT count({text}) FROM {reader.relation}")))
    rows = engine.query(
        f"SELECT x, count(*) AS n, sum(count(*)) OVER () AS others FROM (SELECT {text} AS x FROM {reader.relation}) "
        f"WHERE {group_sql('x', column.groups or {})} = {quote_literal(OTHER)} GROUP BY x ORDER BY n DESC, x "
        f"LIMIT {_EXAMPLES}"
    ).to_pylist()
    if not rows:
        return []
    others = int(rows[0]["others"])
    message = f"{others:,} of {known:,} texts of {field.name} have no word of any group; they are '{OTHER}'"
    remedy = f"Add words under `groups` of {field.name} for those that matter."
    examples = tuple(Example(file, 0, f"{r['x']} ({r['n']:,})") for r in rows)
    return [Problem("in-no-group", Severity.INFO, message, remedy, others, known, column=field.name, examples=examples)]


def _sizes(engine: DuckEngine, mapping: SourceMapping, size: Field, reader: Reader) -> list[Problem]:
    text = text_sql(reader.columns[size.column.column or ""], size.column, reader.blanks)
    numbers, ranges, known = (
        int(n)
        for n in engine.query(
            f"SELECT count(*) FILTER (WHERE {is_number_sql('x')}) AS a, "
            f"count(*) FILTER (WHERE {is_range_sql('x')}) AS b, count(x) AS c "
            f"FROM (SELECT {text} AS x FROM {reader.relation})"
        ).to_pylist()[0].values()
    )  # fmt: skip
    found = []
    if numbers:
        message = f"{numbers:,} sizes are numbers; each was put into its class, such as 11-50"
        remedy = "Nothing to do. Map the column as `employees` too to keep the numbers."
        found.append(("sizes-classed", message, remedy, numbers))
    if ranges and any(f.name == "employees" and f.column.column == size.column.column for f in mapping.fields):
        message = f"{ranges:,} sizes are classes; the number of employees is unknown there"
        found.append(("sizes-without-number", message, "Nothing to do; use size_band to compare all.", ranges))
    return [
        Problem(code, Severity.INFO, message, remedy, n, known, column="size_band")
        for code, message, remedy, n in found
    ]
