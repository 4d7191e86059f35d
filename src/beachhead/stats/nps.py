"""Net Promoter Score with its likely range."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from beachhead.stats.arrays import FloatArray
from beachhead.stats.interval import Interval, normal_quantile

PROMOTER_FROM = 9
DETRACTOR_TO = 6


@dataclass(frozen=True, slots=True)
class Nps:
    """Answers by class. `interval` is in points from −100 to 100; `variance` is that of one answer coded 1, 0, −1."""

    promoters: int
    passives: int
    detractors: int
    interval: Interval
    variance: float

    @property
    def answers(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def points(self) -> float:
        return self.interval.estimate


def nps(answers: FloatArray, confidence: float = 0.95) -> Nps | None:
    """NPS of answers from 0 to 10: 9–10 promote, 0–6 detract. Nulls and numbers outside 0–10 are no answers.

    None without an answer. Source: Reichheld (2003); range: see `nps_of_counts`.
    """
    given = np.asarray(answers, dtype=np.float64)
    given = given[(given >= 0) & (given <= 10)]
    promoters = int((given >= PROMOTER_FROM).sum())
    # 6.5 is no answer one can give, but an average of several may be: below 7 detracts.
    detractors = int((given < DETRACTOR_TO + 1).sum())
    return nps_of_counts(promoters, given.size - promoters - detractors, detractors, confidence)


def nps_of_counts(promoters: int, passives: int, detractors: int, confidence: float = 0.95) -> Nps | None:
    """NPS of counted classes; None without an answer.

    Variance of one answer = p₊ + p₋ − NPS². The range is the adjusted Wald interval of Rocks (2016), "Interval
    estimation for the Net Promoter Score": the same variance after adding ¾ promoter, ¾ detractor and 1½
    passives, so that unanimous answers from a few do not look certain. Widened to hold the estimate.
    """
    if min(promoters, passives, detractors) < 0:
        raise ValueError("counts of answers are not negative")
    n = promoters + passives + detractors
    if n == 0:
        return None
    estimate = (promoters - detractors) / n
    adjusted_n = n + 3
    plus, minus = (promoters + 0.75) / adjusted_n, (detractors + 0.75) / adjusted_n
    middle = plus - minus
    reach = normal_quantile(confidence) * sqrt(_variance(plus, minus) / adjusted_n)
    low, high = max(-1.0, min(middle - reach, estimate)), min(1.0, max(middle + reach, estimate))
    interval = Interval(100 * estimate, 100 * low, 100 * high)
    return Nps(promoters, passives, detractors, interval, _variance(promoters / n, detractors / n))


def _variance(plus: float, minus: float) -> float:
    return plus + minus - (plus - minus) ** 2
