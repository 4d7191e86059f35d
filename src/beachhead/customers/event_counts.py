"""Window counters of events as of a day, by compiled loops over the parts of the event store."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.customers import measures
from beachhead.customers.events import open_parts

EPOCH = date(1970, 1, 1)
_Number = TypeVar("_Number", np.uint32, np.uint16, np.int32)


@dataclass(frozen=True, slots=True)
class EventArrays:
    """All events in memory, sorted by account and day; the four arrays have one length."""

    accounts: NDArray[np.uint32]
    users: NDArray[np.uint32]
    codes: NDArray[np.uint16]
    days: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class EventCounts:
    """Window counters as of a day; the last axis is the number of the account or user, 0 being nobody.

    `per_account` is (measures, accounts + 1), `per_key` (key events, measures, accounts + 1), `per_user`
    (measures, users + 1); see `measures`.
    """

    per_account: NDArray[np.int32]
    per_key: NDArray[np.int32]
    per_user: NDArray[np.int32]


def read_events(parts: Sequence[Path]) -> EventArrays:
    """All events of the parts of an event store, sorted by account and day."""
    runs = sorted((_read_part(p) for p in parts), key=lambda r: len(r.days))
    if not runs:
        nothing = np.empty(0, np.uint32)
        return EventArrays(nothing, nothing, np.empty(0, np.uint16), np.empty(0, np.int32))
    merged = runs[0]
    for run in runs[1:]:  # from the smallest, so that the largest is copied once
        merged = _merge(run, merged)
    return merged


def _read_part(path: Path) -> EventArrays:
    table = open_parts([path])
    return EventArrays(
        table["account_no"].to_numpy(),
        table["user_no"].to_numpy(),
        table["code"].to_numpy(),
        table["day"].cast(pa.int32()).to_numpy(),
    )


def _merge(large: EventArrays, small: EventArrays) -> EventArrays:
    from beachhead.customers import kernels  # the compiler takes a while to import, and may not be needed

    places = kernels.merge_positions(large.accounts, large.days, small.accounts, small.days)

    def merged(a: NDArray[_Number], b: NDArray[_Number]) -> NDArray[_Number]:
        return cast("NDArray[_Number]", kernels.insert_at(a, b, places))

    return EventArrays(
        merged(large.accounts, small.accounts),
        merged(large.users, small.users),
        merged(large.codes, small.codes),
        merged(large.days, small.days),
    )


def count_events(
    events: EventArrays, as_of: date, codes: Sequence[str], key_events: Sequence[str], accounts: int, users: int
) -> EventCounts:
    """Window counters of all accounts and users as of the end of `as_of`.

    `accounts` and `users` are the highest numbers. A day column is `measures.NEVER` where nothing happened.
    """
    from beachhead.customers import kernels  # as above

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
    half = len(events.days) // 2
    if half:
        half = int(np.searchsorted(events.accounts, events.accounts[half]))

    def count(start: int, stop: int) -> None:
        kernels.count_windows(
            events.accounts,
            events.users,
            events.codes,
            events.days,
            start,
            stop,
            day,
            slots,
            per_account,
            per_key,
            per_user,
        )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, (0, half), (half, len(events.days))))
    return EventCounts(per_account, per_key, per_user)


def run_of(numbers: NDArray[np.uint32]) -> slice | NDArray[np.uint32]:
    """An index for ascending numbers: a slice, which copies nothing, where none is left out."""
    if len(numbers) and int(numbers[-1]) - int(numbers[0]) + 1 == len(numbers):
        return slice(int(numbers[0]), int(numbers[-1]) + 1)
    return numbers


def days_array(values: NDArray[np.int32]) -> pa.Array:
    """Days since 1970 as dates; `measures.NEVER` is null."""
    return pa.array(values, mask=values == measures.NEVER).cast(pa.date32())
