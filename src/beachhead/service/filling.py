"""What people wrote into exported workbooks, read back into `data/filled/`: attributes from the next update on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from beachhead.analysis.display import plural
from beachhead.errors import BeachheadError, DataError, Diagnostic, Place, Severity, UsageError
from beachhead.project.editing import write_definition, write_text
from beachhead.project.yaml_positions import PlainTree
from beachhead.reports.workbook import ANSWERS, FILL_IN, ID_TITLE, SNAPSHOT_TITLE
from beachhead.service.export_sheets import FILLED
from beachhead.service.project import Project
from beachhead.service.results import Run
from beachhead.sources.excel import read_sheet, sheet_names
from beachhead.store.files import outside
from beachhead.store.layout import Layout
from beachhead.store.manifest import SnapshotRef
from beachhead.store.snapshots import SnapshotStore

SOURCE = "filled"
FOLDER = "data/filled"
NOT_USED = "not_used"
"""Folder below `FOLDER` for what was written but does not count."""
_HEADER = ("account_id", "label", "note", "day")
_HEADING = "What people wrote into exported workbooks: made by beachhead fill."
_NAME_TITLE = "Name"
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Filled:
    """`file`: what was written, relative to the project, None when nothing is new; `customers`: of whom something is
    filled in; `changed`: of whom something is new."""

    file: str | None
    customers: int
    changed: int
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """What is written of a customer. `label` and `note` are empty where nothing was written; `day`: in ISO form."""

    id: str
    label: str
    note: str
    day: str = ""
    name: str = ""
    place: Place | None = None
    why: str = ""


def fill(project: Project, path: Path, today: date | None = None) -> Filled:
    """Take in the filled cells of a workbook that `beachhead export` wrote; reading it twice is as once.

    An empty cell says nothing, so what was said before stays; the newest word counts. Whatever does not count
    (customers that are not known, different words for one customer, answers that are none) is told, and kept in
    `data/filled/not_used/`. `today`: the day of new words, default today. Raises `UsageError` for a workbook without
    the columns, `DataError` for one that cannot be read, `OutsideError`.
    """
    found, told = _read(path)
    run = project.latest()
    folder = project.root / FOLDER
    target = folder / f"{_file_name(path)}.csv"
    before = {file: _kept(file) for file in sorted(folder.glob("*.csv"))}
    said = {r.id: r for kept in before.values() for r in kept}
    snapshot = _snapshot(path)
    rows, aside, more = _of_customers([r for r in found if r.label or r.note], run, _as_exported(project, snapshot))
    told += [*_empty(found), *more, *_older(path, snapshot, run)]
    changed = [r for r in (_joined(r, said.get(r.id), today or date.today()) for r in rows) if r != said.get(r.id)]
    told += _replaced(changed, said)
    if changed:
        _write(target, changed, before)
        aside += [replace(said[r.id], why="replaced") for r in changed if r.id in said]
        if not (definition := project.root / "sources" / f"{SOURCE}.yml").exists():
            write_definition(definition, _DEFINITION, _HEADING)
    if aside:
        _set_aside(folder / NOT_USED / target.name, aside)
    known = _ids(run)
    customers = {known[r.id] for r in found if (r.label or r.note) and r.id in known}
    file = target.relative_to(project.root).as_posix() if changed else None
    return Filled(file, len(customers), len(changed), tuple(told))


def _read(path: Path) -> tuple[list[_Row], list[Diagnostic]]:
    """The rows of every sheet that has the columns. Raises `UsageError` when none has."""
    rows: list[_Row] = []
    told: list[Diagnostic] = []
    is_ours = False
    for name in sheet_names(path, path.name):
        try:
            sheet = read_sheet(path, path.name, name, None, (ID_TITLE, *FILL_IN))
        except DataError as e:
            told += [replace(d, severity=Severity.WARNING) for d in e.diagnostics if d.code != "empty-file"]
            continue
        header = list(sheet.header)
        if ID_TITLE not in header or not set(FILL_IN) <= set(header):
            continue
        is_ours = True
        titles = (ID_TITLE, *FILL_IN, _NAME_TITLE if _NAME_TITLE in header else ID_TITLE)
        columns = [sheet.table[f"c{header.index(title)}"].to_pylist() for title in titles]
        for number, *cells in zip(sheet.rows.tolist(), *columns, strict=True):
            account, label, note, customer = ("" if c is None else str(c).strip() for c in cells)
            place = Place(f"{path.name} [{name}]", number)
            rows.append(_Row(account, label, note, name=customer, place=place))
    if not is_ours:
        remedy = "Take one that `beachhead export --to result.xlsx` wrote, and keep its headings."
        message = f"{path.name} has no columns '{ID_TITLE}', '{FILL_IN[0]}' and '{FILL_IN[1]}'"
        raise UsageError(Diagnostic("not-a-form", message, place=Place(path.name), remedy=remedy))
    return rows, told


def _empty(rows: Sequence[_Row]) -> list[Diagnostic]:
    """How many customers have nothing written beside them."""
    filled = {r.id for r in rows if r.label or r.note}
    empty = {r.id for r in rows if r.id} - filled
    if not empty:
        return []
    message = f"{plural(len(empty), 'customers')} have nothing filled in; what was said of them before stays"
    return [Diagnostic("nothing-filled-in", message, Severity.INFO)]


def _of_customers(
    rows: Iterable[_Row], run: Run, said: Mapping[str, _Row]
) -> tuple[list[_Row], list[_Row], list[Diagnostic]]:
    """One row for each customer by its id of today, with what is new against `said`, words that it was exported with;
    rows that do not count, with why; and what is to be told."""
    known, names = _ids(run), _ids_by_name(run)
    found: dict[str, _Row] = {}
    aside: list[_Row] = []
    told: list[Diagnostic] = []
    for written in rows:
        if written.id not in known:
            told.append(_unknown(written, known, names))
            aside.append(replace(written, why="unknown customer"))
            continue
        label = written.label.casefold()
        if label and label not in ANSWERS:
            told.append(_no_answer(written))
            aside.append(replace(written, why="not an answer"))
            label = ""
        row = replace(written, id=known[written.id], label=label)
        if before := said.get(written.id):
            row = replace(
                row, label="" if label == before.label else label, note="" if row.note == before.note else row.note
            )
        other = found.get(row.id, row)
        if _differ(row.label, other.label) or _differ(row.note, other.note):
            told.append(_twice(row, other))
            aside.append(replace(row, why="filled in twice and differently"))
        elif row.label or row.note:
            found[row.id] = replace(other, label=other.label or row.label, note=other.note or row.note)
    return list(found.values()), aside, told


def _differ(a: str, b: str) -> bool:
    """Two words, both of them written."""
    return bool(a and b and a != b)


def _ids(run: Run) -> dict[str, str]:
    """Every id that a customer has or had → its id of today."""
    accounts = run.accounts.arrow()
    today = dict(zip(accounts["account_no"].to_pylist(), accounts["account_id"].to_pylist(), strict=True))
    known = {i: i for i in today.values()}
    if len(run.matches):
        numbers, ids = (run.matches[n].to_pylist() for n in ("account_no", "account_id"))
        known = {i: today[n] for n, i in zip(numbers, ids, strict=True) if n in today} | known
    return known


def _ids_by_name(run: Run) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    if "account_name" in run.accounts.columns:
        for i, name in zip(
            run.accounts["account_id"].to_pylist(), run.accounts["account_name"].to_pylist(), strict=True
        ):
            names.setdefault(name or "", []).append(i)
    return names


def _unknown(row: _Row, known: Mapping[str, str], names: Mapping[str, list[str]]) -> Diagnostic:
    """A row of nobody: its id was changed, when its name is that of one customer."""
    if not row.id:
        message = "a row is filled in, and has no customer id"
        return Diagnostic("no-customer-id", message, Severity.WARNING, row.place, remedy=_put_back(row, names))
    alike = names.get(row.name, [])
    if row.name and len(alike) == 1 and row.name != row.id:
        message = f"the customer id '{row.id}' is not known; its name, '{row.name}', is that of '{alike[0]}'"
        return Diagnostic(
            "changed-id", message, Severity.WARNING, row.place, remedy=_put_back(row, names), nearest=alike[0]
        )
    # Looking for the nearest of many would take long; those that begin alike suffice.
    near = Diagnostic.unknown_name("customer", row.id, [i for i in known if i[:2] == row.id[:2]][:5000])
    return replace(near, severity=Severity.WARNING, place=row.place)


def _put_back(row: _Row, names: Mapping[str, list[str]]) -> str:
    alike = names.get(row.name, [])
    wanted = f"'{alike[0]}'" if len(alike) == 1 else "the id it had"
    return f"Write {wanted} in its first column, and read the workbook again."


def _no_answer(row: _Row) -> Diagnostic:
    message = f"'{row.label}' is no answer to “{FILL_IN[0]}” for '{row.id}'"
    remedy = f"Write {', '.join(ANSWERS[:-1])} or {ANSWERS[-1]}; further words go into “{FILL_IN[1]}”."
    return Diagnostic("not-an-answer", message, Severity.WARNING, row.place, remedy=remedy)


def _twice(row: _Row, other: _Row) -> Diagnostic:
    message = f"'{row.id}' is filled in twice and differently; what stands in {other.place} counts"
    return Diagnostic(
        "filled-twice", message, Severity.WARNING, row.place, remedy="Keep one of them, and read it again."
    )


def _snapshot(path: Path) -> str | None:
    """The update that the workbook was made from, when it says so."""
    try:
        table = read_sheet(path, path.name, "Answer", None, ("n",)).table
    except DataError:
        return None
    if not {"c0", "c1"} <= set(table.column_names):
        return None
    pairs = zip(table["c0"].to_pylist(), table["c1"].to_pylist(), strict=True)
    return next((of for title, of in pairs if title == SNAPSHOT_TITLE), None)


def _as_exported(project: Project, snapshot: str | None) -> dict[str, _Row]:
    """What was filled in already when the workbook was made: its sheets came with it. Empty where that is not known."""
    ref = SnapshotRef.parse(snapshot) if snapshot else None
    if ref is None:
        return {}
    try:
        run = Run(SnapshotStore(Layout(project.root)).open(ref))
    except BeachheadError:  # no longer kept
        return {}
    columns = [
        run.accounts[n].to_pylist() if n in run.accounts.columns else [None] * len(run.accounts)
        for n in ("account_id", *FILLED)
    ]
    rows = (_Row(i, label or "", note or "") for i, label, note in zip(*columns, strict=True))
    return {r.id: r for r in rows if r.label or r.note}


def _older(path: Path, snapshot: str | None, run: Run) -> list[Diagnostic]:
    """That the workbook is of another update than the newest."""
    if snapshot in (None, run.name):
        return []
    message = f"the workbook is of {snapshot}, the newest update is {run.name}; what is written counts all the same"
    return [Diagnostic("older-workbook", message, Severity.INFO, Place(path.name))]


def _joined(row: _Row, before: _Row | None, today: date) -> _Row:
    """With what was said before where nothing is written now; as it was when nothing is new."""
    label, note = (row.label or before.label, row.note or before.note) if before else (row.label, row.note)
    if before and (label, note) == (before.label, before.note):
        return before
    return _Row(row.id, label, note, today.isoformat())


def _replaced(changed: Sequence[_Row], said: Mapping[str, _Row]) -> list[Diagnostic]:
    others = [r for r in changed if r.id in said]
    if not others:
        return []
    listed = "; ".join(f"{r.id}: {said[r.id].label or '–'} → {r.label or '–'}" for r in others[:_EXAMPLES])
    message = (
        f"{plural(len(others), 'customers')} had other words before: {listed}{'; …' if others[_EXAMPLES:] else ''}"
    )
    return [
        Diagnostic("filled-in-anew", message, Severity.INFO, remedy=f"The earlier words are in {FOLDER}/{NOT_USED}.")
    ]


def _write(target: Path, changed: Sequence[_Row], before: Mapping[Path, Sequence[_Row]]) -> None:
    """New rows into the workbook's own file; a customer stands in one file only, so that its newest word counts."""
    new = {r.id: r for r in changed}
    for file, rows in before.items():
        left = [r for r in rows if r.id not in new]
        if file != target and len(left) < len(rows):
            write_text(file, _csv(_HEADER, [(r.id, r.label, r.note, r.day) for r in left]))
    kept = {r.id: r for r in before.get(target, ())} | new
    write_text(target, _csv(_HEADER, [(r.id, r.label, r.note, r.day) for _, r in sorted(kept.items())]))


def _set_aside(path: Path, rows: Sequence[_Row]) -> None:
    """What does not count, kept once."""
    header = (*_HEADER, "name", "why")
    known = [tuple(row) for row in _rows(path)]
    new = [(r.id, r.label, r.note, r.day, r.name, r.why) for r in rows]
    every = list(dict.fromkeys([*known, *new]))
    if every != known:
        write_text(path, _csv(header, every))


def _kept(path: Path) -> list[_Row]:
    return [_Row(*row) for row in ((r[0], r[1], r[2], r[3]) for r in _rows(path))]


def _rows(path: Path) -> list[list[str]]:
    """The rows of a file that was written here. Raises `DataError` when it is another one."""
    if not path.exists():
        return []
    with outside("read", path), path.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if tuple(header[:4]) != _HEADER or any(len(row) != len(header) for row in rows):
        message = f"{path.name} in {FOLDER} was not made by beachhead fill"
        remedy = f"Move it elsewhere, or give it the columns {', '.join(_HEADER)}."
        raise DataError(Diagnostic("not-a-filled-file", message, place=Place(str(path)), remedy=remedy))
    return rows


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _file_name(path: Path) -> str:
    """The workbook's name in letters that every system allows."""
    return re.sub(r"[^\w-]+", "_", path.stem.casefold()).strip("_")[:60] or "workbook"


_DEFINITION: dict[str, PlainTree] = {
    "files": f"{FOLDER}/*.csv",
    # What is said about customers; unlike a row of accounts, it makes nobody a customer.
    "table": "companies",
    "history": "kept",
    "optional": True,
    "columns": {"account_id": "account_id"},
    "extra": {
        "your_label": {"column": "label", "title": FILL_IN[0], "type": "text"},
        "your_note": {"column": "note", "title": FILL_IN[1], "type": "text"},
    },
}
