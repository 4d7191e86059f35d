"""Which attributes may tell two groups apart, coded once: no outcomes, no names, no near-copies of what is excluded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beachhead.analysis.buckets import Levels, levels_of
from beachhead.analysis.columns import Floats, each_item, flat, floats, is_text, spread_sample
from beachhead.analysis.display import UNKNOWN
from beachhead.customers.attributes import Attribute
from beachhead.stats.association import spearman

_NAMES = frozenset({"account_id", "account_name", "account_email", "website"})
# What a source calls the state of a customer says whether they stayed, whenever it was written.
_STATES = frozenset({"source_status"})
_LEVELS = 30
_BINS = 5
_SAME = 0.8
_EQUAL = 0.5
_COMPARED_ROWS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """One attribute of some customers as levels, and as numbers where it is one."""

    attribute: Attribute
    levels: Levels
    values: Floats | None


def coded_attributes(
    accounts: pa.Table, attributes: Mapping[str, Attribute], exclude: Collection[str], *, currency: str = "EUR"
) -> tuple[Coded, ...]:
    """The attributes that can distinguish, coded for the rows of `accounts`.

    Left out: outcomes and the score itself, `exclude` and numbers that say nearly the same (rank correlation
    0.8 and more with an excluded number, or equal to it for half of the customers), categories
    drawn from an excluded number, names and ids, dates (their ages are attributes too), texts that
    are almost unique, and attributes with fewer than two known levels. Of a list each of its most frequent items is
    coded on its own, as what a customer has or has not.
    """
    numbers = _numbers(accounts, attributes)
    copies = _near_copies(numbers, exclude)
    models = [numbers[n] for n in exclude if n in numbers]
    chosen = [
        a
        for n, a in attributes.items()
        if n in accounts.column_names
        and n not in exclude
        and n not in copies
        and n not in _NAMES | _STATES
        and a.known_from != "outcome"
        and a.area != "value"
        and a.type not in ("date", "timestamp")
    ]
    result = []
    for attribute in chosen:
        if attribute.type == "list":
            result += _items(accounts, attribute)
            continue
        if is_text(accounts.column(attribute.name).type) and _is_nearly_unique(flat(accounts, attribute.name)):
            continue
        levels = levels_of(accounts, attribute, currency=currency, limit=_LEVELS, bins=_BINS)
        values = numbers.get(attribute.name)
        if len(levels.known) >= 2 and not (values is None and any(_follows(levels, m) for m in models)):
            result.append(Coded(attribute, levels, values))
    return tuple(result)


def _items(accounts: pa.Table, attribute: Attribute) -> list[Coded]:
    """The items of a list that some customers have and others have not."""
    column = flat(accounts, attribute.name)
    rows, items = each_item(column)
    counts = pc.value_counts(items.drop_null()).to_pylist()
    unknown = column.is_null().to_numpy(zero_copy_only=False)
    found = []
    for item, count in sorted(((c["values"], c["counts"]) for c in counts), key=lambda c: (-c[1], c[0]))[:_LEVELS]:
        if count < len(column) - column.null_count:
            codes = np.zeros(len(column), dtype=np.int32)
            codes[rows[pc.equal(items, item).fill_null(False).to_numpy(zero_copy_only=False)]] = 1
            labels: tuple[str, ...] = (f"not {item}", item)
            if unknown.any():
                codes[unknown], labels = 2, (*labels, UNKNOWN)
            levels = Levels(codes, labels, is_ordered=True, unknown=2 if unknown.any() else None)
            found.append(Coded(attribute, levels, None))
    return found


def _numbers(accounts: pa.Table, attributes: Mapping[str, Attribute]) -> dict[str, Floats]:
    return {
        n: floats(flat(accounts, n))
        for n, a in attributes.items()
        if a.type in ("integer", "number", "money") and n in accounts.column_names
    }


def _near_copies(numbers: Mapping[str, Floats], exclude: Collection[str]) -> frozenset[str]:
    """Numbers that order customers almost as an excluded one does, on an even sample."""
    models = [numbers[n] for n in exclude if n in numbers]
    if not models:
        return frozenset()
    rows = spread_sample(models[0].size, _COMPARED_ROWS)
    samples = [m[rows] for m in models]
    return frozenset(
        n for n, values in numbers.items() if n not in exclude and any(_is_copy(values[rows], s) for s in samples)
    )


def _is_copy(values: Floats, model: Floats) -> bool:
    """Ordered almost alike, or equal for half of the customers (tenure and age are, for all who stayed)."""
    if abs(spearman(values, model) or 0.0) >= _SAME:
        return True
    both = ~(np.isnan(values) | np.isnan(model)) & ((values != 0) | (model != 0))
    return bool(both.any()) and float(np.mean(values[both] == model[both])) >= _EQUAL


def _follows(levels: Levels, model: Floats) -> bool:
    """A category drawn from the number, as a plan is from its price: its levels explain most of the ranks (η²)."""
    rows = spread_sample(model.size, _COMPARED_ROWS)
    codes, values = levels.codes[rows], model[rows]
    known = ~np.isnan(values)
    if np.count_nonzero(known) < 10:
        return False
    from scipy.stats import rankdata  # takes half a second to import, which most commands do not need

    ranks, codes = rankdata(values[known]), codes[known]
    size = np.bincount(codes)
    means = np.bincount(codes, weights=ranks) / np.maximum(size, 1)
    whole = float(((ranks - ranks.mean()) ** 2).sum())
    return whole > 0 and float((size * (means - ranks.mean()) ** 2).sum()) / whole >= _SAME**2


def _is_nearly_unique(column: pa.Array) -> bool:
    sample = column.take(pa.array(spread_sample(len(column), _COMPARED_ROWS))).drop_null()
    return len(sample) > 10 and len(sample.unique()) > len(sample) / 3
