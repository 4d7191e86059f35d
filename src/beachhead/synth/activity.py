"""The people of each company, and what they do in the product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beachhead.synth import world
from beachhead.synth.outcomes import Outcomes
from beachhead.synth.population import EARLY_DAYS, Drivers, Population
from beachhead.synth.world import Day, Days, Ints

MOST_PEOPLE = 100


@dataclass(frozen=True, slots=True)
class People:
    """Users, sorted by company; `number` is unique, `owner` the position of the company in its chunk."""

    owner: Ints
    number: Ints
    signed_up: Days
    first_name: Ints
    last_name: Ints
    per_company: Ints
    first_of_company: Ints


@dataclass(frozen=True, slots=True)
class Events:
    """Sorted by time. `user` is a position among the chunk's people."""

    owner: Ints
    user: Ints
    event: Ints
    at: Days


def draw_people(
    rng: np.random.Generator, people: Population, out: Outcomes, drivers: Drivers, last: Day, noise: bool
) -> People:
    """The founder of the account, those invited early, and more in larger companies; three on average."""
    d = drivers.for_outcome(rng, noise)
    more = rng.poisson(np.asarray((0.1, 0.5, 1.3, 2.6, 4.5))[d.size])
    count = np.minimum(1 + people.invites + more, MOST_PEOPLE)
    owner = np.repeat(np.arange(len(people)), count)
    first = np.cumsum(count) - count
    nth = np.arange(len(owner)) - np.repeat(first, count)
    lived = np.maximum((out.active_until - people.signup_day).astype(np.int64), 1)
    late = nth > people.invites[owner]
    delay = (rng.random(len(owner)) * np.where(late, lived[owner], EARLY_DAYS) * 86_400).astype(np.int64)
    signed_up = people.signed_up[owner] + np.where(nth == 0, 0, delay)
    end = (last + 1).astype("datetime64[s]") - 1
    return People(
        owner=owner,
        number=people.number[owner] * MOST_PEOPLE + nth,
        signed_up=np.minimum(signed_up, end),
        first_name=rng.integers(0, len(world.PEOPLE_FIRST), len(owner)),
        last_name=rng.integers(0, len(world.PEOPLE_LAST), len(owner)),
        per_company=count,
        first_of_company=first,
    )


def draw_events(
    rng: np.random.Generator,
    people: Population,
    users: People,
    out: Outcomes,
    drivers: Drivers,
    last: Day,
    noise: bool,
    per_account: float,
) -> Events:
    """`per_account` on average, with a heavy tail. The first two weeks hold exactly the planned exports and invites.

    Use fades before the end, and there is none after it.
    """
    n = len(people)
    d = drivers.for_outcome(rng, noise)
    owners, offsets, kinds = [], [], []
    for planned_event, planned in ((world.EXPORT, people.exports), (world.INVITE, people.invites)):
        owner = np.repeat(np.arange(n), planned)
        owners.append(owner)
        offsets.append(rng.integers(0, EARLY_DAYS, len(owner)))
        kinds.append(np.full(len(owner), planned_event))
    lived = np.maximum((out.active_until - people.signup_day).astype(np.int64), 1)
    zeal = rng.lognormal(0, 1.0, n) * np.where(d.is_best, 1.8, 1.0) * np.where(d.is_early_adopter, 1.5, 1.0)
    zeal *= np.asarray((0.7, 1.0, 1.4, 1.9, 2.4))[d.size]
    wanted = zeal * (lived + 20)
    planned_total = sum(len(o) for o in owners)
    rate = np.minimum(wanted * max(per_account * n - planned_total, n) / wanted.sum(), 200 * per_account)
    count = rng.poisson(rate)
    owner = np.repeat(np.arange(n), count)
    at = rng.random(len(owner))
    leaves = ~np.isnat(out.ended)
    at = np.where(leaves[owner], 1 - np.sqrt(1 - at), at)
    offset = (at * lived[owner]).astype(np.int64)
    kind = world.pick(rng, np.asarray(world.EVENT_WEIGHTS), len(owner))
    planned_kind = (kind == world.EXPORT) | (kind == world.INVITE)
    kind = np.where(planned_kind & (offset < EARLY_DAYS), world.EVENTS.index("view_report"), kind)
    weekday = (people.signup_day[owner].astype(np.int64) + offset + 3) % 7
    moved = (weekday >= 5) & (offset >= EARLY_DAYS + 2) & (rng.random(len(owner)) < 0.7)
    offset = np.where(moved, offset - (weekday - 4), offset)
    owner = np.concatenate([*owners, owner])
    offset = np.concatenate([*offsets, offset])
    kind = np.concatenate([*kinds, kind])

    day_start = people.signup_day[owner].astype("datetime64[s]") + offset * 86_400
    second = np.clip(rng.normal(13.5 * 3600, 3 * 3600, len(owner)), 6 * 3600, 86_000).astype(np.int64)
    signup_second = (people.signed_up - people.signup_day.astype("datetime64[s]")).astype(np.int64)
    on_first_day = signup_second[owner] + 60 + (rng.random(len(owner)) * 7000).astype(np.int64)
    moment = day_start + np.where(offset == 0, np.minimum(on_first_day, 86_399), second)
    share = rng.random(len(owner)) ** 1.7
    user = users.first_of_company[owner] + (share * users.per_company[owner]).astype(np.int64)
    known = moment < (last + 1).astype("datetime64[s]")
    owner, kind, moment, user = owner[known], kind[known], moment[known], user[known]
    user = np.where(users.signed_up[user] <= moment, user, users.first_of_company[owner])
    order = np.argsort(moment, kind="stable")
    return Events(owner[order], user[order], kind[order], moment[order])
