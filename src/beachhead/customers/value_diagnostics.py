"""Can the score be trusted: its distribution, what moves it, whether it holds when weights move, who is missing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from beachhead.customers.tiers import Tiering
from beachhead.customers.value import SCORE_DECIMALS, Scores
from beachhead.errors import Severity
from beachhead.project.definitions import ValueDefinition
from beachhead.sources.problems import Problem
from beachhead.stats.arrays import BoolArray, FloatArray, IntArray
from beachhead.stats.association import spearman_matrix

WEIGHT_SHIFT = 0.2
GUARD_CUSTOMERS = 50
GUARD_DAYS = 365
_CORRELATION_SAMPLE = 100_000
_MOSTLY_MISSING = 0.5
_SAME_THING = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """Scores of customers, now or once. `counts` of `bins` equal steps from 0 to 100; quartiles None without any.

    `unscored`: customers without a value in any input. `outside`: scored accounts that are no customers yet.
    """

    counts: IntArray
    edges: FloatArray
    scored: int
    unscored: int
    outside: int
    mean: float | None
    quartiles: tuple[float, float, float] | None


def distribution(scores: Scores, bins: int = 20) -> Distribution:
    """Histogram and quartiles of the scores of customers, now or once."""
    given = scores.score[scores.scored]
    counts, edges = np.histogram(given, bins=bins, range=(0, 100))
    first, median, third = np.quantile(given, [0.25, 0.5, 0.75]) if given.size else (np.nan,) * 3
    return Distribution(
        counts.astype(np.int64),
        edges.astype(np.float64),
        int(given.size),
        int(scores.scope.sum()) - int(given.size),
        int((np.isfinite(scores.score) & ~scores.scope).sum()),
        float(given.mean()) if given.size else None,
        (float(first), float(median), float(third)) if given.size else None,
    )


@dataclass(frozen=True, slots=True, eq=False)
class InputCorrelations:
    """Spearman correlations over scored customers, of values as they are (a low-is-good input is negative).

    `with_score` (inputs), `among` (inputs, inputs); null where fewer than three pairs are known or nothing
    varies. `customers`: how many were looked at.
    """

    attributes: tuple[str, ...]
    with_score: FloatArray
    among: FloatArray
    customers: int

    def nearly_the_same(self) -> list[tuple[str, str, float]]:
        """Pairs of inputs correlated beyond ±0.95, which count one thing twice."""
        k = len(self.attributes)
        return [
            (self.attributes[i], self.attributes[j], float(self.among[i, j]))
            for i in range(k)
            for j in range(i + 1, k)
            if abs(self.among[i, j]) > _SAME_THING and self.attributes[i] != self.attributes[j]
        ]


def input_correlations(scores: Scores) -> InputCorrelations:
    """Correlations of inputs with the score and with each other.

    Of more than 100,000 scored customers evenly spaced 100,000 are taken: ±0.01 at worst, in a second.
    """
    chosen = np.flatnonzero(scores.scored)
    if chosen.size > _CORRELATION_SAMPLE:
        chosen = chosen[np.linspace(0, chosen.size - 1, _CORRELATION_SAMPLE).astype(np.int64)]
    names = tuple(i.attribute for i in scores.inputs)
    columns = [scores.values[name][chosen] for name in names]
    matrix = spearman_matrix([scores.score[chosen], *columns])
    return InputCorrelations(names, matrix[0, 1:], matrix[1:, 1:], int(chosen.size))


@dataclass(frozen=True, slots=True)
class Stability:
    """Share of the best that stay best when weights move.

    `worst` and `mean` over all trials; `by_input`: the lower of the two trials that move only that input, 1 for
    an input that is not used.
    """

    shift: float
    best: int
    trials: int
    worst: float
    mean: float
    by_input: tuple[float, ...]


def stability(
    scores: Scores, tiering: Tiering, shift: float = WEIGHT_SHIFT, corners: int = 32, seed: int = 0
) -> Stability | None:
    """Move every weight by ±`shift` and see who stays best; None when nobody is best.

    Trials: each input alone up and down, then all inputs at once at the corners of the box, where the most
    extreme mixtures lie: every corner if there are at most `corners`, else that many drawn by `seed`. The best
    tier keeps its size; whoever ties with its last score stays.
    """
    best = tiering.codes[scores.scored] == 1
    n_best = int(best.sum())
    if n_best == 0:
        return None
    given = scores.points[:, scores.scored]
    counted = (~np.isnan(given)).astype(np.float64)
    points = np.nan_to_num(given)
    inputs = len(scores.inputs)

    def share_kept(factors: FloatArray) -> float:
        # `weighted_score` as two matrix products, for there are dozens of trials. No customer with a score has
        # every input left out, so that the divisor is positive.
        weights = scores.weights * factors
        moved = np.round(100 * (weights @ points) / (weights @ counted), SCORE_DECIMALS)
        cut_off = np.partition(moved, moved.size - n_best)[moved.size - n_best]
        return float((moved[best] >= cut_off).mean())

    single = [
        [share_kept(1 + sign * shift * np.eye(inputs)[k]) for sign in (1.0, -1.0)]
        for k in range(inputs)
        if scores.used[k]
    ]
    mixed = [share_kept(1 + shift * signs) for signs in _corners(inputs, corners, seed)]
    every = [*(kept for pair in single for kept in pair), *mixed]
    lowest = iter(min(pair) for pair in single)
    by_input = tuple(next(lowest) if used else 1.0 for used in scores.used)
    return Stability(shift, n_best, len(every), min(every), sum(every) / len(every), by_input)


def _corners(inputs: int, most: int, seed: int) -> FloatArray:
    if 2**inputs <= most:
        return np.array(list(product((-1.0, 1.0), repeat=inputs)))
    return np.random.default_rng(seed).choice([-1.0, 1.0], size=(most, inputs))


def survivorship_guard(
    customer_days: FloatArray,
    churned: BoolArray,
    ended_subscriptions: int | None = None,
    source: str | None = None,
) -> Problem | None:
    """Warn when the data seem to hold only those who stayed.

    `customer_days`: days since each became a customer (null: unknown, not counted); `churned`: has left. With
    50 or more customers older than a year, not one left is not believable. `ended_subscriptions`: how many
    ended ones the data hold; any shows that the past is kept. None when there is nothing to warn about.
    """
    older = int((np.nan_to_num(customer_days, nan=-1.0) > GUARD_DAYS).sum())
    if older < GUARD_CUSTOMERS or bool(churned.any()) or ended_subscriptions:
        return None
    return Problem(
        code="only-current-customers",
        severity=Severity.WARNING,
        message=f"{older:,} customers are older than a year and not one has left: the data seem to hold only "
        "those who stayed, so the score cannot tell what makes them stay",
        remedy="Export customers who left too, with the date they left (churned_at), or subscriptions that ended.",
        count=older,
        out_of=int(churned.size),
        source=source,
    )


def input_problems(scores: Scores) -> tuple[Problem, ...]:
    """Inputs of the score that say little: no customer has a value, all have the same, or most have none."""
    customers = int(scores.scope.sum())
    return tuple(
        problem
        for name in dict.fromkeys(i.attribute for i in scores.inputs)
        if customers and (problem := _input_problem(name, scores.values[name][scores.scope]))
    )


def _input_problem(name: str, values: FloatArray) -> Problem | None:
    known = values[np.isfinite(values)]
    missing = values.size - known.size
    if not known.size:
        code, says = "score-input-empty", f"'{name}' has no value for any customer and does not count in the score"
        remedy = f"Map the data that '{name}' needs, or take it out of value.yml."
    elif known.min() == known.max():
        code, says = "score-input-constant", f"'{name}' is the same for all customers and cannot tell them apart"
        remedy = f"Look at where '{name}' comes from, or take it out of value.yml."
    elif missing > _MOSTLY_MISSING * values.size:
        code, says = "score-input-sparse", f"'{name}' is missing for {missing:,} of {values.size:,} customers"
        remedy = f"Check `missing:` of '{name}' in value.yml: it decides for most of them."
    else:
        return None
    return Problem(code, Severity.WARNING, says, remedy, missing or values.size, values.size, column=name)


def double_reversals(definition: ValueDefinition) -> tuple[str, ...]:
    """Attributes whose thresholds fall although `direction: low` turns them round: meant once, said twice."""
    return tuple(
        i.attribute
        for i in definition.inputs
        if i.thresholds and i.direction == "low" and i.thresholds[0][1] > i.thresholds[-1][1]
    )
