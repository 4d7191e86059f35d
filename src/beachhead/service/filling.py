"""What people wrote into exported workbooks, read back into `data/filled.csv`: attributes of the next update."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from beachhead.errors import DataError, Diagnostic, Severity, UsageError
from beachhead.project.editing import write_definition, write_text
from beachhead.project.yaml_positions import PlainTree
from beachhead.reports.workbook import FILL_IN, ID_TITLE
from beachhead.service.project import Project
from beachhead.sources.excel import read_sheet, sheet_names
from beachhead.store.files import outside

SOURCE = "filled"
_HEADER = ("account_id", "good_customer", "note")
_HEADING = "What people wrote into exported workbooks; made by beachhead fill."
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Filled:
    """`file`: what was written, relative to the project, None when nothing was filled in; `customers`: in it."""

    file: str | None
    customers: int
    diagnostics: tuple[Diagnostic, ...]


def fill(project: Project, path: Path) -> Filled:
    """Add the filled cells of a workbook to what was filled in before. Twice is as once; the newest word counts.

    Customers that the project does not know are left out and told; where two rows of one customer differ, the first
    counts and that is told. Raises `UsageError` for a workbook without the columns, `DataError`, `OutsideError`.
    """
    found: dict[str, tuple[str, str]] = {}
    told: list[Diagnostic] = []
    is_ours = False
    for name in sheet_names(path, path.name):
        try:
            sheet = read_sheet(path, path.name, name, 2, ())
        except DataError:  # a sheet that somebody added
            continue
        if ID_TITLE not in sheet.header or not set(FILL_IN) <= set(sheet.header):
            continue
        is_ours = True
        told += _collect(sheet.table, list(sheet.header), name, found)
    if not is_ours:
        remedy = "Take one that `beachhead export --to result.xlsx` wrote, and keep its headings."
        message = f"{path.name} has no columns '{ID_TITLE}', '{FILL_IN[0]}' and '{FILL_IN[1]}' on its second row"
        raise UsageError(Diagnostic("not-a-form", message, remedy=remedy))
    known = set(project.latest().accounts["account_id"].to_pylist())
    strangers = sorted(set(found) - known)
    if strangers:
        listed = ", ".join(strangers[:_EXAMPLES]) + (", …" if len(strangers) > _EXAMPLES else "")
        message = f"{len(strangers)} of the filled rows are of customers that are not known (any more): {listed}"
        told.append(
            Diagnostic("unknown-customer", message, Severity.WARNING, remedy="See whether their ids were changed.")
        )
    rows = [(i, *found[i]) for i in sorted(found) if i in known]
    if not rows:
        return Filled(None, 0, tuple(told))
    target = project.root / "data" / f"{SOURCE}.csv"
    kept = {row[0]: row for row in _before(target)} | {row[0]: row for row in rows}
    write_text(target, _csv([kept[i] for i in sorted(kept)]))
    definition = project.root / "sources" / f"{SOURCE}.yml"
    if not definition.exists():
        write_definition(definition, _DEFINITION, _HEADING)
    return Filled(target.relative_to(project.root).as_posix(), len(rows), tuple(told))


def _collect(table: pa.Table, header: Sequence[str], sheet: str, found: dict[str, tuple[str, str]]) -> list[Diagnostic]:
    """The filled cells of one sheet, added to those of sheets before."""
    told = []
    columns = [table[f"c{header.index(title)}"].to_pylist() for title in (ID_TITLE, *FILL_IN)]
    for account, label, note in zip(*columns, strict=True):
        said = (_text(label), _text(note))
        if account is None or not any(said):
            continue
        before = found.setdefault(_text(account), said)
        if before != said:
            message = f"'{account}' is filled in twice and differently; the first counts (sheet '{sheet}')"
            told.append(
                Diagnostic("filled-twice", message, Severity.WARNING, remedy="Keep one of them, and fill again.")
            )
    return told


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _before(path: Path) -> list[tuple[str, str, str]]:
    """What was filled in earlier."""
    if not path.exists():
        return []
    with outside("read", path), path.open(newline="", encoding="utf-8") as file:
        return [(row[0], row[1], row[2]) for row in list(csv.reader(file))[1:] if len(row) == len(_HEADER)]


def _csv(rows: Sequence[tuple[str, str, str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(rows)
    return out.getvalue()


_DEFINITION: dict[str, PlainTree] = {
    "files": f"data/{SOURCE}.csv",
    "table": "companies",
    "history": "kept",
    "optional": True,
    "columns": {"account_id": "account_id"},
    "extra": {
        "good_customer": {"column": "good_customer", "title": "Good customer?", "type": "text"},
        "your_note": {"column": "note", "title": "Your note", "type": "text"},
    },
}
