"""A number with its likely range."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the range it likely lies in, in the unit of the estimate."""

    estimate: float
    low: float
    high: float

    def excludes(self, value: float) -> bool:
        """True when `value` lies outside the range."""
        return value < self.low or value > self.high


@lru_cache(maxsize=64)
def normal_quantile(confidence: float) -> float:
    """The z of a two-sided interval: 1.96 for 0.95. ValueError unless 0 < confidence < 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, not {confidence}")
    return NormalDist().inv_cdf(0.5 + confidence / 2)
