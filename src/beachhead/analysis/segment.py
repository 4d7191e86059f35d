"""A segment as analyses and reports need it: its texts, and who is in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from beachhead.analysis.columns import Mask


@dataclass(frozen=True, slots=True, eq=False)
class SegmentResult:
    """`members`: a mask over the rows of the customer record, or the positions of its members.

    `rule` is the rule as written, `english` the same in words; `uses` the attributes the rule reads, which
    therefore say nothing new about its members. `is_stale`: the rule could not be evaluated this time; then
    `members` is what was last known, and `stale_reason` says why.
    """

    name: str
    title: str
    members: Mask | npt.NDArray[np.integer]
    rule: str = ""
    english: str = ""
    owner: str | None = None
    description: str | None = None
    profile: str | None = None
    uses: frozenset[str] = field(default_factory=frozenset)
    is_stale: bool = False
    stale_reason: str | None = None

    def mask(self, size: int) -> Mask:
        """Members as a mask over `size` customers."""
        if self.members.dtype == np.bool_:
            return self.members.astype(np.bool_, copy=False)
        result = np.zeros(size, dtype=np.bool_)
        result[self.members.astype(np.int64)] = True
        return result
