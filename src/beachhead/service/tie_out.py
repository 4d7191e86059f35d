"""Finance's list against our ledger: read, matched to customers, remembered in `tie_outs/`, compared at every look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from beachhead.analysis.display import date_text, money_text
from beachhead.analysis.tie_out import OtherWay, Ours, Theirs, TieOut, tie_out, total_candidates
from beachhead.customers.counted_otherwise import Row, mrr_counted, revenue_counted
from beachhead.engines.duck import DuckEngine, quote_literal
from beachhead.errors import BeachheadError, DataError, DefinitionError, Diagnostic, Place, UsageError
from beachhead.project.currency import minor_digits
from beachhead.project.definitions import ColumnMap, Settings, SourceDefinition
from beachhead.project.editing import write_definition
from beachhead.project.yaml_positions import plain as plain_yaml
from beachhead.project.yaml_positions import read_yaml
from beachhead.service.results import Run
from beachhead.service.short_engine import short_engine
from beachhead.sources.landed import write_whole
from beachhead.sources.opening import Opening
from beachhead.sources.readers import open_file
from beachhead.sources.recognise.context import RecogniseContext
from beachhead.sources.recognise.recognise import recognise_as
from beachhead.sources.values import text_sql, value_sql
from beachhead.store.files import outside

Measure = Literal["mrr", "revenue"]
FOLDER = "tie_outs"
_NOBODY = "(no customer named)"
_TOTALS = ("total", "sum", "summe", "gesamt")
_HEADING = "Finance's figures, compared with ours at every look: beachhead tie-out."


class Remembered(BaseModel):
    """`tie_outs/<day>-<measure>.yml`: finance's list (file, columns) or its total alone, as text in major units.

    `made`: when; None in files from before it was written.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: Measure
    on: date
    made: datetime | None = None
    file: str | None = None
    customer: str | None = None
    amount: str | None = None
    total: str | None = Field(None, pattern=r"^-?\d+(\.\d+)?$")


@dataclass(frozen=True, slots=True)
class Tied:
    """A comparison. `fits`: what a total alone may be, in words; `found` then has no customers of finance's."""

    remembered: Remembered
    currency: str
    found: TieOut
    fits: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """`ties to finance's list of 31 Oct 2026`, or by how much it does not."""
        of = f"finance's {'list' if self.remembered.file else 'total'} of {date_text(self.remembered.on)}"
        apart = self.found.theirs - self.found.ours
        if self.found.ties and (self.remembered.file or not apart):
            return f"ties to {of}"
        return f"{money_text(abs(apart), self.currency, exact=True)} {'below' if apart > 0 else 'above'} {of}"


def tie(
    root: Path,
    run: Run,
    measure: Measure,
    on: date,
    *,
    path: Path | None = None,
    total: str | None = None,
    customer: str | None = None,
    amount: str | None = None,
) -> Tied:
    """Compare with finance's list, or its total, and remember it. Raises `UsageError`, `DataError`, `OutsideError`."""
    if on > run.as_of:
        remedy = f"The data reaches to {run.as_of}; take a day up to then."
        raise UsageError(Diagnostic("day-not-known", f"nothing is known of {on} yet", remedy=remedy))
    now = datetime.now(UTC)
    if path is None:
        tied = compare(
            root, run, Remembered(measure=measure, on=on, made=now, total=_typed(total or "", run.about.settings))
        )
    else:
        who, what = _columns(run, path, customer, amount)
        there = Remembered(measure=measure, on=on, made=now, file=str(path.resolve()), customer=who, amount=what)
        tied = compare(root, run, there)
        tied = replace(tied, remembered=there.model_copy(update={"file": _kept(root, path)}))
    name = root / FOLDER / f"{on}-{measure}.yml"
    write_definition(name, tied.remembered.model_dump(mode="json", exclude_none=True), _HEADING)
    return tied


def _kept(root: Path, path: Path) -> str:
    """Finance's list in `data/finance/`, relative to the project; a list of other content keeps its name."""
    folder = root / "data" / "finance"
    with outside("write", folder):
        folder.mkdir(parents=True, exist_ok=True)
        content, target, number = path.read_bytes(), folder / path.name, 1
        while target.exists() and target.read_bytes() != content:
            number += 1
            target = folder / f"{path.stem}-{number}{path.suffix}"
        if not target.exists():
            write_whole(target, content)
    return target.relative_to(root).as_posix()


def newest_tie_out(root: Path, run: Run) -> Tied | None:
    """The comparison that was made last, made anew with what is known now; None without any that can be made."""
    return newest_and_troubles(root, run)[0]


def newest_and_troubles(root: Path, run: Run) -> tuple[Tied | None, tuple[Diagnostic, ...]]:
    """The comparison that was made last, and why others could not be looked at."""
    known: list[Remembered] = []
    troubles: list[Diagnostic] = []
    for path in sorted((root / FOLDER).glob("*.yml")):
        try:
            known.append(_remembered(path))
        except DefinitionError as e:
            troubles += e.diagnostics
    for told in sorted(known, key=_made, reverse=True):
        try:
            return compare(root, run, told), tuple(troubles)
        except BeachheadError as e:
            troubles += e.diagnostics
    return None, tuple(troubles)


def _made(told: Remembered) -> tuple[float, date, str]:
    return (told.made.timestamp() if told.made else 0.0, told.on, told.measure)


def compare(root: Path, run: Run, told: Remembered) -> Tied:
    """Our ledger on that day, as known now, against finance's figures. Raises `DataError`, `UsageError`."""
    settings = run.about.settings
    ours = _ours(run, told.measure, told.on, settings)
    if told.file is None:
        total = _minor(told.total or "0", settings)
        found = TieOut(sum(o.amount for o in ours), total, sum(1 for o in ours if o.amount), 0, ())
        return Tied(told, settings.currency, found, total_candidates(ours, total))
    return Tied(told, settings.currency, tie_out(ours, _theirs(root, run, told, settings, ours)))


def tie_out_table(tied: Tied) -> pa.Table:
    """One row per component: name, account_id, ours, theirs, cause, amount (minor units), why."""
    rows = [
        (d.name, d.account_id, d.ours, d.theirs, c.cause, c.amount, c.text)
        for d in tied.found.differences
        for c in d.components
    ]
    names = ("name", "account_id", "ours_cents", "theirs_cents", "cause", "difference_cents", "why")
    kinds = (pa.string(), pa.string(), pa.int64(), pa.int64(), pa.string(), pa.int64(), pa.string())
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.table({n: pa.array(list(c), k) for n, c, k in zip(names, columns, kinds, strict=True)})


def _remembered(path: Path) -> Remembered:
    try:
        document = read_yaml(path.read_text("utf-8"), path.name)
        if document.diagnostics:
            raise DefinitionError(document.diagnostics)
        return Remembered.model_validate(plain_yaml(document.root) if document.root else {})
    except ValidationError as e:
        raise _bad(path, str(e.errors()[0]["msg"])) from e
    except UnicodeDecodeError as e:
        raise _bad(path, "it is not UTF-8 text") from e
    except OSError as e:
        raise _bad(path, e.strerror or str(e)) from e


def _bad(path: Path, why: str) -> DefinitionError:
    message = f"{FOLDER}/{path.name} does not say what finance's figures are"
    remedy = "Remove the file, or tie out anew."
    return DefinitionError(Diagnostic("bad-tie-out", message, place=Place(path.name), why=why, remedy=remedy))


# --- finance's side ----------------------------------------------------------------------------------------------


def _columns(run: Run, path: Path, customer: str | None, amount: str | None) -> tuple[str, str]:
    """The columns that hold the customer and the amount: as told, else as recognised. Raises `UsageError`."""
    settings = run.about.settings
    with short_engine() as (engine, temp):
        context = RecogniseContext(engine, temp, settings.timezone, settings.currency, date.today())
        found = recognise_as(path, path.name, context, "accounts")
    for name in (customer, amount):
        if name is not None and name not in found.header:
            raise UsageError(Diagnostic.unknown_name("column", name, found.header, Place(path.name)))
    by_target = {c.target: c.source for p in found.proposals for c in p.columns if c.section != "unused" and c.source}
    wanted = ("mrr", "total_revenue", "amount", "annual_revenue", "acquisition_cost")
    customer = customer or next((by_target[t] for t in ("account_id", "name", "email") if t in by_target), None)
    amount = amount or next((by_target[t] for t in wanted if t in by_target), None)
    if amount is None:  # a column of amounts that is called anything
        amounts = [
            c.source for p in found.proposals for c in p.columns if c.mapping and c.mapping.type in ("money", "number")
        ]
        amount = amounts[0] if len(amounts) == 1 else None
    if customer is None or amount is None:
        what = "the customer" if customer is None else "the amount"
        remedy = f"Say which: --customer COLUMN --amount COLUMN. The file has: {', '.join(found.header[:12])}."
        raise UsageError(Diagnostic("column-not-clear", f"no column of {path.name} is clearly {what}", remedy=remedy))
    return customer, amount


def _theirs(root: Path, run: Run, told: Remembered, settings: Settings, ours: Sequence[Ours]) -> list[Theirs]:
    path = root / str(told.file)
    if not path.is_file():
        remedy = "Put it back, or tie out anew."
        raise DataError(Diagnostic("missing-file", f"finance's list {told.file} is not there any more", remedy=remedy))
    source = SourceDefinition.model_validate(
        {"name": "finance", "files": [str(path)], "table": "accounts", "columns": {"account_id": told.customer}}
    )
    with short_engine() as (engine, temp):
        wanted = (str(told.customer), str(told.amount))
        reader = open_file(Opening(source, path, path.name, wanted, engine, temp))
        try:
            for name in wanted:
                if name not in reader.columns:
                    raise DataError(Diagnostic.unknown_name("column", name, reader.columns, Place(path.name)))
            who, what = (reader.columns[name] for name in wanted)
            rows = _cells(engine, f"SELECT {who} AS who, {what} AS what FROM {reader.relation}", settings)
        finally:
            reader.close()
    found = _Finder(run, ours)
    theirs = []
    for row in _without_totals(rows):
        if row.amount is None:
            message = f"'{row.text}' in row {row.number} of {path.name}, column '{told.amount}', is not an amount"
            remedy = "Correct it, or leave the cell empty; write amounts like 48250.00."
            raise DataError(Diagnostic("not-an-amount", message, place=Place(path.name), remedy=remedy))
        account = found.account(row.who, row.amount) if row.who else None
        theirs.append(Theirs(row.who or _NOBODY, row.amount, account))
    return theirs


def _without_totals(cells: Sequence[_Cell]) -> list[_Cell]:
    """Rows with an amount; none called Total, no last one without a customer that is the sum of the others."""
    rows = [c for c in cells if c.text and c.who.casefold() not in _TOTALS]
    if len(rows) > 2 and not rows[-1].who and rows[-1].amount == sum(c.amount or 0 for c in rows[:-1]):
        return rows[:-1]
    return rows


class _Finder:
    """Customers by id (any of theirs), name or e-mail address. Of several of one name the one whose amount it is, else
    one that has any."""

    def __init__(self, run: Run, ours: Sequence[Ours]) -> None:
        accounts = run.accounts.arrow()
        ids: list[str] = accounts["account_id"].to_pylist()
        by_number = dict(zip(accounts["account_no"].to_pylist(), ids, strict=True))
        self._amounts = {o.account_id: o.amount for o in ours}
        self._ids = {_folded(i): i for i in ids}
        self._named: dict[str, list[str]] = {}
        for column in ("account_email", "account_name"):
            if column in accounts.column_names:
                for said, account in zip(accounts[column].to_pylist(), ids, strict=True):
                    self._add(said, account)
        for record in run.matches.arrow().to_pylist() if len(run.matches) else ():
            if (known := by_number.get(record["account_no"])) is not None:
                self._ids.setdefault(_folded(record["account_id"]), known)
                for said in (record["name"], record["email"], record["account_id"].partition(":")[2]):
                    self._add(said, known)

    def _add(self, said: str | None, account: str) -> None:
        if said and account not in (known := self._named.setdefault(_folded(said), [])):
            known.append(account)

    def account(self, said: str, amount: int) -> str | None:
        if found := self._ids.get(_folded(said)):
            return found
        named = self._named.get(_folded(said), [])
        return max(named, key=lambda i: (self._amounts.get(i) == amount, bool(self._amounts.get(i))), default=None)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


# --- our side -----------------------------------------------------------------------------------------------------


def _ours(run: Run, measure: Measure, on: date, settings: Settings) -> list[Ours]:
    accounts = run.accounts.arrow()
    names = accounts["account_name"] if "account_name" in accounts.column_names else accounts["account_id"]
    ids = accounts["account_id"].to_pylist()
    called = [n or i for n, i in zip(names.to_pylist(), ids, strict=True)]
    numbers = accounts["account_no"].to_pylist()
    rows = _rows(run, measure, on, settings)
    if rows is None:
        if measure == "mrr" and on == run.as_of and "mrr_cents" in accounts.column_names:
            stated = accounts["mrr_cents"].to_pylist()
            return [Ours(i, n, v or 0) for i, n, v in zip(ids, called, stated, strict=True)]
        what = "subscriptions" if measure == "mrr" else "payments or orders"
        remedy = f"Add a file of {what}; stated MRR can be compared on {run.as_of} only."
        raise DataError(Diagnostic("no-ledger", f"there is no ledger of {what} to compare with", remedy=remedy))
    ways = _mrr_ways if measure == "mrr" else _revenue_ways
    nothing: Row = {"amount": 0, "parts": 1}
    found = [(i, n, rows.get(no, nothing)) for i, n, no in zip(ids, called, numbers, strict=True)]
    return [
        Ours(i, n, int(row["amount"]), ways(row, on) if len(row) > 2 else (), max(1, int(row["parts"])))
        for i, n, row in found
    ]


def _model(run: Run, table: str) -> Path | None:
    """The stored model table of a run's snapshot."""
    found = next((r for r in run.snapshot.manifest.contents.references if r.startswith(f"model/{table}-")), None)
    path = run.snapshot.home / found if found else None
    return path if path and path.exists() else None


def _rows(run: Run, measure: Measure, on: date, settings: Settings) -> dict[int, Row] | None:
    """The ledger of that day by account number; None without one."""
    with short_engine() as (engine, _):
        if measure == "revenue":
            charges, orders = _model(run, "charges"), _model(run, "orders")
            return revenue_counted(engine, charges, orders, on) if charges or orders else None
        periods = _model(run, "subscription_periods")
        return mrr_counted(engine, periods, on) if periods else None


def _mrr_ways(row: Row, on: date) -> tuple[OtherWay, ...]:
    """The other ways that give another amount, the likelier ones first."""
    ways = (
        OtherWay("trial", row["trial"], "finance counts the price of a trial"),
        OtherWay("cancelled", row["amount"] + row["ended"], f"its subscription had ended by {date_text(on)}"),
        OtherWay("discount", row["discount"], "finance counts the list price, without the discount"),
        OtherWay("currency", row["currency"], "finance counts the amount of another currency one to one"),
        OtherWay("interval", row["interval"], "finance counts the price of a year or quarter as one month's"),
        OtherWay("proration", row["proration"], "finance counts the days of the month in which it ran"),
        OtherWay("proration", row["proration_30"], "finance counts the days of the month in which it ran, of 30"),
        OtherWay("quantity", row["quantity"], "finance counts one seat"),
        OtherWay("cut_off", row["day_before"], f"as it was on {date_text(on - timedelta(days=1))}"),
        OtherWay("cut_off", row["month_start"], f"as it was on {date_text(on.replace(day=1))}"),
    )
    return tuple(OtherWay(w.cause, int(w.amount), w.text) for w in ways if int(w.amount) != row["amount"])


def _revenue_ways(row: Row, on: date) -> tuple[OtherWay, ...]:
    ways = (
        OtherWay("refund", row["refund"], "finance does not subtract what was given back"),
        OtherWay("failed_payment", row["failed_payment"], "finance counts payments that failed"),
        OtherWay("cut_off", row["day_after"], f"with payments of {date_text(on + timedelta(days=1))}"),
        OtherWay("cut_off", row["day_before"], f"with payments of {date_text(on.replace(day=1) - timedelta(days=1))}"),
    )
    return tuple(OtherWay(w.cause, int(w.amount), w.text) for w in ways if int(w.amount) != row["amount"])


# --- amounts ------------------------------------------------------------------------------------------------------


_EMPTY = ("-", "–", "—", "−")
_SHORTENED = re.compile(r"\d\s*(?:%|(?:k|m|b|t|mn|bn|mio|mrd|mil|tsd)\.?\s*$)", re.IGNORECASE)
_COMMA_DECIMAL = re.compile(r"^[^.,]*,(?:\d{1,2}|\d{4,})(?!\d)|\.\d{3},\d|\.\d{3}\.\d{3}")
_POINT_DECIMAL = re.compile(r",\d{3}\.|,\d{3},\d{3}")
_POINT = re.compile(r"\.(\d*)")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A row of finance's. `number`: counted from 1 below the header; `amount`: minor units, None for no number."""

    number: int
    who: str
    text: str
    amount: int | None


def _cells(engine: DuckEngine, rows: str, settings: Settings) -> list[_Cell]:
    """Rows (SQL of `who`, `what`) with their amounts; the whole column says what points and commas are."""
    factor = str(10 ** minor_digits(settings.currency))
    point, comma = (ColumnMap(column="what", decimal=d, empty=_EMPTY) for d in (".", ","))
    who, what = text_sql("who", ColumnMap(column="who")), text_sql("what", point)
    read = ", ".join(f"{value_sql('said', 'money', c, factor)} AS {n}" for n, c in (("point", point), ("comma", comma)))
    found = engine.query(f"SELECT named, said, {read} FROM (SELECT {who} AS named, {what} AS said FROM ({rows}))")
    plain = found.to_pylist()
    with_comma = _has_comma([row["said"] for row in plain if row["said"]])
    cells = []
    for number, row in enumerate(plain, 1):
        text = row["said"] or ""
        by_comma = bool(_COMMA_DECIMAL.search(text)) or (with_comma and not _POINT_DECIMAL.search(text))
        amount = None if _SHORTENED.search(text) else row["comma" if by_comma else "point"]
        cells.append(_Cell(number, row["named"] or "", text, amount))
    return cells


def _has_comma(texts: Sequence[str]) -> bool:
    """Whether the comma is the decimal sign of a column: one shows it, or all points have three digits behind them."""
    if any(_COMMA_DECIMAL.search(t) for t in texts):
        return True
    behind = [len(m[1]) for t in texts if (m := _POINT.search(t))]
    return len(behind) > 1 and all(n == 3 for n in behind) and not any("," in t for t in texts)


def _typed(text: str, settings: Settings) -> str:
    """An amount as people type it, as digits with a point. Raises `UsageError`."""
    with short_engine() as (engine, _):
        cell = _cells(engine, f"SELECT 'total' AS who, {quote_literal(text)} AS what", settings)[0]
    if cell.amount is None:
        remedy = "Write it like 48250.00."
        raise UsageError(Diagnostic("not-an-amount", f"'{text}' is not an amount", remedy=remedy))
    return f"{Decimal(cell.amount).scaleb(-minor_digits(settings.currency)):f}"


def _minor(text: str, settings: Settings) -> int:
    """Minor units, half away from zero."""
    return int((Decimal(text) * 10 ** minor_digits(settings.currency)).quantize(Decimal(1), ROUND_HALF_UP))
