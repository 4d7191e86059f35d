"""What becomes of them: who pays after the trial, for how long, for which plan and how many seats; and payments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beachhead.synth import world
from beachhead.synth.population import Drivers, Population
from beachhead.synth.world import Bools, Day, Days, Floats, Ints

TRIAL_DAYS = 14
CONVERSION = 0.50
CONVERSION_ADDED = {"best": 0.28, "early": 0.18, "channel": 0.06, "worst": -0.12}
MONTHLY_CHURN = 0.06
CHURN_FACTOR = {"best": 0.3, "early": 0.4, "channel": 0.8, "worst": 1.7, "form": 0.6}
SEATS_FACTOR = {"best": 1.4, "worst": 0.7}
VERSIONS_PER_YEAR = {"best": 2.4, "other": 1.25}
NOT_YET = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One entry per company. `ended` is the first day on which nothing runs any more; NaT: runs on."""

    is_prospect: Bools
    converted: Bools
    is_sales_led: Bools
    trial_end: Days
    cancelled: Days
    ended: Days
    plan: Ints
    seats: Ints
    is_yearly: Bools
    discount: Ints
    active_until: Days

    def is_active(self, day: Day) -> Bools:
        return self.converted & (self.trial_end <= day) & np.isnat(self.ended)

    def is_in_trial(self, day: Day) -> Bools:
        return ~self.is_prospect & (self.trial_end > day)


@dataclass(frozen=True, slots=True)
class Versions:
    """Rows of the billing export: versions of subscriptions, sorted by subscription and day.

    `owner` is the position of the company in its chunk, `line` 0 the product, 1 the add-on.
    """

    owner: Ints
    line: Ints
    valid_from: Days
    plan: Ints
    seats: Ints
    price: Ints
    is_trial: Bools
    is_last: Bools


def draw_outcomes(rng: np.random.Generator, people: Population, drivers: Drivers, last: Day, noise: bool) -> Outcomes:
    """Draws in a fixed order; nothing after `last` is known, so what would end later has not ended."""
    n = len(people)
    trial_end = people.signup_day + TRIAL_DAYS
    is_prospect = rng.random(n) < 0.03
    d = drivers.for_outcome(rng, noise)
    chance = CONVERSION + sum(
        CONVERSION_ADDED[name] * flag
        for name, flag in (
            ("best", d.is_best), ("early", d.is_early_adopter), ("channel", d.is_good_channel), ("worst", d.is_worst),
        )
    )  # fmt: skip
    would_convert = (rng.random(n) < chance) & ~is_prospect
    converted = would_convert & (trial_end <= last)
    is_sales_led = rng.random(n) < np.asarray((0.04, 0.09, 0.3, 0.6, 0.8))[people.size]
    d = drivers.for_outcome(rng, noise)
    plans = np.asarray([[7, 3, 0.4, 0], [3, 6, 1.5, 0], [1, 4, 4, 1], [0, 2, 5, 4], [0, 1, 3, 8]], dtype=float)
    weights = plans[d.size] * np.where(d.is_best[:, None], np.asarray((0.4, 1.0, 2.2, 1.0)), 1.0)
    factor = np.where(d.is_best, SEATS_FACTOR["best"], np.where(d.is_worst, SEATS_FACTOR["worst"], 1.0))
    seats = np.asarray(world.SEATS_BY_SIZE)[d.size] * factor * rng.lognormal(0, 0.4, n)
    plan = world.pick_each(rng, weights)
    is_yearly = rng.random(n) < np.where(plan == 3, 0.9, 0.28)
    depth = rng.choice(np.asarray((10, 20, 30, 50)), n, p=(0.4, 0.35, 0.15, 0.1))
    discount = np.where(rng.random(n) < np.where(d.is_worst, 0.45, 0.12), depth, 0)
    cancelled, ended = _endings(rng, trial_end, converted, is_yearly, drivers.for_outcome(rng, noise), last)
    ended = np.where(~would_convert & ~is_prospect & (trial_end <= last), trial_end, ended)
    left = np.where(np.isnat(ended), last + 1, ended)
    return Outcomes(
        is_prospect=is_prospect,
        converted=converted,
        is_sales_led=is_sales_led,
        trial_end=trial_end,
        cancelled=cancelled,
        ended=ended,
        plan=plan,
        seats=np.maximum(1, np.rint(seats)).astype(np.int64),
        is_yearly=is_yearly,
        discount=discount.astype(np.int64),
        active_until=np.where(is_prospect, people.signup_day + 3, left),
    )


def churn_chance(d: Drivers) -> Floats:
    """Chance of cancelling in each month."""
    flags = {
        "best": d.is_best, "early": d.is_early_adopter, "channel": d.is_good_channel, "worst": d.is_worst,
        "form": d.is_favoured_form,
    }  # fmt: skip
    factor = np.ones(len(d.size))
    for name, flag in flags.items():
        factor = factor * np.where(flag, CHURN_FACTOR[name], 1.0)
    return MONTHLY_CHURN * factor


def _endings(
    rng: np.random.Generator, trial_end: Days, converted: Bools, is_yearly: Bools, d: Drivers, last: Day
) -> tuple[Days, Days]:
    """When they cancel, and the end of the term in which they do."""
    months = rng.geometric(churn_chance(d))
    cancel = billing_day(trial_end, months - 1) + rng.integers(0, 28, len(months))
    term = np.where(is_yearly, -(-months // 12) * 12, months)
    end = billing_day(trial_end, term)
    cancel = np.where(converted & (cancel <= last), np.minimum(cancel, end), NOT_YET)
    return cancel, np.where(~np.isnat(cancel) & (end <= last), end, NOT_YET)


def billing_day(start: Days, months: Ints) -> Days:
    """The day of the k-th bill: the same day of the month, at most the 28th; the start itself for k = 0."""
    month = start.astype("datetime64[M]")
    day = np.minimum((start - month.astype("datetime64[D]")).astype(np.int64), 27)
    return np.where(months == 0, start, (month + months).astype("datetime64[D]") + day)


def draw_versions(
    rng: np.random.Generator, people: Population, out: Outcomes, drivers: Drivers, last: Day, noise: bool
) -> Versions:
    """A trial version, one at conversion, one for each change of seats or plan, and the add-ons of some."""
    d = drivers.for_outcome(rng, noise)
    subscribed = np.flatnonzero(~out.is_prospect)
    paying = np.flatnonzero(out.converted)
    paid_days = (np.where(np.isnat(out.ended), last + 1, out.ended) - out.trial_end).astype(np.int64)
    per_year = np.where(d.is_best, VERSIONS_PER_YEAR["best"], VERSIONS_PER_YEAR["other"])
    changes = np.where(out.converted, rng.poisson(np.maximum(per_year * paid_days / 365, 0)), 0)
    changer = np.repeat(np.arange(len(people)), changes)
    when = out.trial_end[changer] + 1 + (rng.random(len(changer)) * (paid_days[changer] - 1)).astype(np.int64)
    keep = when < out.trial_end[changer] + paid_days[changer]
    changer, when = changer[keep], when[keep]
    with_add_on = np.flatnonzero(out.converted & (rng.random(len(people)) < 0.1) & (paid_days > 60))
    add_on_from = out.trial_end[with_add_on] + 20 + (rng.random(len(with_add_on)) * 30).astype(np.int64)

    owner = np.concatenate([subscribed, paying, changer, with_add_on])
    line = np.concatenate([np.zeros(len(owner) - len(with_add_on), int), np.ones(len(with_add_on), int)])
    valid_from = np.concatenate(
        [people.signup_day[subscribed], out.trial_end[paying], when, add_on_from]
    )  # fmt: skip
    order = np.lexsort((valid_from, line, owner))
    owner, line, valid_from = owner[order], line[order], valid_from[order]
    is_new = np.r_[True, (owner[1:] != owner[:-1]) | (line[1:] != line[:-1]) | (valid_from[1:] != valid_from[:-1])]
    owner, line, valid_from = owner[is_new], line[is_new], valid_from[is_new]

    is_first = np.r_[True, (owner[1:] != owner[:-1]) | (line[1:] != line[:-1])]
    is_trial = is_first & (line == 0)
    is_change = ~is_first & (valid_from > out.trial_end[owner])
    growth = rng.normal(np.where(d.is_best, 0.2, 0.06)[owner], 0.22, len(owner))
    step = np.where(is_change, np.exp(np.clip(growth, -0.5, 0.8)), 1.0)
    seats = np.maximum(1, np.rint(out.seats[owner] * _running_product(step, is_first))).astype(np.int64)
    upgraded = _running_product(np.where(is_change & (rng.random(len(owner)) < 0.15), 2.0, 1.0), is_first) >= 2
    plan = np.minimum(out.plan[owner] + upgraded, np.maximum(out.plan[owner], 2))
    price = np.asarray(world.SEAT_PRICE_CENTS)[plan] * np.where(out.is_yearly[owner], 10, 1)
    return Versions(
        owner=owner,
        line=line,
        valid_from=valid_from,
        plan=plan,
        seats=np.where(line == 1, 1, np.where(is_trial, np.minimum(seats, 3), seats)),
        price=np.where(line == 1, world.ADD_ON_PRICE_CENTS * np.where(out.is_yearly[owner], 10, 1), price),
        is_trial=is_trial,
        is_last=np.r_[is_first[1:], True],
    )


def _running_product(steps: Floats, is_first: Bools) -> Floats:
    """The product of all steps since the last first row."""
    total = np.cumsum(np.log(steps))
    starts = np.flatnonzero(is_first)
    base = (total - np.log(steps))[starts]
    product: Floats = np.exp(total - np.repeat(base, np.diff(np.r_[starts, len(steps)])))
    return product


def half_up(numerator: Ints, denominator: Ints | int) -> Ints:
    """Rounded division of non-negative whole numbers, half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def version_mrr_cents(versions: Versions, out: Outcomes) -> Ints:
    """MRR of each version while it is paid: price × seats less discount, per month, rounded once."""
    owner = versions.owner
    off = np.where(versions.line == 0, out.discount[owner], 0)
    months = np.where(out.is_yearly[owner], 12, 1)
    return half_up(versions.price * versions.seats * (100 - off), 100 * months)


def mrr_cents(versions: Versions, out: Outcomes, last: Day) -> int:
    """MRR as of the end of `last`."""
    counts = versions.is_last & out.is_active(last)[versions.owner]
    return int(version_mrr_cents(versions, out)[counts].sum())


@dataclass(frozen=True, slots=True)
class Charges:
    """Payments; `refunded` is NaT where nothing was given back."""

    owner: Ints
    line: Ints
    charged: Days
    cents: Ints
    failed: Bools
    refunded: Days

    @property
    def revenue_cents(self) -> int:
        """What came in, less what was given back."""
        return int(self.cents[~self.failed & np.isnat(self.refunded)].sum())


def draw_charges(rng: np.random.Generator, versions: Versions, out: Outcomes, last: Day) -> Charges:
    """One payment per billing period; a few fail first and succeed two days later, a few are given back."""
    owner, line = versions.owner, versions.line
    begins = np.flatnonzero(np.r_[True, (owner[1:] != owner[:-1]) | (line[1:] != line[:-1])])
    begins = begins[out.converted[owner[begins]]]
    company, product = owner[begins], line[begins]
    start = np.where(product == 0, out.trial_end[company], versions.valid_from[begins])
    until = np.where(np.isnat(out.ended[company]), last + 1, out.ended[company])
    every = np.where(out.is_yearly[company], 12, 1)
    span = (until.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(np.int64)
    bills = np.maximum(span // every + 1, 0)
    which = np.repeat(np.arange(len(begins)), bills)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(bills) - bills, bills)
    day = billing_day(start[which], nth * every[which])
    keep = day < until[which]
    which, day = which[keep], day[keep]
    key = _day_key(owner * 2 + line, versions.valid_from)
    version = np.searchsorted(key, _day_key(company[which] * 2 + product[which], day), side="right") - 1
    off = np.where(product[which] == 0, out.discount[company[which]], 0)
    cents = half_up(versions.price[version] * versions.seats[version] * (100 - off), 100)
    fails = rng.random(len(which)) < 0.02
    retried = np.where(fails, day + 2, day)
    refunded = np.where((rng.random(len(which)) < 0.006) & (retried + 5 <= last), retried + 5, NOT_YET)
    in_time = retried <= last
    again = np.flatnonzero(fails)
    return Charges(
        owner=np.concatenate([company[which][in_time], company[which][again]]),
        line=np.concatenate([product[which][in_time], product[which][again]]),
        charged=np.concatenate([retried[in_time], day[again]]),
        cents=np.concatenate([cents[in_time], cents[again]]),
        failed=np.r_[np.zeros(int(in_time.sum()), bool), np.ones(len(again), bool)],
        refunded=np.concatenate([refunded[in_time], np.full(len(again), NOT_YET)]),
    )


def _day_key(subscription: Ints, day: Days) -> Ints:
    return subscription * 1_000_000 + day.astype("datetime64[D]").astype(np.int64)
