"""Periods: whole weeks, months, quarters or years, and what is asked of which days."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from beachhead.errors import Diagnostic, UsageError

Every = Literal["week", "month", "quarter", "year"]
EVERY: tuple[Every, ...] = get_args(Every)
MONTHS_PER: dict[Every, float] = {"week": 12 / 52, "month": 1.0, "quarter": 3.0, "year": 12.0}
USUAL_NUMBER: dict[Every, int] = {"week": 13, "month": 13, "quarter": 9, "year": 5}
"""How many periods are shown where nobody says from when."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `start` to before `end`; `label` names it: 2026-03, 2026-Q1, 2026, or the Monday of its week."""

    start: date
    end: date
    label: str

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)


def start_of(day: date, every: Every) -> date:
    """The first day of the period that holds `day`. Weeks begin on Monday."""
    match every:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case "year":
            return date(day.year, 1, 1)


def day_of(label: str) -> date:
    """A day in the period that a label names: 2026, 2026-Q1, 2026-03, or the day itself. Raises `UsageError`."""
    year, _, rest = label.strip().partition("-")
    with suppress(ValueError):
        if rest.upper() in ("Q1", "Q2", "Q3", "Q4"):
            return date(int(year), int(rest[1]) * 3 - 2, 1)
        if "-" in rest:
            return date.fromisoformat(label.strip())
        if len(year) == 4 and (not rest or len(rest) == 2):
            return date(int(year), int(rest or 1), 1)
    remedy = "Write 2026, 2026-Q1, 2026-03 or 2026-03-15."
    raise UsageError(Diagnostic("not-a-period", f"'{label}' is no period and no day", remedy=remedy))


def checked_every(text: str) -> Every:
    """The length of periods of that name. Raises `UsageError`."""
    found = next((e for e in EVERY if e == text), None)
    if found is None:
        raise UsageError(Diagnostic.unknown_name("period", text, EVERY))
    return found


def shifted(start: date, every: Every, periods: int) -> date:
    """The first day of the period so many later (negative: earlier)."""
    if every == "week":
        return date.fromordinal(max(start.toordinal() + 7 * periods, 1))
    months = max(start.year * 12 + start.month - 1 + periods * round(MONTHS_PER[every]), 12)
    return date(months // 12, months % 12 + 1, 1)


def periods_between(first: date, last: date, every: Every) -> tuple[Period, ...]:
    """All periods that hold a day from `first` to `last`, in order."""
    found = []
    start = start_of(first, every)
    while start <= last:
        end = shifted(start, every, 1)
        found.append(Period(start, end, _label(start, every)))
        start = end
    return tuple(found)


def day_numbers(days: Sequence[date]) -> NDArray[np.int32]:
    """Days since 1970-01-01."""
    return np.array([(d - date(1970, 1, 1)).days for d in days], np.int32)


def _label(start: date, every: Every) -> str:
    match every:
        case "week":
            return start.isoformat()
        case "month":
            return f"{start:%Y-%m}"
        case "quarter":
            return f"{start.year}-Q{(start.month - 1) // 3 + 1}"
        case "year":
            return str(start.year)
