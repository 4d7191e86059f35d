"""What is to be explained: whether customers stay, convert, expand, come again, what they are worth, any attribute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.analysis.columns import flat, floats
from beachhead.analysis.keeping import was_and_is
from beachhead.errors import Diagnostic, UsageError
from beachhead.service.results import Run
from beachhead.stats.means import winsorise

Floats = NDArray[np.float64]
WINDOW = 90
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """`values` by customer in the order of the records, NaN for whom it is not asked; `asked`: in words, of whom it is.
    `unit`: a rate is of 0 and 1. `made_of`: attributes that it is computed from, or that are known only with it."""

    name: str
    title: str
    values: Floats
    asked: str
    unit: str
    made_of: frozenset[str]


def outcome_of(run: Run, name: str) -> Outcome:
    """The outcome of that name. Raises `UsageError` with the nearest name, or for one that the data cannot tell."""
    accounts = run.accounts.arrow()
    if name in _NAMED:
        found = _NAMED[name](run, accounts)
        if found is None:
            remedy = "`beachhead sight` says what the data can show, and what would have to be there."
            raise UsageError(Diagnostic("no-outcome", f"the data does not tell '{name}'", remedy=remedy))
        return found
    attribute = run.attributes.get(name)
    known = [n for n, a in run.attributes.items() if a.type in ("boolean", "integer", "number", "money")]
    if attribute is None or name not in known or name not in accounts.column_names:
        raise UsageError(Diagnostic.unknown_name("outcome", name, [*_NAMED, *known]))
    values = floats(flat(accounts, name))
    unit = "rate" if attribute.type == "boolean" else attribute.type
    values = values if unit == "rate" else winsorise(values)
    same_area = frozenset(n for n, a in run.attributes.items() if a.area == attribute.area)
    return Outcome(name, attribute.title, values, "of whom it is known", unit, same_area | {name})


def _kept(run: Run, accounts: pa.Table) -> Outcome | None:
    told = was_and_is(accounts)
    if told is None:
        return None
    was, now = told
    values = np.where(was, now.astype(np.float64), np.nan)
    return Outcome("kept", "Still a customer", values, "who ever were customers", "rate", _of_stay(run))


def _churned(run: Run, accounts: pa.Table) -> Outcome | None:
    if was_and_is(accounts) is None or not {"customer_since_on", "churned_on"} <= set(accounts.column_names):
        return None
    start = (run.as_of - _EPOCH).days - WINDOW
    since, gone = (floats(flat(accounts, n)) for n in ("customer_since_on", "churned_on"))
    there = (since <= start) & ~(gone <= start)
    values = np.where(there, (gone > start).astype(np.float64), np.nan)
    title = f"Left within {WINDOW} days"
    return Outcome("churned_90d", title, values, f"who were customers {WINDOW} days ago", "rate", _of_stay(run))


def _converted(run: Run, accounts: pa.Table) -> Outcome | None:
    if not {"was_customer", "days_since_signup"} <= set(accounts.column_names):
        return None
    days, was = floats(flat(accounts, "days_since_signup")), floats(flat(accounts, "was_customer"))
    values = np.where(days >= WINDOW, was, np.nan)
    asked = f"who signed up {WINDOW} days ago or before"
    sales = frozenset(n for n, a in run.attributes.items() if a.area == "deals")
    return Outcome("converted", "Became a customer", values, asked, "rate", _of_stay(run) | sales)


def _expansion(run: Run, accounts: pa.Table) -> Outcome | None:
    if not {"mrr_change_cents_90d", "is_customer"} <= set(accounts.column_names):
        return None
    change, now = floats(flat(accounts, "mrr_change_cents_90d")), floats(flat(accounts, "is_customer"))
    values = np.where((now == 1) & ~np.isnan(change), (change > 0).astype(np.float64), np.nan)
    return Outcome("expansion", f"Pays more than {WINDOW} days ago", values, "who are customers", "rate", _of_stay(run))


def _repeat(run: Run, accounts: pa.Table) -> Outcome | None:
    if not {"order_count_total", "first_order_on"} <= set(accounts.column_names):
        return None
    orders, first = floats(flat(accounts, "order_count_total")), floats(flat(accounts, "first_order_on"))
    old_enough = first <= (run.as_of - _EPOCH).days - WINDOW
    values = np.where(old_enough & (orders >= 1), (orders >= 2).astype(np.float64), np.nan)
    asked = f"whose first order is {WINDOW} days old or older"
    made_of = frozenset(n for n, a in run.attributes.items() if a.area in ("orders", "revenue", "value"))
    return Outcome("repeat", "Ordered again", values, asked, "rate", made_of | _of_stay(run))


def _of_attribute(name: str, attribute: str) -> Callable[[Run, pa.Table], Outcome | None]:
    def found(run: Run, accounts: pa.Table) -> Outcome | None:
        if attribute not in accounts.column_names:
            return None
        values = floats(flat(accounts, attribute))
        about = run.attributes[attribute]
        made_of = frozenset(n for n, a in run.attributes.items() if a.area in (about.area, "responses"))
        return Outcome(name, about.title, winsorise(values), "of whom it is known", about.type, made_of)

    return found


_NAMED: Mapping[str, Callable[[Run, pa.Table], Outcome | None]] = {
    "kept": _kept,
    "churned_90d": _churned,
    "converted": _converted,
    "expansion": _expansion,
    "repeat": _repeat,
    "value_score": _of_attribute("value_score", "value_score"),
    "nps": _of_attribute("nps", "nps_score"),
}
OUTCOMES = tuple(_NAMED)


def _of_stay(run: Run) -> frozenset[str]:
    """What is known only with whether somebody is a customer."""
    return frozenset(n for n, a in run.attributes.items() if a.known_from == "outcome" or a.area == "value")
