"""From counted measures to values of metrics: formulas, ranges, and the reasons where there is no value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import ceil, isnan, sqrt

import numpy as np

from beachhead.engines.base import Parameter
from beachhead.metrics.counting import Counted, Question, count
from beachhead.metrics.facts import Facts
from beachhead.metrics.formula import Cells, Formula, parse_formula
from beachhead.metrics.measures import Measure
from beachhead.metrics.metric import Metric
from beachhead.metrics.periods import MONTHS_PER, Every
from beachhead.metrics.table import Cell
from beachhead.stats.interval import Interval
from beachhead.stats.nps import nps_of_counts
from beachhead.stats.proportions import wilson_interval


@dataclass(frozen=True)
class Definitions:
    """All metrics and measures of a project by name."""

    metrics: Mapping[str, Metric]
    measures: Mapping[str, Measure]

    def measures_of(self, metric: Metric) -> dict[str, Measure]:
        """Every measure that a metric reads, also through other metrics. A name is a measure where there is one."""
        found: dict[str, Measure] = {}
        for name in self._read_by(metric):
            if name in self.measures:
                found[name] = self.measures[name]
            elif name in self.metrics:
                found |= self.measures_of(self.metrics[name])
        return found

    def _read_by(self, metric: Metric) -> tuple[str, ...]:
        others = [metric.young, metric.squares]
        formulas = [metric.parsed, metric.count]
        return tuple(dict.fromkeys([*(n for f in formulas for n in f.names), *(o for o in others if o)]))

    def reads(self, metric: Metric) -> tuple[Metric, ...]:
        """The metrics that a metric reads itself."""
        names = [n for n in self._read_by(metric) if n not in self.measures and n in self.metrics]
        return tuple(self.metrics[n] for n in names)

    def own_measures(self, metric: Metric) -> dict[str, Measure]:
        """The measures that a metric reads itself."""
        return {n: self.measures[n] for n in self._read_by(metric) if n in self.measures}

    def bound(self, metric: Metric) -> dict[str, Parameter]:
        """Parameters of a metric as SQL takes them; those of other metrics' measures have their usual values."""
        usual = {n: v for m in self.metrics.values() for n, v in m.parameters.items()}
        return {n: int(v) if v == int(v) else v for n, v in {**usual, **metric.parameters}.items()}

    def periods_before(self, metric: Metric, every: Every) -> int:
        """How many periods before a period the metric reads."""
        months = self._months_before(metric)
        return max(1, ceil(months / MONTHS_PER[every])) if months else 0

    def _months_before(self, metric: Metric) -> float:
        own = max(f.lookback_months for f in (metric.parsed, metric.count))
        return max([own, *(own + self._months_before(m) for m in self.reads(metric))])

    def available(self, metric: Metric, facts: Facts) -> Metric:
        """The metric, or, where its own formula lacks data and another published one has it, by that."""
        if metric.variant or not any(facts.lacks(m.needs) for m in self.measures_of(metric).values()):
            return metric
        for variant in metric.variants:
            other = metric.as_defined_by(variant)
            if not any(facts.lacks(m.needs) for m in self.measures_of(other).values()):
                return other
        return metric


def evaluate(
    metrics: Sequence[Metric], definitions: Definitions, facts: Facts, question: Question, shown: int
) -> list[Cell]:
    """The cells of all metrics for the last `shown` periods; those before them are for formulas that look back."""
    asked: dict[Bound, dict[str, Measure]] = defaultdict(dict)  # each measure once for each value of its parameters
    waiting = list(metrics)
    while waiting:
        metric = waiting.pop()
        waiting += definitions.reads(metric)
        for name, measure in definitions.own_measures(metric).items():
            asked[_bound(measure, definitions.bound(metric))][name] = measure
    counted = {
        bound: count(few.values(), facts, replace(question, parameters=dict(bound))) for bound, few in asked.items()
    }
    return [c for m in metrics for c in _Cells(m, definitions, counted, question).cells(shown, facts.as_of)]


Bound = tuple[tuple[str, Parameter], ...]


def _bound(measure: Measure, parameters: Mapping[str, Parameter]) -> Bound:
    """The parameters that a measure reads."""
    return tuple((n, v) for n, v in sorted(parameters.items()) if n in measure.reads)


class _Cells:
    """One metric in all cells. Each metric that it reads has its own parameters."""

    def __init__(
        self,
        metric: Metric,
        definitions: Definitions,
        counted: Mapping[Bound, Mapping[str, Counted]],
        question: Question,
    ) -> None:
        self._metric = metric
        self._question = question
        self._per_month = 1 / MONTHS_PER[question.every]
        bound = definitions.bound(metric)
        self._counted = {n: counted[_bound(m, bound)][n] for n, m in definitions.own_measures(metric).items()}
        others = [_Cells(m, definitions, counted, question) for m in definitions.reads(metric)]
        self._quantile = self._counted.get(metric.formula) if metric.certainty == "quantile" else None
        self._values: dict[str, Cells | float] = {
            **metric.parameters,
            "months_per_period": MONTHS_PER[question.every],
            **{n: c.values for n, c in self._counted.items()},
            **{o._metric.name: o._array(o._metric.parsed) for o in others},
        }
        lacking = (c.reason for c in self._counted.values() if c.reason)
        self._lacking: str = next(lacking, "") or next((o._lacking for o in others if o._lacking), "")

    def cells(self, shown: int, as_of: date) -> list[Cell]:
        value = self._array(self._metric.parsed)
        n = (
            self._quantile.rows
            if self._quantile and self._quantile.rows is not None
            else self._array(self._metric.count)
        )
        young = self._array(parse_formula(self._metric.young)) if self._metric.young else np.zeros(value.shape)
        made = []
        first = len(self._question.periods) - shown
        for g, label in enumerate(self._question.grouping.labels):
            for p, period in list(enumerate(self._question.periods))[first:]:
                x, of, left_out = (float(a[g, p]) for a in (value, n, young))
                reason = self._lacking if self._lacking and isnan(x) else self._reason(x, of, left_out)
                interval = None if reason else self._interval(x, of, g, p)
                made.append(
                    Cell(
                        self._metric.name,
                        label,
                        period,
                        None if reason or isnan(x) else x,
                        None if isnan(of) else round(of),
                        interval.low if interval else None,
                        interval.high if interval else None,
                        0 if isnan(left_out) else round(left_out),
                        reason,
                        period.last_day > as_of,
                    )
                )
        return made

    @property
    def _no_value(self) -> str:
        return self._metric.null.replace("null", "no value", 1)

    def _array(self, formula: Formula) -> Cells:
        found = np.asarray(formula.evaluate(self._values, self._per_month), np.float64)
        return np.broadcast_to(found, self._question.shape)

    def _reason(self, value: float, n: float, young: float) -> str:
        """Why a cell has no value, in words; empty where it has one."""
        if (self._metric.certainty != "exact" or self._metric.theme == "own") and not isnan(n):
            if n == 0 and young:
                return f"too young: {young:,.0f} are not old enough yet"
            if n == 0:
                return self._no_value
            if n < self._metric.minimum:
                return f"too few: {n:,.0f} of at least {self._metric.minimum}"
        return self._no_value if isnan(value) or np.isinf(value) else ""

    def _interval(self, value: float, n: float, g: int, p: int) -> Interval | None:
        match self._metric.certainty:
            case "proportion" if division := self._metric.parsed.division:
                above, below = (float(self._array(f)[g, p]) for f in division)
                return wilson_interval(round(above), round(below)) if 0 <= above <= below else None
            case "mean" if self._metric.squares:
                squares = float(np.asarray(self._values[self._metric.squares])[g, p])
                return _mean_interval(value, squares, n)
            case "nps":
                names = ("promoters", "passives", "detractors")
                counts = [round(float(np.asarray(self._values[x])[g, p])) for x in names]
                found = nps_of_counts(*counts)
                return found.interval if found else None
            case "quantile" if (q := self._quantile) and q.low is not None and q.high is not None:
                return Interval(value, float(q.low[g, p]), float(q.high[g, p]))
        return None


def _mean_interval(mean: float, squares: float, n: float) -> Interval | None:
    """Student's interval of a mean from its sums; None with fewer than two values."""
    if n < 2:
        return None
    from scipy.special import stdtrit  # takes a while to import, which most metrics do not need

    variance = max(squares - n * mean * mean, 0.0) / (n - 1)
    reach = float(stdtrit(n - 1, 0.975)) * sqrt(variance / n)
    return Interval(mean, mean - reach, mean + reach)
