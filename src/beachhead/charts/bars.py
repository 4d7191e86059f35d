"""Bars: one row per name, the number written beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from beachhead.charts.theme import ACCENT, INK, RULE, Chart, inline

_ROW = 26


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with the text that is written for it; `low` and `high` its likely range, where there is one."""

    name: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None
    colour: str = ACCENT


def bars(rows: Sequence[Bar], *, width: int = 360) -> Chart:
    """Horizontal bars in the given order, from 0, each with its text at its end. Names are cut at 34 letters."""
    data = inline([_row(name, r) for name, r in zip(_unique_names(rows), rows, strict=True)])
    top = max([r.value for r in rows] + [0.0]) or 1.0
    low = min([r.value for r in rows] + [0.0])
    base = alt.Chart(data, width=width, height=max(1, len(rows)) * _ROW)
    y = _names(rows)
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[min(low * 1.35, 0), top * 1.35]))
    marks = base.mark_bar(height=15, cornerRadiusEnd=2).encode(y=y, x=x, color=alt.Color("colour:N", scale=None))
    texts = base.mark_text(align="left", dx=6).encode(y=y, x=x, text="text:N")
    return alt.layer(marks, texts)


def bars_with_ranges(rows: Sequence[Bar], *, width: int = 360, origin: float = 0.0) -> Chart:
    """Points with their likely ranges as lines, against a rule at `origin`; the text at the right edge."""
    data = inline([_row(name, r) for name, r in zip(_unique_names(rows), rows, strict=True)])
    ends = [v for r in rows for v in (r.value, r.low, r.high) if v is not None] + [origin]
    low, high = min(ends), max(ends)
    room = (high - low or 1.0) * 0.04
    base = alt.Chart(data, width=width, height=max(1, len(rows)) * _ROW)
    y = _names(rows, padding=0.5)
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[low - room, high + room], nice=False))
    zero = (
        alt.Chart(inline([{"value": origin}]), width=width)
        .mark_rule(color=RULE, strokeWidth=1.5)
        .encode(x=alt.X("value:Q", axis=None))
    )
    lines = base.mark_rule(strokeWidth=3, opacity=0.45).encode(
        y=y, x=alt.X("low:Q", axis=None), x2="high:Q", color=alt.Color("colour:N", scale=None)
    )
    points = base.mark_circle(size=70, opacity=1).encode(y=y, x=x, color=alt.Color("colour:N", scale=None))
    texts = base.mark_text(align="left", dx=10, color=INK).encode(y=y, x=alt.value(width), text="text:N")
    return alt.layer(zero, lines, points, texts)


def pairs(rows: Sequence[tuple[Bar, Bar]], *, width: int = 360) -> Chart:
    """Two groups against each other: for each name a dot per group on one line, each with its text."""
    names = [pair[0] for pair in rows]
    y = _names(names, padding=0.5)
    values = [
        {"name": name, "value": r.value, "text": r.text, "colour": r.colour, "side": side}
        for name, pair in zip(_unique_names(names), rows, strict=True)
        for r, side in zip(pair, _sides(pair), strict=True)
    ]
    ends = [r.value for pair in rows for r in pair] + [0.0]
    low, high = min(ends), max(ends)
    pad = (high - low or 1.0) * 0.16
    base = alt.Chart(inline(values), width=width, height=max(1, len(rows)) * _ROW)
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[low - pad, high + pad], nice=False))
    joins = base.mark_line(color=RULE, strokeWidth=4).encode(x=x, y=y, detail="name:N")
    dots = base.mark_circle(size=90, opacity=1).encode(x=x, y=y, color=alt.Color("colour:N", scale=None))
    left = (
        base.transform_filter("datum.side == 'left'")
        .mark_text(align="right", dx=-9)
        .encode(x=x, y=y, text="text:N", color=alt.Color("colour:N", scale=None))
    )
    right = (
        base.transform_filter("datum.side == 'right'")
        .mark_text(align="left", dx=9)
        .encode(x=x, y=y, text="text:N", color=alt.Color("colour:N", scale=None))
    )
    return alt.layer(joins, dots, left, right)


def _sides(pair: tuple[Bar, Bar]) -> tuple[str, str]:
    return ("left", "right") if pair[0].value < pair[1].value else ("right", "left")


def _row(name: str, bar: Bar) -> dict[str, str | float | int]:
    return {
        "name": name,
        "value": bar.value,
        "text": bar.text,
        "low": bar.value if bar.low is None else bar.low,
        "high": bar.value if bar.high is None else bar.high,
        "colour": bar.colour,
    }


def _names(rows: Sequence[Bar], *, padding: float = 0.1) -> alt.Y:
    """One line per row in the given order. The room for names is counted, since fonts differ between machines."""
    names = _unique_names(rows)
    room = 12 + 6.8 * max((len(n) for n in names), default=0)
    axis = alt.Axis(title=None, labelLimit=0, minExtent=room, maxExtent=room)
    return alt.Y("name:N", sort=names, axis=axis, scale=alt.Scale(padding=padding))


def _unique_names(rows: Sequence[Bar]) -> list[str]:
    """Cut to length; equal names stay apart by an invisible character."""
    names: list[str] = []
    for row in rows:
        name = _cut(row.name)
        while name in names:
            name += "\u200b"
        names.append(name)
    return names


def _cut(name: str, limit: int = 34) -> str:
    return name if len(name) <= limit else name[: limit - 1].rstrip() + "…"
