"""Who signs up: companies with their attributes, and what they do in their first two weeks. Outcomes come later."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beachhead.synth import world
from beachhead.synth.world import Bools, Day, Days, Ints

FIRST_NUMBER = 1_000_000
EARLY_DAYS = 14
EARLY_EXPORTS = 3
EARLY_INVITES = 2
EARLY_COHORT_SHARE = 0.4
GOOD_CHANNELS = ("referral", "partner")
BEST_RULE = "industry = 'Agency' and employees between 11 and 50 and onboarding_use_case = 'client reporting'"
WORST_RULE = "industry = 'E-commerce' and employees between 1 and 10"


@dataclass(frozen=True, slots=True)
class Population:
    """One chunk of companies, in the order of sign-up. All arrays have one entry per company."""

    number: Ints
    signed_up: Days
    industry: Ints
    size: Ints
    employees: Ints
    channel: Ints
    use_case: Ints
    answered: Bools
    role: Ints
    place: Ints
    technology: Ints
    founded: Ints
    annual_revenue: Ints
    form: Ints
    exports: Ints
    invites: Ints
    word_1: Ints
    word_2: Ints
    ending: Ints
    is_early_cohort: Bools

    def __len__(self) -> int:
        return len(self.number)

    @property
    def signup_day(self) -> Days:
        return self.signed_up.astype("datetime64[D]")


@dataclass(frozen=True, slots=True)
class Drivers:
    """What outcomes depend on."""

    is_best: Bools
    is_worst: Bools
    is_good_channel: Bools
    is_early_adopter: Bools
    is_favoured_form: Bools
    size: Ints

    def for_outcome(self, rng: np.random.Generator, noise: bool) -> Drivers:
        """Themselves; under noise those of other companies, drawn anew, so that nothing explains the outcome."""
        if not noise:
            return self
        order = rng.permutation(len(self.size))
        return Drivers(*(getattr(self, f.name)[order] for f in fields(self)))


def draw_population(rng: np.random.Generator, start: int, size: int, first: Day, last: Day) -> Population:
    """Companies `start` … `start + size - 1`; sign-ups from `first` to `last` become more frequent over time."""
    span = int((last - first).astype(int)) + 1
    offset = np.sort((np.sqrt(rng.random(size)) * span).astype(np.int64))
    seconds = np.clip(rng.normal(13.0 * 3600, 3.2 * 3600, size), 6 * 3600, 22 * 3600).astype(np.int64)
    signed_up: Days = (first + offset).astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    industry = world.INDUSTRIES.draw(rng, size)
    is_agency = industry == world.INDUSTRIES.index("Agency")
    bands = np.tile(np.asarray(world.SIZE_WEIGHTS), (size, 1))
    bands[is_agency, 1] *= 1.5
    band = world.pick_each(rng, bands)
    low, high = np.asarray(world.SIZE_EDGES)[band], np.asarray(world.SIZE_EDGES)[band + 1]
    employees = np.minimum((low * (high / low) ** rng.random(size)).astype(np.int64), high - 1)
    cases = np.tile(np.asarray(world.USE_CASES.weights), (size, 1))
    cases[is_agency, world.USE_CASES.index("client reporting")] = 1.1
    use_case = world.pick_each(rng, cases)
    answered = rng.random(size) < 0.9
    is_best = _best(industry, band, use_case, answered)
    channels = np.tile(np.asarray(world.CHANNELS.weights), (size, 1))
    for name in GOOD_CHANNELS:
        channels[is_best, world.CHANNELS.index(name)] *= 3.5
    explores = rng.random(size) < 0.30
    invites_many = rng.random(size) < np.where(explores, 0.70, 0.25)
    return Population(
        number=FIRST_NUMBER + start + np.arange(size, dtype=np.int64),
        signed_up=signed_up,
        industry=industry,
        size=band,
        employees=employees,
        channel=world.pick_each(rng, channels),
        use_case=use_case,
        answered=answered,
        role=world.ROLES.draw(rng, size),
        place=world.pick(rng, np.array([p[3] for p in world.PLACES], dtype=float), size),
        technology=world.TECHNOLOGIES.draw(rng, size),
        founded=2026 - np.minimum(1 + rng.gamma(1.6, 7.0, size).astype(np.int64), 90),
        annual_revenue=(employees * rng.lognormal(np.log(95_000), 0.25, size) / 1000).astype(np.int64) * 1000,
        form=world.SIGNUP_FORMS.draw(rng, size),
        exports=np.where(explores, EARLY_EXPORTS + rng.poisson(1.5, size), rng.choice(3, size, p=(0.5, 0.3, 0.2))),
        invites=np.where(invites_many, EARLY_INVITES + rng.poisson(0.7, size), rng.choice(2, size, p=(0.7, 0.3))),
        word_1=rng.integers(0, len(world.COMPANY_FIRST), size),
        word_2=rng.integers(0, len(world.COMPANY_SECOND), size),
        ending=rng.integers(0, 6, size),
        is_early_cohort=offset < EARLY_COHORT_SHARE * span,
    )


def _best(industry: Ints, size: Ints, use_case: Ints, answered: Bools) -> Bools:
    is_agency: Bools = industry == world.INDUSTRIES.index("Agency")
    reports: Bools = use_case == world.USE_CASES.index("client reporting")
    best: Bools = is_agency & (size == 1) & reports & answered
    return best


def drivers_of(people: Population) -> Drivers:
    """The planted groups and behaviour."""
    is_shop = people.industry == world.INDUSTRIES.index("E-commerce")
    return Drivers(
        is_best=_best(people.industry, people.size, people.use_case, people.answered),
        is_worst=is_shop & (people.size == 0),
        is_good_channel=np.isin(people.channel, [world.CHANNELS.index(c) for c in GOOD_CHANNELS]),
        is_early_adopter=(people.exports >= EARLY_EXPORTS) & (people.invites >= EARLY_INVITES),
        is_favoured_form=people.is_early_cohort & (people.form == world.SIGNUP_FORMS.index("long")),
        size=people.size,
    )


def company_names(people: Population) -> pa.Array:
    """`Northfield Studio`."""
    endings = [name for industry in world.INDUSTRIES.names for name in world.NAME_ENDINGS[industry]]
    root = pc.binary_join_element_wise(
        pa.array(world.COMPANY_FIRST).take(pa.array(people.word_1)),
        pa.array(world.COMPANY_SECOND).take(pa.array(people.word_2)),
        "",
    )
    return pc.binary_join_element_wise(root, pa.array(endings).take(pa.array(people.industry * 6 + people.ending)), " ")


def domains(people: Population) -> pa.Array:
    """`northfield-studio.io`: from the name, so that the same name in two places has two domains."""
    slug = pc.utf8_lower(pc.replace_substring(pc.replace_substring(company_names(people), "& ", ""), " ", "-"))
    ends = pa.array(world.TOP_LEVEL).take(pa.array((people.number * 7 + people.place) % len(world.TOP_LEVEL)))
    return pc.binary_join_element_wise(slug, ends, "")
