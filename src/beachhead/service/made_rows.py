"""Rows written by hand as the customer model of one day: for tests of a project's own definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import pyarrow as pa

from beachhead.customers.columns import model_columns
from beachhead.errors import DataError, Diagnostic
from beachhead.project.currency import RateSteps, minor_digits, rate_steps
from beachhead.project.definitions import Settings, ValueTypeName
from beachhead.project.model import BY_NAME, TABLES, Table, day_column
from beachhead.sources.lists import list_in, list_of

Plain = str | int | float | bool | None
Cell = Plain | list[str]
Rows = Mapping[str, Sequence[Mapping[str, Cell]]]
Extra = Mapping[str, Mapping[str, ValueTypeName]]
"""Further columns by table, those of `extra` of sources, with their types."""
_ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "UINTEGER": pa.uint32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}
_RECURRING = ("subscriptions", "charges")


@dataclass(frozen=True, slots=True)
class MadeRows:
    """The model tables of some rows. `numbers`: account number by id, in the order in which ids appear.

    `mapped`: by table the columns that any row has; `extra`: the further ones that its rows may have.
    """

    tables: Mapping[str, pa.Table]
    numbers: Mapping[str, int]
    users: Mapping[str, int]
    mapped: Mapping[str, tuple[str, ...]]
    extra: Extra


def make_rows(rows: Rows, settings: Settings, extra: Extra | None = None) -> MadeRows:
    """Typed tables of rows as people write them: money in major units, moments in the project's time zone, a list as
    one or as a text. `extra`: columns that the tables have beside their own.

    Raises `DataError` for an unknown table or column, with the nearest name, and for a value of another type.
    """
    extra = extra or {}
    for name, listed in rows.items():
        if name not in BY_NAME:
            raise DataError(Diagnostic.unknown_name("table", name, BY_NAME))
        known = (*BY_NAME[name].column_names, *extra.get(name, ()))
        for row in listed:
            if "account_id" in BY_NAME[name].column_names and not row.get("account_id"):
                raise DataError(Diagnostic("no-customer", f"a row of {name} has no account_id"))
            for column in row:
                if column not in known:
                    raise DataError(Diagnostic.unknown_name(f"column of {name}", column, known))
    numbers = _numbered(str(r["account_id"]) for listed in rows.values() for r in listed if r.get("account_id"))
    users = _numbered(str(r["user_id"]) for listed in rows.values() for r in listed if r.get("user_id"))
    reader = _Reader(settings)
    tables = {}
    for table in TABLES:
        further = extra.get(table.name, {})
        columns = model_columns(table, further)
        read = [reader.row(table, row, further) for row in rows.get(table.name, ())]
        for n, typed in enumerate(read):
            typed["account_no"] = numbers.get(str(typed.get("account_id")))
            typed["user_no"] = users.get(str(typed.get("user_id")), 0)
            typed["line_order"] = n
        tables[table.name] = pa.table({c: pa.array([r.get(c) for r in read], _ARROW[t]) for c, t in columns.items()})
    mapped = {t: tuple(sorted({c for r in listed for c in r})) for t, listed in rows.items() if listed}
    return MadeRows(tables, numbers, users, mapped, extra)


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: n for n, name in enumerate(dict.fromkeys(names), start=1)}


class _Reader:
    def __init__(self, settings: Settings) -> None:
        self._zone = ZoneInfo(settings.timezone)
        self._own = settings.currency
        self._rates = rate_steps(settings.rates)

    def row(
        self, table: Table, row: Mapping[str, Cell], extra: Mapping[str, ValueTypeName]
    ) -> dict[str, object]:  # fmt: skip
        read: dict[str, object] = {}
        code = str(row.get("currency") or self._own).upper()
        for name, value in row.items():
            column = table.column(name)
            kind = column.type if column else extra[name]
            try:
                match kind:
                    case _ if value is None:
                        read[name] = None
                    case "list":
                        read[name] = list_of(map(str, value)) if isinstance(value, list) else list_in(str(value))
                    case _ if isinstance(value, list):
                        raise ValueError(value)
                    case "timestamp" if column is None:  # further ones are kept in local time
                        read[name] = _moment(str(value), self._zone).astimezone(self._zone).replace(tzinfo=None)
                    case "date":
                        read[name] = date.fromisoformat(str(value))
                    case "timestamp":
                        moment = _moment(str(value), self._zone)
                        read[day_column(name)] = moment.date()
                        read[name] = moment.astimezone(UTC).replace(tzinfo=None)
                    case "money":
                        read[name] = _minor(value, self._own)
                    case "integer":
                        read[name] = int(str(value))
                    case "number":
                        read[name] = float(str(value))
                    case "boolean":
                        read[name] = _WORDS[str(value).lower()]
                    case _:
                        read[name] = str(value)
            except (ValueError, KeyError, InvalidOperation) as e:
                message = f"{table.name}.{name}: {value!r} is not of the type {kind}"
                raise DataError(Diagnostic("wrong-type", message)) from e
        if table.name == "charges":
            amount, tax = read.get("amount"), read.get("tax") or 0
            assert isinstance(tax, int)
            read["native_net"] = amount - tax if isinstance(amount, int) else None
        if table.name != "subscriptions" and code != self._own:
            day = read.get(day_column(table.known_at)) if table.known_at else None
            worth = _worth(self._rates.get(code), day if isinstance(day, date) else None)
            for column in table.columns:
                if column.type == "money" and isinstance(amount := read.get(column.name), int):
                    read[column.name] = None if worth is None else _half_up(amount * worth)
        return read


_WORDS = {"true": True, "yes": True, "false": False, "no": False}


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A day (its start) or a moment, local unless it says its offset."""
    moment = datetime.combine(date.fromisoformat(text), time()) if len(text) == 10 else datetime.fromisoformat(text)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _minor(value: Plain, own: str) -> int:
    return _half_up(Decimal(str(value)).scaleb(minor_digits(own)))


def _half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def _worth(steps: RateSteps | None, day: date | None) -> Decimal | None:
    if steps is None:
        return None
    known = [rate for since, rate in steps if since is None or (day is not None and since <= day)]
    return Decimal(repr(known[-1]))
