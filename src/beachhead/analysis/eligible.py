"""Which attributes may tell two groups apart, coded once: no outcomes, no names, no near-copies of what is excluded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa

from beachhead.analysis.buckets import Levels, levels_of
from beachhead.analysis.columns import Floats, flat, floats, is_text, spread_sample
from beachhead.customers.attributes import Attribute
from beachhead.stats.association import spearman

_NAMES = frozenset({"account_id", "account_name", "account_email", "website"})
_LEVELS = 30
_BINS = 5
_SAME = 0.9
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
    0.9 and more with an excluded number), names and ids, dates (their ages are attributes too), texts that
    are almost unique, and attributes with fewer than two known levels.
    """
    numbers = _numbers(accounts, attributes)
    copies = _near_copies(numbers, exclude)
    chosen = [
        a
        for n, a in attributes.items()
        if n in accounts.column_names
        and n not in exclude
        and n not in copies
        and n not in _NAMES
        and a.known_from != "outcome"
        and a.area != "value"
        and a.type not in ("date", "timestamp")
    ]
    result = []
    for attribute in chosen:
        if is_text(accounts.column(attribute.name).type) and _is_nearly_unique(flat(accounts, attribute.name)):
            continue
        levels = levels_of(accounts, attribute, currency=currency, limit=_LEVELS, bins=_BINS)
        if len(levels.known) >= 2:
            result.append(Coded(attribute, levels, numbers.get(attribute.name)))
    return tuple(result)


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
        n
        for n, values in numbers.items()
        if n not in exclude and any(abs(spearman(values[rows], s) or 0) >= _SAME for s in samples)
    )


def _is_nearly_unique(column: pa.Array) -> bool:
    sample = column.take(pa.array(spread_sample(len(column), _COMPARED_ROWS))).drop_null()
    return len(sample) > 10 and len(sample.unique()) > len(sample) / 3
