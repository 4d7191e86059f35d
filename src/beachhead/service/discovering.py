"""Segments that the data proposes for an outcome, with their evidence, in words and as a document."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from beachhead.analysis.display import money_text, number_text, plural, share_text
from beachhead.discovery.criteria import Criterion
from beachhead.discovery.known_before import SetAside, criteria_for, redundant
from beachhead.discovery.proof import Tested, by_hold_out
from beachhead.discovery.segments import STABLE, Proposal, Proposed, Settings, least_of, propose_segments
from beachhead.errors import DefinitionError, Diagnostic, UsageError
from beachhead.rules import parse
from beachhead.service.documents import Json
from beachhead.service.outcomes import OUTCOMES, Outcome, outcome_of
from beachhead.service.plan import Plan
from beachhead.service.population import Customers
from beachhead.service.results import Run
from beachhead.service.rule_desk import RuleDesk
from beachhead.stats.interval import normal_quantile
from beachhead.stats.power import sample_size

FEWEST = 30
"""Customers below which nothing is searched for: no difference could be seen."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What was proposed for an outcome. `customers`: of how many it is known; `mean`: of these. `criteria`: what was
    looked at; `same`: what says nearly the same as one of them; `set_aside`: what was not looked at, and why."""

    outcome: Outcome
    customers: int
    mean: float
    criteria: Sequence[Criterion]
    same: Sequence[tuple[str, str]]
    set_aside: Sequence[SetAside]
    proposed: Proposed
    settings: Settings

    @property
    def confirmed(self) -> list[Proposal]:
        return [p for p in self.proposed.proposals if p.verdict == "confirmed"]

    @property
    def undecided(self) -> list[Proposal]:
        return [p for p in self.proposed.proposals if p.verdict != "confirmed"]


def discover_segments(run: Run, outcome: str, settings: Settings) -> Discovered:
    """Search the customers of a run for segments that differ in an outcome. Raises `UsageError` for an outcome that
    there is not, that is the same for all, or that is known of too few."""
    asked = outcome_of(run, outcome)
    known = ~np.isnan(asked.values)
    values = asked.values[known]
    _require_enough(asked, values, run)
    accounts = run.accounts.arrow().filter(pa.array(known))
    is_rate = asked.unit in ("rate", "boolean")
    criteria, aside = criteria_for(
        accounts,
        run.attributes,
        values,
        is_rate=is_rate,
        is_of_stay=asked.name in OUTCOMES and is_rate,
        made_of=asked.made_of,
        least=least_of(len(values)),
    )
    dropped = redundant(criteria)
    same = [(criteria[gone].name, criteria[kept].name) for kept, gone in dropped]
    criteria = [c for n, c in enumerate(criteria) if n not in {gone for _, gone in dropped}]
    proposed = propose_segments(criteria, values, is_rate=is_rate, settings=settings)
    return Discovered(asked, len(values), float(values.mean()), criteria, same, aside, proposed, settings)


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule that somebody expects something of, tested alone. `needed`: about how many customers inside, and as many
    outside, would show the difference that was seen; None where it is shown already, or none was seen."""

    outcome: Outcome
    rule: str
    tested: Tested
    verdict: Literal["holds", "does_not_hold", "cannot_tell"]
    needed: int | None


def try_rule(run: Run, plan: Plan, population: Customers, outcome: str, rule: str) -> Tried:
    """Whether the customers of a rule differ in an outcome from all others. It holds where luck alone would make such a
    difference in fewer than 1 of 20; it does not where the difference is at most small, 5 points of a rate, or a tenth
    of the mean. Raises `UsageError`, `DefinitionError`."""
    asked = outcome_of(run, outcome)
    known = ~np.isnan(asked.values)
    _require_enough(asked, asked.values[known], run)
    desk = RuleDesk(plan, population)
    reading = desk.read(rule)
    if reading.core is None:
        raise DefinitionError(reading.diagnostics)
    inside = np.isin(run.columns("account_no")["account_no"].to_numpy(), desk.members(reading.core))[known]
    people = run.about.settings.customers_are
    if min(np.count_nonzero(inside), np.count_nonzero(~inside)) < 2:
        message = f"{np.count_nonzero(inside):,} of {len(inside):,} {people} {asked.asked} are in the rule"
        raise UsageError(Diagnostic("nothing-to-compare", message, remedy="Take a rule that holds for some of them."))
    values, is_rate = asked.values[known], asked.unit in ("rate", "boolean")
    (tested,) = by_hold_out([inside], values, is_rate=is_rate)
    small = 0.05 if is_rate else 0.1 * abs(float(values.mean()))
    if tested.is_proven:
        return Tried(asked, rule, tested, "holds", None)
    if max(abs(tested.difference.low), abs(tested.difference.high)) <= small:
        return Tried(asked, rule, tested, "does_not_hold", None)
    return Tried(asked, rule, tested, "cannot_tell", _needed(tested, float(values.std(ddof=1)), is_rate=is_rate))


def _needed(tested: Tested, spread: float, *, is_rate: bool) -> int | None:
    difference = tested.difference.estimate
    if not difference:
        return None
    if is_rate:
        return math.ceil(sample_size(tested.mean, tested.others))
    return math.ceil(2 * ((normal_quantile(0.95) + normal_quantile(0.6)) * spread / difference) ** 2)


def tried_lines(found: Tried, run: Run, plan: Plan) -> Iterator[str]:
    """The verdict, the numbers, and how many customers would be needed."""
    tested, people = found.tested, run.about.settings.customers_are
    verdicts = {
        "holds": "it holds",
        "does_not_hold": "it does not hold: the difference is small at most",
        "cannot_tell": "it cannot be told",
    }
    needed = f"; it needs about {found.needed:,} inside, and as many outside" if found.needed else ""
    yield f"{verdicts[found.verdict]}{needed}"
    yield f"  {plan.english(parse(found.rule))}"
    yield f"  {found.outcome.title}, of {plural(tested.inside, people)}: {_compared(tested, found.outcome, run)}"


def tried_json(found: Tried) -> Json:
    return {
        "outcome": _outcome_json(found.outcome),
        "rule": found.rule,
        "verdict": found.verdict,
        "needed": found.needed,
        "tested": _tested_json(found.tested),
    }


def _require_enough(asked: Outcome, values: np.ndarray[tuple[int], np.dtype[np.float64]], run: Run) -> None:
    people = run.about.settings.customers_are
    if len(values) < FEWEST:
        message = f"'{asked.name}' is known of {plural(len(values), people)} only, and no difference could be seen"
        remedy = "Talk to them; `beachhead sight` says whom to call and what to ask."
        raise UsageError(Diagnostic("too-few", message, remedy=remedy))
    if np.ptp(values) == 0:
        message = f"'{asked.title}' is the same for all {len(values):,} {people} {asked.asked}"
        raise UsageError(Diagnostic("constant-outcome", message, remedy="Choose an outcome in which they differ."))


def discovered_lines(found: Discovered, run: Run, plan: Plan) -> Iterator[str]:
    """For people: what was asked, what is proven, what is not, and what was not looked at."""
    people, proposed = run.about.settings.customers_are, found.proposed
    asked = f"{found.customers:,} {people} {found.outcome.asked}"
    yield f"{found.outcome.title}: {_amount(found.outcome, found.mean, run)} of {asked}"
    how = (
        f"{proposed.combinations:,} combinations of {plural(len(found.criteria), 'criteria')} were tried on "
        f"{proposed.searched:,} {people}, each with {proposed.least:,} or more"
    )
    test = f"tested on {proposed.set_aside:,} others" if proposed.set_aside else "compared with what luck alone finds"
    yield f"{how}, and {test}"
    if found.confirmed:
        yield "confirmed:"
        for proposal in found.confirmed:
            yield from _proposal_lines(proposal, found, run, plan)
    else:
        yield "nothing is confirmed: no group differs more than the best of so many would by luck"
        yield "  what you expect is tested alone, and shows sooner: --try \"industry = 'Agency'\""
    if found.undecided:
        yield "undecided, each of which luck may have made:"
        for proposal in found.undecided[:3]:
            yield from _proposal_lines(proposal, found, run, plan)
    if found.same:
        yield f"says the same as another: {', '.join(f'{gone} as {kept}' for gone, kept in found.same)}"
    for aside in found.set_aside:
        yield f"set aside: {aside.attribute}, since {aside.why}"


def _proposal_lines(proposal: Proposal, found: Discovered, run: Run, plan: Plan) -> Iterator[str]:
    tested, people = proposal.tested, run.about.settings.customers_are
    yield f"  {plan.english(parse(proposal.rule))}"
    yield f"    rule: {proposal.rule}"
    size = plural(int(np.count_nonzero(proposal.inside)), people)
    yield f"    {size}: {_compared(tested, found.outcome, run)}"
    if proposal.stability is not None:
        stable = "stable" if proposal.stability >= STABLE else "not stable"
        yield f"    found again in {share_text(proposal.stability)} of half samples: {stable}"


def _compared(tested: Tested, outcome: Outcome, run: Run) -> str:
    mean, others = _amount(outcome, tested.mean, run), _amount(outcome, tested.others, run)
    ends = tested.difference.low, tested.difference.high
    low, high = (_amount(outcome, end, run, is_difference=True) for end in ends)
    return f"{mean} against {others} of all others; the difference is {low} to {high}, p = {tested.p:.3f}"


def _amount(outcome: Outcome, value: float, run: Run, *, is_difference: bool = False) -> str:
    match outcome.unit:
        case "rate" | "boolean":
            return f"{value * 100:+.1f} points" if is_difference else share_text(value)
        case "money":
            return money_text(value, run.about.settings.currency)
        case _:
            return number_text(value)


def discovered_json(found: Discovered) -> Json:
    proposed = found.proposed
    return {
        "outcome": _outcome_json(found.outcome),
        "customers": found.customers,
        "mean": found.mean,
        "protocol": {
            "searched": proposed.searched,
            "set_aside": proposed.set_aside,
            "test": "hold-out" if proposed.set_aside else "permutations",
            "combinations": proposed.combinations,
            "least": proposed.least,
            "depth": found.settings.depth,
            "direction": found.settings.direction,
            "score": {"kind": found.settings.score.kind, "parameter": found.settings.score.parameter},
            "seed": found.settings.seed,
        },
        "criteria": [c.name for c in found.criteria],
        "same": [{"criterion": gone, "as": kept} for gone, kept in found.same],
        "set_aside": [{"attribute": a.attribute, "why": a.why} for a in found.set_aside],
        "findings": [_proposal_json(p) for p in found.confirmed],
        "undecided": [_proposal_json(p) for p in found.undecided],
    }


def _proposal_json(proposal: Proposal) -> Json:
    return {
        "rule": proposal.rule,
        "customers": int(np.count_nonzero(proposal.inside)),
        "score": proposal.score,
        "difference_found": proposal.found,
        "tested": _tested_json(proposal.tested),
        "stability": proposal.stability,
    }


def _outcome_json(outcome: Outcome) -> Json:
    return {"name": outcome.name, "title": outcome.title, "unit": outcome.unit}


def _tested_json(tested: Tested) -> Json:
    return {
        "inside": tested.inside,
        "outside": tested.outside,
        "mean": tested.mean,
        "others": tested.others,
        "difference": tested.difference.estimate,
        "low": tested.difference.low,
        "high": tested.difference.high,
        "p_adjusted": tested.p,
    }
