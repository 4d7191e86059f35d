"""The customers of an update by number: what they bring, who of them is worth naming first, and how they are called."""

from __future__ import annotations

import threading
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.analysis.money import Money, pick_money
from beachhead.service.results import Run

Numbers = NDArray[np.uint32]


class CustomersByWorth:
    """Read when it is asked for, and kept; safe to use from several threads. Customers who are not known in the update
    are left out."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lock = threading.RLock()

    @cached_property
    def money(self) -> Money | None:
        """The money by which customers are measured; None where none is known."""
        with self._lock:
            return pick_money(self._run.accounts.arrow(), self._run.attributes, self._run.about.settings.template)

    @cached_property
    def table(self) -> pa.Table:
        """account_no, account_id, and account_name where there is one, a row for each customer, by number."""
        wanted = [n for n in ("account_name", "value_score") if n in self._run.attributes]
        with self._lock:
            return self._run.columns("account_no", "account_id", *wanted).combine_chunks()

    @property
    def numbers(self) -> Numbers:
        """The account numbers of all customers, ascending."""
        found: Numbers = self.table["account_no"].to_numpy()
        return found

    def rows(self, numbers: Numbers) -> NDArray[np.int64]:
        """The rows of some customers, in their order."""
        known = self.numbers
        at = np.searchsorted(known, numbers)
        is_there = at < len(known)
        is_there[is_there] = known[at[is_there]] == numbers[is_there]
        return at[is_there]

    def money_cents(self, numbers: Numbers) -> int | None:
        """What some customers bring together; None where no money is known."""
        return None if self.money is None else round(float(np.nansum(self.money.values[self.rows(numbers)])))

    @cached_property
    def worth(self) -> NDArray[np.float64] | None:
        """The score of each customer, or where nobody has one what they bring; NaN where unknown. None where there is
        neither."""
        if "value_score" in self.table.column_names and self.table["value_score"].null_count < len(self.table):
            scores: NDArray[np.float64] = self.table["value_score"].cast(pa.float64()).to_numpy()
            return scores
        return self.money.values if self.money else None

    def best_first(self, numbers: Numbers) -> Numbers:
        """Some customers by score, or where nobody has one by what they bring; those of whom it is unknown last."""
        rows, worth = self.rows(numbers), self.worth
        if worth is None:
            return self.numbers[rows]
        order = np.argsort(-np.nan_to_num(worth[rows], nan=-np.inf), kind="stable")
        return self.numbers[rows[order]]

    def named(self, numbers: Numbers) -> list[tuple[str, str | None, float | None]]:
        """Id, name and money in minor units of some customers, in their order."""
        rows = self.rows(numbers)
        table = self.table.take(pa.array(rows))
        names = table["account_name"].to_pylist() if "account_name" in table.column_names else [None] * len(rows)
        brings = self.money.values[rows] if self.money else np.full(len(rows), np.nan)
        money = [None if np.isnan(cents) else cents for cents in brings.tolist()]
        return list(zip(table["account_id"].to_pylist(), names, money, strict=True))
