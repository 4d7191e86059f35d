"""Who is in a segment: size, money, kept rate, NPS, growth, and what its members have more often than others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from beachhead.analysis.columns import Floats, Mask, optional_floats, ratio, spread_sample, total
from beachhead.analysis.contrast import Difference, compare
from beachhead.analysis.eligible import coded_attributes
from beachhead.analysis.keeping import was_and_is
from beachhead.analysis.money import Money
from beachhead.analysis.segment import SegmentResult
from beachhead.customers.attributes import Attribute
from beachhead.stats.interval import Interval
from beachhead.stats.nps import Nps, nps
from beachhead.stats.proportions import wilson_interval

_SAMPLE_ROWS = 200_000
_TOP = 3
_WINDOW_DAYS = 90
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Rate:
    """`part` of `whole` with the 95 % range of the share (Wilson 1927). Over nothing, share and range are null."""

    part: int
    whole: int
    share: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, part: int, whole: int) -> Rate:
        likely = wilson_interval(part, whole)
        return cls(part, whole, None, None, None) if likely is None else cls(part, whole, *_ends(likely))


def _ends(likely: Interval) -> tuple[float, float, float]:
    return likely.estimate, likely.low, likely.high


@dataclass(frozen=True, slots=True)
class Growth:
    """Members who signed up in the last 90 days and in the 90 before; `change` is null when those were none.

    `before`: members on an earlier day, where one was given.
    """

    recent: int | None
    prior: int | None
    change: float | None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A segment in numbers. `money` in minor units over `money_known` members; `top` against everyone else."""

    segment: SegmentResult
    size: int
    of: int
    share: float | None
    money: int | None
    money_known: int
    money_share: float | None
    kept: Rate
    nps: Nps | None
    growth: Growth
    score: float | None
    scored: int
    top: tuple[Difference, ...]
    sampled: int | None


class Profiler:
    """Profiles of many segments over the same customers; what they share is computed once."""

    def __init__(
        self,
        accounts: pa.Table,
        attributes: Mapping[str, Attribute],
        as_of: date,
        *,
        money: Money | None,
        exclude: Collection[str] = (),
        currency: str = "EUR",
    ) -> None:
        self._size = accounts.num_rows
        self._money = money
        self._exclude = frozenset(exclude)
        self._was_and_is = was_and_is(accounts)
        self._nps = optional_floats(accounts, "nps_score")
        self._score = optional_floats(accounts, "value_score")
        signed_up = optional_floats(accounts, "signed_up_on")
        self._age = None if signed_up is None else (as_of - _EPOCH).days - signed_up
        self._rows = spread_sample(self._size, _SAMPLE_ROWS)
        sample = accounts if self._rows.size == self._size else accounts.take(pa.array(self._rows))
        self._coded = coded_attributes(sample, attributes, (), currency=currency)

    def profile(self, segment: SegmentResult, *, before: int | None = None) -> Profile:
        """The profile of one segment; `before`: how many members it had on the day compared with."""
        mask = segment.mask(self._size)
        size = int(np.count_nonzero(mask))
        money = total(self._money.values, mask) if self._money else None
        whole = self._money.total if self._money else 0
        known = int(np.count_nonzero(~np.isnan(self._money.values[mask]))) if self._money else 0
        scores = self._score[mask] if self._score is not None else np.empty(0)
        scores = scores[~np.isnan(scores)]
        return Profile(
            segment,
            size,
            self._size,
            ratio(size, self._size),
            money,
            known,
            ratio(money, whole),
            self.kept(mask),
            self.nps(mask),
            self.growth(mask, before=before),
            float(scores.mean()) if scores.size else None,
            scores.size,
            self._top(segment, mask),
            self._rows.size if self._rows.size < self._size else None,
        )

    def kept(self, mask: Mask | None = None) -> Rate:
        """How many of those who were customers still are; of nobody where the data cannot tell who left."""
        if self._was_and_is is None:
            return Rate.of(0, 0)
        was, still = (m if mask is None else mask & m for m in self._was_and_is)
        return Rate.of(int(np.count_nonzero(still)), int(np.count_nonzero(was)))

    def nps(self, mask: Mask | None = None) -> Nps | None:
        """NPS of the known answers; null without any."""
        return None if self._nps is None else nps(self._nps if mask is None else self._nps[mask])

    def growth(self, mask: Mask | None = None, *, before: int | None = None) -> Growth:
        """Sign-ups of the last 90 days against the 90 before; null where sign-up is not known."""
        if self._age is None:
            return Growth(None, None, None, before)
        ages = self._age if mask is None else self._age[mask]
        recent = int(np.count_nonzero((ages >= 0) & (ages < _WINDOW_DAYS)))
        prior = int(np.count_nonzero((ages >= _WINDOW_DAYS) & (ages < 2 * _WINDOW_DAYS)))
        return Growth(recent, prior, ratio(recent - prior, prior), before)

    def _top(self, segment: SegmentResult, mask: Mask) -> tuple[Difference, ...]:
        members = mask[self._rows]
        usable = [c for c in self._coded if c.attribute.name not in segment.uses | self._exclude]
        found = compare(usable, members, ~members, with_shifts=False).differences
        return strongest([d for d in found if d.low > 0], _TOP)


def strongest(found: Sequence[Difference], limit: int) -> tuple[Difference, ...]:
    """The first `limit`, at most one per attribute and per area's measure over several windows."""
    kept: dict[str, Difference] = {}
    for difference in found:
        kept.setdefault(_stem(difference.attribute.name), difference)
    return tuple(kept.values())[:limit]


def _stem(name: str) -> str:
    """The name without its window: `event_count_30d` and `event_count_90d` measure one thing."""
    head, _, tail = name.rpartition("_")
    return head if tail == "total" or (tail[:-1].isdigit() and tail.endswith("d")) else name


def signups_by_month(signed_up: Floats | None, mask: Mask, as_of: date, months: int = 12) -> tuple[int, ...]:
    """How many members signed up in each of the last `months` calendar months up to `as_of`, oldest first."""
    if signed_up is None:
        return ()
    days = signed_up[mask]
    days = days[~np.isnan(days) & (days <= (as_of - _EPOCH).days)]
    index = days.astype(np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    last = (as_of.year - 1970) * 12 + as_of.month - 1
    recent = index[index > last - months] - (last - months + 1)
    return tuple(int(n) for n in np.bincount(recent, minlength=months))
