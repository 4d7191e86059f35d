"""Writes a whole synthetic company: a project that runs as it stands, its raw files, and the planted truth."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from beachhead.errors import Diagnostic, UsageError
from beachhead.project.templates import write_template
from beachhead.synth import activity, exports, outcomes, population, relations, world
from beachhead.synth.dirt import Dirt
from beachhead.synth.files import CsvFile, Quoting
from beachhead.synth.outcomes import CHURN_FACTOR, CONVERSION_ADDED, SEATS_FACTOR, Outcomes
from beachhead.synth.population import Drivers, Population
from beachhead.synth.relations import NPS_ADDED, TICKETS_FACTOR
from beachhead.synth.truth import Behaviour, Decoy, Group, Totals, Truth
from beachhead.synth.world import Bools, Day, Ints

LAST_DAY = date(2026, 10, 31)
CHUNK = 25_000
ONE_EVENTS_FILE_UP_TO = 200_000
CHUNKS_PER_EVENTS_FILE = 4
FILES: tuple[str, ...] = (
    "accounts", "salesforce_accounts", "users", "events", "stripe_subscriptions", "stripe_payments",
    "zendesk_tickets", "nps_responses", "onboarding_answers", "referrals", "feature_requests", "campaign_members",
    "interviews", "salesforce_opportunities", "marketing_spend",
)  # fmt: skip
_QUOTED = frozenset({"salesforce_accounts", "salesforce_opportunities", "nps_responses", "campaign_members"})
_KEYS_PER_CHUNK = 100_000_000


def generate(
    folder: Path,
    accounts: int,
    seed: int,
    noise: bool = False,
    progress: Callable[[int, int], None] | None = None,
    days: int = 730,
    *,
    last_day: date = LAST_DAY,
    events_per_account: float = 20.0,
    dirt: bool = True,
    files: Collection[str] = FILES,
    name: str = "Chartwell",
) -> Truth:
    """Write project, data and `truth.json` into `folder`; the same arguments give the same bytes.

    Sign-ups spread over `days` days up to `last_day`. `noise`: the same shapes, but no outcome depends on any
    attribute or early behaviour. `progress(done, total)` is told accounts. `files` limits what is exported
    (names of FILES); totals and truth stay those of the whole company. Memory does not grow with `accounts`.

    Raises UsageError for numbers out of range and for a folder that already holds a project.
    """
    _check(accounts, seed, days, events_per_account, files)
    first_day = last_day - timedelta(days=days - 1)
    write_template("selfserve", folder, name)
    tally = _Tally(np.zeros((_months(first_day, last_day), len(world.CHANNELS.names)), dtype=np.int64))
    with contextlib.ExitStack() as stack:
        sheets = _Sheets(folder / "data", files, accounts > ONE_EVENTS_FILE_UP_TO, stack)
        for chunk, start in enumerate(range(0, accounts, CHUNK)):
            size = min(CHUNK, accounts - start)
            plan = _Plan(seed, chunk, start, size, np.datetime64(first_day), np.datetime64(last_day), noise)
            _write_chunk(plan, sheets, tally, dirt, events_per_account)
            if progress:
                progress(start + size, accounts)
        sheets.write("marketing_spend", 0, exports.spend_rows(tally.signups, plan.first, plan.last))
        rows = sheets.close()
    truth = _truth(accounts, seed, noise, first_day, last_day, tally, rows)
    truth.write(folder)
    return truth


def _check(accounts: int, seed: int, days: int, events_per_account: float, files: Collection[str]) -> None:
    wrong = [
        (accounts < 20, "too few accounts", "Give at least 20: --accounts 2000."),
        (accounts > 8_000_000, "too many accounts", "Give at most 8,000,000."),
        (seed < 0, "a negative seed", "Give a seed of 0 or more: --seed 1."),
        (not 90 <= days <= 3650, "a history of an impossible length", "Give from 90 to 3650 days."),
        (not 5 <= events_per_account <= 1000, "events per account out of range", "Give from 5 to 1000."),
    ]
    found = [Diagnostic("synth-option", message, remedy=remedy) for is_wrong, message, remedy in wrong if is_wrong]
    found += [Diagnostic.unknown_name("export file", f, FILES) for f in files if f not in FILES]
    if found:
        raise UsageError(found)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which part of which company; everything in it follows from seed and chunk."""

    seed: int
    chunk: int
    start: int
    size: int
    first: Day
    last: Day
    noise: bool

    @property
    def rng(self) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, self.chunk])))

    @property
    def dirt_rng(self) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, self.chunk, 1])))

    @property
    def first_key(self) -> int:
        """Where the running numbers of this chunk's rows begin."""
        return (self.chunk + 1) * _KEYS_PER_CHUNK


@dataclass(slots=True)
class _Tally:
    """What adds up over chunks."""

    signups: Ints
    counts: dict[str, int] = field(default_factory=dict)
    kept: dict[str, list[int]] = field(default_factory=dict)
    dirt: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, **counts: int) -> None:
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def add_kept(self, name: str, of: Bools, kept: Bools) -> None:
        found = self.kept.setdefault(name, [0, 0])
        found[0] += int((of & kept).sum())
        found[1] += int(of.sum())


class _Sheets:
    """The open export files; events in several files when there are many."""

    def __init__(self, folder: Path, wanted: Collection[str], several: bool, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._wanted = frozenset(wanted)
        self._several = several
        self._stack = stack
        self._open: dict[str, CsvFile] = {}

    def write(self, name: str, chunk: int, rows: pa.Table) -> None:
        if name not in self._wanted:
            return
        stem = name
        if name == "events" and self._several:
            stem = f"events-{chunk // CHUNKS_PER_EVENTS_FILE + 1:04d}"
        if stem not in self._open:
            quoting: Quoting = "needed" if name in _QUOTED else "none"
            self._open[stem] = self._stack.enter_context(CsvFile(self._folder / f"{stem}.csv", quoting))
        self._open[stem].write(rows)

    def close(self) -> dict[str, int]:
        """Rows by file name."""
        for sheet in self._open.values():
            sheet.close()
        return {sheet.path.name: sheet.rows for sheet in self._open.values()}


def _write_chunk(plan: _Plan, sheets: _Sheets, tally: _Tally, dirty: bool, events_per_account: float) -> None:
    rng, last, noise, key = plan.rng, plan.last, plan.noise, plan.first_key
    dirt = Dirt(plan.dirt_rng, tally.dirt, dirty)
    people = population.draw_population(rng, plan.start, plan.size, plan.first, last)
    drivers = population.drivers_of(people)
    out = outcomes.draw_outcomes(rng, people, drivers, last, noise)
    versions = outcomes.draw_versions(rng, people, out, drivers, last, noise)
    charges = outcomes.draw_charges(rng, versions, out, last)
    users = activity.draw_people(rng, people, out, drivers, last, noise)
    tickets = relations.draw_tickets(rng, people, out, drivers, last, noise)
    answers, liking = relations.draw_nps(rng, people, out, drivers, last, noise)
    referrals = relations.draw_referrals(rng, people, out, liking)
    requests = relations.draw_requests(rng, people, out, last)
    touches = relations.draw_touches(rng, people, out)
    interviews = relations.draw_interviews(rng, people, out)
    deals = relations.draw_deals(rng, people, out, last)
    events = activity.draw_events(rng, people, users, out, drivers, last, noise, events_per_account)

    at = plan.chunk
    sheets.write("accounts", at, exports.accounts(people, users, out, dirt))
    sheets.write("salesforce_accounts", at, exports.companies(people, dirt))
    sheets.write("users", at, exports.people_rows(people, users, dirt))
    sheets.write("stripe_subscriptions", at, exports.subscriptions(people, versions, out, last, dirt))
    sheets.write("stripe_payments", at, exports.payments(people, charges, key, dirt))
    sheets.write("zendesk_tickets", at, exports.ticket_rows(people, users, tickets, key, dirt))
    sheets.write("nps_responses", at, exports.nps_rows(people, users, answers, key, dirt))
    sheets.write("onboarding_answers", at, exports.onboarding_rows(people))
    sheets.write("referrals", at, exports.referral_rows(people, referrals))
    sheets.write("feature_requests", at, exports.request_rows(people, requests, key))
    sheets.write("campaign_members", at, exports.touch_rows(people, touches, key))
    sheets.write("interviews", at, exports.interview_rows(people, interviews, key))
    sheets.write("salesforce_opportunities", at, exports.deal_rows(people, deals, key, dirt))
    sheets.write("events", at, exports.event_rows(people, users, events, key, dirt))

    month = (people.signup_day.astype("datetime64[M]") - plan.first.astype("datetime64[M]")).astype(np.int64)
    np.add.at(tally.signups, (month, people.channel), 1)
    _count(plan, tally, people, drivers, out)
    tally.add(
        mrr_cents=outcomes.mrr_cents(versions, out, last),
        revenue_cents=charges.revenue_cents,
        users=len(users.owner),
        events=len(events.owner),
    )


def _count(plan: _Plan, tally: _Tally, people: Population, drivers: Drivers, out: Outcomes) -> None:
    active, trial = out.is_active(plan.last), out.is_in_trial(plan.last)
    tally.add(
        accounts=len(people),
        active_customers=int(active.sum()),
        churned=int((out.converted & ~active).sum()),
        active_trials=int(trial.sum()),
        expired_trials=int((~out.converted & ~trial & ~out.is_prospect).sum()),
        prospects=int(out.is_prospect.sum()),
        best=int(drivers.is_best.sum()),
        worst=int(drivers.is_worst.sum()),
        early=int(drivers.is_early_adopter.sum()),
    )
    everybody = out.converted
    for name, group in (
        ("best", drivers.is_best),
        ("worst", drivers.is_worst),
        ("early_behaviour", drivers.is_early_adopter),
        ("good_channels", drivers.is_good_channel),
    ):
        tally.add_kept(f"{name}_kept_rate", everybody & group, active)
        tally.add_kept(f"not_{name}_kept_rate", everybody & ~group, active)


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


_DECOYS = (
    Decoy("technology", "correlated with nothing"),
    Decoy("founded_year", "correlated with nothing"),
    Decoy("onboarding_role", "correlated with nothing"),
    Decoy("annual_revenue_cents", "follows the number of employees and says nothing beyond it"),
    Decoy("region", "correlated with nothing, in many small cells"),
)
_FORM = Decoy(
    "signup_form",
    "those with the long form left less often, but only among the first 40 % of the history's sign-up days",
)
_SEEN = {
    True: "Nothing is planted: paying, leaving, price, NPS, support and use do not depend on any attribute or early "
    "behaviour. What remains: use ends when a customer leaves, and older customers have had more time to leave.",
    False: "One group of customers is best, one is worst, one early behaviour makes people stay; the decoys do not.",
}


def _truth(
    accounts: int, seed: int, noise: bool, first: date, last: date, tally: _Tally, rows: dict[str, int]
) -> Truth:
    counts = tally.counts
    best = Group(
        "Agencies with 11 to 50 people that report to clients; they often come by referral or through partners",
        population.BEST_RULE,
        counts["best"],
        CONVERSION_ADDED["best"],
        CHURN_FACTOR["best"],
        SEATS_FACTOR["best"],
        NPS_ADDED["best"],
        TICKETS_FACTOR["best"],
    )
    worst = Group(
        "Online shops with at most 10 people",
        population.WORST_RULE,
        counts["worst"],
        CONVERSION_ADDED["worst"],
        CHURN_FACTOR["worst"],
        SEATS_FACTOR["worst"],
        NPS_ADDED["worst"],
        TICKETS_FACTOR["worst"],
    )
    behaviour = Behaviour(
        "At least 3 exports and at least 2 invitations in the first 14 days; one without the other does nothing",
        population.EARLY_DAYS,
        {"export": population.EARLY_EXPORTS, "invite": population.EARLY_INVITES},
        counts["early"],
        CONVERSION_ADDED["early"],
        CHURN_FACTOR["early"],
    )
    return Truth(
        accounts=accounts,
        seed=seed,
        noise=noise,
        first_day=first,
        last_day=last,
        statement=_SEEN[noise],
        best=None if noise else best,
        worst=None if noise else worst,
        early_behaviour=None if noise else behaviour,
        good_channels=() if noise else population.GOOD_CHANNELS,
        decoys=() if noise else (*_DECOYS, _FORM),
        totals=Totals(**{name: counts[name] for name in Totals.__dataclass_fields__}),
        files=rows,
        dirt=tally.dirt,
        observed={name: kept / of if of else None for name, (kept, of) in sorted(tally.kept.items())},
    )
