"""The result as an Excel workbook: the answer, the names, every customer, problems; with columns to fill in."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from beachhead.analysis.display import date_text
from beachhead.reports.measure import lines_of
from beachhead.reports.outline import Outline
from beachhead.reports.tables import TableNote, add_table

if TYPE_CHECKING:
    import xlsxwriter

FILL_IN = ("Good customer?", "Your note")
"""Columns that a person fills in and `beachhead fill` reads back."""
ANSWERS = ("yes", "no", "unsure")
ID_TITLE = "Customer id"
SNAPSHOT_TITLE = "Snapshot"
_INK, _QUIET, _ACCENT, _OPEN = "#1d2733", "#5d6875", "#1b6e5a", "#fff8e6"
_PRINTED = 12
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}


@dataclass(frozen=True, slots=True)
class SheetOf:
    """A sheet: its title, `of` what its rows are of (`2,000 customers`), its table; `filled`: columns FILL_IN of the
    table that a person fills in. `frozen`: so many columns stay in sight."""

    title: str
    of: str
    table: pa.Table
    filled: tuple[str, ...] = ()
    frozen: int = 0


def workbook(outline: Outline, sheets: Sequence[SheetOf], note: TableNote) -> bytes:
    """The workbook as a file's bytes: first the answer, then the sheets."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        created = datetime(note.as_of.year, note.as_of.month, note.as_of.day, tzinfo=UTC)
        book.set_properties(
            {"created": created, "title": outline.headline[:255], "author": "Beachhead", "comments": outline.footing}
        )
        _answer(book, outline, sheets)
        for sheet in sheets:
            _sheet(book, sheet, note)
    return buffer.getvalue()


def workbook_of(sheets: Sequence[SheetOf], note: TableNote) -> bytes:
    """A workbook of sheets alone, as a file's bytes."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"created": datetime(note.as_of.year, note.as_of.month, note.as_of.day, tzinfo=UTC)})
        for sheet in sheets:
            _sheet(book, sheet, note)
    return buffer.getvalue()


def _answer(book: xlsxwriter.Workbook, outline: Outline, sheets: Sequence[SheetOf]) -> None:
    """The answer in words, key figures, and what the other sheets hold."""
    sheet = book.add_worksheet("Answer")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 2, 74)
    room = 126 * 5.6  # of the three columns, in points
    kicker = book.add_format({"bold": True, "font_color": _ACCENT, "font_size": 12})
    big = book.add_format({"bold": True, "font_size": 18, "font_color": _INK, "text_wrap": True, "valign": "top"})
    text = book.add_format({"font_color": _INK, "font_size": 11, "text_wrap": True, "valign": "top"})
    head = book.add_format({"bold": True, "font_color": _QUIET, "bottom": 1, "bottom_color": _INK})
    quiet = book.add_format({"font_color": _QUIET, "valign": "vcenter", "bottom": 1, "bottom_color": "#dde2e8"})
    value = book.add_format(
        {"bold": True, "font_size": 13, "align": "left", "valign": "vcenter", "bottom": 1, "bottom_color": "#dde2e8"}
    )
    sheet.write_string(0, 0, outline.company, kicker)
    row = 1
    for said, size, form in [(outline.headline, 18, big), *((line, 11, text) for line in outline.answer)]:
        sheet.set_row(row, lines_of(said, room, size) * size * 1.45 + 4)
        sheet.merge_range(row, 0, row, 2, "", form)
        sheet.write_string(row, 0, said, form)
        row += 1
    about = [("n", outline.headcount), ("Data as of", date_text(outline.as_of)), (SNAPSHOT_TITLE, outline.snapshot)]
    row += 1
    for title, said in about:
        sheet.write_string(row, 0, title, quiet)
        sheet.merge_range(row, 1, row, 2, "", quiet)
        sheet.write_string(row, 1, said, quiet)
        row += 1
    for titles, lines in (
        (("Key figure", "", "Of"), list(outline.figures)),
        (("Sheet", "Rows", "What is in it"), [(s.title, f"{s.table.num_rows:,}", _purpose(s)) for s in sheets]),
    ):
        row += 1
        for k, title in enumerate(titles):
            sheet.write_string(row, k, title, head)
        for line in lines:
            row += 1
            sheet.set_row(row, 20)
            for k, said in enumerate(line):
                sheet.write_string(row, k, said, value if k == 1 else quiet)
        row += 1
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _purpose(sheet: SheetOf) -> str:
    if not sheet.filled:
        return sheet.of
    return f"{sheet.of}; fill in “{FILL_IN[0]}” and “{FILL_IN[1]}”, then: beachhead fill"


def _sheet(book: xlsxwriter.Workbook, about: SheetOf, note: TableNote) -> None:
    """Title, what its rows are of and from when, headings that stay in sight and filter, and the rows."""
    sheet = book.add_worksheet(about.title)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, about.title, book.add_format({"bold": True, "font_size": 16, "font_color": _INK}))
    quiet = book.add_format({"font_color": _QUIET})
    sheet.write_string(
        1, 0, f"n = {about.of}, data as of {date_text(note.as_of)} ({note.snapshot})".replace("\u00a0", " "), quiet
    )
    last = add_table(book, sheet, about.table, note, row=3, open_columns=about.filled)
    sheet.freeze_panes(4, about.frozen)
    if about.filled and about.table.num_rows:
        column = about.table.column_names.index(about.filled[0])
        sheet.data_validation(
            4,
            column,
            last,
            column,
            {
                "validate": "list",
                "source": list(ANSWERS),
                "ignore_blank": True,
                "input_title": FILL_IN[0],
                "input_message": "yes, no or unsure",
                "error_title": "Not an answer",
                "error_message": "Write yes, no or unsure; further words go into “Your note”.",
            },
        )
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(3)
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, max(last, 4), max(min(about.table.num_columns, _PRINTED) - 1, 0))
    sheet.set_footer(f"&L&8{_footing(note)}&R&8&P of &N")


def _footing(note: TableNote) -> str:
    return f"Data as of {date_text(note.as_of)} ({note.snapshot})".replace("\u00a0", " ").replace("&", "&&")
