"""Window counters of events as of a day, by compiled loops over the parts of the event store."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.customers import measures
from beachhead.customers.events import open_parts

EPOCH = date(1970, 1, 1)


class EventArrays(NamedTuple):
    """Events in memory, sorted by account and day; the four arrays have one length."""

    accounts: NDArray[np.uint32]
    users: NDArray[np.uint32]
    codes: NDArray[np.uint16]
    days: NDArray[np.int32]

    def before(self, account: int) -> int:
        """How many events belong to accounts with a lower number."""
        return int(np.searchsorted(self.accounts, np.uint32(account)))

    def read_only(self) -> EventArrays:
        """Itself, protected, as events on disk are: the loop is compiled for one kind of arrays."""
        for array in self:
            array.flags.writeable = False
        return self


@dataclass(frozen=True, slots=True)
class EventRuns:
    """All events of a store, each in one of two: `most` of them, where they lie on disk, and those added `later`."""

    most: EventArrays
    later: EventArrays


@dataclass(frozen=True, slots=True)
class EventCounts:
    """Window counters as of a day; the last axis is the number of the account or user, 0 being nobody.

    `per_account` is (measures, accounts + 1), `per_key` (key events, measures, accounts + 1), `per_user`
    (measures, users + 1); see `measures`.
    """

    per_account: NDArray[np.int32]
    per_key: NDArray[np.int32]
    per_user: NDArray[np.int32]


def read_events(parts: Sequence[Path]) -> EventRuns:
    """All events of the parts of an event store. The largest part is not copied; the others are sorted together."""
    *rest, most = sorted((_read_part(p) for p in parts), key=lambda r: len(r.days)) or [_NOTHING]
    if len(rest) < 2:
        return EventRuns(most, *rest or [_NOTHING])
    accounts, users, codes, days = map(np.concatenate, zip(*rest, strict=True))
    order = np.lexsort((days, accounts))
    return EventRuns(most, EventArrays(accounts[order], users[order], codes[order], days[order]).read_only())


def _read_part(path: Path) -> EventArrays:
    table = open_parts([path])
    return EventArrays(
        table["account_no"].to_numpy(),
        table["user_no"].to_numpy(),
        table["code"].to_numpy(),
        table["day"].cast(pa.int32()).to_numpy(),
    ).read_only()


_NO_NUMBERS = np.empty(0, np.uint32)
_NOTHING = EventArrays(_NO_NUMBERS, _NO_NUMBERS, np.empty(0, np.uint16), np.empty(0, np.int32)).read_only()


def count_events(
    events: EventRuns, as_of: date, codes: Sequence[str], key_events: Sequence[str], accounts: int, users: int
) -> EventCounts:
    """Window counters of all accounts and users as of the end of `as_of`.

    `accounts` and `users` are the highest numbers. A day column is `measures.NEVER` where nothing happened.
    """
    from beachhead.customers import kernels  # the compiler takes a while to import, and may not be needed

    slots = np.full(max(len(codes), 1), -1, np.int32)
    for slot, name in enumerate(key_events):
        if name in codes:
            slots[codes.index(name)] = slot
    per_account = np.zeros((measures.ACCOUNT_MEASURES, accounts + 1), np.int32)
    per_account[measures.FIRST_DAY :] = measures.NEVER
    per_key = np.zeros((max(len(key_events), 1), measures.KEY_MEASURES, accounts + 1), np.int32)
    per_key[:, measures.KEY_FIRST_DAY :] = measures.NEVER
    per_user = np.zeros((measures.USER_MEASURES, users + 1), np.int32)
    per_user[measures.USER_FIRST_DAY :] = measures.NEVER
    day = (as_of - EPOCH).days
    most, later = events.most, events.later
    middle = int(most.accounts[len(most.accounts) // 2]) if len(most.accounts) else 0

    def count(start: int, stop: int, later_start: int, later_stop: int) -> None:
        kernels.count_windows(
            most, start, stop, later, later_start, later_stop, day, slots, per_account, per_key, per_user
        )

    half, later_half = most.before(middle), later.before(middle)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, (0, half), (half, len(most.days)), (0, later_half), (later_half, len(later.days))))
    return EventCounts(per_account, per_key, per_user)


def warm_up() -> None:
    """Load the compiled loop, which takes half a second. Called beside other work, it is there when it is needed."""
    count_events(EventRuns(_NOTHING, _NOTHING), EPOCH, (), (), 0, 0)


def run_of(numbers: NDArray[np.uint32]) -> slice | NDArray[np.uint32]:
    """An index for ascending numbers: a slice, which copies nothing, where none is left out."""
    if len(numbers) and int(numbers[-1]) - int(numbers[0]) + 1 == len(numbers):
        return slice(int(numbers[0]), int(numbers[-1]) + 1)
    return numbers


def days_array(values: NDArray[np.int32]) -> pa.Array:
    """Days since 1970 as dates; `measures.NEVER` is null."""
    return pa.array(values, mask=values == measures.NEVER).cast(pa.date32())
