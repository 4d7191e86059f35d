"""Sets of the values that an expression may have, exact: intervals of one ordered kind, and unknown.

A set is written by its cuts: from a first cut up to a second all values lie in it, from a third to a fourth, and so on.
A cut lies just before a value or just after it, so that open and closed ends are the same thing.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from beachhead.rules.types import Value

Ordered = str | float | datetime
"""A value that has a place in an order; numbers and truth values, moments, and texts never meet."""

Cut = tuple[int, Ordered, int]
"""The kind of value, the value, and 0 before it or 1 after it."""

LOWEST: Cut = (-1, 0, 0)
HIGHEST: Cut = (9, 0, 0)
_JUST_TRUE: Cut = (0, True, 0)


@dataclass(frozen=True, slots=True)
class Values:
    """A set of values; `has_null`: unknown is one of them."""

    cuts: tuple[Cut, ...] = ()
    has_null: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.cuts and not self.has_null

    def __and__(self, other: Values) -> Values:
        return Values(_where([self.cuts, other.cuts], 2), self.has_null and other.has_null)

    def __le__(self, other: Values) -> bool:
        """Whether the other set holds all values of this one."""
        if self.has_null and not other.has_null:
            return False
        for low, high in zip(self.cuts[::2], self.cuts[1::2], strict=True):
            at = bisect_right(other.cuts, low)
            if at % 2 == 0 or other.cuts[at] < high:
                return False
        return True

    def known_others(self) -> Values:
        """All known values that are not in the set."""
        inside = self.cuts[1:] if self.cuts[:1] == (LOWEST,) else (LOWEST, *self.cuts)
        return Values(inside[:-1] if inside[-1:] == (HIGHEST,) else (*inside, HIGHEST))

    def others(self) -> Values:
        """All values that are not in the set, unknown too."""
        return Values(self.known_others().cuts, not self.has_null)


NOTHING = Values()
KNOWN = Values((LOWEST, HIGHEST))
NULL = Values((), True)
EVERYTHING = Values((LOWEST, HIGHEST), True)

TRUE = Values((_JUST_TRUE, HIGHEST))
FALSE = Values((LOWEST, _JUST_TRUE))
"""Of truth values there are only these two, so that together they are all."""


def union(sets: Iterable[Values]) -> Values:
    """The values of all sets."""
    found = list(sets)
    return Values(_where([s.cuts for s in found], 1), any(s.has_null for s in found))


def ordered(value: Value) -> Ordered:
    """The value as it compares: a day is its midnight. ValueError for null."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    if value is None:
        raise ValueError("null has no place in an order")
    return value


def below(value: Ordered, or_equal: bool, is_whole: bool = False) -> Values:
    """All values less than one, or equal to it; `is_whole`: of whole numbers."""
    high = _cut(value, or_equal, is_whole)
    return NOTHING if high == LOWEST else Values((LOWEST, high))


def above(value: Ordered, or_equal: bool, is_whole: bool = False) -> Values:
    """All values more than one, or equal to it."""
    low = _cut(value, not or_equal, is_whole)
    return NOTHING if low == HIGHEST else Values((low, HIGHEST))


def exactly(values: Iterable[Ordered], is_whole: bool = False) -> Values:
    """These values and no others."""
    ends = [(_cut(v, False, is_whole), _cut(v, True, is_whole)) for v in values]
    return Values(_where([pair for pair in ends if pair[0] < pair[1]], 1))


def _cut(value: Ordered, is_after: bool, is_whole: bool) -> Cut:
    """A cut beside a value; of whole numbers always that before the next one."""
    if isinstance(value, bool):
        if is_after:
            return HIGHEST if value else _JUST_TRUE
        return _JUST_TRUE if value else LOWEST
    if isinstance(value, int | float):
        if is_whole and math.isfinite(value):
            return (0, math.floor(value) + 1 if is_after else math.ceil(value), 0)
        return (0, value, int(is_after))
    return (1 if isinstance(value, datetime) else 2, value, int(is_after))


def _where(sets: Iterable[tuple[Cut, ...]], wanted: int) -> tuple[Cut, ...]:
    """The cuts between which at least `wanted` of the sets hold."""
    events = sorted((cut, -1 if i % 2 else 1) for cuts in sets for i, cut in enumerate(cuts))
    found: list[Cut] = []
    depth = 0
    for n, (cut, step) in enumerate(events):
        depth += step
        if n + 1 < len(events) and events[n + 1][0] == cut:
            continue
        if (depth >= wanted) != bool(len(found) % 2):
            found.append(cut)
    return tuple(found)
