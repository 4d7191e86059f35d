"""What is told of segments beside their rules: whom they hold by name, what these bring, how large they were before.

Of one published update; each is read when it is asked for, and kept.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from beachhead.analysis.display import money_text
from beachhead.errors import BeachheadError, UsageError
from beachhead.service.customers_by_worth import CustomersByWorth, Numbers
from beachhead.service.results import Run
from beachhead.service.rule_reading import Told
from beachhead.service.segment_card import Card, card
from beachhead.service.segment_memory import memory, stay_lines
from beachhead.store.bitmaps import numbers_of
from beachhead.store.layout import Layout
from beachhead.store.membership_history import MembershipHistory, Published
from beachhead.store.snapshots import SnapshotStore


class CustomerTold(Told):
    """A customer by name. `money`: as people read it, empty where none is known."""

    account_id: str
    name: str | None
    money: str = ""


class SegmentFacts(CustomersByWorth):
    """Facts of one update; safe to use from several threads."""

    def __init__(self, run: Run, root: Path) -> None:
        super().__init__(run)
        self.run = run
        self.history = MembershipHistory(SnapshotStore(Layout(root)))
        """What the published memberships remember."""
        self._money_of: dict[str, int | None] = {}

    @property
    def currency(self) -> str:
        return self.run.about.settings.currency

    def is_of(self, run: Run) -> bool:
        """Whether these are facts of that run, and nothing was published or filled in since."""
        return self.run is run and self.history.is_newest

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
                    self._money_of[segment] = self.money_cents(members)
            return self._money_of[segment]

    def sizes(self, segment: str) -> tuple[Published, ...]:
        """The segment on each published day; empty for one without any."""
        with suppress(UsageError):
            return self.history.sizes(segment)
        return ()

    def told(self, numbers: Numbers | Sequence[int]) -> list[CustomerTold]:
        """Customers by name, in the given order."""
        return [
            CustomerTold(account_id=i, name=n, money="" if cents is None else money_text(cents, self.currency))
            for i, n, cents in self.named(np.asarray(numbers, np.uint32))
        ]

    def find(self, text: str, limit: int, among: Numbers | None = None) -> Numbers:
        """Customers whose id or name holds a text, those whose begin with it first."""
        wanted = text.strip()
        columns = [self.table[n] for n in ("account_id", "account_name") if n in self.table.column_names]
        holds = np.zeros(len(self.table), np.bool_)
        begins = np.zeros(len(self.table), np.bool_)
        for column in columns:
            holds |= _true(pc.match_substring(column, wanted, ignore_case=True))
            begins |= _true(pc.starts_with(column, wanted, ignore_case=True))
        if among is not None:
            inside = np.zeros(len(self.table), np.bool_)
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
            return card(self.run, self, self.history, segment)

    def stays(self, segment: str) -> list[str]:
        """How long members of a published segment stay, and who came back, in words. Raises as `card`."""
        with self._lock:
            return list(stay_lines(memory(self.history, segment)))

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
