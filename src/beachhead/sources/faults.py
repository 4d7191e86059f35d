"""Records and values that could not be used: found again with their number, counted, kept with their lines.

`<key>.rejects.parquet` has one row for each record set aside (`kind` row) and for each value that was read as
unknown (`kind` value; at most `MAX_VALUES` a column, counts are exact).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from beachhead.engines.duck import DuckEngine, quote_literal
from beachhead.errors import Severity
from beachhead.sources.dates import DAY_FIRST, Reading, recognise
from beachhead.sources.locate import lines_at
from beachhead.sources.mapping import Field, SourceMapping
from beachhead.sources.problems import Example, Problem
from beachhead.sources.readers import Reader
from beachhead.sources.values import is_not_a_number, is_too_large

MAX_VALUES = 100_000
EXAMPLES = 5
REJECTS_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("column", pa.string()),
        ("code", pa.string()),
        ("reason", pa.string()),
        ("raw", pa.string()),
        ("kind", pa.string()),
    ]
)
_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "money": "an amount",
    "boolean": "yes or no",
    "date": "a date",
    "timestamp": "a date",
    "text": "a text",
    "list": "a list",
}
_REMEDIES = {
    "unreadable-date": "Correct the values, or say how they are written: `format:` (such as '%d-%m-%Y').",
    "unreadable-money": 'Correct the values, or say `decimal: ","` where the comma is the decimal mark.',
    "unreadable-number": 'Correct the values, or say `decimal: ","` where the comma is the decimal mark.',
    "not-a-number": "Nothing to do if these are unknown; else correct the export.",
    "too-large": "Correct the values; nothing is counted with them, nor with a price that its quantity makes so large.",
    "missing-required": "Complete the column in the export, or leave such rows out with `where:`.",
    "broken-record": "Correct these lines in the export; each line must be one JSON object.",
    "too-few-columns": "Correct these lines: a delimiter is missing, or a line break stands outside quotes.",
    "too-many-columns": "Correct these lines: a value that holds the delimiter must stand in quotes.",
    "bad-quotes": "Correct these lines: a quote inside a quoted value is written twice.",
    "unterminated-quote": "Close the quote in these lines.",
    "bad-encoding": "Save the file as UTF-8, or say its encoding: `csv: {encoding: …}`.",
    "oversized-record": "See whether a quote before it is never closed; longer records are not read.",
}
_TOO_LONG = "LINE SIZE OVER MAXIMUM"
_LONGEST_LOOK = 100_000_000
_STRUCTURE = {
    "MISSING COLUMNS": "too-few-columns",
    "TOO MANY COLUMNS": "too-many-columns",
    "UNQUOTED VALUE": "bad-quotes",
    "INVALID ENCODING": "bad-encoding",
    _TOO_LONG: "oversized-record",
}
_PHRASES = {
    "too-few-columns": "too few columns",
    "too-many-columns": "too many columns",
    "bad-quotes": "quotes in the wrong place",
    "bad-encoding": "letters in another encoding than the rest",
    "oversized-record": "longer than 4 MB",
    "unterminated-quote": "a quote is never closed",
    "broken-record": "not a JSON object",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that the reader could not take apart: its bytes in the plain file, and its first line."""

    start: int
    end: int
    line: int
    error: str
    raw: str

    @property
    def spans_lines(self) -> bool:
        """Whether it swallowed further lines: a quote that is never closed."""
        return "\n" in self.raw.strip("\r\n")


def broken_records(engine: DuckEngine, reader: Reader, chunks: Iterator[bytes]) -> tuple[Broken, ...]:
    """What the engine rejected in the last scan of `reader`, in file order."""
    if reader.rejects is None or not engine.scalar(
        f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{reader.rejects}'"
    ):
        return ()
    scan = f"(SELECT max(scan_id) FROM {reader.rejects})"
    rows = engine.query(
        f"SELECT line_byte_position - 1 AS start, arg_min(csv_line, coalesce(column_idx, 0)) AS raw, "
        f"arg_min(CAST(error_type AS VARCHAR), coalesce(column_idx, 0)) AS error FROM {reader.rejects} "
        f"WHERE scan_id = {scan} GROUP BY start ORDER BY start"
    ).to_pylist()
    raws = [str(r["raw"] or "") for r in rows]
    leads = [len(raw) - len(raw.lstrip("\r\n")) for raw in raws]
    starts = [int(r["start"]) for r in rows]
    lines = lines_at(chunks, [s + lead for s, lead in zip(starts, leads, strict=True)]) if rows else []
    made = []
    for row, raw, start, line in zip(rows, raws, starts, lines, strict=True):
        end, shown = start + max(1, len(raw.encode())), raw
        # Of a long record the engine gives the beginning only; when its quotes close, it is one record all the same.
        if row["error"] == _TOO_LONG and (found := _end_of_record(reader, start)):
            end, shown = found, raw.lstrip("\r\n").split("\n")[0]
        made.append(Broken(start, end, line, str(row["error"]), shown))
    return tuple(made)


def _end_of_record(reader: Reader, start: int) -> int | None:
    """Where the record at `start` of the plain file ends; None when a quote of it is never closed."""
    quote = reader.places.quote.encode()
    if reader.plain is None or len(quote) != 1 or reader.places.escape != reader.places.quote:
        return None
    with reader.plain.open("rb") as file:
        file.seek(start)
        text = file.read(_LONGEST_LOOK)
        is_all = not file.read(1)
    q = re.escape(quote)
    quoted = rb"%b[^%b]*+(?:%b%b[^%b]*+)*+%b(?=[,;\t|:\r\n]|\Z)" % (q, q, q, q, q, q)
    found = re.compile(rb"[\r\n]*+(?:[^%b\n]++|%b)*+(\n|\Z)" % (q, quoted)).match(text)
    return start + found.end() if found and (found[1] or is_all) else None


class Faults:
    """The faulty records of one file, in a table of the engine: number, kind (0 left out, 1 row, 2 values), texts."""

    def __init__(
        self, engine: DuckEngine, mapping: SourceMapping, reader: Reader, readings: Mapping[str, Reading], name: str
    ) -> None:
        self._engine = engine
        self._mapping = mapping
        self._name = name
        self._checked = [f for f in mapping.fields if f.required or f.can_be_unreadable]
        left, aside, bad = mapping.left_out(), mapping.set_aside(reader.broken), mapping.unreadable()
        whens = [f"WHEN {c} THEN {k}" for c, k in ((left, 0), (aside, 1), (bad, 2)) if c]
        texts = [(f"f{f.number}", self._fault(f)) for f in self._checked]
        broken = "is_broken" if reader.broken else "false AS is_broken"
        kind = f"CASE {' '.join(whens)} END"
        engine.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT n, kind, {broken}, "
            f"CASE WHEN kind = 1 THEN {mapping.record(reader)} END AS record"
            f"{''.join(f', CASE WHEN kind > 0 THEN {t} END AS {f}' for f, t in texts)} "
            f"FROM (SELECT *, {kind} AS kind FROM {mapping.values(reader, readings, numbered=True)}) "
            "WHERE kind IS NOT NULL"
        )

    @staticmethod
    def _fault(field: Field) -> str:
        text = field.text if field.is_read or field.is_counted else "''"
        if field.required:
            return f"CASE WHEN {field.value} IS NULL THEN coalesce({text}, '') END"
        return f"CASE WHEN {field.text} IS NOT NULL AND {field.value} IS NULL THEN {field.text} END"

    def dropped(self) -> NDArray[np.int64]:
        """Numbers of the records that did not land, ascending."""
        found = self._engine.query(f"SELECT n FROM {self._name} WHERE kind < 2 ORDER BY n")
        numbers: NDArray[np.int64] = found["n"].to_numpy().astype(np.int64)
        return numbers

    def unreadable_texts(self, field: Field, limit: int = 5000) -> list[str]:
        """Different texts of a column that could not be read."""
        column = f"f{field.number}"
        sql = f"SELECT DISTINCT {column} AS x FROM {self._name} WHERE {column} <> '' LIMIT {limit}"
        return [str(x) for x in self._engine.query(sql)["x"].to_pylist()]

    def rejects(self) -> pa.Table:
        """All rejects but structural ones: n, column, code, raw, kind; in file order."""
        rows = [f for f in self._checked if f.required]
        firsts = " ".join(f"WHEN f{f.number} IS NOT NULL THEN {quote_literal(f.name)}" for f in rows)
        codes = " ".join(f"WHEN f{f.number} IS NOT NULL THEN {_code(f)}" for f in rows)
        column = f"CASE WHEN is_broken THEN NULL {firsts} END"
        code = f"CASE WHEN is_broken THEN 'broken-record' {codes} END"
        parts = [
            f"SELECT n, {column} AS \"column\", {code} AS code, record AS raw, 'row' AS kind "
            f"FROM {self._name} WHERE kind = 1"
        ]
        parts += [
            f"(SELECT n, {quote_literal(f.name)}, {_code(f)}, f{f.number}, 'value' FROM {self._name} "
            f"WHERE kind = 2 AND f{f.number} IS NOT NULL ORDER BY n LIMIT {MAX_VALUES})"
            for f in self._checked
            if not f.required
        ]
        return self._engine.query(f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY n")

    def value_counts(self) -> dict[tuple[str, str], int]:
        """How many values of each (code, column) were read as unknown; exact."""
        counts: dict[tuple[str, str], int] = {}
        for f in self._checked:
            if f.required:
                continue
            found = self._engine.query(
                f"SELECT {_code(f)} AS code, count(*) AS n FROM {self._name} "
                f"WHERE kind = 2 AND f{f.number} IS NOT NULL GROUP BY code"
            )
            counts |= {(str(r["code"]), f.name): int(r["n"]) for r in found.to_pylist()}
        return counts

    def close(self) -> None:
        self._engine.execute(f"DROP TABLE IF EXISTS {self._name}")


def _code(field: Field) -> str:
    """SQL of the code of a fault in a field."""
    if field.type == "list":  # without an item it is as if nothing stood there
        return "'missing-required'"
    column = f"f{field.number}"
    unreadable = f"unreadable-{'date' if field.is_dated else field.type}"
    sql = f"CASE WHEN {column} = '' THEN 'missing-required'"
    if field.type in ("integer", "number", "money"):
        sql += f" WHEN {is_not_a_number(column)} THEN 'not-a-number'"
        sql += f" WHEN {is_too_large(column, field.type, field.column)} THEN 'too-large'"
    return f"{sql} ELSE '{unreadable}' END"


def rejects_table(
    rejects: pa.Table, broken: Sequence[Broken], emptied: Sequence[tuple[int, str]], lines: NDArray[np.int64] | None,
    fields: Mapping[str, Field], source: str, file: str,
) -> pa.Table:  # fmt: skip
    """All rejects of a file by line, as they are stored. `lines`: of all records; None: unknown."""
    rows: list[tuple[int, str | None, str, str, str, str]] = []
    for b in broken:
        code = _STRUCTURE.get(b.error, "bad-quotes")
        rows.append((b.line, None, code, _PHRASES[code], b.raw.strip("\r\n"), "row"))
    rows += [(n, None, "unterminated-quote", "a quote is never closed", raw, "row") for n, raw in emptied]
    structural = pa.Table.from_pylist(
        [
            dict(zip(("line", "column", "code", "reason", "raw", "kind"), row, strict=True))
            | {"source": source, "file": file}
            for row in rows
        ],
        schema=REJECTS_SCHEMA,
    )
    numbers = rejects["n"].to_numpy().astype(np.int64)
    at = np.zeros(len(numbers), np.int64) if lines is None else lines[numbers]
    said = {
        (column, code): reason(code, column, fields)
        for column, code in set(zip(rejects["column"].to_pylist(), rejects["code"].to_pylist(), strict=True))
    }
    reasons = [said[k] for k in zip(rejects["column"].to_pylist(), rejects["code"].to_pylist(), strict=True)]
    count = rejects.num_rows
    other = pa.table(
        [
            pa.repeat(pa.scalar(source), count),
            pa.repeat(pa.scalar(file), count),
            pa.array(at),
            rejects["column"].cast(pa.string()),
            rejects["code"].cast(pa.string()),
            pa.array(reasons, pa.string()),
            rejects["raw"].cast(pa.string()),
            rejects["kind"].cast(pa.string()),
        ],
        schema=REJECTS_SCHEMA,
    )
    return pa.concat_tables([structural, other]).sort_by([("line", "ascending")])


def reason(code: str, column: str | None, fields: Mapping[str, Field]) -> str:
    """Why one record or value was not used."""
    if column is None:
        return _PHRASES[code]
    if code == "missing-required":
        return f"{column} is missing"
    return f"{column} {_is_not(code, fields[column])}"


def _is_not(code: str, field: Field) -> str:
    return "is too large to count with" if code == "too-large" else f"is not {_KINDS[field.type]}"


def problems_of(
    table: pa.Table, value_counts: Mapping[tuple[str, str], int], fields: Mapping[str, Field], rows_read: int,
    source: str, table_name: str, file: str,
) -> list[Problem]:  # fmt: skip
    """One problem for each code and column of the rejects."""
    made: dict[tuple[str, str | None, str], list[Example]] = {}
    counts: dict[tuple[str, str | None, str], int] = {}
    columns = (table[c].to_pylist() for c in ("code", "column", "kind", "line", "raw"))
    for code, column, kind, line, raw in zip(*columns, strict=True):
        key = (code, column, kind)
        counts[key] = counts.get(key, 0) + 1
        examples = made.setdefault(key, [])
        if len(examples) < EXAMPLES:
            examples.append(Example(file, line, raw if len(raw or "") <= 200 else raw[:199] + "…"))
    problems = []
    for (code, column, kind), examples in made.items():
        n = value_counts.get((code, column or ""), 0) if kind == "value" else counts[code, column, kind]
        problems.append(
            Problem(
                code,
                Severity.WARNING,
                _message(code, column, kind, n, fields),
                _REMEDIES.get(code, "Correct the values, or map them with `values:`."),
                n,
                rows_read,
                source,
                table_name,
                column,
                tuple(examples),
            )
        )
    return problems


def nothing_readable(problem: Problem, field: Field, texts: Sequence[str]) -> Problem:
    """A problem of a column of which not one value was readable: what is wrong is the mapping. `texts`: its values."""
    given = " or ".join(f"'{form}'" for form in field.column.format)
    message = f"not one value of {field.name} can be read as {_KINDS[field.type]}"
    remedy = problem.remedy
    if given:
        message += f" with the format {given}"
        seen = recognise(texts, DAY_FIRST).formats
        remedy = f"Write `format: '{seen[0]}'`." if seen else "Correct `format`, or leave it away."
    return replace(problem, code="unreadable-column", message=message, remedy=remedy)


def _message(code: str, column: str | None, kind: str, n: int, fields: Mapping[str, Field]) -> str:
    rows = "1 row" if n == 1 else f"{n:,} rows"
    if column is None:
        return f"{rows}: {_PHRASES[code]}; set aside"
    if code == "missing-required":
        return f"{rows} without {column}; set aside"
    what = _is_not(code, fields[column])
    if kind == "row":
        return f"{rows} whose {column} {what}; set aside"
    values = f"1 value of {column} {what}" if n == 1 else f"{n:,} values of {column} {what.replace('is', 'are', 1)}"
    return f"{values}; read as unknown"


def write_rejects(table: pa.Table, path: Path) -> None:
    """Write the rejects of a file."""
    pq.write_table(table, path, compression="zstd")
