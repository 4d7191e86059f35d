"""What sets two groups of customers apart: only what their numbers support, with ranges."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from beachhead.analysis.columns import Floats, Mask, spread_sample
from beachhead.analysis.display import money_text, number_text
from beachhead.analysis.eligible import Coded, coded_attributes
from beachhead.customers.attributes import Attribute
from beachhead.stats.multiplicity import benjamini_hochberg
from beachhead.stats.proportions import fisher_exact, newcombe_interval

SAMPLE_ROWS = 200_000
FALSE_DISCOVERIES = 0.05
_MIN_LEVEL = 5
_WORTH_TESTING = 1.5
_PLANNED_DIFFERENCE = 0.2
_POWER = 0.8


@dataclass(frozen=True, slots=True)
class Difference:
    """A level of an attribute is more frequent in one group than in the other.

    Counts are of customers whose value is known. `low` to `high`: 95 % range of the difference of shares
    (Newcombe 1998, method 10); `p` from Fisher's exact test, two-sided; `q` after Benjamini–Hochberg.
    """

    attribute: Attribute
    level: str
    in_a: int
    of_a: int
    in_b: int
    of_b: int
    low: float
    high: float
    p: float
    q: float = 1.0

    @property
    def share_a(self) -> float:
        return self.in_a / self.of_a

    @property
    def share_b(self) -> float:
        return self.in_b / self.of_b

    @property
    def difference(self) -> float:
        return self.share_a - self.share_b

    @property
    def lift(self) -> float | None:
        """How many times as frequent in the first group; null where the second has none."""
        return self.share_a / self.share_b if self.in_b else None


@dataclass(frozen=True, slots=True)
class Median:
    """The middle value with its 95 % range (order statistics, exact); bounds null under 6 known values."""

    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Shift:
    """A number is higher in one group: more of it above the middle of both together.

    `test` is that comparison as an exact median test; `a` and `b` are the medians.
    """

    attribute: Attribute
    a: Median
    b: Median
    test: Difference


@dataclass(frozen=True, slots=True)
class Contrast:
    """`differences` and `shifts` that hold, strongest first, of `tested` comparisons over `attributes` attributes.

    `sampled`: how many customers were looked at where there were more. `needed`: when nothing holds, how many
    customers each group would need for a difference of 20 points to show (80 % power).
    """

    n_a: int
    n_b: int
    differences: tuple[Difference, ...]
    shifts: tuple[Shift, ...]
    tested: int
    attributes: int
    sampled: int | None = None
    needed: int | None = None

    @property
    def holds(self) -> bool:
        return bool(self.differences or self.shifts)


def contrast(
    accounts: pa.Table,
    attributes: Mapping[str, Attribute],
    a: Mask,
    b: Mask,
    *,
    exclude: Collection[str] = (),
    currency: str = "EUR",
) -> Contrast:
    """Compare groups `a` and `b` (masks without overlap) in every attribute that may distinguish them.

    Unknown values are left out of both shares. Groups over 200,000 customers are sampled evenly.
    Statements hold at a false-discovery rate of 5 % over all comparisons.
    """
    rows_a, rows_b = np.flatnonzero(a), np.flatnonzero(b)
    kept_a, kept_b = (rows[spread_sample(rows.size, SAMPLE_ROWS)] for rows in (rows_a, rows_b))
    rows = np.concatenate([kept_a, kept_b])
    coded = coded_attributes(accounts.take(pa.array(rows)), attributes, exclude, currency=currency)
    is_a = np.arange(rows.size) < kept_a.size
    result = compare(coded, is_a, ~is_a, currency=currency)
    sampled = rows.size if rows.size < rows_a.size + rows_b.size else None
    return replace(result, n_a=rows_a.size, n_b=rows_b.size, sampled=sampled)


def compare(coded: Sequence[Coded], a: Mask, b: Mask, *, with_shifts: bool = True, currency: str = "EUR") -> Contrast:
    """The same on attributes that are coded already; numbers as ranges too when `with_shifts` is off."""
    differences: list[Difference] = []
    shifts: list[Shift] = []
    tested = 0
    for each in coded:
        if each.values is not None and with_shifts:
            shift = _shift(each, each.values, a, b, currency)
            tested += shift is not None
            shifts += [shift] if shift else []
            continue
        found = _differences(each, a, b)
        tested += len(found)
        differences += found
    every = [*differences, *(s.test for s in shifts)]
    qs = [float(q) for q in benjamini_hochberg(np.array([d.p for d in every]))]
    kept = [replace(d, q=q) for d, q in zip(differences, qs, strict=False) if q <= FALSE_DISCOVERIES]
    moved = [
        replace(s, test=replace(s.test, q=q))
        for s, q in zip(shifts, qs[len(differences) :], strict=True)
        if q <= FALSE_DISCOVERIES
    ]
    needed = None if kept or moved else needed_per_group(max(1, tested))
    return Contrast(
        int(np.count_nonzero(a)),
        int(np.count_nonzero(b)),
        tuple(sorted(kept, key=lambda d: (-abs(d.difference), d.attribute.name, d.level))),
        tuple(sorted(moved, key=lambda s: (-abs(s.test.difference), s.attribute.name))),
        tested,
        len(coded),
        needed=needed,
    )


def needed_per_group(tests: int, difference: float = _PLANNED_DIFFERENCE, power: float = _POWER) -> int:
    """Customers per group for `difference` between shares around one half to hold among `tests` comparisons.

    Two-sided normal approximation (Fleiss 1981) at 5 % divided by the number of tests.
    """
    low, high = 0.5 - difference / 2, 0.5 + difference / 2
    from scipy.special import ndtri  # takes a while to import, which most commands do not need

    z = -float(ndtri(FALSE_DISCOVERIES / tests / 2)) + float(ndtri(power))
    return math.ceil(z * z * (low * (1 - low) + high * (1 - high)) / difference**2)


def _differences(each: Coded, a: Mask, b: Mask) -> list[Difference]:
    """One comparison per level with at least 5 customers of both groups; a yes/no attribute is one comparison."""
    size = len(each.levels.labels)
    count_a = np.bincount(each.levels.codes[a], minlength=size)
    count_b = np.bincount(each.levels.codes[b], minlength=size)
    unknown = each.levels.unknown
    of_a = int(count_a.sum() - (count_a[unknown] if unknown is not None else 0))
    of_b = int(count_b.sum() - (count_b[unknown] if unknown is not None else 0))
    if not of_a or not of_b:
        return []
    known = each.levels.known
    chosen = known[-1:] if len(known) == 2 and each.levels.is_ordered else known
    return [
        _tested(each.attribute, each.levels.labels[i], int(count_a[i]), of_a, int(count_b[i]), of_b)
        for i in chosen
        if count_a[i] + count_b[i] >= _MIN_LEVEL
    ]


def _shift(each: Coded, values: Floats, a: Mask, b: Mask, currency: str) -> Shift | None:
    in_a, in_b = values[a], values[b]
    in_a, in_b = in_a[~np.isnan(in_a)], in_b[~np.isnan(in_b)]
    if in_a.size < _MIN_LEVEL or in_b.size < _MIN_LEVEL:
        return None
    both = np.concatenate([in_a, in_b])
    middle = float(np.median(both))
    above_a, above_b = int(np.count_nonzero(in_a > middle)), int(np.count_nonzero(in_b > middle))
    text = money_text(middle, currency) if each.attribute.type == "money" else number_text(middle)
    test = _tested(each.attribute, f"above {text}", above_a, in_a.size, above_b, in_b.size)
    return Shift(each.attribute, median(in_a), median(in_b), test)


def median(values: Floats) -> Median:
    """Median of known values with its exact 95 % range; `values` without NaN and not empty."""
    ordered = np.sort(values)
    n = ordered.size
    middle = float(np.median(ordered))
    if n < 6:
        return Median(middle, None, None, n)
    rank = _median_rank(n)
    return Median(middle, float(ordered[rank - 1]), float(ordered[n - rank]), n)


def _median_rank(n: int) -> int:
    """The largest r with P(Binomial(n, ½) < r) ≤ 2.5 %: the r-th smallest and r-th largest bound the median."""
    from scipy.stats import binom  # as above

    return int(binom.ppf(0.025, n, 0.5)) if n else 0


def _tested(attribute: Attribute, level: str, in_a: int, of_a: int, in_b: int, of_b: int) -> Difference:
    """`of_a` and `of_b` are not 0."""
    likely = newcombe_interval(in_a, of_a, in_b, of_b)
    p = fisher_exact(in_a, of_a, in_b, of_b) if _is_worth_testing(in_a, of_a, in_b, of_b) else None
    low, high = (likely.low, likely.high) if likely else (-1.0, 1.0)
    return Difference(attribute, level, in_a, of_a, in_b, of_b, low, high, 1.0 if p is None else p)


def _is_worth_testing(in_a: int, of_a: int, in_b: int, of_b: int) -> bool:
    """Exact tests cost time: what is plainly no difference counts as p = 1, which only makes the rest stricter."""
    pooled = (in_a + in_b) / (of_a + of_b)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / of_a + 1 / of_b))
    return spread > 0 and abs(in_a / of_a - in_b / of_b) > _WORTH_TESTING * spread
