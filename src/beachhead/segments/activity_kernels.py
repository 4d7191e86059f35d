"""A compiled loop over events that are sorted by account and day: what each customer of a block did, as codes."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from beachhead.segments.simd import bit_count, write_code_8, write_code_16, write_code_32

COUNT, DAYS, WEEKS, FIRST_DAY, LAST_DAY = 0, 1, 2, 3, 4
DATED = (FIRST_DAY, LAST_DAY)
KIND, FROM_BUCKET, TO_BUCKET, BASE, CAP, FIRST, LAST = 0, 1, 2, 3, 4, 5, 6

Int64 = NDArray[np.int64]
Events = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint16], NDArray[np.int32]]
"""Numbers of accounts and of people, codes, days: one row for each event."""


@njit(cache=True, nogil=True)
def find_accounts(accounts: NDArray[np.uint32], numbers: NDArray[np.uint32], starts: Int64, counts: Int64) -> None:
    """Where in `accounts` the rows of each of `numbers` begin, and how many there are; both ascend.

    In steps that double from the row before, since the next number is near (Bentley and Yao, 1976).
    """
    size = np.int64(accounts.size)
    low = np.int64(0)
    for i in range(numbers.size):
        high, step = low, np.int64(1)
        while high < size and accounts[high] < numbers[i]:
            low = high + 1
            high += step
            step *= 2
        high = min(high, size)
        while low < high:
            middle = (low + high) // 2
            if accounts[middle] < numbers[i]:
                low = middle + 1
            else:
                high = middle
        starts[i] = low
        while low < size and accounts[low] == numbers[i]:
            low += 1
        counts[i] = low - starts[i]


@njit(cache=True, nogil=True)
def count_block(
    most: Events,
    at: int,
    stop: int,
    later: Events,
    later_at: int,
    later_stop: int,
    as_of: int,
    first_no: int,
    rows: int,
    selection_starts: Int64,
    selections: NDArray[np.int32],
    bucket_of_age: NDArray[np.uint16],
    measure_starts: Int64,
    measures: NDArray[np.int32],
    widths: Int64,
    planes: NDArray[np.uint8],
    starts: Int64,
) -> bool:
    """Count the events `at` to `stop` of one run and those of the other together, for accounts from `first_no` on.

    An event of a code counts for the `selections` of that code. Its age falls into a bucket; a measure of a selection
    takes the buckets from FROM_BUCKET up to but not TO_BUCKET, and for weeks (which come first) the days FIRST to LAST;
    the others come in descending order of TO_BUCKET. A count is cut off at CAP and its code is one more; the code of a
    day counts from BASE, and 0 is never. Events after `as_of` do not count. False for events that are damaged: of an
    account that is not among these, or of a code that there is not.
    """
    accounts, _, codes, days = most
    later_accounts, _, later_codes, later_days = later
    chosen = measure_starts.size - 1
    buckets = np.int64(bucket_of_age.max()) + 1
    sums = np.zeros((2, chosen, buckets + 1), np.int32)  # of COUNT and DAYS, each in the place after its bucket
    edges = np.zeros((2, chosen, buckets), np.int32)  # first and last day
    newest = np.zeros(chosen, np.int64)
    seen = np.full(chosen, -(2**40), np.int64)
    touched = np.empty(chosen, np.int64)
    weeks = np.zeros(len(measures), np.uint64)
    base = planes.ctypes.data
    for m in range(len(measures)):
        nothing = np.uint32(1) if measures[m, KIND] <= WEEKS else np.uint32(0)
        address = base + starts[m]
        if widths[m] == 1:
            for row in range(rows):
                write_code_8(address + row, nothing)
        else:
            for row in range(rows):
                _write(address, widths[m], row, nothing)
    while at < stop or later_at < later_stop:
        account = np.uint32(0xFFFFFFFF)
        if at < stop:
            account = accounts[at]
        if later_at < later_stop and later_accounts[later_at] < account:
            account = later_accounts[later_at]
        row = np.int64(account) - first_no
        if row < 0 or row >= rows:
            return False
        number = 0
        while True:
            is_here = at < stop and accounts[at] == account
            is_later = later_at < later_stop and later_accounts[later_at] == account
            if not is_here and not is_later:
                break
            if is_here and (not is_later or days[at] <= later_days[later_at]):
                code, day = codes[at], np.int64(days[at])
                at += 1
            else:
                code, day = later_codes[later_at], np.int64(later_days[later_at])
                later_at += 1
            if day > as_of:
                continue
            if code >= selection_starts.size - 1:
                return False
            bucket = bucket_of_age[as_of - day]
            for s in range(selection_starts[code], selection_starts[code + 1]):
                selection = selections[s]
                if seen[selection] < -(2**39):
                    touched[number] = selection
                    number += 1
                if sums[COUNT, selection, bucket + 1] == 0:
                    edges[0, selection, bucket] = day
                sums[COUNT, selection, bucket + 1] += 1
                edges[1, selection, bucket] = day
                newest[selection] = bucket
                if seen[selection] != day:
                    sums[DAYS, selection, bucket + 1] += 1
                    seen[selection] = day
                    m = measure_starts[selection]
                    while m < measure_starts[selection + 1] and measures[m, KIND] == WEEKS:
                        if measures[m, FIRST] <= day <= measures[m, LAST]:
                            weeks[m] |= np.uint64(1) << np.uint64((measures[m, LAST] - day) // 7)
                        m += 1
        for t in range(number):
            selection = touched[t]
            for b in range(buckets):
                sums[COUNT, selection, b + 1] += sums[COUNT, selection, b]
                sums[DAYS, selection, b + 1] += sums[DAYS, selection, b]
            for m in range(measure_starts[selection], measure_starts[selection + 1]):
                if measures[m, TO_BUCKET] <= newest[selection] and measures[m, KIND] != WEEKS:
                    break  # all others end before its newest event too
                kind, low, high = measures[m, KIND], measures[m, FROM_BUCKET], measures[m, TO_BUCKET]
                if kind <= DAYS:
                    found = np.int64(sums[kind, selection, high] - sums[kind, selection, low])
                    code = min(found, measures[m, CAP]) + 1
                elif kind == WEEKS:
                    code = min(np.int64(bit_count(weeks[m])), measures[m, CAP]) + 1
                    weeks[m] = np.uint64(0)
                else:
                    code = np.int64(0)
                    if sums[COUNT, selection, high] > sums[COUNT, selection, low]:
                        b = high - 1 if kind == FIRST_DAY else low
                        step = -1 if kind == FIRST_DAY else 1
                        while sums[COUNT, selection, b + 1] == sums[COUNT, selection, b]:
                            b += step
                        code = edges[kind - FIRST_DAY, selection, b] - measures[m, BASE] + 1
                _write(base + starts[m], widths[m], row, np.uint32(code))
            for b in range(buckets + 1):
                sums[COUNT, selection, b] = 0
                sums[DAYS, selection, b] = 0
            seen[selection] = -(2**40)
    return True


@njit(cache=True, nogil=True, inline="always")
def _write(address: int, width: int, row: int, code: int) -> None:
    if width == 1:
        write_code_8(address + row, code)
    elif width == 2:
        write_code_16(address + row * 2, code)
    else:
        write_code_32(address + row * 4, code)
