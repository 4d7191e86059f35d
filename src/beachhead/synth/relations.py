"""What else is on record: tickets, NPS, onboarding answers, requests, referrals, touches, deals, interviews."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beachhead.synth import world
from beachhead.synth.outcomes import Outcomes
from beachhead.synth.population import Drivers, Population
from beachhead.synth.world import Bools, Day, Days, Floats, Ints

TICKETS_FACTOR = {"best": 0.7, "worst": 3.0}
NPS_ADDED = {"best": 1.9, "early": 0.9, "channel": 0.3, "worst": -1.6}
MINUTE_CENTS = 85
NEVER = np.datetime64("NaT", "s")


@dataclass(frozen=True, slots=True)
class Tickets:
    """`good` is 1 good, 0 bad, -1 not rated; `cents` is what handling cost, 0 while open."""

    owner: Ints
    created: Days
    replied: Days
    solved: Days
    channel: Ints
    priority: Ints
    kind: Ints
    minutes: Ints
    cents: Ints
    good: Ints


def draw_tickets(
    rng: np.random.Generator, people: Population, out: Outcomes, drivers: Drivers, last: Day, noise: bool
) -> Tickets:
    d = drivers.for_outcome(rng, noise)
    lived = np.maximum((out.active_until - people.signup_day).astype(np.int64), 1)
    factor = np.where(d.is_worst, TICKETS_FACTOR["worst"], np.where(d.is_best, TICKETS_FACTOR["best"], 1.0))
    factor = factor * np.asarray((0.9, 1.0, 1.2, 1.5, 2.0))[d.size] * rng.gamma(1.2, 1 / 1.2, len(people))
    owner = np.repeat(np.arange(len(people)), rng.poisson(factor * (0.25 + 0.1 * lived / 30)))
    n = len(owner)
    created = _moments_within(rng, people, lived, owner)
    replied = created + (rng.lognormal(np.log(4 * 3600), 0.9, n)).astype(np.int64)
    solved = replied + (rng.lognormal(np.log(20 * 3600), 1.1, n)).astype(np.int64)
    end = (last + 1).astype("datetime64[s]")
    replied, solved = np.where(replied < end, replied, NEVER), np.where(solved < end, solved, NEVER)
    open_ = np.isnat(solved)
    minutes = np.maximum(2, rng.lognormal(np.log(18), 0.8, n)).astype(np.int64)
    rated = ~open_ & (rng.random(n) < 0.4)
    return Tickets(
        owner=owner,
        created=created,
        replied=replied,
        solved=solved,
        channel=world.TICKET_CHANNELS.draw(rng, n),
        priority=world.TICKET_PRIORITIES.draw(rng, n),
        kind=world.TICKET_TYPES.draw(rng, n),
        minutes=np.where(open_, -1, minutes),
        cents=np.where(open_, 0, minutes * MINUTE_CENTS),
        good=np.where(rated, (rng.random(n) < np.where(d.is_worst[owner], 0.55, 0.86)).astype(np.int64), -1),
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """NPS answers of paying customers, from half a year after sign-up at most four."""

    owner: Ints
    at: Days
    score: Ints
    words: Ints


def draw_nps(
    rng: np.random.Generator, people: Population, out: Outcomes, drivers: Drivers, last: Day, noise: bool
) -> tuple[Answers, Floats]:
    """The answers, and each company's inclination, which also decides who refers others."""
    d = drivers.for_outcome(rng, noise)
    added = (
        NPS_ADDED["best"] * d.is_best
        + NPS_ADDED["early"] * d.is_early_adopter
        + NPS_ADDED["channel"] * d.is_good_channel
        + NPS_ADDED["worst"] * d.is_worst
    )
    liking = 6.7 + added + rng.normal(0, 1.6, len(people))
    paid = np.where(out.converted, (out.active_until - out.trial_end).astype(np.int64), 0)
    rounds = np.where(rng.random(len(people)) < 0.55, np.clip((paid + 60) // 120, 0, 4), 0)
    owner = np.repeat(np.arange(len(people)), rounds)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(rounds) - rounds, rounds)
    day = out.trial_end[owner] + 30 + nth * 120 + rng.integers(0, 25, len(owner))
    score = np.clip(np.rint(liking[owner] + rng.normal(0, 0.9, len(owner))), 0, 10).astype(np.int64)
    moment = day.astype("datetime64[s]") + rng.integers(8 * 3600, 20 * 3600, len(owner))
    words = rng.integers(0, 5, len(owner))
    keep = (day <= last) & (rng.random(len(owner)) < 0.75)
    return Answers(owner[keep], moment[keep], score[keep], words[keep]), liking


@dataclass(frozen=True, slots=True)
class Referrals:
    """`referrer` brought `owner`; both are positions in the chunk."""

    referrer: Ints
    owner: Ints
    referred: Days
    converted: Days


def draw_referrals(rng: np.random.Generator, people: Population, out: Outcomes, liking: Floats) -> Referrals:
    """Who came through a referral was brought by an earlier company, mostly one that likes the product."""
    came = people.channel == world.CHANNELS.index("referral")
    owner = np.flatnonzero(came & (np.arange(len(people)) >= 5) & (rng.random(len(people)) < 0.85))
    candidates = (rng.random((len(owner), 4)) * owner[:, None]).astype(np.int64)
    fondness = liking[candidates] + 2.0 * out.converted[candidates]
    referrer = candidates[np.arange(len(owner)), fondness.argmax(axis=1)] if len(owner) else owner
    before = rng.integers(3600, 5 * 86_400, len(owner))
    referred = np.maximum(people.signed_up[owner] - before, people.signed_up[referrer])
    paid = np.where(out.converted[owner], out.trial_end[owner], np.datetime64("NaT", "D"))
    return Referrals(referrer, owner, referred, paid.astype("datetime64[s]"))


@dataclass(frozen=True, slots=True)
class Notes:
    """Dated facts with one code each: feature requests, touches, interviews."""

    owner: Ints
    at: Days
    kind: Ints
    done: Days


def draw_requests(rng: np.random.Generator, people: Population, out: Outcomes, last: Day) -> Notes:
    owner, at = _some(rng, people, out, 0.18)
    done = at + rng.integers(20 * 86_400, 300 * 86_400, len(owner))
    shipped = (rng.random(len(owner)) < 0.5) & (done < (last + 1).astype("datetime64[s]"))
    return Notes(owner, at, world.FEATURES.draw(rng, len(owner)), np.where(shipped, done, NEVER))


def draw_touches(rng: np.random.Generator, people: Population, out: Outcomes) -> Notes:
    owner, at = _some(rng, people, out, 0.8)
    return Notes(owner, at, world.CAMPAIGNS.draw(rng, len(owner)), np.full(len(owner), NEVER))


def draw_interviews(rng: np.random.Generator, people: Population, out: Outcomes) -> Notes:
    owner, at = _some(rng, people, out, 0.01)
    return Notes(owner, at, world.FEATURES.draw(rng, len(owner)), np.full(len(owner), NEVER))


@dataclass(frozen=True, slots=True)
class Deals:
    """Sales opportunities. `won` holds only where `closed` is known; `lost_reason` and `competitor` -1: none."""

    owner: Ints
    created: Days
    closed: Days
    won: Bools
    cents: Ints
    competitor: Ints
    lost_reason: Ints


def draw_deals(rng: np.random.Generator, people: Population, out: Outcomes, last: Day) -> Deals:
    """One for each company that buys through sales, won where the trial became a contract."""
    owner = np.flatnonzero(out.is_sales_led | (out.is_prospect & (rng.random(len(people)) < 0.6)))
    created = people.signed_up[owner] + rng.integers(3600, 6 * 86_400, len(owner))
    lost_on = people.signup_day[owner] + rng.integers(15, 90, len(owner))
    closed = np.where(out.converted[owner], out.trial_end[owner], lost_on)
    known = closed <= last
    won = out.converted[owner] & known
    lost = known & ~won
    price = np.asarray(world.SEAT_PRICE_CENTS)[out.plan[owner]]
    return Deals(
        owner=owner,
        created=np.minimum(created, (last + 1).astype("datetime64[s]") - 1),
        closed=np.where(known, closed, np.datetime64("NaT", "D")),
        won=won,
        cents=price * out.seats[owner] * 12,
        competitor=world.COMPETITORS.draw(rng, len(owner)),
        lost_reason=np.where(lost, world.LOST_REASONS.draw(rng, len(owner)), -1),
    )


def _some(rng: np.random.Generator, people: Population, out: Outcomes, per_company: float) -> tuple[Ints, Days]:
    lived = np.maximum((out.active_until - people.signup_day).astype(np.int64), 1)
    chance = per_company * (lived + 30) / (lived + 30).mean()
    owner = np.repeat(np.arange(len(people)), rng.poisson(chance))
    return owner, _moments_within(rng, people, lived, owner)


def _moments_within(rng: np.random.Generator, people: Population, lived: Ints, owner: Ints) -> Days:
    """Moments in office hours from the day after sign-up, or later on its own day, to the last active day."""
    offset = (rng.random(len(owner)) * lived[owner]).astype(np.int64)
    second = rng.integers(8 * 3600, 19 * 3600, len(owner))
    start = people.signup_day[owner].astype("datetime64[s]")
    moment = start + offset * 86_400 + second
    same_day = np.minimum(people.signed_up[owner] + second // 20, start + 86_399)
    return np.where(offset == 0, same_day, moment)
