"""Metrics in words: values with their range and change, a table for people, what a metric means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot

import pyarrow as pa

from beachhead.analysis.display import money_text
from beachhead.metrics.metric import Metric
from beachhead.metrics.table import Cell, MetricTable
from beachhead.project.currency import minor_digits

_UNITS = {"days": " days", "hours": " h", "months": " months"}


def value_words(value: float | None, metric: Metric, currency: str) -> str:
    """A value as people read it: money with its unit, shares in per cent, a dash for null."""
    if value is None:
        return "–"
    match metric.unit:
        case "money":
            return money_text(value, currency)
        case "share":
            return f"{value:.1%}"
        case "count":
            return f"{value:,.0f}"
        case "points":
            return f"{value:+.0f}"
        case _:
            return f"{value:,.2f}".rstrip("0").rstrip(".") + _UNITS.get(metric.unit, "")


def cell_words(cell: Cell, metric: Metric, currency: str) -> str:
    """A value with its range, where it has one."""
    text, span = value_words(cell.value, metric, currency), range_words(cell, metric, currency)
    return f"{text} ({span})" if span else text


def range_words(cell: Cell, metric: Metric, currency: str) -> str:
    """The likely range of an estimate; empty where there is none."""
    if cell.low is None or cell.high is None or cell.value is None:
        return ""
    low, high = (value_words(v, metric, currency) for v in (cell.low, cell.high))
    return f"{low} to {high}"


CHANCE = "may be chance"


def change_words(cell: Cell, earlier: Cell, metric: Metric) -> str:
    """How a value changed, and whether that is good or may be chance: shares in points, the rest in per cent; empty
    where unknown."""
    now, before = cell.value, earlier.value
    if now is None or before is None:
        return ""
    if metric.unit == "share":
        text = f"{(now - before) * 100:+.1f} points"
    elif metric.unit == "points":
        text = f"{now - before:+.0f}"
    elif before == 0:
        return ""
    else:
        text = f"{now / before - 1:+.1%}"
    if now == before or metric.direction == "neither":
        return text
    if _may_be_chance(cell, earlier):
        return f"{text}, {CHANCE}"
    return f"{text}, {'better' if (now > before) == (metric.direction == 'high') else 'worse'}"


def _may_be_chance(now: Cell, before: Cell) -> bool:
    """Whether the 95 % range of the difference holds 0, made from the ranges of both (MOVER, Zou & Donner 2008)."""
    values = (now.value, now.low, now.high, before.value, before.low, before.high)
    if any(v is None for v in values):
        return False
    new, new_low, new_high, old, old_low, old_high = (v for v in values if v is not None)
    low = new - old - hypot(new - new_low, old_high - old)
    high = new - old + hypot(new_high - new, old - old_low)
    return low <= 0 <= high


def shown_table(table: MetricTable) -> pa.Table:
    """A row for each period (and metric), a column for each group; without groups a column for each metric."""
    metrics = {m.name: m for m in table.metrics}
    if len(table.groups) == 1 and not table.by:
        columns = {"period": pa.array([p.label for p in table.periods])}
        for name, metric in metrics.items():
            title = metric.title if metric.title not in columns else f"{metric.title} ({name})"
            columns[title] = pa.array([cell_words(c, metric, table.currency) for c in table.of(name)])
        return pa.table(columns)
    columns = {
        "metric": pa.array([m.title for m in table.metrics for _ in table.periods]),
        "period": pa.array([p.label for _ in table.metrics for p in table.periods]),
    }
    for group in table.groups:
        columns[group] = pa.array(
            [value_words(c.value, m, table.currency) for m in table.metrics for c in table.of(m.name, group)]
        )
    return pa.table(columns)


def values_table(table: MetricTable) -> pa.Table:
    """A row for each value, as files have it: money in major units, with its unit beside it."""
    metrics = {m.name: m for m in table.metrics}
    digits = 10 ** minor_digits(table.currency)

    def scaled(name: str, value: float | None) -> float | None:
        return value / digits if value is not None and metrics[name].unit == "money" else value

    cells = table.cells
    units = [table.currency if metrics[c.metric].unit == "money" else metrics[c.metric].unit for c in cells]
    return pa.table(
        {
            "metric": [metrics[c.metric].title for c in cells],
            table.by_title.lower() or "group": [c.group for c in cells],
            "period": [c.period.label for c in cells],
            "value": pa.array([scaled(c.metric, c.value) for c in cells], pa.float64()),
            "unit": units,
            "n": pa.array([c.n for c in cells], pa.int64()),
            "from": pa.array([scaled(c.metric, c.low) for c in cells], pa.float64()),
            "to": pa.array([scaled(c.metric, c.high) for c in cells], pa.float64()),
            "too young to count": pa.array([c.young for c in cells], pa.int64()),
            "why there is no value": pa.array([c.reason or None for c in cells], pa.string()),
        }
    )


def definition_lines(metrics: Sequence[Metric], *, brief: bool) -> Iterator[str]:
    """What metrics are. `brief`: a line each."""
    for metric in metrics:
        if brief:
            yield f"{metric.name:22} {metric.title}: {metric.meaning}"
            continue
        yield f"{metric.title} ({metric.name})"
        yield f"  {metric.meaning}"
        yield f"  = {metric.parsed.text}"
        better = {"high": "higher is better", "low": "lower is better", "neither": "neither end is better"}
        yield f"  in {metric.unit}, {better[metric.direction]}; {metric.null}; source: {metric.source}"
        for name, value in metric.parameters.items():
            yield f"  {name} = {value:g}; metrics/{metric.name}.yml sets it"
        for name, variant in metric.variants.items():
            chosen = " (chosen)" if name == metric.variant else ""
            yield f"  by {variant.source}{chosen}, variant {name}: {variant.meaning} = {variant.formula}"
