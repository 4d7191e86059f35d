"""Relative dates as days of the calendar."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from beachhead.rules.ast import RelativeDate


def resolve(node: RelativeDate, as_of: date) -> date:
    """The day that `node` means as of a day.

    Months and years keep the day of the month, or take the month's last day where there is none (31 March, one month
    ago: the last day of February). Beyond the years 1 to 9999 it is the first or last day there is.
    """
    try:
        match node.unit:
            case "day":
                return as_of + timedelta(days=node.amount)
            case "week":
                return as_of + timedelta(weeks=node.amount)
            case "month":
                return _months_later(as_of, node.amount)
            case "year":
                return _months_later(as_of, 12 * node.amount)
    except (OverflowError, ValueError):
        return date.max if node.amount > 0 else date.min


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError(year)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
