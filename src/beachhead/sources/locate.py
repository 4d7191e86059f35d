"""From record numbers back to the lines of the source file, on demand, by one look through the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from beachhead.errors import BeachheadError
from beachhead.sources.excel import read_sheet
from beachhead.sources.intake import plain_chunks, stamp
from beachhead.sources.landed import LandedFile, Places

Lines = NDArray[np.int64]
_BLANKS = frozenset(b" \t\r\n")


def locate(landed: LandedFile, ordinals: Sequence[int] | NDArray[np.integer]) -> list[int]:
    """The source lines (from 1) of landed rows, given by their position in the Parquet file (from 0).

    0 where the line cannot be known any more, because the source file has changed or gone. Of formats without
    lines (Parquet, JSON documents): the number of the record.
    """
    wanted = np.asarray(ordinals, np.int64)
    if not len(wanted):
        return []
    records = wanted
    if landed.dropped.exists():
        gone = np.frombuffer(landed.dropped.read_bytes(), "<u4").astype(np.int64)
        records = wanted + np.searchsorted(gone - np.arange(len(gone)), wanted, side="right")
    if landed.places.kind == "rows":
        return [int(n) + 1 for n in records]
    try:
        if stamp(landed.path, landed.file) != (landed.fingerprint.size, landed.fingerprint.mtime_ns):
            return [0] * len(wanted)
        lines = record_lines(landed, landed.places)
    except BeachheadError:
        return [0] * len(wanted)
    if lines is None:
        return [0] * len(wanted)
    return [int(n) for n in lines[records]]


def record_lines(landed: LandedFile, places: Places) -> Lines | None:
    """The first line of every record that the reader could take apart, in order; None when that cannot be told."""
    expected = landed.rows_read - len(places.broken) - len(places.emptied)
    if places.kind == "sheet":
        lines = read_sheet(landed.path, landed.file, places.sheet, places.skip_lines, ()).rows
        return lines if len(lines) == expected else None
    for exact in (False, True):
        lines = lines_of_records(plain_chunks(landed.path, places.form, landed.file), places, exact)
        if len(lines) == expected:
            return lines
    return None


def lines_of_records(chunks: Iterator[bytes], places: Places, exact: bool = False) -> Lines:
    """The first lines of the records in a plain text; records in `broken` and `emptied` are left out.

    Quotes are counted, which is fast and right where they only stand around values. `exact` also knows quotes
    inside values that do not begin with one.
    """
    quote = places.quote.encode()[:1]
    starts = np.array([a for a, _ in places.broken], np.int64)
    ends = np.array([b for _, b in places.broken], np.int64)
    found: list[Lines] = []
    offset, line, inside = 0, 1, False
    pending = b""  # the unfinished last line of the chunk before
    for chunk in _whole_lines(chunks, pending):
        text = np.frombuffer(chunk, np.uint8)
        newlines = np.flatnonzero(text == 10)
        begins = np.concatenate([[0], newlines[:-1] + 1]) if len(newlines) else np.array([0])
        numbers = line + np.arange(len(begins))
        is_start = np.ones(len(begins), bool)
        if quote and quote in chunk:
            marks = np.flatnonzero(text == quote[0])
            if places.escape == "\\":
                marks = marks[text[np.maximum(marks - 1, 0)] != 92]
            if len(starts):
                marks = marks[~_within(marks + offset, starts, ends)]
            if places.emptied:
                gone = np.isin(numbers, places.emptied)
                marks = marks[~gone[np.searchsorted(begins, marks, side="right") - 1]]
            if exact:
                marks = _structural(chunk, marks, inside, places)
            before = np.searchsorted(marks, begins, side="left") + inside
            is_start = before % 2 == 0
            inside = bool((len(marks) + inside) % 2)
        if len(starts):
            is_start &= ~_within(begins + offset, starts, ends)
        if places.emptied:
            is_start &= ~np.isin(numbers, places.emptied)
        is_start &= numbers > places.skip_lines
        if not places.one_column or places.kind == "lines":
            is_start &= ~_blank(text, begins, newlines, all_blanks=places.kind == "lines")
        found.append(numbers[is_start])
        offset += len(chunk)
        line += len(newlines)
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _structural(chunk: bytes, marks: Lines, inside: bool, places: Places) -> Lines:
    """Those of the quotes at `marks` that open or close a value."""
    kept: list[int] = []
    quote, delimiter = places.quote.encode()[0], places.delimiter.encode()
    is_open = inside
    for mark in marks.tolist():
        if is_open:
            kept.append(mark)
            is_open = False
            continue
        before = chunk[max(0, mark - 64) : mark].rstrip(b" ")
        doubled = bool(kept) and kept[-1] == mark - 1 and chunk[mark - 1] == quote
        if doubled or not before or before.endswith((delimiter, b"\n", b"\r")):
            kept.append(mark)
            is_open = True
    return np.array(kept, np.int64)


def lines_at(chunks: Iterator[bytes], offsets: Sequence[int]) -> list[int]:
    """The line of each byte offset of a plain text; offsets ascend."""
    wanted = np.asarray(offsets, np.int64)
    lines = np.zeros(len(wanted), np.int64)
    start, line = 0, 1
    for chunk in chunks:
        here = np.flatnonzero((wanted >= start) & (wanted < start + len(chunk)))
        if len(here):
            newlines = np.flatnonzero(np.frombuffer(chunk, np.uint8) == 10)
            lines[here] = line + np.searchsorted(newlines, wanted[here] - start, side="left")
        start += len(chunk)
        line += chunk.count(b"\n")
    return [int(n) for n in lines]


def _whole_lines(chunks: Iterator[bytes], pending: bytes) -> Iterator[bytes]:
    """The same bytes in pieces that end with a line end (but perhaps the last)."""
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            pending += chunk
            continue
        yield pending + chunk[:cut]
        pending = chunk[cut:]
    if pending:
        yield pending + b"\n"


def _within(positions: Lines, starts: Lines, ends: Lines) -> NDArray[np.bool_]:
    """Whether each position lies in one of the ranges, which ascend and do not overlap."""
    at = np.searchsorted(starts, positions, side="right") - 1
    inside: NDArray[np.bool_] = (at >= 0) & (positions < ends[np.maximum(at, 0)])
    return inside


def _blank(text: NDArray[np.uint8], begins: Lines, newlines: Lines, all_blanks: bool) -> NDArray[np.bool_]:
    """Lines without content; with `all_blanks` also those of spaces only."""
    length = newlines - begins
    blank: NDArray[np.bool_] = length == 0
    carriage = (length == 1) & (text[begins] == 13)
    blank = blank | carriage
    if all_blanks:
        for n in np.flatnonzero(np.isin(text[begins], list(_BLANKS)) & ~blank):
            if not bytes(text[begins[n] : newlines[n]]).strip():
                blank[n] = True
    return blank
