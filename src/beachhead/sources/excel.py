"""Sheets of Excel and LibreOffice files as tables of texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from beachhead.errors import DataError, Diagnostic, Place
from beachhead.sources.dialect import find_header, refuse_duplicates
from beachhead.sources.intake import unreadable

_LOOK_AT_ROWS = 60
ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


@dataclass(frozen=True)
class Sheet:
    """One sheet. `table` has text columns c0, c1 … without empty rows; `rows` are the sheet's row numbers, from 1."""

    name: str
    header: tuple[str, ...]
    header_row: int
    table: pa.Table
    rows: NDArray[np.int64]


def read_sheet(
    path: Path, shown: str, sheet: str | int | None, header_row: int | None, wanted: Collection[str],
    commas: Collection[str] = (), only_header: bool = False,
) -> Sheet:  # fmt: skip
    """Read a sheet (by name, or number from 1; default the first). Raises `DataError`, `OutsideError`.

    Whole numbers come without a decimal point, dates in ISO form; in columns named in `commas` numbers are written
    with a decimal comma, as the mapping says that they are. `only_header`: no more rows than finding it takes.
    """
    name, cells = _cells(path, shown, sheet, max(_LOOK_AT_ROWS, header_row or 0) if only_header else None)
    place = Place(f"{shown} [{name}]")
    start = (
        header_row - 1 if header_row else find_header([[text_of(c) for c in r] for r in cells[:_LOOK_AT_ROWS]], wanted)
    )
    if start is None or start >= len(cells):
        remedy = "Choose the sheet (`excel: {sheet: …}`) and the header's row (`header_row`)."
        raise DataError(Diagnostic("empty-file", f"sheet '{name}' of {shown} is empty", place=place, remedy=remedy))
    header = [text_of(c).strip() for c in cells[start]]
    while header and not header[-1]:
        header.pop()
    refuse_duplicates(header, Place(f"{shown} [{name}]", start + 1))
    numbers = [n for n in range(start + 1, len(cells)) if any(text_of(c).strip() for c in cells[n][: len(header)])]
    table = pa.table(
        {
            f"c{i}": pa.array([text_of(cells[n][i], head in commas) or None for n in numbers], pa.string())
            for i, head in enumerate(header)
        }
    )
    return Sheet(name, tuple(header), start + 1, table, np.array(numbers, np.int64) + 1)


def sheet_names(path: Path, shown: str) -> tuple[str, ...]:
    """The names of a workbook's sheets, in order. Raises `DataError`, `OutsideError`."""
    with _opened(path, shown) as book:
        return tuple(book.sheet_names)


def _cells(path: Path, shown: str, sheet: str | int | None, most: int | None) -> tuple[str, Sequence[Sequence[object]]]:
    place = Place(shown)
    with _opened(path, shown) as book:
        names = list(book.sheet_names)
        if isinstance(sheet, int):
            if not 1 <= sheet <= len(names):
                message = f"{shown} has {len(names)} sheets, not {sheet}"
                remedy = f"Sheets: {', '.join(names)}."
                raise DataError(Diagnostic("unknown-sheet", message, place=place, remedy=remedy))
            name = names[sheet - 1]
        else:
            name = sheet or (names[0] if names else "")
        if name not in names:
            raise DataError(Diagnostic.unknown_name("sheet", name, names, place))
        return name, book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most)


@contextmanager
def _opened(path: Path, shown: str) -> Iterator[CalamineWorkbook]:
    """A workbook; what is wrong with it in our words."""
    place = Place(shown)
    try:
        with path.open("rb") as file:
            head = file.read(8)
            if head.startswith(b"\xd0\xcf\x11\xe0") and path.suffix.lower() in (".xlsx", ".xlsm", ".xlsb"):
                raise PasswordError  # an encrypted workbook is wrapped in the container of the old format
            if not head:
                raise DataError(Diagnostic("empty-file", f"{shown} is empty", place=place, remedy="Export it again."))
        with CalamineWorkbook.from_path(str(path)) as book:
            yield book
    except PasswordError as e:
        remedy = "Save it without a password."
        raise DataError(
            Diagnostic("password-protected", f"{shown} is protected by a password", place=place, remedy=remedy)
        ) from e
    except CalamineError as e:
        remedy = "Open it in a spreadsheet program, save it as .xlsx, try again."
        message = f"{shown} is not a spreadsheet that can be read"
        raise DataError(Diagnostic("not-excel", message, place=place, why=str(e), remedy=remedy)) from e
    except OSError as e:
        raise unreadable(shown, e) from e


def text_of(value: object, with_comma: bool = False) -> str:
    """A value of a cell as a CSV export would write it: whole numbers without a point, dates in ISO form."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            text = str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)
            return text.replace(".", ",") if with_comma else text
        case datetime():
            return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return str(value)
