"""Answers about metrics as JSON documents."""

from __future__ import annotations

from collections.abc import Sequence

from beachhead.metrics.metric import Metric
from beachhead.metrics.table import Cell, MetricTable
from beachhead.service.documents import Json


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
