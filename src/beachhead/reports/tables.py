"""Any table as CSV, Excel, Parquet or JSON, safe to open: no text becomes a formula."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, BinaryIO, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from beachhead.analysis.columns import is_day, is_text
from beachhead.analysis.display import date_text, major
from beachhead.customers.attributes import Attribute
from beachhead.errors import Diagnostic, UsageError
from beachhead.project.currency import minor_digits
from beachhead.sources.cells import FORMULA_START, safe_cell

if TYPE_CHECKING:
    import xlsxwriter

Format = Literal["csv", "xlsx", "parquet", "json"]
FORMATS: tuple[Format, ...] = ("csv", "xlsx", "parquet", "json")
EXCEL_ROWS = 1_048_574
_CHUNK = 10_000
Cell = None | bool | int | float | str | date | datetime


@dataclass(frozen=True, slots=True)
class TableNote:
    """What a table is: `noun` its rows (`customers`); `columns` what its columns mean, where that is known;
    `titles` headings that are to be others."""

    noun: str
    as_of: date
    currency: str = "EUR"
    snapshot: str = ""
    columns: Mapping[str, Attribute] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    def is_money(self, name: str) -> bool:
        """Money in minor units: by its attribute, or by a name made from one (`mrr_cents_total`)."""
        attribute = self.columns.get(name)
        return attribute.type == "money" if attribute else "_cents" in name and not name.endswith("_share_of_total")

    def title(self, name: str) -> str:
        attribute = self.columns.get(name)
        if name in self.titles:
            return self.titles[name]
        text = attribute.title if attribute else name.replace("_cents", "").replace("_", " ").capitalize()
        return f"{text} ({self.currency})" if self.is_money(name) else text


def write_table(table: pa.Table, out: BinaryIO, format: Format, note: TableNote) -> None:
    """Write `table` to `out`.

    CSV and Parquet keep names and units of the columns (money in minor units); in Excel headings are words,
    money is in major units, and a first row says how many rows there are and as of when. In CSV a text that
    a spreadsheet would take for a formula gets a leading apostrophe; in Excel all text is text. Null is an
    empty cell; in JSON, null. Errors: more rows than an Excel sheet holds; an unknown format.
    """
    _WRITERS.get(format, _unknown(format))(table, out, note)


def _unknown(format: str) -> Callable[[pa.Table, BinaryIO, TableNote], None]:
    def fail(_table: pa.Table, _out: BinaryIO, _note: TableNote) -> None:
        raise UsageError(Diagnostic.unknown_name("format", format, FORMATS))

    return fail


def _csv(table: pa.Table, out: BinaryIO, _note: TableNote) -> None:
    safe = [_harmless(table.column(i)) for i in range(table.num_columns)]
    pa_csv.write_csv(pa.table(safe, names=[safe_cell(n) for n in table.column_names]), out)


def _harmless(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_nested(column.type):
        column = pa.chunked_array([[None if v is None else json.dumps(v, default=str) for v in column.to_pylist()]])
    if not is_text(column.type):
        return column
    texts = column.cast(pa.string())
    return pc.if_else(
        pc.match_substring_regex(texts, FORMULA_START), pc.binary_join_element_wise("'", texts, ""), texts
    )


def _parquet(table: pa.Table, out: BinaryIO, _note: TableNote) -> None:
    pq.write_table(table, out, compression="zstd")


def _json(table: pa.Table, out: BinaryIO, note: TableNote) -> None:
    head = {"schema": 1, "as_of": note.as_of.isoformat(), "snapshot": note.snapshot, "diagnostics": []}
    out.write(json.dumps(head, ensure_ascii=False)[:-1].encode())
    out.write(f", {json.dumps(note.noun)}: [".encode())
    money = [note.is_money(n) for n in table.column_names]
    first = True
    for batch in table.to_batches(max_chunksize=_CHUNK):
        for row in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            record = {
                n: {"minor": v, "currency": note.currency} if is_money and v is not None else _plain(v)
                for n, v, is_money in zip(table.column_names, row, money, strict=True)
            }
            out.write((("" if first else ",") + "\n" + json.dumps(record, ensure_ascii=False)).encode())
            first = False
    out.write(b"\n]}\n")


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str | list | dict) else str(value)


def _xlsx(table: pa.Table, out: BinaryIO, note: TableNote) -> None:
    if table.num_rows > EXCEL_ROWS:
        message = f"an Excel sheet holds {EXCEL_ROWS:,} rows, and this table has {table.num_rows:,}"
        raise UsageError(Diagnostic("too-many-rows", message, remedy="Use --format csv or parquet."))
    import xlsxwriter  # only this format needs it

    buffer = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": datetime(note.as_of.year, note.as_of.month, note.as_of.day, tzinfo=UTC)})
        add_sheet(book, note.noun, table, note)
    out.write(buffer.getvalue())


def add_sheet(book: xlsxwriter.Workbook, title: str, table: pa.Table, note: TableNote) -> None:
    """A sheet with a table: how many rows as of when, and the rows."""
    sheet = book.add_worksheet(_sheet_name(title))
    quiet = book.add_format({"font_color": "#5d6875"})
    sheet.write_string(0, 0, f"{table.num_rows:,} rows, data as of {date_text(note.as_of)}", quiet)
    add_table(book, sheet, table, note, row=1)
    sheet.freeze_panes(2, 0)


def add_table(
    book: xlsxwriter.Workbook,
    sheet: xlsxwriter.worksheet.Worksheet,
    table: pa.Table,
    note: TableNote,
    *,
    row: int,
    open_columns: Sequence[str] = (),
) -> int:
    """A table from `row` on: headings that filter, widths by content, formats by type; the last row. `open_columns` are
    coloured as what wants to be filled in."""
    names = table.column_names
    heading = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"}
    bold, to_the_right, open_bold = (
        book.add_format(heading | more)
        for more in ({"indent": 1}, {"align": "right"}, {"bg_color": "#fdeec4", "indent": 1})
    )
    # A column's format is for cells that stay empty; the cells carry their own.
    formats = [
        book.add_format(
            _number_format(table.column(i).type, n, note) | ({"bg_color": "#fff8e6"} if n in open_columns else {})
        )
        for i, n in enumerate(names)
    ]
    for i, name in enumerate(names):
        wide = 40.0 if name in open_columns[1:] else _width(table.column(i), note.title(name))
        sheet.set_column(i, i, wide, formats[i])
    for i, name in enumerate(names):
        form = open_bold if name in open_columns else bold if is_text(table.column(i).type) else to_the_right
        sheet.write_string(row, i, note.title(name), form)
    money = [note.is_money(n) for n in names]
    at = row + 1
    for batch in table.to_batches(max_chunksize=_CHUNK):
        for values in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            for i, value in enumerate(values):
                if value is not None:
                    _write_cell(sheet, at, i, major(value, note.currency) if money[i] else value, formats[i])
            at += 1
    if names:
        sheet.autofilter(row, 0, max(row, at - 1), len(names) - 1)
    return at - 1


def _write_cell(
    sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: object, form: xlsxwriter.format.Format
) -> None:
    match value:
        case bool():
            sheet.write_boolean(row, column, value, form)
        case float() if not math.isfinite(value):
            return
        case int() | float():
            sheet.write_number(row, column, value, form)
        case datetime():
            sheet.write_datetime(row, column, value.replace(tzinfo=None), form)
        case date():
            sheet.write_datetime(row, column, value, form)
        case _:
            sheet.write_string(row, column, str(value)[:32_767], form)


def _number_format(type_: pa.DataType, name: str, note: TableNote) -> dict[str, str | int]:
    if note.is_money(name):
        digits = minor_digits(note.currency)
        return {"num_format": "#,##0" + ("." + "0" * digits if digits else "")}
    if pa.types.is_timestamp(type_):
        return {"num_format": "yyyy-mm-dd hh:mm"}
    if is_day(type_):
        return {"num_format": "yyyy-mm-dd"}
    if pa.types.is_integer(type_):
        return {"num_format": "#,##0"}
    if pa.types.is_floating(type_):
        return {"num_format": "0.0%" if name.endswith(("share", "rate", "share_of_total")) else "#,##0.00"}
    return {"indent": 1} if is_text(type_) else {"align": "right"}


def _width(column: pa.ChunkedArray, title: str) -> float:
    widest = 12
    if is_text(column.type) and len(column):
        lengths = pc.utf8_length(column.slice(0, _CHUNK).cast(pa.string()))
        widest = max(widest, min(40, pc.max(lengths).as_py() or 0))
    return max(widest, min(24, len(title))) + 2


def _sheet_name(noun: str) -> str:
    cleaned = "".join(" " if c in "[]:*?/\\'" else c for c in noun).strip()
    return cleaned[:31] or "Sheet1"


_WRITERS: Mapping[str, Callable[[pa.Table, BinaryIO, TableNote], None]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "parquet": _parquet,
    "json": _json,
}
