"""How values are spread: columns of a histogram, shares by tenth, a line of months without axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from beachhead.charts.theme import ACCENT, ACCENT_SOFT, INK, MUTED, RULE, Chart, inline


@dataclass(frozen=True, slots=True)
class Column:
    """One column over `start` to `end`, reaching from `base` up to `top`."""

    start: float
    end: float
    top: float
    colour: str = ACCENT_SOFT
    base: float = 0.0


def histogram(
    columns: Sequence[Column], *, title: str, domain: tuple[float, float], width: int = 400, height: int = 130
) -> Chart:
    """Adjoining columns over the number line `domain`, titled `title`; stacked by giving each its base."""
    values = [{"start": c.start, "end": c.end, "top": c.top, "base": c.base, "colour": c.colour} for c in columns]
    axis = alt.Axis(title=title, tickCount=10, domain=True, domainColor=RULE, format=",~f")
    chart: Chart = (
        alt.Chart(inline(values), width=width, height=height)
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("start:Q", bin="binned", axis=axis, scale=alt.Scale(domain=list(domain))),
            x2="end:Q",
            y2="base:Q",
            y=alt.Y("top:Q", axis=alt.Axis(title=None, tickCount=3, grid=True, gridColor=RULE, format=",d")),
            color=alt.Color("colour:N", scale=None),
        )
    )
    return chart


def tenths(shares: Sequence[tuple[float, str]], *, names: tuple[str, str], width: int = 400) -> Chart:
    """Ten columns, the first tenth first, each with its text above; `names` stand under the first and the last."""
    values = [
        {"tenth": i + 1, "share": share, "text": text, "colour": ACCENT if i == 0 else ACCENT_SOFT}
        for i, (share, text) in enumerate(shares)
    ]
    top = max([share for share, _ in shares] + [0.0]) or 1.0
    height = 110
    base = alt.Chart(inline(values), width=width, height=height)
    axis = alt.Axis(title=None, labels=False, domain=True, domainColor=RULE, minExtent=24)
    x = alt.X("tenth:O", axis=axis, scale=alt.Scale(paddingInner=0.12))
    y = alt.Y("share:Q", axis=None, scale=alt.Scale(domain=[0, top * 1.15]))
    columns = base.mark_bar(cornerRadiusEnd=2).encode(x=x, y=y, color=alt.Color("colour:N", scale=None))
    texts = base.mark_text(dy=-9, color=INK).encode(x=x, y=y, text="text:N")
    ends = [
        alt.Chart(inline([{"name": name}]))
        .mark_text(align="left" if at < width / 2 else "right", color=MUTED)
        .encode(x=alt.value(at), y=alt.value(height + 15), text="name:N")
        for name, at in ((names[0], 4), (names[1], width - 4))
    ]
    return alt.layer(columns, texts, *ends)


def sparkline(values: Sequence[float], *, width: int = 120, height: int = 28) -> Chart:
    """A line without axes, its last point marked. Fewer than two values: a mark in the middle."""
    points = [{"at": i, "value": v, "is_last": i == len(values) - 1} for i, v in enumerate(values)]
    base = alt.Chart(inline(points), width=width, height=height)
    top = max([*values, 0.0]) or 1.0
    x = alt.X("at:Q", axis=None, scale=alt.Scale(domain=[0, max(1, len(values) - 1)]))
    y = alt.Y("value:Q", axis=None, scale=alt.Scale(domain=[min([*values, 0.0]), top * 1.1]))
    line = base.mark_line(color=MUTED, strokeWidth=1.5).encode(x=x, y=y)
    last = base.transform_filter("datum.is_last").mark_circle(color=ACCENT, size=36, opacity=1).encode(x=x, y=y)
    return alt.layer(line, last)
