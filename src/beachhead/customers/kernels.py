"""A compiled loop over events that are sorted by account and day.

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
Events = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint16], Int32]
"""Numbers of accounts and of people (0: nobody), codes, days: one row for each event."""


@njit(cache=True, nogil=True)
def count_windows(
    most: Events,
    start: int,
    stop: int,
    later: Events,
    later_start: int,
    later_stop: int,
    as_of: int,
    slots: Int32,
    per_account: Int32,
    per_key: Int32,
    per_user: Int32,
) -> None:
    """Fill the results for events [start, stop) of most and [later_start, later_stop) of later, as if merged.

    Both ranges hold all events of the same accounts. `per_account` is (ACCOUNT_MEASURES, accounts + 1), `per_key`
    (keys, KEY_MEASURES, accounts + 1), `per_user` (USER_MEASURES, users + 1); number 0 is nobody. All start at 0,
    days at NEVER.
    """
    accounts, users, codes, days = most
    later_accounts, later_users, later_codes, later_days = later
    i, j = start, later_start
    while i < stop or j < later_stop:
        if j < later_stop and (
            i == stop
            or later_accounts[j] < accounts[i]
            or (later_accounts[j] == accounts[i] and later_days[j] < days[i])
        ):
            a, u, code, day = later_accounts[j], later_users[j], later_codes[j], later_days[j]
            j += 1
        else:
            a, u, code, day = accounts[i], users[i], codes[i], days[i]
            i += 1
        if day > as_of:
            continue
        age = as_of - day
        if per_account[FIRST_DAY, a] == NEVER:
            per_account[FIRST_DAY, a] = day
        is_new_day = per_account[LAST_DAY, a] != day
        per_account[LAST_DAY, a] = day
        per_account[COUNT_TOTAL, a] += 1
        slot = slots[code]
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
