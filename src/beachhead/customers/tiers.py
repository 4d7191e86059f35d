"""Tiers: the best, the next best, those between, the worst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from beachhead.project.definitions import Tiers
from beachhead.stats.arrays import BoolArray, FloatArray, IntArray
from beachhead.stats.concentration import count_of

Tier = Literal["best", "next_best", "middle", "worst"]
_Number = TypeVar("_Number", np.float64, np.int64)
TIERS: tuple[Tier, ...] = ("best", "next_best", "middle", "worst")


@dataclass(frozen=True, slots=True, eq=False)
class Tiering:
    """Who is in which tier.

    `codes` (one per account): 0 no tier, otherwise 1 + position in `TIERS`. `ranks`: 1 is the highest score,
    0 unranked. `counts` follow `TIERS`. `named`: by name and number, because customers are few.
    `cut_offs` follow `TIERS`: the lowest score in each, None where it is empty.
    """

    codes: NDArray[np.int8]
    ranks: IntArray
    counts: tuple[int, int, int, int]
    cut_offs: tuple[float | None, float | None, float | None, float | None]
    named: bool

    @property
    def ranked(self) -> int:
        """How many customers have a score."""
        return sum(self.counts)

    def tier_of(self, index: int) -> Tier | None:
        """The tier of the account at `index`; None: not a customer yet, or without a score."""
        code = int(self.codes[index])
        return TIERS[code - 1] if code else None

    def members(self, tier: Tier) -> IntArray:
        """Indices of a tier's accounts, best first."""
        found = np.flatnonzero(self.codes == 1 + TIERS.index(tier))
        return found[np.argsort(self.ranks[found])]


def tier_sizes(n: int, tiers: Tiers) -> tuple[int, int, int, int]:
    """How many of n scored customers are in each of `TIERS`.

    By per cent, each boundary is rounded up, so that the best 1 % of 50 is one customer; the best are filled
    first and the worst take what is left of their share. With fewer than `by_name_below`, `names` at each end
    and the rest between; with fewer than twice `names`, half at each end (of an odd number one is between).
    """
    if n < tiers.by_name_below:
        ends = min(tiers.names, n // 2)
        return ends, 0, n - 2 * ends, ends
    best = count_of(n, tiers.best)
    top = max(best, count_of(n, tiers.next_best))
    worst = min(count_of(n, tiers.worst), n - top)
    return best, top - best, n - top - worst, worst


def assign_tiers(
    score: FloatArray,
    scope: BoolArray,
    tiers: Tiers,
    revenue: FloatArray | None = None,
    account_no: IntArray | None = None,
) -> Tiering:
    """Rank the scored accounts in `scope` and draw the lines. All arrays have one element per account.

    Equal scores are decided by revenue (higher first, null last), then by account_no (lower first; default
    the position). Accounts outside of `scope` or with a null score get no tier and no rank.
    """
    ranked = np.flatnonzero(scope & np.isfinite(score))
    order = ranked[_descending(score[ranked], _of(revenue, ranked), _of(account_no, ranked))]
    sizes = tier_sizes(order.size, tiers)
    codes = np.zeros(score.size, dtype=np.int8)
    codes[order] = np.repeat(np.arange(1, 1 + len(TIERS), dtype=np.int8), sizes)
    ranks = np.zeros(score.size, dtype=np.int64)
    ranks[order] = np.arange(1, order.size + 1)
    ends = np.cumsum(sizes)
    best, next_best, middle, worst = (
        float(score[order[end - 1]]) if size else None for size, end in zip(sizes, ends, strict=True)
    )
    named = 0 < order.size < tiers.by_name_below
    return Tiering(codes, ranks, sizes, (best, next_best, middle, worst), named)


def _of(values: NDArray[_Number] | None, at: IntArray) -> NDArray[_Number] | None:
    return None if values is None else values[at]


def _descending(score: FloatArray, revenue: FloatArray | None, account_no: IntArray | None) -> IntArray:
    """Order by score descending, then revenue descending with null last, then account_no ascending."""
    order: IntArray = np.argsort(-score, kind="stable")
    descending = score[order]
    equal = descending[1:] == descending[:-1]
    # Sorting by three keys is slow, and only ties need it: those are re-sorted within the places they hold.
    tied = np.flatnonzero(np.append(equal, False) | np.append(False, equal))
    among = order[tied]
    keys: list[FloatArray | IntArray] = [among if account_no is None else account_no[among]]
    if revenue is not None:
        keys.append(np.where(np.isfinite(revenue[among]), -revenue[among], np.inf))
    order[tied] = among[np.lexsort([*keys, -score[among]])]
    return order
