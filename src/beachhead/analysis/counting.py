"""Slice and dice: customers, money and kept rate by any one to three attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beachhead.analysis.buckets import OTHER, Levels, levels_of
from beachhead.analysis.columns import Mask, optional_floats, ratio
from beachhead.analysis.keeping import forgets_who_left, was_and_is
from beachhead.customers.attributes import Attribute
from beachhead.errors import Diagnostic, UsageError

SMALL = 5
TOP_GROUPS = 50
_NUMBERS = ("integer", "number", "money")


@dataclass(frozen=True, slots=True)
class CountRow:
    """One group. Rates over nothing and sums of nothing known are null.

    `measure_total` and `measure_average` are over the `measured` customers whose value is known, money in
    minor units; `kept_rate` is the share of the `were_customers` that still are. `merged`: how many groups
    this row stands for.
    """

    labels: tuple[str, ...]
    customers: int
    share: float | None
    measured: int
    measure_total: float | None
    measure_share: float | None
    measure_average: float | None
    were_customers: int
    kept_rate: float | None
    is_small: bool
    merged: int = 1


@dataclass(frozen=True, slots=True)
class CountTable:
    """Groups, and all of them together in `total`. `not_kept`: why there is no kept rate; empty where there is."""

    by: tuple[Attribute, ...]
    measure: Attribute | None
    currency: str
    rows: tuple[CountRow, ...]
    total: CountRow
    not_kept: str = ""

    def as_arrow(self) -> pa.Table:
        """One row per group and a last row `total`; the measure and the kept rate only where there are such."""
        rows = (*self.rows, self.total)
        columns: dict[str, pa.Array] = {
            a.name: pa.array([r.labels[i] for r in rows], pa.string()) for i, a in enumerate(self.by)
        }
        columns["customers"] = pa.array([r.customers for r in rows], pa.int64())
        columns["share"] = pa.array([r.share for r in rows], pa.float64())
        if self.measure is not None:
            name, is_money = self.measure.name, self.measure.type == "money"
            totals = [r.measure_total for r in rows]
            whole = is_money or self.measure.type == "integer"
            columns[f"{name}_total"] = (
                pa.array([None if t is None else round(t) for t in totals], pa.int64())
                if whole
                else pa.array(totals, pa.float64())
            )
            columns[f"{name}_share_of_total"] = pa.array([r.measure_share for r in rows], pa.float64())
            columns[f"{name}_average"] = pa.array([r.measure_average for r in rows], pa.float64())
            columns["known"] = pa.array([r.measured for r in rows], pa.int64())
        if not self.not_kept:
            columns["were_customers"] = pa.array([r.were_customers for r in rows], pa.int64())
            columns["kept_rate"] = pa.array([r.kept_rate for r in rows], pa.float64())
        columns["is_small"] = pa.array([r.is_small for r in rows], pa.bool_())
        return pa.table(columns)


def count(
    accounts: pa.Table,
    attributes: Mapping[str, Attribute],
    by: Sequence[str],
    *,
    measure: str | None = None,
    currency: str = "EUR",
    limit: int | None = TOP_GROUPS,
) -> CountTable:
    """Customers by one to three attributes; money or another number (`measure`) is summed and averaged.

    Null is the group `unknown`. Numbers and dates are bucketed (`levels_of`). Groups under 5 customers are
    marked small. More than `limit` groups: the largest, the rest together as `other` (None: all groups).
    One attribute with ordered levels keeps its order, all else comes by size. Errors: an unknown attribute,
    a repeated one, none or more than three, a measure that is not a number.
    """
    chosen = _chosen(accounts, attributes, by)
    measured = _measure(accounts, attributes, measure)
    levels = [levels_of(accounts, a, currency=currency) for a in chosen]
    keys = np.zeros(accounts.num_rows, dtype=np.int64)
    for level in levels:
        keys = keys * max(1, len(level.labels)) + level.codes
    groups, inverse = _dense(keys, levels)
    not_kept = _not_kept(accounts, chosen)
    sums = _Sums.over(inverse, len(groups), measured, None if not_kept else was_and_is(accounts))
    order = _order(groups, sums.customers, levels)
    if limit is not None and len(order) > limit:
        by_size = sorted(order, key=lambda g: -sums.customers[g])
        kept = set(by_size[:limit])
        rest = [g for g in order if g not in kept]
        order = [g for g in order if g in kept]
    else:
        rest = []
    rows = [sums.row(_labels(int(groups[g]), levels), np.array([g])) for g in order]
    if rest:
        rows.append(sums.row((OTHER,) * len(levels), np.array(rest)))
    total = sums.row(("total", *[""] * (len(levels) - 1)), np.arange(len(groups)))
    return CountTable(chosen, attributes[measure] if measure else None, currency, tuple(rows), total, not_kept)


def _not_kept(accounts: pa.Table, by: Sequence[Attribute]) -> str:
    """Why a kept rate by these attributes would say nothing; empty where it does say something."""
    if was_and_is(accounts) is None:
        return "No kept rate: the data cannot tell who left."
    forgetful = [a.title for a in by if forgets_who_left(accounts, a)]
    if forgetful:
        return f"No kept rate: “{forgetful[0]}” is not known of those who left."
    return ""


def _chosen(accounts: pa.Table, attributes: Mapping[str, Attribute], by: Sequence[str]) -> tuple[Attribute, ...]:
    if not 1 <= len(by) <= 3 or len(set(by)) != len(by):
        raise UsageError(
            Diagnostic("count-attributes", "count takes one to three different attributes", remedy="Name 1, 2 or 3.")
        )
    return tuple(_known(accounts, attributes, name) for name in by)


def _known(accounts: pa.Table, attributes: Mapping[str, Attribute], name: str) -> Attribute:
    if name in attributes and name in accounts.column_names:
        return attributes[name]
    there = [n for n in attributes if n in accounts.column_names]
    if name in attributes and (needs := attributes[name].needs):
        raise UsageError(
            Diagnostic(
                "attribute-without-data", f"'{name}' has no data", remedy=f"It needs {', '.join(needs)}: map it."
            )
        )
    raise UsageError(Diagnostic.unknown_name("attribute", name, there))


def _measure(
    accounts: pa.Table, attributes: Mapping[str, Attribute], name: str | None
) -> npt.NDArray[np.float64] | None:
    if name is None:
        return None
    if _known(accounts, attributes, name).type not in _NUMBERS:
        numbers = [n for n, a in attributes.items() if a.type in _NUMBERS and n in accounts.column_names]
        raise UsageError(
            Diagnostic(
                "measure-not-a-number",
                f"'{name}' is not a number and cannot be summed",
                remedy=f"Take one of: {', '.join(numbers[:12]) or 'none has data'}.",
            )
        )
    values = optional_floats(accounts, name)
    return np.full(accounts.num_rows, np.nan) if values is None else values


def _dense(
    keys: npt.NDArray[np.int64], levels: Sequence[Levels]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The keys that occur, ascending, and each row's position among them; by counting where the space is small."""
    space = 1
    for level in levels:
        space *= max(1, len(level.labels))
    if space > 5_000_000:
        groups, inverse = np.unique(keys, return_inverse=True)
        return groups, inverse
    present = np.bincount(keys, minlength=space) > 0
    return np.flatnonzero(present), (np.cumsum(present) - 1)[keys]


def _labels(key: int, levels: Sequence[Levels]) -> tuple[str, ...]:
    parts: list[str] = []
    for level in reversed(levels):
        key, code = divmod(key, max(1, len(level.labels)))
        parts.append(level.labels[code])
    return tuple(reversed(parts))


def _order(groups: npt.NDArray[np.int64], customers: npt.NDArray[np.int64], levels: Sequence[Levels]) -> list[int]:
    """One ordered attribute: its order. Else the largest first, `unknown` and `other` of one attribute last."""
    positions = range(len(groups))
    if len(levels) == 1:
        only = levels[0]
        if only.is_ordered:
            return list(positions)
        last = (only.other, only.unknown)
        return sorted(positions, key=lambda g: (int(groups[g]) in last, -customers[g], groups[g]))
    return sorted(positions, key=lambda g: (-customers[g], groups[g]))


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Additive statistics per group; rows and totals are sums of them."""

    customers: npt.NDArray[np.int64]
    measured: npt.NDArray[np.int64]
    totals: npt.NDArray[np.float64] | None
    were: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]

    @classmethod
    def over(
        cls,
        group: npt.NDArray[np.int64],
        size: int,
        values: npt.NDArray[np.float64] | None,
        was_and_still: tuple[Mask, Mask] | None,
    ) -> _Sums:
        nothing = np.zeros(size, dtype=np.int64)
        measured = nothing
        totals: npt.NDArray[np.float64] | None = None
        if values is not None:
            known = ~np.isnan(values)
            measured = np.bincount(group[known], minlength=size)
            totals = np.bincount(group[known], weights=values[known], minlength=size).astype(np.float64)
        if was_and_still is None:
            return cls(np.bincount(group, minlength=size), measured, totals, nothing, nothing)
        return cls(
            np.bincount(group, minlength=size),
            measured,
            totals,
            *(np.bincount(group[mask], minlength=size) for mask in was_and_still),
        )

    def row(self, labels: tuple[str, ...], groups: npt.NDArray[np.int64]) -> CountRow:
        customers, measured = int(self.customers[groups].sum()), int(self.measured[groups].sum())
        were, kept = int(self.were[groups].sum()), int(self.kept[groups].sum())
        amount = None if self.totals is None or not measured else float(self.totals[groups].sum())
        whole = None if self.totals is None else float(self.totals.sum())
        return CountRow(
            labels,
            customers,
            ratio(customers, int(self.customers.sum())),
            measured,
            amount,
            ratio(amount, whole),
            ratio(amount, measured),
            were,
            ratio(kept, were),
            customers < SMALL,
            len(groups),
        )
