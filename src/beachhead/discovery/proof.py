"""Whether groups that were found differ more than the best of so many would by luck.

Under `FEW_ROWS` customers by permutations of the outcome over all of them: the same search is made on each, and what it
finds there is how large a difference luck finds (maxT; Westfall & Young 1993). From there on by customers who were set
aside before the search (Webb 2007): few groups are then tested, and Benjamini & Hochberg 1995 keeps the share of luck
among them low.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from beachhead.stats.interval import Interval
from beachhead.stats.means import welch_interval, welch_p
from beachhead.stats.multiplicity import benjamini_hochberg
from beachhead.stats.proportions import fisher_mid_p, newcombe_interval

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FEW_ROWS = 20_000
PERMUTATIONS = 199
"""With so many an adjusted p-value is a multiple of 0.005."""
LEVEL = 0.05
_SAME = 1e-9  # deviations that differ by rounding only count as equal


@dataclass(frozen=True, slots=True)
class Tested:
    """A group against everybody else, on the customers it was tested on: how many are inside and outside, their mean
    outcomes, the difference with its range, and the p-value adjusted for all that were tried."""

    inside: int
    outside: int
    mean: float
    others: float
    difference: Interval
    p: float

    @property
    def is_proven(self) -> bool:
        return self.p <= LEVEL


def by_permutations(
    groups: Sequence[Bools], outcome: Floats, most_by_luck: Callable[[Floats], float], seed: int, *, is_rate: bool
) -> list[Tested]:
    """Test groups on the customers on whom they were found. `most_by_luck`: the largest deviation, in standard errors,
    that the search finds in an outcome. Ranges hold for all groups at once: they are as wide as luck reaches."""
    rng = np.random.default_rng(seed)
    shuffled = [rng.permutation(outcome) for _ in range(PERMUTATIONS)]
    with ThreadPoolExecutor(2) as pool:
        luck = np.sort(list(pool.map(most_by_luck, shuffled)))
    reach = float(np.quantile(luck, 1 - LEVEL, method="higher"))
    confidence = min(2 * NormalDist().cdf(reach) - 1, 1 - 1e-9)
    spread = float(outcome.std(ddof=1))
    found = []
    for inside in groups:
        here, there = outcome[inside], outcome[~inside]
        error = spread * sqrt(1 / len(here) + 1 / len(there))
        deviation = abs(float(here.mean() - there.mean())) / error
        exceeded = len(luck) - int(np.searchsorted(luck, deviation - _SAME))
        found.append(_tested(here, there, confidence, (1 + exceeded) / (1 + PERMUTATIONS), is_rate=is_rate))
    return found


def by_hold_out(groups: Sequence[Bools], outcome: Floats, *, is_rate: bool) -> list[Tested]:
    """Test groups on customers on whom they were not looked for. Ranges are widened for those that are shown because
    they passed (false coverage rate; Benjamini & Yekutieli 2005)."""
    p_values = np.array([_p(outcome[inside], outcome[~inside], is_rate) for inside in groups])
    adjusted = benjamini_hochberg(p_values)
    passed = int(np.count_nonzero(adjusted <= LEVEL))
    confidence = 1 - LEVEL * max(passed, 1) / max(len(groups), 1)
    return [
        _tested(outcome[inside], outcome[~inside], confidence, p, is_rate=is_rate)
        for inside, p in zip(groups, adjusted.tolist(), strict=True)
    ]


def _p(here: Floats, there: Floats, is_rate: bool) -> float:
    """Of a group without customers, or of outcomes that are all the same, 1."""
    rates = int(here.sum()), len(here), int(there.sum()), len(there)
    found = fisher_mid_p(*rates) if is_rate else welch_p(here, there)
    return 1.0 if found is None else found


def _tested(here: Floats, there: Floats, confidence: float, p: float, *, is_rate: bool) -> Tested:
    rates = int(here.sum()), len(here), int(there.sum()), len(there)
    found = newcombe_interval(*rates, confidence) if is_rate else welch_interval(here, there, confidence)
    difference = float(here.mean() - there.mean()) if len(here) and len(there) else 0.0
    mean, others = (float(values.mean()) if len(values) else float("nan") for values in (here, there))
    return Tested(len(here), len(there), mean, others, found or Interval(difference, difference, difference), p)
