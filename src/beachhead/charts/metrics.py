"""Metrics over time: lines with their range, groups stacked, movements of MRR, and many small charts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt

from beachhead.charts.theme import ACCENT, ACCENT_SOFT, BEST, INK, MUTED, NEUTRAL, RULE, WORST, Chart, inline

SERIES_COLOURS = (
    "#1f5f8b", "#d98d2b", "#1b6e5a", "#b2562e", "#7a5c99", "#5fa48f", "#c2a83e", "#8aa5bd", "#a9607a", "#5d6875",
    "#3f8f8f", "#b9b9b9",
)  # fmt: skip
"""Told apart also by people who confuse red and green; more than twelve groups are not shown."""
MOVEMENT_COLOURS: Mapping[str, str] = {
    "New": BEST,
    "Expansion": "#5fa48f",
    "Reactivation": "#a5cfc0",
    "Exchange rates": NEUTRAL,
    "Contraction": "#dba488",
    "Churn": WORST,
}


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series at a period, with its range where it is an estimate. Null: not known."""

    series: str
    period: str
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a waterfall: what it adds (below 0: takes away); a total stands on the ground."""

    name: str
    amount: float
    is_total: bool = False


def _period_axis(periods: Sequence[str], width: int) -> alt.X:
    room = max(1, round(width / 62))
    every = -(-len(periods) // room)
    shown = [p for i, p in enumerate(periods) if (len(periods) - 1 - i) % every == 0]
    axis = alt.Axis(title=None, values=shown, labelAngle=0, domain=True, domainColor=RULE)
    return alt.X("period:N", axis=axis, scale=alt.Scale(domain=list(periods)))


def _value_axis(format_: str, *, zero: bool, field: str = "value") -> alt.Y:
    axis = alt.Axis(title=None, tickCount=4, grid=True, gridColor=RULE, format=format_)
    return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(zero=zero, nice=True))


def _rows(points: Sequence[Point]) -> list[dict[str, object]]:
    return [
        {"series": p.series, "period": p.period, "value": p.value, "low": p.low, "high": p.high}
        for p in points
        if p.value is not None
    ]


def _legend(width: int) -> alt.Legend:
    is_narrow = width < 320
    columns = 2 if is_narrow else min(6, width // 135)
    return alt.Legend(orient="top", columns=columns, symbolType="square", labelLimit=95 if is_narrow else 220)


def _colour(series: Sequence[str], width: int) -> alt.Color:
    scale = alt.Scale(domain=list(series), range=list(SERIES_COLOURS[: len(series)]))
    legend = _legend(width) if len(series) > 1 else None
    return alt.Color("series:N", scale=scale, legend=legend)


def lines(points: Sequence[Point], *, format_: str, zero: bool = False, width: int = 640, height: int = 220) -> Chart:
    """One line for each series over its periods, a band where values have a range and there is one series."""
    series = list(dict.fromkeys(p.series for p in points))
    periods = list(dict.fromkeys(p.period for p in points))
    base = alt.Chart(inline(_rows(points)), width=width, height=height)
    x, y = _period_axis(periods, width), _value_axis(format_, zero=zero)
    line = base.mark_line(point=alt.OverlayMarkDef(size=28), strokeWidth=2).encode(
        x=x, y=y, color=_colour(series, width)
    )
    if len(series) > 1 or all(p.low is None for p in points):
        return alt.layer(line)
    band = base.transform_filter("isValid(datum.low)").mark_area(color=ACCENT_SOFT, opacity=0.35)
    return alt.layer(band.encode(x=x, y=_value_axis(format_, zero=zero, field="low"), y2="high:Q"), line)


def stacked(points: Sequence[Point], *, format_: str, width: int = 640, height: int = 240) -> Chart:
    """Columns by period, made up of the series: for values that add up."""
    series = list(dict.fromkeys(p.series for p in points))
    periods = list(dict.fromkeys(p.period for p in points))
    chart: Chart = (
        alt.Chart(inline(_rows(points)), width=width, height=height)
        .mark_bar()
        .encode(
            x=_period_axis(periods, width),
            y=_value_axis(format_, zero=True),
            color=_colour(series, width),
            order=alt.Order("at:Q"),
        )
        .transform_calculate(at=f"indexof({series!r}, datum.series)")
    )
    return chart


def movements(points: Sequence[Point], *, format_: str, width: int = 640, height: int = 240) -> Chart:
    """Movements of MRR by period: gains above the line, losses (below 0) under it, and a mark for what is left."""
    periods = list(dict.fromkeys(p.period for p in points))
    present = {p.series for p in points if p.value}
    names = [n for n in MOVEMENT_COLOURS if n in present] or ["New"]
    scale = alt.Scale(domain=names, range=[MOVEMENT_COLOURS[n] for n in names])
    base = alt.Chart(inline(_rows(points)), width=width, height=height)
    x = _period_axis(periods, width)
    bars = base.mark_bar().encode(
        x=x,
        y=_value_axis(format_, zero=True),
        color=alt.Color("series:N", scale=scale, legend=_legend(width)),
    )
    net = base.transform_filter("datum.series != 'Exchange rates'").transform_aggregate(
        value="sum(value)", groupby=["period"]
    )
    left = net.mark_circle(color="white", stroke=INK, strokeWidth=1.5, size=46, opacity=1).encode(x=x, y="value:Q")
    return alt.layer(bars, left)


def waterfall(steps: Sequence[Step], *, format_: str, width: int = 640, height: int = 240) -> Chart:
    """How an amount became another, step by step, from left to right."""
    rows, level = [], 0.0
    for step in steps:
        base = 0.0 if step.is_total else level
        level = step.amount if step.is_total else level + step.amount
        colour = ACCENT if step.is_total else BEST if step.amount >= 0 else WORST
        label = "" if step.is_total or step.amount < 0 else "+"
        rows.append({
            "name": step.name, "from": base, "to": level, "top": max(base, level), "colour": colour,
            "amount": step.amount, "sign": label,
        })  # fmt: skip
    drawn = alt.Chart(inline(rows), width=width, height=height)
    axis = alt.Axis(title=None, labelAngle=0, domain=True, domainColor=RULE, labelLimit=90)
    x = alt.X("name:N", sort=[s.name for s in steps], axis=axis, scale=alt.Scale(paddingInner=0.25))
    y = alt.Y("from:Q", axis=alt.Axis(title=None, tickCount=4, grid=True, gridColor=RULE, format=format_))
    bars = drawn.mark_bar().encode(x=x, y=y, y2="to:Q", color=alt.Color("colour:N", scale=None))
    text = (
        drawn.transform_calculate(text=f"datum.sign + format(datum.amount, '{format_}')")
        .mark_text(dy=-7, color=MUTED, fontSize=11)
        .encode(x=x, y=alt.Y("top:Q"), text="text:N")
    )
    return alt.layer(bars, text)


def small_multiples(
    charts: Sequence[tuple[str, str, Sequence[Point]]],
    *,
    within: int = 640,
    height: int = 90,
    is_comparable: bool = False,
) -> Chart:
    """Many small charts of one width, as many side by side as fit `within`: for each its title, number format and
    points. `is_comparable`: all on one scale."""
    columns = max(1, within // 210)
    width = within // columns - 17
    drawn = []
    for title, format_, points in charts:
        made = lines(points, format_=format_, width=width, height=height)
        assert isinstance(made, alt.LayerChart)
        head = alt.TitleParams(title, anchor="start", fontSize=12, fontWeight="normal", color=INK, offset=6)
        drawn.append(made.properties(title=head))
    chart: Chart = alt.concat(*drawn, columns=columns, spacing=22).resolve_scale(
        y="shared" if is_comparable else "independent", color="independent"
    )
    return chart
