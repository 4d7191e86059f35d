"""Which chart shows an answer about metrics best: a line, stacked groups, movements of MRR, or small multiples."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from beachhead.charts.metrics import Point, Step, lines, movements, small_multiples, stacked, waterfall
from beachhead.charts.theme import Chart, as_png, as_svg_file
from beachhead.errors import Diagnostic, UsageError
from beachhead.metrics.metric import Metric
from beachhead.metrics.table import MetricTable
from beachhead.project.currency import minor_digits
from beachhead.store.files import outside

MOVEMENTS = {
    "new_mrr": ("New", 1),
    "expansion_mrr": ("Expansion", 1),
    "reactivated_mrr": ("Reactivation", 1),
    "fx_mrr": ("Exchange rates", 1),
    "contraction_mrr": ("Contraction", -1),
    "churned_mrr": ("Churn", -1),
}
"""Metrics that together are the movements of MRR: their name in a chart, and their sign."""
_FORMATS = {"share": ".1~%", "money": ",.3~s", "count": ",d", "points": ",.1~f"}
_LARGE = 5


def chart_of(table: MetricTable, width: int = 640) -> Chart | None:
    """The chart of an answer, `width` points wide without its axis; None where nothing has a value."""
    metrics = [m for m in table.metrics if any(c.value is not None for c in table.of(m.name))]
    if not metrics:
        return None
    if len(table.groups) == 1 and {m.name for m in metrics} <= MOVEMENTS.keys():
        return movements(
            [_moved(p, m) for m in metrics for p in _points(table, m)], format_=_format(metrics[0]), width=width
        )
    if len(table.groups) == 1 and table.only(("mrr", *MOVEMENTS)).metrics == table.metrics and len(metrics) > 1:
        return waterfall_of(table, width)
    if len(metrics) > 1:
        return small_multiples([(m.title, _format(m), list(_points(table, m))) for m in metrics], within=width)
    (metric,) = metrics
    points = list(_points(table, metric))
    if len(table.groups) == 1:
        return lines(points, format_=_format(metric), width=width)
    if metric.is_additive:
        there = {p.series for p in points if p.value}
        return stacked([p for p in points if p.series in there], format_=_format(metric), width=width)
    if len(table.groups) > _LARGE:
        parts = [(g, _format(metric), [p for p in points if p.series == g]) for g in table.groups]
        return small_multiples(
            [part for part in parts if any(p.value is not None for p in part[2])], within=width, is_comparable=True
        )
    return lines(points, format_=_format(metric), width=width)


def waterfall_of(table: MetricTable, width: int = 640) -> Chart | None:
    """From MRR at the start to MRR at the end of all periods: `table` has `mrr` and all of `MOVEMENTS`, without groups.
    None where nobody paid."""
    closing = [c.value for c in table.of("mrr") if c.value is not None]
    if not any(closing):
        return None
    digits = 10 ** minor_digits(table.currency)
    moved = {name: sign * sum(round(c.value or 0) for c in table.of(m)) for m, (name, sign) in MOVEMENTS.items()}
    last_mrr = round(closing[-1] or 0)
    steps = [Step(name, minor / digits) for name, minor in moved.items()]
    start, end = (last_mrr - sum(moved.values())) / digits, last_mrr / digits
    shown = [s for s in steps if s.amount]
    first, last = table.periods[0], table.periods[-1]
    return waterfall(
        [Step(f"Before {first.label}", start, True), *shown, Step(f"End of {last.label}", end, True)],
        format_=_FORMATS["money"],
        width=width,
    )


def write_chart(chart: Chart | None, path: Path) -> None:
    """The chart as SVG or PNG, as the ending says. Raises `UsageError`, `OutsideError`."""
    if chart is None:
        message, remedy = "there is no value to draw", "Ask for other periods or metrics."
        raise UsageError(Diagnostic("empty-chart", message, remedy=remedy))
    ending = path.suffix.lower()
    if ending not in (".svg", ".png"):
        message = f"a chart is written as .svg or .png, not as '{path.name}'"
        raise UsageError(Diagnostic("unknown-ending", message, remedy="Let the name end in .svg or .png."))
    with outside("write", path):
        path.write_bytes(as_png(chart) if ending == ".png" else as_svg_file(chart).encode())


def _format(metric: Metric) -> str:
    return _FORMATS.get(metric.unit, ",.3~f")


def _points(table: MetricTable, metric: Metric) -> Iterable[Point]:
    divisor = 10 ** minor_digits(table.currency) if metric.unit == "money" else 1
    for cell in table.of(metric.name):
        values = (None if v is None else v / divisor for v in (cell.value, cell.low, cell.high))
        name = cell.group if len(table.groups) > 1 else metric.title
        yield Point(name, cell.period.label, *values)


def _moved(point: Point, metric: Metric) -> Point:
    name, sign = MOVEMENTS[metric.name]
    return Point(name, point.period, None if point.value is None else sign * point.value)
