"""Slice and dice: customers, money and kept rate by any one to three attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beachhead.analysis.buckets import OTHER, Levels, levels_of
from beachhead.analysis.columns import Mask, each_item, flat, optional_floats, ratio
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
    """Groups, and all customers together in `total`. `not_kept`: why there is no kept rate; empty where there is.
    `overlap`: that a customer may be in several groups; empty where each is in one."""

    by: tuple[Attribute, ...]
    measure: Attribute | None
    currency: str
    rows: tuple[CountRow, ...]
    total: CountRow
    not_kept: str = ""
    overlap: str = ""

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

    Null is the group `unknown`. Numbers and dates are bucketed (`levels_of`); of a list each item is a group, so that
    a customer is in as many as they have items, and once in the total. Groups under 5 customers are marked small.
    More than `limit` groups: the largest, the rest together as `other` (None: all groups).
    One attribute with ordered levels keeps its order, all else comes by size. Errors: an unknown attribute,
    a repeated one, none or more than three, a measure that is not a number.
    """
    chosen = _chosen(accounts, attributes, by)
    measured = _measure(accounts, attributes, measure)
    parts, customers = _item_by_item(accounts, chosen)
    levels = [levels_of(parts, a, currency=currency) for a in chosen]
    keys = np.zeros(parts.num_rows, dtype=np.int64)
    for level in levels:
        keys = keys * max(1, len(level.labels)) + level.codes
    if customers is not None:
        keys, customers = _each_once(keys, customers)
    groups, inverse = _dense(keys, levels)
    not_kept = _not_kept(accounts, chosen)
    people = _People(measured, None if not_kept else was_and_is(accounts))
    sums = people.sums(inverse, len(groups), customers)
    order = _order(groups, sums.customers, levels)
    if limit is not None and len(order) > limit:
        by_size = sorted(order, key=lambda g: -sums.customers[g])
        kept = set(by_size[:limit])
        rest = [g for g in order if g not in kept]
        order = [g for g in order if g in kept]
    else:
        rest = []
    whole = people.sums(np.zeros(accounts.num_rows, dtype=np.int64), 1)
    rows = [sums.row(_labels(int(groups[g]), levels), g, whole) for g in order]
    if rest:
        at = np.flatnonzero(np.isin(inverse, rest))
        others = at if customers is None else np.unique(customers[at])
        together = people.sums(np.zeros(len(others), dtype=np.int64), 1, others)
        rows.append(together.row((OTHER,) * len(levels), 0, whole, merged=len(rest)))
    total = whole.row(("total", *[""] * (len(levels) - 1)), 0, whole, merged=len(groups))
    overlap = "" if customers is None else _overlap(chosen)
    return CountTable(chosen, attributes[measure] if measure else None, currency, tuple(rows), total, not_kept, overlap)


def _item_by_item(
    accounts: pa.Table, by: Sequence[Attribute]
) -> tuple[pa.Table, npt.NDArray[np.int64] | None]:  # fmt: skip
    """The columns of these attributes, with a row for each item of each list, and whose row it is; None: unchanged."""
    parts, customers = accounts.select([a.name for a in by]), None
    for n, attribute in enumerate(by):
        if attribute.type == "list":
            rows, items = each_item(flat(parts, attribute.name))
            parts = parts.take(pa.array(rows)).set_column(n, attribute.name, items)
            customers = rows if customers is None else customers[rows]
    return parts, customers


def _each_once(
    keys: npt.NDArray[np.int64], customers: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Each customer once in a group, also where several of their items are in the same one."""
    space = int(keys.max(initial=0)) + 1
    customers, keys = np.divmod(np.unique(customers * space + keys), space)
    return keys, customers


def _overlap(by: Sequence[Attribute]) -> str:
    titles = " or ".join(f"“{a.title}”" for a in by if a.type == "list")
    return f"Who has several of {titles} is in several groups, so that these add up to more than the total."


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
class _People:
    """What is summed of each customer: the measure (NaN: unknown), and whether they were and are customers."""

    values: npt.NDArray[np.float64] | None
    was_and_is: tuple[Mask, Mask] | None

    def sums(
        self, group: npt.NDArray[np.int64], size: int, rows: npt.NDArray[np.int64] | None = None
    ) -> _Sums:  # fmt: skip
        """Sums over groups; `rows` says which customer each entry of `group` is of, None: all in order."""
        nothing = np.zeros(size, dtype=np.int64)
        measured, totals = nothing, None
        if self.values is not None:
            values = self.values if rows is None else self.values[rows]
            known = ~np.isnan(values)
            measured = np.bincount(group[known], minlength=size)
            totals = np.bincount(group[known], weights=values[known], minlength=size).astype(np.float64)
        were, kept = nothing, nothing
        if self.was_and_is is not None:
            masks = self.was_and_is if rows is None else (self.was_and_is[0][rows], self.was_and_is[1][rows])
            were, kept = (np.bincount(group[mask], minlength=size) for mask in masks)
        return _Sums(np.bincount(group, minlength=size), measured, totals, were, kept)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Statistics per group."""

    customers: npt.NDArray[np.int64]
    measured: npt.NDArray[np.int64]
    totals: npt.NDArray[np.float64] | None
    were: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]

    def row(self, labels: tuple[str, ...], group: int, whole: _Sums, *, merged: int = 1) -> CountRow:
        """One group as a row; shares are of `whole`, which is all customers."""
        customers, measured = int(self.customers[group]), int(self.measured[group])
        were, kept = int(self.were[group]), int(self.kept[group])
        amount = None if self.totals is None or not measured else float(self.totals[group])
        return CountRow(
            labels,
            customers,
            ratio(customers, int(whole.customers[0])),
            measured,
            amount,
            ratio(amount, None if whole.totals is None else float(whole.totals[0])),
            ratio(amount, measured),
            were,
            ratio(kept, were),
            customers < SMALL,
            merged,
        )
