"""Who was a customer and who still is; and where the data cannot tell, which must not look like everybody staying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from beachhead.analysis.columns import Mask, optional_floats, optional_truths
from beachhead.customers.attributes import Attribute

QUIET_DAYS = 90
TELLS = ("churned_on", "source_status")
"""Attributes from which one can know who left."""
_SIGNS = (
    ("last_order_on", "ordered"),
    ("last_payment_on", "paid"),
    ("last_event_on", "been active"),
)
NEEDED = (*TELLS, *(name for name, _ in _SIGNS))
"""What records need for all that is asked here, beside what the engine computes."""
_EPOCH = date(1970, 1, 1)


def was_and_is(accounts: pa.Table) -> tuple[Mask, Mask] | None:
    """Who ever was a customer, and who of them still is.

    None where the data cannot tell who left: nobody did, and neither subscriptions nor a stated status or date
    of leaving could have said so. Payments and orders alone never do.
    """
    was, now = optional_truths(accounts, "was_customer"), optional_truths(accounts, "is_customer")
    if was is None or now is None:
        return None
    tells = any(name in accounts.column_names for name in TELLS)
    return (was, was & now) if tells or bool((was & ~now).any()) else None


@dataclass(frozen=True, slots=True)
class Quiet:
    """`count` of the `of` customers with any have not `done` something (paid, ordered) for 90 days: `attribute`."""

    count: int
    of: int
    done: str
    attribute: str


def quiet(accounts: pa.Table, as_of: date) -> Quiet | None:
    """How many have not ordered, paid or been active for 90 days: by the first of these that is known."""
    for name, done in _SIGNS:
        days = optional_floats(accounts, name)
        if days is not None:
            known = days[~np.isnan(days)]
            gone = int(np.count_nonzero((as_of - _EPOCH).days - known > QUIET_DAYS))
            return Quiet(gone, int(known.size), done, name)
    return None


def forgets_who_left(accounts: pa.Table, attribute: Attribute) -> bool:
    """Whether the attribute is unknown for all who left (what comes from a running subscription also: nothing, no).

    By such an attribute those who stayed are always kept, and a kept rate says nothing.
    """
    told = was_and_is(accounts)
    if told is None or attribute.name not in accounts.column_names:
        return False
    was, still = told
    left = was & ~still
    column = accounts.column(attribute.name).filter(pa.array(left))
    if not len(column) or column.null_count == len(column):
        return bool(len(column))
    values = optional_floats(accounts, attribute.name) if attribute.area == "subscriptions" else None
    return values is not None and not np.nan_to_num(values[left]).any()
