"""How a delimited text file is written: delimiter, quoting, which line holds the names of the columns."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from beachhead.errors import DataError, Diagnostic, Place
from beachhead.project.definitions import CsvOptions

DELIMITERS = (",", ";", "\t", "|", ":")
_LOOK_AT_ROWS = 60


@dataclass(frozen=True, slots=True)
class Dialect:
    """`header` are the trimmed names; `header_line` counts from 1; data begins after `skip_lines` lines."""

    delimiter: str
    quote: str
    escape: str
    header: tuple[str, ...]
    header_line: int
    skip_lines: int

    @property
    def words(self) -> tuple[str, ...]:
        """What was assumed, to be shown."""
        name = {"\t": "tab", " ": "space"}.get(self.delimiter, f"'{self.delimiter}'")
        said = [f"delimiter {name}"]
        if self.quote != '"':
            said.append(f"quote {self.quote}")
        if self.escape != self.quote:
            said.append(f"escape {self.escape}")
        return (*said, f"header on line {self.header_line}")


def look(sample: str, wanted: Collection[str], options: CsvOptions, shown: str, is_tsv: bool = False) -> Dialect:
    """The dialect of a file that begins with `sample`.

    `wanted`: names that the mapping uses; a line that holds them is the header. Without any, the header is the
    first line with as many fields as most lines have. Raises `DataError`.
    """
    sample = sample.removeprefix("\ufeff")
    if not sample.strip():
        raise DataError(Diagnostic("empty-file", f"{shown} is empty", place=Place(shown), remedy="Export it again."))
    quote = options.quote or '"'
    escape = "\\" if f"\\{quote}" in sample and quote * 2 not in sample.replace(f"\\{quote}", "") else quote
    told = " " if options.delimiter == "blanks" else options.delimiter
    separators = [told] if told else ["\t"] if is_tsv else list(DELIMITERS)
    tried = []
    for place, delimiter in enumerate(separators):
        rows = _rows(sample, delimiter, quote, escape)
        header = _header_row(rows, wanted, options.header_row)
        if header is None:
            continue
        names = {name.strip() for name in rows[header].fields}
        widths = [len(r.fields) for r in rows[header:] if any(r.fields)]
        width = len(rows[header].fields)
        same = sum(w == width for w in widths) / max(1, len(widths))
        # Nobody calls a column 43; a time that was parted at its colons does.
        named = not any(name.isdigit() for name in names)
        tried.append(
            (len(names & set(wanted)), width > 1, named, round(same, 1), width, -place, delimiter, header, rows)
        )
    if not tried:
        line = options.header_row or 1
        message = f"{shown} has no line {line} to take the names of columns from"
        raise DataError(Diagnostic("no-header", message, place=Place(shown), remedy="Correct csv.header_row."))
    *_, delimiter, header, rows = max(tried, key=lambda t: t[:6])
    names_found = tuple(name.strip() for name in rows[header].fields)
    start = rows[header - 1].end_line + 1 if header else 1
    while start < rows[header].end_line and not sample.split("\n", start)[start - 1].strip():
        start += 1
    _refuse_duplicates(names_found, shown, start)
    return Dialect(delimiter, quote, escape, names_found, start, rows[header].end_line)


@dataclass(frozen=True, slots=True)
class _Row:
    fields: list[str]
    end_line: int


def _rows(sample: str, delimiter: str, quote: str, escape: str) -> list[_Row]:
    lines = re.split(r"(?<=\n)", sample.replace("\r\n", "\n").replace("\r", "\n"))
    if escape == quote:
        reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, doublequote=False, escapechar=escape)
    rows: list[_Row] = []
    # A field longer than the module reads, in a later row, is no harm: what came before is enough.
    with contextlib.suppress(csv.Error):
        rows.extend(_Row(fields, reader.line_num) for fields in itertools.islice(reader, _LOOK_AT_ROWS))
    return rows


def _header_row(rows: Sequence[_Row], wanted: Collection[str], told: int | None) -> int | None:
    """The position of the header among `rows`; `told` is its line."""
    if told is not None:
        return next((n for n, r in enumerate(rows) if r.end_line >= told and any(r.fields)), None)
    return find_header([r.fields for r in rows], wanted)


def find_header(rows: Sequence[Sequence[str]], wanted: Collection[str]) -> int | None:
    """The row that holds the names of the columns; None when there is no row with content."""
    known = set(wanted)
    hits = [len(known & {field.strip() for field in row}) for row in rows]
    if hits and max(hits) > 0:
        return hits.index(max(hits))
    filled = [(n, len(row)) for n, row in enumerate(rows) if any(field.strip() for field in row)]
    if not filled:
        return None
    if len(filled) > 1 and len({width for _, width in filled}) == 1:
        # All rows are as wide, as in sheets: above the header stand titles, which fill few of their fields.
        counts = {n: sum(bool(field.strip()) for field in rows[n]) for n, _ in filled}
        return next(n for n, count in counts.items() if count >= 0.8 * max(counts.values()))
    modal = max(Counter(w for _, w in filled).items(), key=lambda item: (item[1], item[0]))[0]
    return next(n for n, width in filled if width == modal)


def _refuse_duplicates(names: Sequence[str], shown: str, line: int) -> None:
    refuse_duplicates(names, Place(shown, line))


def refuse_duplicates(names: Sequence[str], place: Place) -> None:
    """Raise `DataError` when two columns have the same name (nameless columns do not matter)."""
    seen: dict[str, int] = {}
    said = []
    for position, name in enumerate(names, 1):
        if name and name in seen:
            message = f"columns {seen[name]} and {position} are both called '{name}'"
            remedy = "Rename one of them in the export."
            said.append(Diagnostic("duplicate-header", message, place=place, remedy=remedy))
        seen.setdefault(name, position)
    if said:
        raise DataError(said)
