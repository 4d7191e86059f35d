"""A compiled walk over MRR movements: sums by group and period."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from beachhead.metrics.measures import MRR_MEASURES

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]

KINDS: Final = ("new", "expansion", "contraction", "churn", "reactivation")
"""Codes of movements are positions here; −1: only rates or list prices changed."""
NEW, EXPANSION, CONTRACTION, CHURN, REACTIVATION = range(len(KINDS))
# Positions in `MRR_MEASURES`.
(
    OPENING_MRR, CLOSING_MRR, NEW_MRR, EXPANSION_MRR, CONTRACTION_MRR, CHURNED_MRR, REACTIVATED_MRR,
    FX_MRR, RETAINED_MRR, CLOSING_LIST_MRR, OPENING_CUSTOMERS, CLOSING_CUSTOMERS, NEW_CUSTOMERS,
    CHURNED_CUSTOMERS, REACTIVATED_CUSTOMERS, LOST_CUSTOMERS, KEPT_MRR,
) = range(len(MRR_MEASURES))  # fmt: skip


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
    sums = np.zeros((len(MRR_MEASURES), groups, periods), np.int64)
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
                    sums[FX_MRR, group, p] += fx[at]
                    if kind == NEW:
                        sums[NEW_MRR, group, p] += change
                        sums[NEW_CUSTOMERS, group, p] += 1
                    elif kind == EXPANSION:
                        sums[EXPANSION_MRR, group, p] += change
                    elif kind == CONTRACTION:
                        sums[CONTRACTION_MRR, group, p] -= change
                    elif kind == CHURN:
                        sums[CHURNED_MRR, group, p] -= change
                        sums[CHURNED_CUSTOMERS, group, p] += 1
                    elif kind == REACTIVATION:
                        sums[REACTIVATED_MRR, group, p] += change
                        sums[REACTIVATED_CUSTOMERS, group, p] += 1
                at += 1
            if group >= 0:
                sums[OPENING_MRR, group, p] += opening
                sums[CLOSING_MRR, group, p] += mrr
                kept = max(mrr - moved, 0) if mrr > 0 else 0
                sums[RETAINED_MRR, group, p] += min(opening, kept)
                sums[CLOSING_LIST_MRR, group, p] += listed
                if opening > 0:
                    sums[OPENING_CUSTOMERS, group, p] += 1
                    sums[KEPT_MRR, group, p] += kept
                    if mrr == 0:
                        sums[LOST_CUSTOMERS, group, p] += 1
                if mrr > 0:
                    sums[CLOSING_CUSTOMERS, group, p] += 1
        while at < n and accounts[at] == account:
            at += 1
    return sums
