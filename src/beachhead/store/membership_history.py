"""What the published memberships remember of a segment: sizes, who came and went, since when, how long, how often.

A segment that was renamed has the days of its earlier names too. A published day of a segment is one with a snapshot
that has it; the newest revision counts. Between two of them nothing is known: who is in on both counts as in all the
time. All is as it was published, with the rule and the customers known then; a stale day repeats the members of the
last time that the rule could be evaluated.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from beachhead.errors import Diagnostic, UsageError
from beachhead.store.bitmaps import numbers_of
from beachhead.store.manifest import SnapshotRef
from beachhead.store.membership_format import MOST_DEEP
from beachhead.store.memberships import delta
from beachhead.store.snapshots import SnapshotStore

UInt32 = NDArray[np.uint32]
Int32 = NDArray[np.int32]
_MOST_OPEN = 32  # an open file takes a descriptor, of which a process has few


@dataclass(frozen=True, slots=True)
class Published:
    """A segment as it was published as of a day: in which snapshot, by which name, which version, how many members,
    whether stale."""

    ref: SnapshotRef
    name: str
    version: str
    size: int
    stale: bool

    @property
    def day(self) -> date:
        return self.ref.as_of


@dataclass(frozen=True, slots=True)
class Change:
    """Who joined and who left between two published days."""

    before: Published
    after: Published
    joined: BitMap
    left: BitMap

    @property
    def days(self) -> int:
        return (self.after.day - self.before.day).days

    @property
    def same_rule(self) -> bool:
        """Whether both days have one version, so that customers moved and not the rule."""
        return self.before.version == self.after.version


@dataclass(frozen=True, slots=True)
class Stay:
    """An unbroken stay: its first and last published day. `is_open`: the last is the segment's last published day, so
    that it goes on. `is_cut`: the first is the segment's first published day, so that it may have begun before."""

    first: date
    last: date
    is_open: bool
    is_cut: bool

    @property
    def days(self) -> int:
        """Both ends counted."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Stays:
    """When a customer has been in a segment: the stay that goes on, and those before it, oldest first."""

    present: Stay | None
    earlier: tuple[Stay, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles (linear between ranks) of so many durations in days; None of none. `at_least`: how many of
    them may have begun before the first published day, and are longer than they seem."""

    count: int
    at_least: int
    lower: float | None
    median: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Dwell:
    """How long stays last, in days from their first to their last published day, both counted: those that go on, so
    far, and those that ended."""

    inside: Spread
    left: Spread


@dataclass(frozen=True, slots=True)
class Turnover:
    """How fast a segment changes, from the steps between published days on which the rule stayed the same.

    `days`: of these steps. `member_days`: members at the beginning of each step × its days. The shares are 30 × (joined
    or left) / member_days, None without such. `rule_changes`: steps left out.
    """

    joined: int
    left: int
    days: int
    member_days: int
    rule_changes: int

    @property
    def joined_share_30d(self) -> float | None:
        return 30 * self.joined / self.member_days if self.member_days else None

    @property
    def left_share_30d(self) -> float | None:
        return 30 * self.left / self.member_days if self.member_days else None


@dataclass(frozen=True, slots=True)
class Returns:
    """Who came back. `stays`: by number of stays, how many customers. `left`: customers who ever left; `returned`: of
    them those who came in again later; `away`: days from the last published day in to the first in again, by return."""

    stays: dict[int, int]
    left: int
    returned: int
    away: Spread

    @property
    def share(self) -> float | None:
        return self.returned / self.left if self.left else None


class MembershipHistory:
    """The memberships of all published days; what is published later is not seen. Safe for several threads.

    `previously`: names that segments had, as far as nothing was published under their new ones.

    All methods raise `UsageError` for a segment that was never published or a day before the first, and `DataError` for
    memberships that are damaged.
    """

    def __init__(self, store: SnapshotStore, previously: Mapping[str, str] = MappingProxyType({})) -> None:
        self._store = store
        self._previously = previously
        self._published = store.memberships()
        newest = {ref.as_of: ref for ref in self._published}
        self.days: tuple[SnapshotRef, ...] = tuple(newest.values())
        """The newest revision of each published day, oldest first."""
        self._open = lru_cache(_MOST_OPEN)(lambda ref: store.open_memberships(ref, self._open))
        self._told: dict[SnapshotRef, _Told] = {}
        self._columns: dict[tuple[str, ...], Mapping[str, int]] = {}

    @property
    def is_newest(self) -> bool:
        """Whether nothing was published since it was opened."""
        return self._published == self._store.memberships()

    def sizes(self, segment: str) -> tuple[Published, ...]:
        """The segment on every day on which it was published, without reading its members."""
        found = tuple(self._backwards(segment))[::-1]
        if not found:
            known = {name for ref in self.days for name in self._told_by(ref).columns}
            raise UsageError(Diagnostic.unknown_name("segment", segment, known))
        return found

    def on(self, segment: str, day: date) -> tuple[Published, BitMap]:
        """Who was in on a day: by its newest revision, or the last published day before it that has the segment."""
        published = self.sizes(segment)
        place = bisect_right(published, day, key=lambda p: p.day)
        if not place:
            message = f"segment '{segment}' was not published as of {day} or before"
            remedy = f"Take {published[0].day} or a later day."
            raise UsageError(Diagnostic("before-first-day", message, remedy=remedy))
        found = published[place - 1]
        return found, self._open(found.ref).read(found.name).members

    def changes(self, segment: str, first: date | None = None, last: date | None = None) -> Iterator[Change]:
        """From one published day to the next, those that end on a day from `first` to `last`."""
        published = self.sizes(segment)
        begin = max(bisect_left(published, first, key=lambda p: p.day) - 1, 0) if first else 0
        steps = self._walk([p for p in published[begin:] if last is None or p.day <= last])
        for (before, earlier), (after, later) in pairwise(steps):
            change = delta(earlier, later)
            if first is None or after.day >= first:
                yield Change(before, after, change.joined, change.left)

    def moved(self, segment: str, first: date, last: date, *, joined: bool) -> BitMap:
        """Who joined (or left) on a published day from `first` to `last`, compared with the published day before it.

        A customer not known before joins when first in. On the first day of the segment nobody moves: there is nothing
        to compare it with.
        """
        found = BitMap()
        for change in self.changes(segment, first, last):
            found |= change.joined if joined else change.left
        return found

    def stays(self, segment: str, account_no: int) -> Stays:
        """Since when a customer has been in, and when before."""
        published = self.sizes(segment)
        days = [p.day for p in published]
        is_in = [self._open(p.ref).contains(p.name, account_no) for p in published]
        begins = [n for n, now in enumerate(is_in) if now and not (n and is_in[n - 1])]
        ends = [n for n, now in enumerate(is_in) if now and not (n + 1 < len(days) and is_in[n + 1])]
        found = [Stay(days[a], days[b], b + 1 == len(days), a == 0) for a, b in zip(begins, ends, strict=True)]
        present = found.pop() if found and found[-1].is_open else None
        return Stays(present, tuple(found))

    def turnover(self, segment: str, first: date | None = None, last: date | None = None) -> Turnover:
        """How fast it changes, over the published days from `first` to `last` and the one before."""
        changes = list(self.changes(segment, first, last))
        same = [c for c in changes if c.same_rule]
        return Turnover(
            joined=sum(len(c.joined) for c in same),
            left=sum(len(c.left) for c in same),
            days=sum(c.days for c in same),
            member_days=sum(c.before.size * c.days for c in same),
            rule_changes=len(changes) - len(same),
        )

    def all_stays(self, segment: str) -> AllStays:
        """Of all customers, by the days since the rule is what it is: no edit of it ends a stay."""
        published = _with_present_rule(self.sizes(segment))
        since = np.zeros(0, np.int32)
        found: list[tuple[UInt32, Int32, Int32]] = []
        before = BitMap()
        for n, (_, members) in enumerate(self._walk(published)):
            change, before = delta(before, members), members
            joined, left = numbers_of(change.joined), numbers_of(change.left)
            if len(joined) and joined[-1] >= len(since):
                since = np.concatenate([since, np.zeros(int(joined[-1]) + 1 - len(since), np.int32)])
            found.append((left, since[left], np.full(len(left), n - 1, np.int32)))
            since[joined] = n
        inside = numbers_of(before)
        found.append((inside, since[inside], np.full(len(inside), len(published) - 1, np.int32)))
        account_no, first, last = (np.concatenate(column) for column in zip(*found, strict=True))
        return AllStays(np.array([p.day.toordinal() for p in published]), account_no, first, last)

    def _walk(self, published: Sequence[Published]) -> Iterator[tuple[Published, BitMap]]:
        """The members on each of these days; what was read last need not be read again for the next."""
        known: dict[SnapshotRef, BitMap] = {}
        for each in published:
            members = self._open(each.ref).read(each.name, known).members
            known = dict([*known.items(), (each.ref, members)][-MOST_DEEP:])
            yield each, members

    def _backwards(self, segment: str) -> Iterator[Published]:
        """The segment on its published days, the last first, by the name that it had then: a file says which one its
        segment had before. Where it first says so of another one, that other one has the days before."""
        name, earlier, is_found = segment, self._previously.get(segment), False
        for ref in reversed(self.days):
            told = self._told_by(ref)
            if name not in told.columns and earlier is not None and earlier in told.columns:
                name = earlier
            if name in told.columns:
                is_found, earlier = True, told.previously.get(name)
                n = told.columns[name]
                yield Published(ref, name, told.versions[n], int(told.sizes[n]), told.stale[n])
            elif is_found and name in told.previously.values():
                return

    def _told_by(self, ref: SnapshotRef) -> _Told:
        """What a file says of its segments, which is kept though the file is closed; names are shared among days."""
        if ref not in self._told:
            head = self._open(ref).head
            names = tuple(map(sys.intern, head.segments))
            columns = self._columns.setdefault(names, {name: n for n, name in enumerate(names)})
            versions = list(map(sys.intern, head.versions))
            self._told[ref] = _Told(columns, versions, np.array(head.sizes, np.int64), head.stale, head.previously)
        return self._told[ref]


class _Told(NamedTuple):
    """A file's head as far as the past needs it; `columns` by segment its position in the others."""

    columns: Mapping[str, int]
    versions: Sequence[str]
    sizes: NDArray[np.int64]
    stale: Sequence[bool]
    previously: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class AllStays:
    """Every stay of every customer: his number, and of its first and last day the position in `days`, which are
    ordinals."""

    days: NDArray[np.int64]
    account_no: UInt32
    first: Int32
    last: Int32

    def dwell(self) -> Dwell:
        """How long customers stay."""
        inside = self.last == len(self.days) - 1
        length = self.days[self.last] - self.days[self.first] + 1
        is_cut = self.first == 0
        return Dwell(_spread(length[inside], is_cut[inside]), _spread(length[~inside], is_cut[~inside]))

    def returns(self) -> Returns:
        """Who came back after having left, and after how long."""
        order = np.lexsort((self.first, self.account_no))
        account_no, first, last = self.account_no[order], self.first[order], self.last[order]
        again = np.flatnonzero(account_no[1:] == account_no[:-1])
        away = self.days[first[again + 1]] - self.days[last[again]]
        _, per_customer = np.unique(account_no, return_counts=True)
        numbers, customers = np.unique(per_customer, return_counts=True)
        return Returns(
            stays=dict(zip(numbers.tolist(), customers.tolist(), strict=True)),
            left=len(np.unique(account_no[last < len(self.days) - 1])),
            returned=len(np.unique(account_no[again])),
            away=_spread(away, np.zeros(len(away), np.bool_)),
        )


def _with_present_rule(published: Sequence[Published]) -> Sequence[Published]:
    """The last days, on which the rule was the one that it is now."""
    others = [n for n, p in enumerate(published) if p.version != published[-1].version]
    return published[others[-1] + 1 :] if others else published


def _spread(days: NDArray[np.int64], is_cut: NDArray[np.bool_]) -> Spread:
    if not len(days):
        return Spread(0, 0, None, None, None)
    lower, median, upper = np.quantile(days, [0.25, 0.5, 0.75]).tolist()
    return Spread(len(days), int(is_cut.sum()), lower, median, upper)
