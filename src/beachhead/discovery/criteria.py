"""What customers are asked about: an attribute as levels that conditions are made of, and each condition as a rule.

Of a number the levels lie between cut points: quantiles, 1-2-5 × 10ⁿ, and zero. The search looks at few of them; what
it finds is then moved to the best of all (`finest`). Missing is a level of its own and is never filled in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.customers.attributes import Attribute
from beachhead.discovery.search import MOST_LEVELS, Column, Range, of_categories, of_ordered
from beachhead.rules.format import quoted

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
QUANTILES, COARSE = 16, 8
_EPOCH = date(1970, 1, 1)
_MOST_MONTHS = 48


@dataclass(frozen=True, eq=False)
class Criterion:
    """An attribute of some customers. `column`: as it is searched, the ranges of few levels; `finest`: of all levels.
    `merged[n]` to `merged[n + 1]` are the finest levels of level n.

    `values`: of a category the value of each finest level, of what is ordered none. `cuts`: of ordered levels the least
    value of each but the first, which begins with `lowest`. `missing`: the finest level of who has no value.
    """

    attribute: Attribute
    column: Column
    finest: Column
    merged: Sequence[int]
    values: Sequence[str | bool]
    cuts: Floats
    missing: int | None
    lowest: float = math.nan

    @cached_property
    def digits(self) -> NDArray[np.int64]:
        """How long it takes to write where each of the finest levels begins, and where the last one ends."""
        return np.concatenate([[0], _digits_of_cuts(self.cuts, self.attribute), [0]])

    @property
    def ordered(self) -> int:
        """How many of the finest levels have an order, which come first; none of a category."""
        return len(self.cuts) + 1 if len(self.cuts) else 0

    @property
    def name(self) -> str:
        return self.attribute.name

    def only(self, rows: Bools) -> Criterion:
        """The same of some customers."""
        column, finest = (replace(c, codes=c.codes[rows]) for c in (self.column, self.finest))
        return replace(self, column=column, finest=finest)

    def finely(self, condition: Range) -> Range:
        """The same condition in the finest levels."""
        return Range(self.merged[condition.low], self.merged[condition.high], condition.group)

    def holds(self, condition: Range) -> Bools:
        """For whom a condition in the finest levels is true."""
        codes = self.finest.codes
        found: Bools = (codes >= condition.low) & (codes < condition.high)
        return found

    def rule(self, condition: Range) -> str:
        """A condition in the finest levels as the segment language writes it."""
        name = self.attribute.name
        if condition.low == self.missing:
            return f"{name} is null"
        if not len(self.cuts):
            value = self.values[condition.low]
            if isinstance(value, bool):
                return name if value else f"not {name}"
            return f"{name} = {quoted(value)}"
        low = self.cuts[condition.low - 1] if condition.low > 0 else None
        high = self.cuts[condition.high - 1] if condition.high <= len(self.cuts) else None
        return _range_rule(self.attribute, low, high, self.lowest)


def criterion(accounts: pa.Table, attribute: Attribute, least: int) -> Criterion | None:
    """The criterion of an attribute for the customers in `accounts`; None where no condition on it has `least` of them
    with others beside."""
    array = accounts[attribute.name].combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # of none
        return None
    if pa.types.is_floating(array.type) or pa.types.is_integer(array.type) or pa.types.is_decimal(array.type):
        values = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return _ordered(attribute, values, cut_points(values), least)
    if pa.types.is_date(array.type) or pa.types.is_timestamp(array.type):
        values = array.cast(pa.date32()).cast(pa.int32()).cast(pa.float64()).to_numpy(zero_copy_only=False)
        return _ordered(attribute, values, _first_days(values), least)
    return _categories(attribute, array, least)


def _categories(attribute: Attribute, array: pa.Array, least: int) -> Criterion | None:
    encoded = array.dictionary_encode()
    codes = encoded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    known = encoded.dictionary.to_pylist()
    counts = np.bincount(codes[codes >= 0], minlength=len(known))
    order = sorted((n for n in range(len(known)) if counts[n] >= least), key=lambda n: (-counts[n], str(known[n])))
    kept = order[: MOST_LEVELS - 1]
    level_of = np.full(len(known) + 1, len(kept), np.int64)
    level_of[kept] = np.arange(len(kept))
    is_missing = bool(np.count_nonzero(codes < 0) >= least)
    levels = len(kept) + is_missing
    level_of[:-1][level_of[:-1] == len(kept)] = levels
    level_of[-1] = len(kept) if is_missing else levels
    if levels < 1 or (levels == 1 and np.all(level_of[codes] == 0)):
        return None
    column = of_categories(level_of[codes].astype(np.uint8), levels)
    missing = len(kept) if is_missing else None
    return Criterion(attribute, column, column, range(levels + 1), [known[n] for n in kept], np.zeros(0), missing)


def _ordered(attribute: Attribute, values: Floats, cuts: Floats, least: int) -> Criterion | None:
    known = ~np.isnan(values)
    codes = np.searchsorted(cuts, values, side="right")
    used = np.unique(codes[known]).tolist()
    if not used:
        return None
    digits = _digits_of_cuts(cuts, attribute)  # of several cut points between which nobody lies the roundest
    cuts = cuts[[low + int(np.argmin(digits[low:high])) for low, high in pairwise(used)]]
    codes = np.searchsorted(cuts, values, side="right")
    ordered = len(cuts) + 1
    is_missing = int(np.count_nonzero(~known)) >= least
    if ordered == 1 and not (is_missing and known.any()):
        return None
    levels = ordered + is_missing
    codes[~known] = ordered
    finest = of_ordered(codes.astype(np.uint8), levels, ordered)
    starts = _coarse_starts(np.bincount(codes[known], minlength=ordered), cuts)
    merged = [*starts, ordered, *([levels] if is_missing else [])]
    coarse_of = np.full(levels + 1, len(merged) - 1)
    for n, (low, high) in enumerate(pairwise(merged)):
        coarse_of[low:high] = n
    column = of_ordered(coarse_of[codes].astype(np.uint8), len(merged) - 1, len(starts))
    lowest = float(values[known].min())
    return Criterion(attribute, column, finest, merged, (), cuts, ordered if is_missing else None, lowest)


def _coarse_starts(counts: NDArray[np.int64], cuts: Floats) -> list[int]:
    """The finest levels at which coarse ones begin: near the quantiles, of those nearby the roundest."""
    if len(counts) <= COARSE:
        return list(range(len(counts)))
    below = np.concatenate([[0], np.cumsum(counts)])[:-1] / counts.sum()
    chosen = {0}
    for share in np.arange(1, COARSE) / COARSE:
        near = np.flatnonzero(np.abs(below[1:] - share) <= 0.5 / COARSE) + 1
        if len(near):
            chosen.add(min(near.tolist(), key=lambda n: (_digits(cuts[n - 1]), abs(below[n] - share))))
    return sorted(chosen)


def _digits_of_cuts(cuts: Floats, attribute: Attribute) -> NDArray[np.int64]:
    """Twice how many digits each cut point has, or what it is just above of where that has fewer; one more for that of
    what is not counted in whole numbers. Of days none has any."""
    if attribute.type in ("date", "timestamp"):
        return np.zeros(len(cuts), np.int64)
    below = np.nextafter(cuts, -np.inf) if attribute.type == "number" else cuts - 1
    pairs = zip(cuts.tolist(), below.tolist(), strict=True)
    more = attribute.type != "integer"
    return np.array([min(2 * _digits(cut), 2 * _digits(less) + more) for cut, less in pairs], np.int64)


def _digits(value: float) -> int:
    return len(_written(value).strip("-0").replace(".", "").strip("0"))


def _written(value: float) -> str:
    """The shortest that is this number and no other, without an exponent."""
    return np.format_float_positional(value, trim="-")


def cut_points(values: Floats) -> Floats:
    """Where the levels of a number may begin, ascending: at its quantiles, at 1, 2, 5 × 10ⁿ, at zero, and just above
    each of these that somebody has exactly; at most as many as a column can hold."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.zeros(0)
    low, high = float(known.min()), float(known.max())
    quantiles = np.quantile(known, np.arange(1, QUANTILES) / QUANTILES, method="inverted_cdf")
    round_ones = np.array([*_one_two_five(low, high), 0.0])
    is_whole = bool(np.all(known == np.floor(known)))
    after = round_ones[np.isin(round_ones, known)]
    above = after + 1 if is_whole else np.nextafter(after, np.inf)
    found = np.unique(np.concatenate([round_ones, above, quantiles]))
    found = found[(found > low) & (found <= high)]
    return found if len(found) <= MOST_LEVELS - 2 else np.unique(quantiles[(quantiles > low) & (quantiles <= high)])


def _one_two_five(low: float, high: float) -> list[float]:
    largest = max(abs(low), abs(high))
    if not largest:
        return []
    top = math.floor(math.log10(largest))
    steps = [float(f"{digit}e{power}") for power in range(top - 6, top + 1) for digit in (1, 2, 5)]
    return [sign * step for step in steps for sign in (1, -1) if low < sign * step <= high]


def _first_days(values: Floats) -> Floats:
    """The first days of months, or of quarters or years where there are many, as days since 1970."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(0)
    first, last = (_EPOCH + timedelta(days=int(day)) for day in (known.min(), known.max()))
    months = (last.year - first.year) * 12 + last.month - first.month
    step = 1 if months <= _MOST_MONTHS else 3 if months <= 4 * _MOST_MONTHS else 12
    starts = [date(first.year + n // 12, n % 12 + 1, 1) for n in range(0, months + first.month + 12, step)]
    days = np.array([(day - _EPOCH).days for day in starts], np.float64)
    inside: Floats = days[(days > known.min()) & (days <= known.max())]
    return inside[-(MOST_LEVELS - 2) :]


def _range_rule(attribute: Attribute, low: float | None, high: float | None, lowest: float) -> str:
    """From `low`, or `lowest`, to below `high`, as people would write it."""
    name = attribute.name
    if attribute.type in ("date", "timestamp"):
        parts = [f"{name} >= {_day(low)}"] if low is not None else []
        return " and ".join([*parts, *([f"{name} < {_day(high)}"] if high is not None else [])])
    if attribute.type in ("integer", "money"):
        if low is not None and high is not None:
            lowest, highest = math.ceil(low), math.ceil(high) - 1
            return f"{name} = {lowest}" if lowest == highest else f"{name} between {lowest} and {highest}"
        if low is not None:
            return f"{name} >= {math.ceil(low)}"
        highest = math.ceil(high or 0) - 1
        return f"{name} {'=' if highest == lowest else '<='} {highest}"
    parts = [_bound(name, low, ">=", ">")] if low is not None else []
    return " and ".join([*parts, *([_bound(name, high, "<", "<=")] if high is not None else [])])


def _bound(name: str, value: float, plain: str, just_above: str) -> str:
    """A cut point, of which one that is just above a round number is written as that number."""
    below = float(np.nextafter(value, -np.inf))
    if _digits(below) < _digits(value):
        return f"{name} {just_above} {_written(below)}"
    return f"{name} {plain} {_written(value)}"


def _day(value: float) -> str:
    return quoted((_EPOCH + timedelta(days=int(value))).isoformat())
