"""How results are printed: tables for people, one JSON document for programs, files for spreadsheets."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from beachhead.analysis.display import money_text, plural, value_text
from beachhead.customers.attributes import Attribute
from beachhead.errors import Diagnostic, Severity, UsageError
from beachhead.reports.tables import TableNote, write_table
from beachhead.service.documents import Json, document, rows
from beachhead.service.results import Run
from beachhead.store.files import outside

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSON = "json"


_WRITTEN_AS: Mapping[Format, Literal["csv", "xlsx", "parquet", "json"]] = {
    Format.CSV: "csv",
    Format.XLSX: "xlsx",
    Format.PARQUET: "parquet",
    Format.JSON: "json",
}


def console() -> Console:
    """For people; wide when it is not a terminal, so that nothing is cut in a pipe."""
    return Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 200)


def print_json(value: Json) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def printable(text: str) -> str:
    """`text` without what would command the terminal: control characters become a sign for 'unknown character'."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def print_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """For people, on standard error, errors first."""
    order = [Severity.ERROR, Severity.WARNING, Severity.INFO]
    for diagnostic in sorted(diagnostics, key=lambda d: order.index(d.severity)):
        print(printable(str(diagnostic)), file=sys.stderr)


def print_counted(diagnostics: Sequence[Diagnostic]) -> None:
    """For people, on standard error, in one line: how many an update has, in which files, and where they are told."""
    if not diagnostics:
        return
    ordered = sorted(diagnostics, key=lambda d: not d.is_error)
    errors = sum(d.is_error for d in ordered)
    counts = {"errors": errors, "warnings": len(ordered) - errors}
    files = list(dict.fromkeys(d.place.file for d in ordered if d.place))
    where = f" in {', '.join(files[:3])}{', …' if len(files) > 3 else ''}" if files else ""
    counted = " and ".join(plural(n, noun) for noun, n in counts.items() if n)
    print(printable(f"{counted}{where}; see `beachhead status`"), file=sys.stderr)


def _form(form: Format | None, out: Path | None, as_json: bool) -> Format:
    """The form of a list: what `--format` says, else what the ending of the file says. Raises `UsageError`."""
    if out is None:
        return form or Format.TABLE
    if as_json:
        message, remedy = "--json prints on standard output, not to a file", "Use --out with a name that ends in .json."
        raise UsageError(Diagnostic("json-and-out", message, remedy=remedy))
    if form and form is not Format.TABLE:
        return form
    endings = {f".{written}": written for written in _WRITTEN_AS}
    if form is None and out.suffix.lower() in endings:
        return endings[out.suffix.lower()]
    message, remedy = f"the form of '{out}' is not clear", f"Let it end in {', '.join(endings)}, or say --format."
    raise UsageError(Diagnostic("unknown-ending", message, remedy=remedy))


def refuse_file(form: Format | None, out: Path | None) -> None:
    """Raise `UsageError` when a file or form is asked for of what is no list."""
    if form or out:
        message, remedy = "--format and --out are for lists", "Leave them away, or use --json."
        raise UsageError(Diagnostic("not-a-list", message, remedy=remedy))


def print_list(
    table: pa.Table,
    noun: str,
    run: Run,
    attributes: Mapping[str, Attribute],
    *,
    as_json: bool,
    form: Format | None,
    out: Path | None,
    limit: int | None = None,
    titles: bool = True,
) -> None:
    """A table in the form that was asked for. `limit` cuts what people see, and says so; files have everything.

    `titles`: people see the titles of attributes instead of their names.
    """
    form = _form(form, out, as_json)
    currency = run.about.settings.currency
    if as_json or (form is Format.JSON and out is None):
        print_json(document(noun, rows(table, attributes, currency), run))
        return
    if form is Format.TABLE:
        print_rows(table, attributes, currency, limit, titles=titles)
        return
    note = TableNote(noun, run.as_of, currency, run.name, attributes)
    if form is Format.CSV and out is None:
        write_table(table, sys.stdout.buffer, _WRITTEN_AS[form], note)
        return
    target = out or Path(f"{noun}.{form}")
    with outside("write", target), target.open("wb") as file:
        write_table(table, file, _WRITTEN_AS[form], note)
    print(f"{table.num_rows:,} rows written to {target}", file=sys.stderr)


def print_rows(
    table: pa.Table,
    attributes: Mapping[str, Attribute],
    currency: str,
    limit: int | None = None,
    *,
    titles: bool = True,
) -> None:
    """A table for people: money with its unit, shares in per cent, nulls as a dash."""
    shown = table.slice(0, limit) if limit else table
    grid = Table(box=None, pad_edge=False, header_style="bold")
    numeric = {n for n in table.column_names if _is_numeric(table.schema.field(n).type)}
    for name in table.column_names:
        heading = escape(_heading(name, attributes)) if titles else escape(name)
        grid.add_column(heading, justify="right" if name in numeric else "left", overflow="fold")
    for row in shown.to_pylist():
        grid.add_row(*(escape(_cell(n, v, attributes, currency)) for n, v in row.items()))
    console().print(grid)
    if limit and table.num_rows > limit:
        print(f"… and {table.num_rows - limit:,} more; --limit 0 shows all, --format xlsx writes a file")


def _heading(name: str, attributes: Mapping[str, Attribute]) -> str:
    attribute = attributes.get(name)
    return attribute.title if attribute else name.replace("_cents", "").replace("_", " ")


def _cell(name: str, value: object, attributes: Mapping[str, Attribute], currency: str) -> str:
    if value is None:
        return "–"
    attribute = attributes.get(name)
    if attribute:
        return printable(value_text(value, attribute, currency))
    is_money = "_cents" in name and not name.endswith("_share_of_total")
    if is_money and isinstance(value, int | float | Decimal):
        return money_text(float(value), currency, exact=True)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1%}" if name.endswith(("share", "rate", "_of_total")) else f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    return printable(str(value))


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def parse_columns(text: str | None, available: Sequence[str], default: Sequence[str]) -> list[str]:
    """Columns named by the user, or those of `default` that exist. Raises `UsageError` for an unknown one."""
    if text is None:
        return [c for c in default if c in available]
    wanted = [c.strip() for c in text.split(",") if c.strip()]
    for name in wanted:
        if name not in available:
            raise UsageError(Diagnostic.unknown_name("attribute", name, available))
    return wanted
