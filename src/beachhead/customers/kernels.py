"""Compiled loops over events that are sorted by account and day. Nobody else imports numba.

Days are days since 1970-01-01 (int32). `codes` are dense event codes; `slots` gives, for each code, the
position of a key event or −1. Windows of N days reach from as_of−N+1 to as_of; later events are ignored.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from beachhead.customers.measures import (
    ACTIVE_7D,
    ACTIVE_30D,
    ACTIVE_90D,
    BREADTH_30D,
    COUNT_7D,
    COUNT_30D,
    COUNT_90D,
    COUNT_PRIOR_30D,
    COUNT_TOTAL,
    FIRST_DAY,
    KEY_ACTIVE_30D,
    KEY_COUNT_7D,
    KEY_COUNT_30D,
    KEY_COUNT_90D,
    KEY_FIRST_DAY,
    KEY_LAST_DAY,
    LAST_DAY,
    NEVER,
    USER_ACTIVE_30D,
    USER_COUNT_30D,
    USER_COUNT_90D,
    USER_COUNT_TOTAL,
    USER_FIRST_DAY,
    USER_LAST_DAY,
    USERS_7D,
    USERS_30D,
)

Int32 = NDArray[np.int32]


@njit(cache=True, nogil=True)
def count_windows(
    accounts: NDArray[np.uint32],
    users: NDArray[np.uint32],
    codes: NDArray[np.uint16],
    days: Int32,
    start: int,
    stop: int,
    as_of: int,
    slots: Int32,
    per_account: Int32,
    per_key: Int32,
    per_user: Int32,
) -> None:
    """Fill the results for events [start, stop), which must not cut through an account.

    `per_account` is (ACCOUNT_MEASURES, accounts + 1), `per_key` (keys, KEY_MEASURES, accounts + 1), `per_user`
    (USER_MEASURES, users + 1); number 0 is nobody. All start at 0, days at NEVER.
    """
    for i in range(start, stop):
        day = days[i]
        if day > as_of:
            continue
        age = as_of - day
        a = accounts[i]
        if per_account[FIRST_DAY, a] == NEVER:
            per_account[FIRST_DAY, a] = day
        is_new_day = per_account[LAST_DAY, a] != day
        per_account[LAST_DAY, a] = day
        per_account[COUNT_TOTAL, a] += 1
        slot = slots[codes[i]]
        if age < 90:
            per_account[COUNT_90D, a] += 1
            per_account[ACTIVE_90D, a] += is_new_day
            if age < 30:
                per_account[COUNT_30D, a] += 1
                per_account[ACTIVE_30D, a] += is_new_day
                if age < 7:
                    per_account[COUNT_7D, a] += 1
                    per_account[ACTIVE_7D, a] += is_new_day
            elif age < 60:
                per_account[COUNT_PRIOR_30D, a] += 1
        if slot >= 0:
            if per_key[slot, KEY_FIRST_DAY, a] == NEVER:
                per_key[slot, KEY_FIRST_DAY, a] = day
            if age < 90:
                per_key[slot, KEY_COUNT_90D, a] += 1
                if age < 30:
                    per_account[BREADTH_30D, a] += per_key[slot, KEY_COUNT_30D, a] == 0
                    per_key[slot, KEY_COUNT_30D, a] += 1
                    per_key[slot, KEY_ACTIVE_30D, a] += per_key[slot, KEY_LAST_DAY, a] != day
                    if age < 7:
                        per_key[slot, KEY_COUNT_7D, a] += 1
            per_key[slot, KEY_LAST_DAY, a] = day
        u = users[i]
        if u:
            if per_user[USER_FIRST_DAY, u] == NEVER:
                per_user[USER_FIRST_DAY, u] = day
            before = per_user[USER_LAST_DAY, u]
            if age < 30:
                per_account[USERS_30D, a] += before == NEVER or as_of - before >= 30
                per_user[USER_COUNT_30D, u] += 1
                per_user[USER_ACTIVE_30D, u] += before != day
                if age < 7:
                    per_account[USERS_7D, a] += before == NEVER or as_of - before >= 7
            if age < 90:
                per_user[USER_COUNT_90D, u] += 1
            per_user[USER_COUNT_TOTAL, u] += 1
            per_user[USER_LAST_DAY, u] = day


@njit(cache=True, nogil=True)
def merge_positions(
    accounts_a: NDArray[np.uint32], days_a: Int32, accounts_b: NDArray[np.uint32], days_b: Int32
) -> NDArray[np.int64]:
    """Where the rows of b go among those of a: for each row of b the number of rows of a that come before it.

    Both are sorted by (account, day); on equal keys a comes first.
    """
    places = np.empty(len(accounts_b), np.int64)
    i = 0
    n = len(accounts_a)
    for j in range(len(accounts_b)):
        account, day = accounts_b[j], days_b[j]
        low, step = i, 1
        while low + step < n and (
            accounts_a[low + step] < account or (accounts_a[low + step] == account and days_a[low + step] <= day)
        ):
            step *= 2
        high = min(n, low + step)
        while low < high:
            middle = (low + high) // 2
            if accounts_a[middle] < account or (accounts_a[middle] == account and days_a[middle] <= day):
                low = middle + 1
            else:
                high = middle
        i = low
        places[j] = low
    return places


@njit(cache=True, nogil=True)
def insert_at(large: NDArray[np.generic], small: NDArray[np.generic], places: NDArray[np.int64]) -> NDArray[np.generic]:
    """`large` with row j of `small` put before its row `places[j]`; `places` ascend."""
    merged = np.empty(len(large) + len(small), large.dtype)
    taken = 0
    for j in range(len(small)):
        place = places[j]
        merged[taken + j : place + j] = large[taken:place]
        merged[place + j] = small[j]
        taken = place
    merged[taken + len(small) :] = large[taken:]
    return merged
