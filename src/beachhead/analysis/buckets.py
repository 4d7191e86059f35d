"""One column as a small number of named levels: categories as they are, numbers in round steps, dates by month."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beachhead.analysis.columns import Codes, flat, floats, is_day, is_numeric, is_text, spread_sample
from beachhead.analysis.display import UNKNOWN, money_text, month_text, number_text
from beachhead.customers.attributes import Attribute

OTHER = "other"
_EPOCH = date(1970, 1, 1)
_SAMPLE = 200_000
_MONTHS_SHOWN = 36
_VALUES_SHOWN = 12


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Row i has the level `labels[codes[i]]`. `unknown` and `other` are codes, or None where no row has them.

    `is_ordered`: the order of the labels is the order of the values; otherwise the most frequent is first.
    """

    codes: Codes
    labels: tuple[str, ...]
    is_ordered: bool
    unknown: int | None = None
    other: int | None = None

    @property
    def known(self) -> tuple[int, ...]:
        """The codes that stand for one value or one range: neither unknown nor other."""
        return tuple(i for i in range(len(self.labels)) if i not in (self.unknown, self.other))


def levels_of(
    accounts: pa.Table, attribute: Attribute, *, currency: str = "EUR", limit: int = 1000, bins: int = 10
) -> Levels:
    """The levels of one attribute.

    Text: one level per value, the `limit` most frequent, the rest `other`. Numbers: their values when there
    are at most 12 whole ones, else about `bins` ranges of similar size with edges 1, 2, 5 × 10ⁿ.
    Dates: by month, by year when they span more than 36 months. Null is the level `unknown`, always last.
    """
    column = flat(accounts, attribute.name)
    if pa.types.is_boolean(column.type):
        return _with_unknown(_boolean_codes(column), ("no", "yes"), is_ordered=True)
    if is_text(column.type):
        return _categories(column, limit)
    if is_day(column.type):
        return _months(floats(column))
    if is_numeric(column.type):
        money = attribute.type == "money"
        text = (lambda v: money_text(v, currency)) if money else number_text
        return _ranges(floats(column), bins, text, is_whole=attribute.type == "integer")
    return _with_unknown(np.full(len(column), -1, dtype=np.int32), (), is_ordered=False)


def _with_unknown(codes: Codes, labels: tuple[str, ...], *, is_ordered: bool, other: int | None = None) -> Levels:
    """Codes of −1 become the last level."""
    missing = codes < 0
    if not missing.any():
        return Levels(codes, labels, is_ordered, None, other)
    codes = codes.copy()
    codes[missing] = len(labels)
    return Levels(codes, (*labels, UNKNOWN), is_ordered, len(labels), other)


def _boolean_codes(column: pa.Array) -> Codes:
    result: Codes = pc.fill_null(column.cast(pa.int8()), -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return result


def _categories(column: pa.Array, limit: int) -> Levels:
    encoded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    raw: Codes = pc.fill_null(encoded.indices.cast(pa.int32()), -1).to_numpy(zero_copy_only=False)
    values = [None if v is None or not str(v).strip() else str(v) for v in encoded.dictionary.to_pylist()]
    counts = np.bincount(raw[raw >= 0], minlength=len(values))
    known = [i for i, v in enumerate(values) if v is not None and counts[i]]
    known.sort(key=lambda i: (-counts[i], values[i] or ""))
    kept, rest = known[:limit], known[limit:]
    position = np.full(len(values) + 1, -1, dtype=np.int32)
    position[kept] = np.arange(len(kept), dtype=np.int32)
    position[rest] = len(kept)
    labels = [values[i] or "" for i in kept]
    other = len(kept) if rest else None
    return _with_unknown(position[raw], (*labels, *([OTHER] if rest else [])), is_ordered=False, other=other)


def _months(days: npt.NDArray[np.float64]) -> Levels:
    known = ~np.isnan(days)
    if not known.any():
        return _with_unknown(np.full(days.size, -1, dtype=np.int32), (), is_ordered=True)
    months = np.full(days.size, -1, dtype=np.int64)
    whole = days[known].astype(np.int64).astype("datetime64[D]")
    months[known] = whole.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    low, high = int(months[known].min()), int(months.max())
    step = 1 if high - low < _MONTHS_SHOWN else 12
    start = low // step
    codes = np.where(known, months // step - start, -1).astype(np.int32)
    units = range(start, high // step + 1)
    labels = [month_text(m // 12, m % 12 + 1) for m in units] if step == 1 else [str(y) for y in units]
    present = np.bincount(codes[known], minlength=len(labels)) > 0
    compact = np.append(np.where(present, np.cumsum(present) - 1, -1), -1).astype(np.int32)
    return _with_unknown(
        compact[codes], tuple(x for x, is_there in zip(labels, present, strict=True) if is_there), is_ordered=True
    )


def _ranges(values: npt.NDArray[np.float64], bins: int, text: Callable[[float], str], *, is_whole: bool) -> Levels:
    known = ~np.isnan(values)
    if not known.any():
        return _with_unknown(np.full(values.size, -1, dtype=np.int32), (), is_ordered=True)
    present = values[known]
    distinct = np.unique(present[spread_sample(present.size, _SAMPLE)])
    if distinct.size <= _VALUES_SHOWN and np.all(distinct == np.floor(distinct)):
        distinct = np.unique(present)
    if distinct.size <= _VALUES_SHOWN and np.all(distinct == np.floor(distinct)):
        codes = np.where(known, np.searchsorted(distinct, values), -1).astype(np.int32)
        return _with_unknown(codes, tuple(text(float(v)) for v in distinct), is_ordered=True)
    edges = nice_edges(present, bins)
    if is_whole:
        edges = np.unique(np.ceil(edges))
    codes = np.where(known, np.searchsorted(edges, values, side="right"), -1).astype(np.int32)
    labels = _whole_labels(float(present.min()), edges, text) if is_whole else _range_labels(edges, text)
    return _with_unknown(codes, labels, is_ordered=True)


def nice_edges(values: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.float64]:
    """Ascending inner edges near the quantiles, rounded to 1, 2 or 5 × 10ⁿ, without repeats.

    Where that is too coarse (a range with 2.5 times its part), they are rounded to one digit instead.

    `values` without NaN. Where one value (often 0) fills many quantiles it gets a bin of its own.
    """
    sample = values[spread_sample(values.size, _SAMPLE)]
    quantiles = np.quantile(sample, np.linspace(0, 1, bins + 1)[1:-1])
    low, high = float(sample.min()), float(sample.max())
    edges = {e for e in (_round_step(float(q)) for q in quantiles) if low < e <= high}
    shares = np.diff(np.searchsorted(np.sort(sample), sorted(edges)), prepend=0, append=sample.size) / sample.size
    if shares.max(initial=0) > 2.5 / bins:
        edges = {e for e in (_round_digit(float(q)) for q in quantiles) if low < e <= high}
    heavy = float(quantiles[0])
    if heavy == low and np.mean(sample == low) > 1.5 / bins:
        above = sample[sample > low]
        if above.size:
            least = float(above.min())
            rounded = _floor_step(least)
            edges.add(rounded if rounded > low else least)
    return np.array(sorted(edges) or [high])


def _steps(size: float) -> list[float]:
    base = 10.0 ** math.floor(math.log10(size))
    return [base, 2 * base, 5 * base, 10 * base]


def _round_step(value: float) -> float:
    if value == 0:
        return 0.0
    size = abs(value)
    return math.copysign(min(_steps(size), key=lambda s: abs(math.log(s / size))), value)


def _round_digit(value: float) -> float:
    if value == 0:
        return 0.0
    base = 10.0 ** math.floor(math.log10(abs(value)))
    return round(value / base) * base


def _floor_step(value: float) -> float:
    if value <= 0:
        return value
    # Just under a power of ten the logarithm may round up, so that every step lies above the value.
    return max((s for s in _steps(value) if s <= value), default=value)


def _range_labels(edges: npt.NDArray[np.float64], text: Callable[[float], str]) -> tuple[str, ...]:
    inner = [f"{text(float(a))} to under {text(float(b))}" for a, b in pairwise(edges)]
    return (f"under {text(float(edges[0]))}", *inner, f"{text(float(edges[-1]))} and more")


def _whole_labels(least: float, edges: npt.NDArray[np.float64], text: Callable[[float], str]) -> tuple[str, ...]:
    """Both ends of a range belong to it: `0`, `1`, `2 to 4`, `5 and more`."""
    first = text(least) if edges[0] - least <= 1 else f"under {text(float(edges[0]))}"
    inner = [text(a) if b - a == 1 else f"{text(a)} to {text(b - 1)}" for a, b in pairwise(map(float, edges))]
    return (first, *inner, f"{text(float(edges[-1]))} and more")


def day(days: float) -> date:
    """Days since 1970 as a date."""
    return _EPOCH + timedelta(days=int(days))
