"""Which group each customer is in, period by period: the one thing by which metrics are broken down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int16] | NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Groups of customers. `codes[p, a]` is the position in `labels` of the group of account number a in period p, −1
    where it is in none. `by` names the attribute or segment; empty: all customers are one group. `is_part`:
    only some customers are in a group, such as those of a segment.
    """

    by: str
    labels: tuple[str, ...]
    codes: Codes
    is_part: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it is all customers together."""
        return not self.by and not self.is_part

    @property
    def largest_account(self) -> int:
        return int(self.codes.shape[1]) - 1

    def within(self, members: NDArray[np.bool_]) -> Grouping:
        """Only those who are `members`, by period and account number."""
        codes = self.codes.copy()
        codes[~members] = -1
        return Grouping(self.by, self.labels, codes, is_part=True)


def everybody(periods: int, largest_account: int) -> Grouping:
    """One group of all customers, whenever they came."""
    return Grouping("", ("all",), np.zeros((periods, largest_account + 1), np.int16))


def each_of(members: NDArray[np.bool_]) -> Grouping:
    """Each member (by account number) a group of its own, for one period: who is behind a number."""
    numbers = np.flatnonzero(members)
    codes = np.full((1, len(members)), -1, np.int32)
    codes[0, numbers] = np.arange(len(numbers))
    return Grouping("account_no", tuple(map(str, numbers)), codes, is_part=True)
