"""Relative dates as days of the calendar."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from beachhead.rules.ast import Day, RelativeDate, Unit
from beachhead.rules.types import Value


def resolve(node: RelativeDate, as_of: date) -> date:
    """The day that `node` means as of a day.

    Months and years keep the day of the month, or take the month's last day where there is none (31 March, one month
    ago: the last day of February). Beyond the years 1 to 9999 it is the first or last day there is.
    """
    return later(as_of, node.amount, node.unit)


def resolve_day(node: Day, as_of: date, attributes: Mapping[str, Value]) -> date | None:
    """The day that `node` means as of a day, None where its attribute is unknown; of a time it is the day.

    `attributes` holds those of the customer (or person); one that is absent is unknown. Raises TypeError where the
    attribute is not a date.
    """
    base: Value = as_of
    if node.base is not None:
        base = attributes.get(node.base) if isinstance(node.base, str) else node.base
    if base is None:
        return None
    if isinstance(base, datetime):
        base = base.date()
    if not isinstance(base, date):
        raise TypeError(f"not a date: {node.base}")
    return later(later(base, node.amount, node.unit), node.plus, "day")


def later(day: date, amount: int, unit: Unit) -> date:
    """The day so many units later; a negative amount is earlier."""
    try:
        match unit:
            case "day":
                return day + timedelta(days=amount)
            case "week":
                return day + timedelta(weeks=amount)
            case "month":
                return _months_later(day, amount)
            case "year":
                return _months_later(day, 12 * amount)
    except (OverflowError, ValueError):
        return date.max if amount > 0 else date.min


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError(year)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
