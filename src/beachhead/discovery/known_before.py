"""Which attributes may explain an outcome: known before it, about the customer, and not the outcome under another name.

What is set aside is told with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.customers.attributes import Attribute
from beachhead.discovery.criteria import Criterion, criterion

Floats = NDArray[np.float64]
NEARLY_THE_SAME = 0.95
"""An attribute that alone tells so much of an outcome (area under the curve; share of variance) is told from it."""
_NAMES = frozenset({"account_id", "account_name", "account_email", "website", "email_domain"})
_TIME = frozenset({"signed_up_on", "days_since_signup"})
_OF_THE_END = re.compile(
    r"(^|_)(churn|churned|cancel\w*|attrition|lost|left|ended|terminat\w*|cltv|ltv|lifetime|status|satisfaction)(_|$)"
)


@dataclass(frozen=True, slots=True)
class SetAside:
    """An attribute that is not looked at, and why."""

    attribute: str
    why: str


def criteria_for(
    accounts: pa.Table,
    attributes: Mapping[str, Attribute],
    outcome: Floats,
    *,
    is_rate: bool,
    is_of_stay: bool,
    made_of: Collection[str],
    least: int,
) -> tuple[list[Criterion], list[SetAside]]:
    """The criteria for the customers in `accounts`, whose outcomes are all known, and what is set aside.

    By default only what is known before a purchase, or when somebody signs up, is looked at: a segment that is to be
    sold to must be recognised before. `is_of_stay`: the outcome is whether customers stay, convert or leave.
    """
    found: list[Criterion] = []
    aside: list[SetAside] = []
    for name, attribute in attributes.items():
        if name in _NAMES or name not in accounts.column_names or attribute.type == "list":
            continue
        if attribute.known_from not in ("before_purchase", "signup"):
            continue
        if is_of_stay and name in _TIME:
            aside.append(SetAside(name, "it says how much time somebody had for it"))
        elif name in made_of:
            aside.append(SetAside(name, "the outcome is made of it, or it is known only with the outcome"))
        elif is_of_stay and _OF_THE_END.search(name):
            aside.append(SetAside(name, "by its name it says how it ended"))
        elif (made := criterion(accounts, attribute, least)) is not None:
            if (strength := strength_alone(made, outcome, is_rate=is_rate)) >= NEARLY_THE_SAME:
                aside.append(SetAside(name, f"it alone tells the outcome almost surely ({strength:.2f})"))
            else:
                found.append(made)
    return found, aside


def strength_alone(found: Criterion, outcome: Floats, *, is_rate: bool) -> float:
    """How well its levels alone tell the outcome: of a rate the area under the curve (0.5: not at all), of a number the
    share of its variance between levels (η²)."""
    codes = found.finest.codes
    n = np.bincount(codes).astype(np.float64)
    s = np.bincount(codes, outcome)
    there = n > 0
    n, s = n[there], s[there]
    if not is_rate:
        whole = float(((outcome - outcome.mean()) ** 2).sum())
        return float((n * (s / n - outcome.mean()) ** 2).sum()) / whole if whole else 0.0
    order = np.argsort(s / n)
    yes, no = s[order], (n - s)[order]
    pairs = float(yes.sum() * no.sum())
    below = np.cumsum(no) - no
    return float((yes * (below + no / 2)).sum()) / pairs if pairs else 0.5


def redundant(criteria: Sequence[Criterion], least_alike: float = 0.95) -> list[tuple[int, int]]:
    """Pairs (kept, dropped) of criteria that say nearly the same (Cramér's V of their levels), the earlier one kept."""
    from beachhead.stats.association import cramers_v

    dropped: list[tuple[int, int]] = []
    gone: set[int] = set()
    for i, one in enumerate(criteria):
        for j in range(i + 1, len(criteria)):
            other = criteria[j]
            if i in gone or j in gone or abs(one.column.levels - other.column.levels) > 1:
                continue
            table = np.zeros((one.column.levels + 1, other.column.levels + 1))
            np.add.at(table, (one.column.codes, other.column.codes), 1)
            table = table[table.any(axis=1)][:, table.any(axis=0)]
            if (v := cramers_v(table)) is not None and v >= least_alike:
                gone.add(j)
                dropped.append((i, j))
    return dropped
