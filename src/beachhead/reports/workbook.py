"""The result as an Excel workbook: the answer, the names, every customer, problems; with columns to fill in."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from beachhead.reports.outline import Grid, Outline
from beachhead.reports.tables import TableNote, add_sheet

if TYPE_CHECKING:
    import xlsxwriter

FILL_IN = ("Good customer?", "Your note")
"""Columns that a person fills in and `beachhead fill` reads back."""
ANSWERS = ("yes", "no", "unsure")
ID_TITLE = "Customer id"


def workbook(outline: Outline, sheets: Sequence[tuple[str, pa.Table, bool]], note: TableNote) -> bytes:
    """The workbook as a file's bytes. `sheets`: title, table, and whether customers of it can be filled in."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(buffer, options) as book:
        created = datetime(note.as_of.year, note.as_of.month, note.as_of.day, tzinfo=UTC)
        book.set_properties(
            {"created": created, "title": outline.headline, "author": "Beachhead", "comments": outline.footing}
        )
        _answer(book, outline)
        for title, table, fills in sheets:
            sheet = add_sheet(book, title, table, note)
            if fills:
                _fill_in(book, sheet, table)
    return buffer.getvalue()


def _answer(book: xlsxwriter.Workbook, outline: Outline) -> None:
    sheet = book.add_worksheet("Answer")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 5, 26)
    big = book.add_format({"bold": True, "font_size": 16})
    quiet = book.add_format({"font_color": "#5d6875"})
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_string(0, 0, outline.headline, big)
    sheet.write_string(1, 0, outline.footing, quiet)
    row = 3
    for line in outline.answer:
        sheet.merge_range(row, 0, row, 5, "", wrap)
        sheet.write_string(row, 0, line, wrap)
        sheet.set_row(row, 15 * (1 + len(line) // 120))
        row += 1
    row += 1
    for title, value, of in outline.figures:
        sheet.write_string(row, 0, title, quiet)
        sheet.write_string(row, 1, value, bold)
        sheet.write_string(row, 2, of, quiet)
        row += 1
    for section in outline.sections:
        for block in section.blocks:
            if isinstance(block, Grid) and block.header[0] == "Property":
                row = _grid(sheet, row + 1, section.title, block, bold, quiet)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _grid(
    sheet: xlsxwriter.worksheet.Worksheet,
    row: int,
    title: str,
    grid: Grid,
    bold: xlsxwriter.format.Format,
    quiet: xlsxwriter.format.Format,
) -> int:
    sheet.write_string(row, 0, title, bold)
    for n, line in enumerate([grid.header, *grid.rows], start=row + 1):
        for k, text in enumerate(line):
            sheet.write_string(n, k, text, quiet if n == row + 1 else None)
    return row + len(grid.rows) + 2


def _fill_in(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet, table: pa.Table) -> None:
    """Two more columns, coloured as what wants to be filled in; the first offers its answers."""
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#fdf3d7", "text_wrap": True, "valign": "bottom"})
    open_cell = book.add_format({"bg_color": "#fffaf0"})
    first, last = table.num_columns, 1 + table.num_rows
    for n, title in enumerate(FILL_IN):
        sheet.set_column(first + n, first + n, 18 if n == 0 else 40)
        sheet.write_string(1, first + n, title, head)
    for row in range(2, last + 1):
        for n in range(len(FILL_IN)):
            sheet.write_blank(row, first + n, None, open_cell)
    if table.num_rows:
        sheet.data_validation(
            2, first, last, first, {"validate": "list", "source": list(ANSWERS), "ignore_blank": True}
        )
