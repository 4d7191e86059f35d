"""Which money the customers of this project are measured by, and how it is spread over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from beachhead.analysis.columns import Floats, optional_floats
from beachhead.customers.attributes import Attribute
from beachhead.project.definitions import Template

_RECURRING = ("mrr_cents", "revenue_cents_365d", "revenue_cents_total")
_ORDERS = ("revenue_cents_365d", "revenue_cents_total", "mrr_cents")
_WORDS = {
    "mrr_cents": "MRR",
    "revenue_cents_365d": "revenue of the last 12 months",
    "revenue_cents_total": "revenue to date",
}


@dataclass(frozen=True, slots=True, eq=False)
class Money:
    """A money attribute of every customer. `values`: minor units, NaN where unknown; `word`: as in a sentence."""

    attribute: Attribute
    word: str
    values: Floats

    @property
    def known(self) -> int:
        return int(np.count_nonzero(~np.isnan(self.values)))

    @property
    def total(self) -> int:
        return round(float(np.nansum(self.values)))


def pick_money(accounts: pa.Table, attributes: Mapping[str, Attribute], template: Template) -> Money | None:
    """MRR for subscription businesses, else revenue (12 months before to date); the first that has any value.

    None where no money is known.
    """
    for name in _ORDERS if template == "shop" else _RECURRING:
        values = optional_floats(accounts, name) if name in attributes else None
        if values is not None and np.nansum(np.abs(values)) > 0:
            return Money(attributes[name], _WORDS[name], values)
    return None


@dataclass(frozen=True, slots=True)
class Concentration:
    """The `top` customers with the most money bring `money` minor units, `share` of all that is known."""

    top: int
    of: int
    money: int
    share: float | None


def concentration(values: Floats, top: int) -> Concentration:
    """Money of the `top` largest payers. Null is left out of the ranking; negative values count as they are.

    `share` is null where all money together is not above 0.
    """
    known = values[~np.isnan(values)]
    top = min(top, known.size)
    largest = np.partition(known, known.size - top)[known.size - top :] if top else known[:0]
    money, whole = float(largest.sum()), float(known.sum())
    return Concentration(top, int(known.size), round(money), money / whole if whole > 0 else None)


def tenth_shares(values: Floats) -> tuple[float, ...]:
    """Share of all money brought by each tenth of customers, the best-paying tenth first.

    Null is left out; empty with fewer than 10 known values, any negative sum, or no money.
    """
    known = np.sort(np.maximum(values[~np.isnan(values)], 0))[::-1]
    whole = float(known.sum())
    if known.size < 10 or whole <= 0:
        return ()
    edges = np.round(np.linspace(0, known.size, 11)).astype(int)
    return tuple(float(known[a:b].sum()) / whole for a, b in pairwise(edges))
