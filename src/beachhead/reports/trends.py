"""Metrics over time, as the report shows them: the last values, their course, the movements of MRR, MRR by channel."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from beachhead.metrics.metric import Metric
from beachhead.metrics.table import Cell, MetricTable
from beachhead.reports.drawing import drawing
from beachhead.reports.metric_chart import chart_of, waterfall_of
from beachhead.reports.metric_words import change_words, range_words, value_words


@dataclass(frozen=True, slots=True)
class TrendRow:
    """A metric: its last value of a whole period with its range (or why there is none), the one before, how it changed,
    of how many, what it means."""

    title: str
    value: str
    range: str
    before: str
    change: str
    n: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its title and a sentence that says what it shows."""

    title: str
    says: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class TrendsView:
    """`period`: the label of the last whole period, `earlier` of the one before."""

    period: str
    earlier: str
    rows: tuple[TrendRow, ...]
    charts: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Trends:
    """Answers about metrics that the report shows. `headlines`: the template's metrics by month; `moved`: MRR with all
    its movements; `by_channel`: MRR (or revenue) by acquisition channel; None where there is no data."""

    headlines: MetricTable
    moved: MetricTable | None = None
    by_channel: MetricTable | None = None


def trends_view(trends: Trends | None) -> TrendsView | None:
    """None where no metric has a value."""
    if trends is None:
        return None
    table = trends.headlines
    whole = [p.label for p in table.periods if not any(c.is_partial for c in table.cells if c.period is p)]
    if len(whole) < 2 or all(c.value is None for c in table.cells):
        return None
    last, earlier = whole[-1], whole[-2]
    rows = tuple(_row(m, table, last, earlier) for m in table.metrics)
    return TrendsView(last, earlier, rows, tuple(_charts(trends)))


def _row(metric: Metric, table: MetricTable, last: str, earlier: str) -> TrendRow:
    by_label: dict[str, Cell] = {c.period.label: c for c in table.of(metric.name)}
    now, then = by_label[last], by_label[earlier]
    return TrendRow(
        metric.title,
        value_words(now.value, metric, table.currency),
        range_words(now, metric, table.currency) or now.reason,
        value_words(then.value, metric, table.currency),
        change_words(now, then, metric),
        "" if now.n is None else f"{now.n:,}",
        metric.meaning,
    )


def _charts(trends: Trends) -> list[Drawn]:
    table = trends.headlines
    span = f"{table.periods[0].label} to {table.periods[-1].label}"
    names = ", ".join(m.title for m in table.metrics)
    drawn = []
    if chart := chart_of(table):
        drawn.append(Drawn("How they developed", f"{names}, {span}.", drawing(chart, f"{names} by {table.every}")))
    if trends.moved and any(c.value for c in trends.moved.cells):
        bars = chart_of(trends.moved.only([m.name for m in trends.moved.metrics if m.name != "mrr"]))
        if bars:
            says = "Gains above the line, losses below; the circle is what is left of both."
            drawn.append(Drawn("What moved MRR", says, drawing(bars, f"Movements of MRR by month, {span}")))
        if steps := waterfall_of(trends.moved):
            first, last = trends.moved.periods[0].label, trends.moved.periods[-1].label
            says = f"From MRR before {first} to MRR at the end of {last}."
            drawn.append(Drawn("From then to now", says, drawing(steps, f"MRR from start to end, {span}")))
    if trends.by_channel and (stack := chart_of(trends.by_channel)):
        metric = trends.by_channel.metrics[0].title
        title = f"{metric} by {trends.by_channel.by_title.lower()}"
        drawn.append(Drawn(title, "Each customer counts by the channel through which it came.", drawing(stack, title)))
    return drawn
