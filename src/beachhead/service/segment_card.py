"""Whether a segment is a good one: can it be measured and reached, does it stay what it is, is it alike and apart?

Every quality has a number, a verdict, and a next step where it is poor.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.analysis.display import date_text, number_text, plural, share_text
from beachhead.errors import BeachheadError
from beachhead.service.customers_by_worth import CustomersByWorth
from beachhead.service.results import Run
from beachhead.store.membership_history import MembershipHistory

Verdict = Literal["good", "fair", "poor", "unknown"]
ENOUGH, FEW = 100, 30
"""Members from which differences of usual size can be seen, and below which hardly any can."""


@dataclass(frozen=True, slots=True)
class Quality:
    """One quality. `value` is the number behind the verdict, None where it is unknown; `told` says it in words."""

    name: Literal["measurable", "addressable", "stable", "consistent", "homogeneous", "distinct"]
    verdict: Verdict
    value: float | None
    told: str
    next_step: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """All qualities of one segment."""

    segment: str
    size: int
    share: float
    qualities: tuple[Quality, ...]


def card(run: Run, customers: CustomersByWorth, history: MembershipHistory, segment: str) -> Card:
    """The quality card of a segment of a run. Raises `UsageError`, `DataError`."""
    members = run.members(segment)[segment]
    table = run.columns("account_no", *(a.name for a in run.attributes.values() if a.addressable))
    numbers = table["account_no"].to_numpy()
    inside = np.isin(numbers, members)
    worth = customers.worth
    qualities = (
        _measurable(len(members), worth, inside),
        _addressable(run, table, inside),
        _stable(history, segment),
        _consistent(history, segment, run.as_of),
        _homogeneous(worth, inside),
        _distinct(worth, inside),
    )
    return Card(segment, len(members), len(members) / len(numbers) if len(numbers) else 0.0, qualities)


def _measurable(size: int, worth: NDArray[np.float64] | None, inside: NDArray[np.bool_]) -> Quality:
    known = int(np.count_nonzero(~np.isnan(worth[inside]))) if worth is not None else size
    told = plural(size, "members") + ("" if worth is None else f", of {known:,} of whom the worth is known")
    if known >= ENOUGH:
        return Quality("measurable", "good", known, told)
    step = f"Differences of usual size need about {ENOUGH - known:,} more; widen the rule, or talk to them one by one."
    return Quality("measurable", "fair" if known >= FEW else "poor", known, told, step)


def _addressable(run: Run, table: pa.Table, inside: NDArray[np.bool_]) -> Quality:
    fields = [a for a in run.attributes.values() if a.addressable]
    if not fields:
        mark = "Say in sources/ which columns a campaign can aim at: addressable: true."
        return Quality("addressable", "unknown", None, "no attribute is marked as one to reach people by", mark)
    if not inside.any():
        return Quality("addressable", "unknown", None, "it has no members")
    known = {a.title: float(np.mean(_is_known(table[a.name])[inside])) for a in fields}
    reached = np.zeros(len(inside), np.bool_)
    for attribute in fields:
        reached |= _is_known(table[attribute.name])
    share = float(np.mean(reached[inside]))
    best = ", ".join(f"{title} {share_text(s)}" for title, s in sorted(known.items(), key=lambda p: -p[1])[:3])
    verdict: Verdict = "good" if share >= 0.9 else "fair" if share >= 0.5 else "poor"
    step: str | None = (
        None if verdict == "good" else "Collect the field that is easiest to ask for, in sign-up or by sales."
    )
    return Quality("addressable", verdict, share, f"{share_text(share)} can be reached: {best}", step)


def _stable(history: MembershipHistory, segment: str) -> Quality:
    with suppress(BeachheadError):
        turnover = history.turnover(segment)
        joined, left = turnover.joined_share_30d, turnover.left_share_30d
        if joined is not None and left is not None:
            told = f"in 30 days {share_text(joined)} of its size join and {share_text(left)} leave"
            worst = max(joined, left)
            verdict: Verdict = "good" if worst < 0.1 else "fair" if worst < 0.3 else "poor"
            step = (
                None if verdict == "good" else "Let members stay while they are near the line: sticky(…, while => …)."
            )
            return Quality("stable", verdict, worst, told, step)
    look_back = "Look back: beachhead back-fill computes it for past days."
    told = "it was not published with members on two days by the same rule"
    return Quality("stable", "unknown", None, told, look_back)


def _consistent(history: MembershipHistory, segment: str, as_of: date) -> Quality:
    with suppress(BeachheadError):
        published = history.sizes(segment)
        version = published[-1].version
        first = next(p for n, p in enumerate(published) if all(q.version == version for q in published[n:]))
        days = (as_of - first.day).days
        told = f"the rule is the same since {date_text(first.day)}"
        verdict: Verdict = "good" if days >= 60 else "fair"
        step = None if verdict == "good" else "Compare over time only from that day on, or back-fill it."
        return Quality("consistent", verdict, days, told, step)
    return Quality("consistent", "unknown", None, "it was not published yet")


def _homogeneous(worth: NDArray[np.float64] | None, inside: NDArray[np.bool_]) -> Quality:
    """The spread within, as a share of the spread of all (ratio of standard deviations)."""
    if worth is None or np.count_nonzero(~np.isnan(worth[inside])) < FEW:
        return Quality("homogeneous", "unknown", None, f"fewer than {FEW} members whose worth is known")
    ratio = float(np.nanstd(worth[inside]) / np.nanstd(worth)) if np.nanstd(worth) else 0.0
    verdict: Verdict = "good" if ratio <= 0.7 else "fair" if ratio <= 1 else "poor"
    told = f"their worth spreads {number_text(ratio)} times as much as that of all"
    step = None if verdict != "poor" else "It mixes different customers; split it by what sets the best of them apart."
    return Quality("homogeneous", verdict, ratio, told, step)


def _distinct(worth: NDArray[np.float64] | None, inside: NDArray[np.bool_]) -> Quality:
    """The difference of means in standard deviations (Cohen's d, 1988, pooled)."""
    if worth is None or min(np.count_nonzero(~np.isnan(worth[part])) for part in (inside, ~inside)) < FEW:
        return Quality("distinct", "unknown", None, f"fewer than {FEW} customers inside or outside to compare")
    here, there = worth[inside], worth[~inside]
    n, m = (np.count_nonzero(~np.isnan(x)) for x in (here, there))
    pooled = np.sqrt(((n - 1) * np.nanvar(here, ddof=1) + (m - 1) * np.nanvar(there, ddof=1)) / (n + m - 2))
    difference = float(np.nanmean(here) - np.nanmean(there))
    if not pooled and difference:
        told = f"each is worth {'more' if difference > 0 else 'less'} than every one of the others"
        return Quality("distinct", "good", None, told)
    d = float(difference / pooled) if pooled else 0.0
    verdict: Verdict = "good" if abs(d) >= 0.5 else "fair" if abs(d) >= 0.2 else "poor"
    told = f"worth {number_text(abs(d))} standard deviations {'more' if d > 0 else 'less'} than the others"
    step = None if verdict != "poor" else "As a group they are worth what others are; aim at something that differs."
    return Quality("distinct", verdict, d, told, step)


def _is_known(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = column.is_valid().to_numpy()
    return known
