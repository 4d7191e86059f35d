"""What a question about metrics is answered with: one row for each metric, group and period."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import pyarrow as pa

from beachhead.metrics.metric import Metric
from beachhead.metrics.periods import Every, Period


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. Money in minor units. `reason`: why it is null. `low`, `high`: 95 % range of an estimate.

    `n`: of how many it is; `young`: how many were left out as too young to count.
    """

    metric: str
    group: str
    period: Period
    value: float | None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    young: int = 0
    reason: str = ""
    is_partial: bool = False


@dataclass(frozen=True)
class MetricTable:
    """Cells by metric, then group, then period. `by`: what the groups are; empty without. `notes`: what to know."""

    metrics: tuple[Metric, ...]
    by: str
    by_title: str
    groups: tuple[str, ...]
    periods: tuple[Period, ...]
    every: Every
    currency: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()

    def of(self, metric: str, group: str | None = None) -> Iterator[Cell]:
        """The cells of a metric, of all groups or one, in order."""
        return (c for c in self.cells if c.metric == metric and group in (None, c.group))

    def only(self, names: Collection[str]) -> MetricTable:
        """The answer for some of its metrics."""
        metrics = tuple(m for m in self.metrics if m.name in names)
        return replace(self, metrics=metrics, cells=tuple(c for c in self.cells if c.metric in names))

    def value(self, metric: str, period: str, group: str = "all") -> float | None:
        """One value by the period's label."""
        return next((c.value for c in self.of(metric, group) if c.period.label == period), None)

    def arrow(self) -> pa.Table:
        """All cells as a table; money in minor units."""
        cells = self.cells
        return pa.table(
            {
                "metric": pa.array([c.metric for c in cells], pa.string()),
                "group": pa.array([c.group for c in cells], pa.string()),
                "period": pa.array([c.period.label for c in cells], pa.string()),
                "start": pa.array([c.period.start for c in cells], pa.date32()),
                "end": pa.array([c.period.last_day for c in cells], pa.date32()),
                "value": pa.array([c.value for c in cells], pa.float64()),
                "n": pa.array([c.n for c in cells], pa.int64()),
                "low": pa.array([c.low for c in cells], pa.float64()),
                "high": pa.array([c.high for c in cells], pa.float64()),
                "too_young": pa.array([c.young for c in cells], pa.int64()),
                "reason": pa.array([c.reason or None for c in cells], pa.string()),
                "is_partial": pa.array([c.is_partial for c in cells], pa.bool_()),
            }
        )

    def __repr__(self) -> str:
        names = ", ".join(m.name for m in self.metrics[:4])
        return f"<{names}{f' by {self.by}' if self.by else ''}: {len(self.groups)} × {len(self.periods)} {self.every}s>"
