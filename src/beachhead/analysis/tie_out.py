"""Why our figures and finance's list differ: each customer's difference as causes whose amounts add up to the cent.

A cause is believed in this order: what finance's list itself shows (a customer twice, or not at all), what our ledger
would give under another way of counting (evidence), and last what only the arithmetic suggests (a tax rate). What none
of them explains to the cent is said to be unexplained, with its amount.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Literal

Cause = Literal[
    "not_in_ours", "not_in_theirs", "twice", "trial", "cancelled", "proration", "discount", "quantity", "interval",
    "currency", "refund", "failed_payment", "cut_off", "tax", "rounding", "unexplained",
]  # fmt: skip
TITLES: Mapping[Cause, str] = {
    "not_in_ours": "Customers that only finance has",
    "not_in_theirs": "Customers that finance does not have",
    "twice": "Counted twice in finance's list",
    "trial": "Trials counted by finance",
    "cancelled": "Cancelled, still counted by finance",
    "proration": "Parts of a month",
    "discount": "Discounts left out by finance",
    "quantity": "Seats counted otherwise",
    "interval": "A year's or quarter's price counted as a month's",
    "currency": "Another currency",
    "refund": "Refunds left out by finance",
    "failed_payment": "Failed payments counted by finance",
    "cut_off": "Another day",
    "tax": "Tax included by finance",
    "rounding": "Rounding",
    "unexplained": "Not explained",
}
TAX_RATES: tuple[Fraction, ...] = tuple(Fraction(r, 1000) for r in (
    190, 200, 210, 220, 230, 240, 250, 255, 270, 180, 170, 150, 130, 120, 100, 90, 81, 77, 70, 60, 55, 50, 25,
))  # fmt: skip
"""Usual rates of value-added and sales tax, the frequent ones first."""


def _slack(parts: int) -> int:
    """By how many cents a sum of so many rounded amounts may be off: their errors add up like a random walk.

    Never more than a whole unit (100), so that what rounding explains stays small.
    """
    return min(100, max(1, isqrt(parts)))


@dataclass(frozen=True, slots=True)
class OtherWay:
    """What our ledger would give for a customer if something was counted as finance may do. Minor units."""

    cause: Cause
    amount: int
    text: str


@dataclass(frozen=True, slots=True)
class Ours:
    """A customer in our figures. `amount`: minor units; `parts`: of how many rounded amounts it is the sum."""

    account_id: str
    name: str
    amount: int
    other_ways: tuple[OtherWay, ...] = ()
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Theirs:
    """A row of finance's list. `account_id`: the customer that it was found to be of; None: nobody's."""

    name: str
    amount: int
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a difference, in minor units, finance minus ours. `is_seen`: our data shows it; else it fits."""

    cause: Cause
    amount: int
    text: str
    is_seen: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """One customer's difference: `theirs` − `ours` is the sum of its components."""

    account_id: str | None
    name: str
    ours: int
    theirs: int
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class ByCause:
    """All components of one cause. `customers`: how many have one."""

    cause: Cause
    amount: int
    customers: int


@dataclass(frozen=True, slots=True)
class TieOut:
    """Both totals in minor units, and what lies between them: `theirs` − `ours` is the sum of all components."""

    ours: int
    theirs: int
    customers: int
    rows: int
    differences: tuple[Difference, ...]

    @property
    def ties(self) -> bool:
        """Whether nothing but rounding lies between the two; totals alone, without differences, must be the same."""
        explained = sum(c.amount for d in self.differences for c in d.components)
        only_rounding = all(c.cause == "rounding" for d in self.differences for c in d.components)
        return only_rounding and explained == self.theirs - self.ours

    @property
    def by_cause(self) -> tuple[ByCause, ...]:
        """The largest amounts first, what is not explained last."""
        found: dict[Cause, list[int]] = {}
        for difference in self.differences:
            for cause in {c.cause for c in difference.components}:
                found.setdefault(cause, []).append(sum(c.amount for c in difference.components if c.cause == cause))
        told = [ByCause(cause, sum(amounts), len(amounts)) for cause, amounts in found.items()]
        return tuple(sorted(told, key=lambda b: (b.cause == "unexplained", -abs(b.amount), b.cause)))

    @property
    def unexplained(self) -> int:
        """What no cause was found for, in minor units, regardless of sign."""
        return sum(abs(c.amount) for d in self.differences for c in d.components if c.cause == "unexplained")


def tie_out(ours: Sequence[Ours], theirs: Sequence[Theirs], tax_rates: Sequence[Fraction] = TAX_RATES) -> TieOut:
    """Compare our figures with finance's list, customer by customer; those who agree are not among the differences."""
    rows_of: dict[str, list[Theirs]] = {}
    strangers: list[Theirs] = []
    known = {o.account_id: o for o in ours}
    for row in theirs:
        if row.account_id in known:
            rows_of.setdefault(str(row.account_id), []).append(row)
        else:
            strangers.append(row)
    differences = [d for o in ours if (d := _difference(o, rows_of.get(o.account_id, []), tax_rates))]
    differences += [_stranger(row) for row in strangers if row.amount]
    differences.sort(key=lambda d: (-abs(d.theirs - d.ours), d.name))
    return TieOut(
        sum(o.amount for o in ours),
        sum(row.amount for row in theirs),
        sum(1 for o in ours if o.amount),
        len(theirs),
        tuple(differences),
    )


def _stranger(row: Theirs) -> Difference:
    said = "no customer of ours has this id, name or e-mail address"
    return Difference(row.account_id, row.name, 0, row.amount, (Component("not_in_ours", row.amount, said),))


def _difference(ours: Ours, rows: Sequence[Theirs], tax_rates: Sequence[Fraction]) -> Difference | None:
    total = sum(row.amount for row in rows)
    if total == ours.amount:
        return None
    components = tuple(_explained(ours, rows, total, tax_rates))
    return Difference(ours.account_id, ours.name, ours.amount, total, components)


def _explained(ours: Ours, rows: Sequence[Theirs], total: int, tax_rates: Sequence[Fraction]) -> Iterator[Component]:
    """The causes that lead from our amount to theirs; together exactly the difference."""
    if not rows:
        seen = next((w for w in ours.other_ways if w.amount == 0 and w.cause == "cut_off"), None)
        if seen:
            yield Component("cut_off", -ours.amount, seen.text)
        else:
            yield Component("not_in_theirs", -ours.amount, "finance's list does not have this customer")
        return
    wanted = total
    repeated = _repeated(rows)
    if repeated:
        wanted -= repeated
        yield Component("twice", repeated, f"the same amount stands {len(rows)} times in finance's list")
    if wanted == ours.amount:
        return
    way = next((w for w in ours.other_ways if abs(w.amount - wanted) <= _slack(ours.parts)), None)
    if way and way.amount != ours.amount:
        yield Component(way.cause, way.amount - ours.amount, way.text)
        yield from _rounding(wanted - way.amount)
        return
    if abs(wanted - ours.amount) <= _slack(ours.parts):
        yield from _rounding(wanted - ours.amount)
        return
    taxed = _taxed(ours.amount, wanted, ours.parts, tax_rates)
    if taxed:
        yield from taxed
        return
    for other in ours.other_ways:
        also = _taxed(other.amount, wanted, ours.parts, tax_rates) if other.amount != ours.amount else ()
        if also:
            yield Component(other.cause, other.amount - ours.amount, other.text)
            yield from also
            return
    yield Component("unexplained", wanted - ours.amount, "no cause fits to the cent")


def _repeated(rows: Sequence[Theirs]) -> int:
    """The amount that stands there more than once, where all rows of a customer are the same."""
    amounts = {row.amount for row in rows}
    return rows[0].amount * (len(rows) - 1) if len(rows) > 1 and len(amounts) == 1 else 0


def _rounding(amount: int) -> Iterator[Component]:
    if amount:
        yield Component("rounding", amount, "less than a cent for each amount")


def _taxed(base: int, wanted: int, parts: int, rates: Sequence[Fraction]) -> tuple[Component, ...]:
    """The tax that leads from a base to an amount, and what rounding leaves; nothing where no rate fits."""
    if base <= 0 or wanted <= 0:
        return ()
    for rate in rates:
        for taxed, words in ((base * (1 + rate), "with"), (base / (1 + rate), "without")):
            whole = round(taxed)
            if abs(whole - wanted) <= _slack(parts) and whole != base:
                said = f"looks like our amount {words} {float(rate) * 100:g} % of tax"
                return (Component("tax", whole - base, said, is_seen=False), *_rounding(wanted - whole))
    return ()


def total_candidates(ours: Sequence[Ours], total: int, tax_rates: Sequence[Fraction] = TAX_RATES) -> tuple[str, ...]:
    """What a single total of finance's may be, where it fits to the cent (one for each amount): in words."""
    mine, parts = sum(o.amount for o in ours), sum(o.parts for o in ours if o.amount)
    slack = _slack(parts)
    found = []
    if abs(total - mine) <= slack:
        found.append("our total")
    causes = dict.fromkeys(w.cause for o in ours for w in o.other_ways)
    for cause in causes:
        other = sum(next((w.amount for w in o.other_ways if w.cause == cause), o.amount) for o in ours)
        if other != mine and abs(total - other) <= slack:
            found.append(f"our total with this counted otherwise: {TITLES[cause].lower()}")
    for rate in tax_rates:
        if mine and abs(round(mine * (1 + rate)) - total) <= slack:
            found.append(f"our total with {float(rate) * 100:g} % of tax")
            break
    return tuple(found)
