"""Web pages with one table, as web programs export them, often under the name of a spreadsheet."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from beachhead.errors import DataError, Diagnostic, Place
from beachhead.sources.dialect import find_header, refuse_duplicates
from beachhead.sources.excel import Sheet
from beachhead.sources.intake import unreadable

if TYPE_CHECKING:
    from lxml import html

LARGEST = 200_000_000
"""Bytes: a page is read as a whole."""
_LOOK_AT_ROWS = 60
_REMEDY = "Open it in a spreadsheet program, save it as .xlsx or CSV, try again."


def read_html(path: Path, shown: str, header_row: int | None, wanted: Collection[str]) -> Sheet:
    """The table of a page, like a sheet; `rows` are numbers of the table's rows. Raises `DataError`.

    A page with several tables is read when only one of them has more than one row and column; cells may span columns.
    """
    rows = _rows(path, shown)
    place = Place(shown)
    start = header_row - 1 if header_row else find_header(rows[:_LOOK_AT_ROWS], wanted)
    if start is None or start >= len(rows):
        raise DataError(Diagnostic("empty-file", f"the table of {shown} is empty", place=place, remedy=_REMEDY))
    header = list(rows[start])
    while header and not header[-1]:
        header.pop()
    refuse_duplicates(header, place)
    width = len(header)
    numbers = [n for n in range(start + 1, len(rows)) if any(rows[n][:width])]
    columns = {
        f"c{i}": pa.array([(rows[n][i] if i < len(rows[n]) else "") or None for n in numbers], pa.string())
        for i in range(width)
    }
    return Sheet(shown, tuple(header), start + 1, pa.table(columns), np.array(numbers, np.int64) + 1)


def _rows(path: Path, shown: str) -> list[list[str]]:
    from lxml import etree, html

    try:
        if path.stat().st_size > LARGEST:
            message = f"{shown} is a web page of more than {LARGEST // 1_000_000} MB"
            raise DataError(Diagnostic("page-too-large", message, place=Place(shown), remedy="Export it as CSV."))
        raw = path.read_bytes()
    except OSError as e:
        raise unreadable(shown, e) from e
    parser = html.HTMLParser(encoding=_encoding(raw), no_network=True, huge_tree=False, remove_comments=True)
    try:
        page = html.document_fromstring(raw, parser=parser)
    except (etree.LxmlError, ValueError) as e:
        raise _not_simple(shown, f"it cannot be taken apart: {e}") from e
    tables = [t for t in page.iter("table") if len(t.findall(".//tr")) > 1]
    tables = [t for t in tables if max(len(_cells_of(tr)) for tr in t.iter("tr")) > 1]
    if any(t.find(".//table") is not None for t in tables):
        raise _not_simple(shown, "a table stands inside another one")
    if len(tables) != 1:
        raise _not_simple(shown, f"it has {len(tables)} tables" if tables else "it has no table")
    return [_cells(tr, shown) for tr in tables[0].iter("tr")]


def _cells(row: html.HtmlElement, shown: str) -> list[str]:
    cells: list[str] = []
    for cell in _cells_of(row):
        if cell.get("rowspan", "1").strip() not in ("1", ""):
            raise _not_simple(shown, "cells reach over several rows")
        span = cell.get("colspan", "1").strip()
        for line_break in cell.iter("br"):
            line_break.tail = f" {line_break.tail or ''}"
        cells.append(" ".join("".join(str(t) for t in cell.itertext()).split()))
        cells += [""] * (min(int(span), 1000) - 1 if span.isdigit() else 0)
    return cells


def _cells_of(row: html.HtmlElement) -> list[html.HtmlElement]:
    return [cell for cell in row if cell.tag in ("td", "th")]


def _encoding(raw: bytes) -> str | None:
    """UTF-8 where it is that, else what the page says (None)."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return None if b"charset" in raw[:4096].lower() else "windows-1252"
    return "utf-8"


def _not_simple(shown: str, why: str) -> DataError:
    message = f"{shown} is a web page that cannot be read as a table"
    return DataError(Diagnostic("not-a-table", message, place=Place(shown), why=why, remedy=_REMEDY))
