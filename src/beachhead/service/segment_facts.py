"""What is told of segments beside their rules: whom they hold by name, what these bring, how large they were before.

Of one published update; each is read when it is asked for, and kept.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from beachhead.analysis.display import money_text
from beachhead.analysis.money import Money, pick_money
from beachhead.errors import BeachheadError, UsageError
from beachhead.service.results import Run
from beachhead.service.rule_reading import Told
from beachhead.service.segment_card import Card, card
from beachhead.store.bitmaps import numbers_of
from beachhead.store.layout import Layout
from beachhead.store.membership_history import MembershipHistory, Published
from beachhead.store.snapshots import SnapshotStore

Numbers = NDArray[np.uint32]


class CustomerTold(Told):
    """A customer by name. `money`: as people read it, empty where none is known."""

    account_id: str
    name: str | None
    money: str = ""


class SegmentFacts:
    """Facts of one update; safe to use from several threads."""

    def __init__(self, run: Run, root: Path) -> None:
        self.run = run
        self._root = root
        self._lock = threading.RLock()
        self._money_of: dict[str, int | None] = {}

    @property
    def currency(self) -> str:
        return self.run.about.settings.currency

    @cached_property
    def money(self) -> Money | None:
        """The money by which customers are measured; None where none is known."""
        with self._lock:
            return pick_money(self.run.accounts.arrow(), self.run.attributes, self.run.about.settings.template)

    @cached_property
    def _table(self) -> pa.Table:
        wanted = [n for n in ("account_name", "value_score") if n in self.run.attributes]
        with self._lock:
            return self.run.columns("account_no", "account_id", *wanted).combine_chunks()

    @property
    def numbers(self) -> Numbers:
        """The account numbers of all customers, ascending."""
        found: Numbers = self._table["account_no"].to_numpy()
        return found

    @cached_property
    def history(self) -> MembershipHistory:
        """What the published memberships remember."""
        return MembershipHistory(SnapshotStore(Layout(self._root)))

    def money_of(self, segment: str) -> int | None:
        """What the members of a published segment bring, in minor units; None where no money is known."""
        money = self.money
        if money is None:
            return None
        with self._lock:
            if segment not in self._money_of:
                try:
                    members = self.run.members(segment)[segment]
                except BeachheadError:
                    self._money_of[segment] = None
                else:
                    self._money_of[segment] = self.money_of_numbers(members)
            return self._money_of[segment]

    def money_of_numbers(self, numbers: Numbers) -> int | None:
        """What some customers bring together, in minor units; None where no money is known."""
        if self.money is None:
            return None
        return round(float(np.nansum(self.money.values[self.rows(numbers)])))

    def rows(self, numbers: Numbers) -> NDArray[np.int64]:
        """The rows of customers who are known now; others are left out."""
        known = self.numbers
        at = np.searchsorted(known, numbers)
        is_there = at < len(known)
        is_there[is_there] = known[at[is_there]] == numbers[is_there]
        return at[is_there]

    def sizes(self, segment: str, previously: str | None = None) -> tuple[Published, ...]:
        """The segment on each published day, the days of its earlier name before; empty for one without any."""
        found: tuple[Published, ...] = ()
        for name in filter(None, (previously, segment)):
            with self._lock, suppress(UsageError):
                sizes = self.history.sizes(name)
                found = (*(p for p in found if p.day < sizes[0].day), *sizes)
        return found

    def told(self, numbers: Numbers | Sequence[int]) -> list[CustomerTold]:
        """Customers by name, in the given order; those who are not known any more are left out."""
        rows = self.rows(np.asarray(numbers, np.uint32))
        table = self._table.take(pa.array(rows))
        names = table["account_name"].to_pylist() if "account_name" in table.column_names else [None] * len(rows)
        brings = self.money.values[rows] if self.money else np.full(len(rows), np.nan)
        return [
            CustomerTold(
                account_id=account_id, name=name, money="" if np.isnan(cents) else money_text(cents, self.currency)
            )
            for account_id, name, cents in zip(table["account_id"].to_pylist(), names, brings.tolist(), strict=True)
        ]

    def notable_first(self, numbers: Numbers) -> Numbers:
        """The customers of these who are known now, the best (or else those who bring most) first."""
        rows = self.rows(numbers)
        if "value_score" in self._table.column_names:
            worth = self._table["value_score"].cast(pa.float64()).to_numpy()[rows]
        elif self.money:
            worth = self.money.values[rows]
        else:
            return self.numbers[rows]
        order = np.argsort(-np.nan_to_num(worth, nan=-np.inf), kind="stable")
        return self.numbers[rows[order]]

    def find(self, text: str, limit: int, among: Numbers | None = None) -> Numbers:
        """Customers whose id or name holds a text, those whose begin with it first."""
        wanted = text.strip()
        columns = [self._table[n] for n in ("account_id", "account_name") if n in self._table.column_names]
        holds = np.zeros(len(self._table), np.bool_)
        begins = np.zeros(len(self._table), np.bool_)
        for column in columns:
            holds |= _true(pc.match_substring(column, wanted, ignore_case=True))
            begins |= _true(pc.starts_with(column, wanted, ignore_case=True))
        if among is not None:
            inside = np.zeros(len(self._table), np.bool_)
            inside[self.rows(among)] = True
            holds &= inside
        rows = np.flatnonzero(holds)
        return self.numbers[rows[np.argsort(~begins[rows], kind="stable")][:limit]]

    def members(self, segment: str) -> Numbers:
        """The members of a published segment. Raises `UsageError`, `DataError`."""
        with self._lock:
            return self.run.members(segment)[segment]

    def card(self, segment: str) -> Card:
        """Whether a published segment is a good one. Raises `UsageError`, `DataError`."""
        with self._lock:
            return card(self.run, self.history, segment)

    def lately(self, segment: str, steps: int) -> list[tuple[Published, Published, Numbers, Numbers]]:
        """The last changes between published days, the newest first: before, after, who joined, who left."""
        with self._lock:
            sizes = self.sizes(segment)
            if len(sizes) < 2:
                return []
            first = sizes[-min(steps, len(sizes) - 1)].day
            changes = list(self.history.changes(segment, first))
        return [(c.before, c.after, numbers_of(c.joined), numbers_of(c.left)) for c in reversed(changes)]

    def sum_of(self, segments: Collection[str]) -> int | None:
        """What the members of several segments bring together; of such that share no customer."""
        found = [m for m in map(self.money_of, segments) if m is not None]
        return sum(found) if found else None


def _true(mask: pa.ChunkedArray) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.fill_null(mask, False).to_numpy()
    return found
