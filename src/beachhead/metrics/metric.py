"""What a metric is: a formula over measures, with its meaning, unit, certainty, null rule and published source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isnan
from typing import Literal

from beachhead.errors import Diagnostic, UsageError
from beachhead.metrics.formula import Formula, parse_formula

Unit = Literal["money", "count", "share", "ratio", "days", "hours", "months", "points", "number"]
Direction = Literal["high", "low", "neither"]
Theme = Literal["recurring revenue", "customers", "acquisition", "usage", "advocacy", "support", "sales", "shop", "own"]
Certainty = Literal["exact", "proportion", "mean", "nps", "quantile"]
"""How sure a value is: booked (exact), or an estimate with an interval: a share of counts (Wilson 1927), a mean
(Student 1908), a Net Promoter Score (Rocks 2016), a median (order statistics, Conover 1999)."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Another definition of a metric; `n`: of how many it is, where that is another number."""

    formula: str
    meaning: str
    source: str
    n: str = ""


@dataclass(frozen=True)
class Metric:
    """One KPI. `n`: formula of how many it is of; fewer than `minimum` of an estimate are null with that reason.

    `young`: measure of those too young to count, left out. `null`: when there is no value. `squares`: measure of the
    squares, for the interval of a mean. `parameters`: numbers of the formula or of its measures, which a project may
    set.
    """

    name: str
    title: str
    theme: Theme
    formula: str
    meaning: str
    unit: Unit
    direction: Direction
    n: str
    null: str
    source: str
    certainty: Certainty = "exact"
    minimum: int = 10
    young: str = ""
    squares: str = ""
    variants: Mapping[str, Variant] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    variant: str = ""

    @cached_property
    def parsed(self) -> Formula:
        """The formula of the chosen variant."""
        return parse_formula(self.variants[self.variant].formula if self.variant else self.formula)

    @cached_property
    def count(self) -> Formula:
        """The formula of how many it is of, by the chosen variant."""
        return parse_formula((self.variants[self.variant].n if self.variant else "") or self.n)

    @property
    def is_additive(self) -> bool:
        """Whether exclusive groups add up to the total, and periods to longer ones where it is a flow."""
        return self.unit in ("money", "count") and self.parsed.is_sum

    def value(self, **inputs: float) -> float | None:
        """The formula on numbers: `metric("quick_ratio").value(new_mrr=…, …)`. None where a divisor is 0.

        Parameters have their usual values unless given. Raises `UsageError` that names what is missing.
        """
        given = {**self.parameters, **inputs}
        missing = [n for n in self.parsed.names if n not in given]
        if missing:
            remedy = f"{self.name} = {self.parsed.text}"
            raise UsageError(Diagnostic("missing-input", f"{self.name} needs {', '.join(missing)}", remedy=remedy))
        found = float(self.parsed.evaluate(given))
        return None if isnan(found) else found

    def as_defined_by(self, variant: str) -> Metric:
        """The same metric by another published definition. Raises `UsageError` for an unknown one."""
        if variant not in self.variants:
            raise UsageError(Diagnostic.unknown_name(f"definition of {self.name}", variant, self.variants))
        chosen = self.variants[variant]
        return replace(self, variant=variant, meaning=chosen.meaning, source=chosen.source)
