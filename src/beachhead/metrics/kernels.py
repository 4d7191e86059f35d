"""A compiled walk over MRR movements: sums by group and period. Beside that of events the only user of numba."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]

KINDS: Final = ("new", "expansion", "contraction", "churn", "reactivation")
"""Codes of movements are positions here; −1: only rates or list prices changed."""
NEW, EXPANSION, CONTRACTION, CHURN, REACTIVATION = 0, 1, 2, 3, 4


@njit(cache=True, nogil=True)
def walk_movements(
    accounts: NDArray[np.uint32],
    days: Int32,
    kinds: NDArray[np.int8],
    changes: Int64,
    fx: Int64,
    list_changes: Int64,
    bounds: Int32,
    codes: NDArray[np.int16] | NDArray[np.int32],
    groups: int,
) -> Int64:
    """Sums by measure (`measures.MRR_MEASURES`), group and period.

    Movements are sorted by account and day. Period p has the days from bounds[p] to before bounds[p + 1]. codes[p, a]:
    the group of account a in period p, −1 for none. Losses are positive. Opening customers have MRR above 0;
    `retained_mrr` is min(opening, closing without what rates did), `lost_customers` those who paid at the opening and
    not at the closing.
    """
    periods = len(bounds) - 1
    sums = np.zeros((17, groups, periods), np.int64)
    n = len(accounts)
    at = 0
    while at < n:
        account = accounts[at]
        mrr = np.int64(0)
        listed = np.int64(0)
        while at < n and accounts[at] == account and days[at] < bounds[0]:
            mrr += changes[at] + fx[at]
            listed += list_changes[at]
            at += 1
        for p in range(periods):
            has_more = at < n and accounts[at] == account
            if mrr == 0 and not has_more:
                break
            group = codes[p, account]
            opening = mrr
            moved = np.int64(0)
            while at < n and accounts[at] == account and days[at] < bounds[p + 1]:
                change, kind = changes[at], kinds[at]
                mrr += change + fx[at]
                listed += list_changes[at]
                moved += fx[at]
                if group >= 0:
                    sums[7, group, p] += fx[at]
                    if kind == NEW:
                        sums[2, group, p] += change
                        sums[12, group, p] += 1
                    elif kind == EXPANSION:
                        sums[3, group, p] += change
                    elif kind == CONTRACTION:
                        sums[4, group, p] -= change
                    elif kind == CHURN:
                        sums[5, group, p] -= change
                        sums[13, group, p] += 1
                    elif kind == REACTIVATION:
                        sums[6, group, p] += change
                        sums[14, group, p] += 1
                at += 1
            if group >= 0:
                sums[0, group, p] += opening
                sums[1, group, p] += mrr
                kept = max(mrr - moved, 0) if mrr > 0 else 0
                sums[8, group, p] += min(opening, kept)
                sums[9, group, p] += listed
                if opening > 0:
                    sums[10, group, p] += 1
                    sums[16, group, p] += kept
                    if mrr == 0:
                        sums[15, group, p] += 1
                if mrr > 0:
                    sums[11, group, p] += 1
        while at < n and accounts[at] == account:
            at += 1
    return sums
