"""Metrics in words and as documents: a table for people, what a metric means, the JSON of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from beachhead.analysis.display import money_text
from beachhead.metrics.metric import Metric
from beachhead.metrics.table import Cell, MetricTable
from beachhead.service.documents import Json

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
    text = value_words(cell.value, metric, currency)
    if cell.low is None or cell.high is None or cell.value is None:
        return text
    low, high = (value_words(v, metric, currency) for v in (cell.low, cell.high))
    return f"{text} ({low} to {high})"


def shown_table(table: MetricTable) -> pa.Table:
    """A row for each period (and metric), a column for each group; without groups a column for each metric."""
    metrics = {m.name: m for m in table.metrics}
    if len(table.groups) == 1 and not table.by:
        columns = {"period": pa.array([p.label for p in table.periods])}
        for name, metric in metrics.items():
            columns[metric.title] = pa.array([cell_words(c, metric, table.currency) for c in table.of(name)])
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


def definition_rows(metrics: Sequence[Metric]) -> list[dict[str, Json]]:
    """Definitions as JSON."""
    return [
        {
            "name": m.name, "title": m.title, "theme": m.theme, "meaning": m.meaning, "formula": m.parsed.text,
            "unit": m.unit, "direction": m.direction, "null": m.null, "source": m.source, "certainty": m.certainty,
            "minimum": m.minimum, "variant": m.variant or None, "parameters": dict(m.parameters),
            "variants": [
                {"name": n, "formula": v.formula, "meaning": v.meaning, "source": v.source}
                for n, v in m.variants.items()
            ],
        }
        for m in metrics
    ]  # fmt: skip


def table_json(table: MetricTable) -> dict[str, Json]:
    """An answer as JSON; money as `{minor, currency}`."""
    units = {m.name: m.unit for m in table.metrics}

    def value(cell: Cell, number: float | None) -> Json:
        if number is None or units[cell.metric] != "money":
            return number
        return {"minor": round(number), "currency": table.currency}

    return {
        "definitions": definition_rows(table.metrics),
        "by": table.by or None,
        "every": table.every,
        "notes": list(table.notes),
        "values": [
            {
                "metric": c.metric, "group": c.group, "period": c.period.label, "start": c.period.start.isoformat(),
                "end": c.period.last_day.isoformat(), "value": value(c, c.value), "n": c.n, "low": value(c, c.low),
                "high": value(c, c.high), "too_young": c.young, "reason": c.reason or None,
                "is_partial": c.is_partial,
            }
            for c in table.cells
        ],
    }  # fmt: skip
