"""The one visual theme, and how a chart becomes a specification or an SVG. Only here are altair and vl_convert used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import altair as alt
import vl_convert

INK = "#1d2733"
MUTED = "#5d6875"
RULE = "#dde2e8"
ACCENT = "#1f5f8b"
ACCENT_SOFT = "#9dbfd6"
BEST = "#1b6e5a"
WORST = "#b2562e"
NEUTRAL = "#a9b4bf"
TIER_COLOURS = {"best": BEST, "next_best": "#5fa48f", "middle": NEUTRAL, "worst": WORST}
FONT = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"

Chart = alt.TopLevelMixin
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_CONFIG: dict[str, Json] = {
    "background": "transparent",
    "font": FONT,
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "grid": False,
        "labelColor": MUTED,
        "labelFontSize": 12,
        "labelPadding": 6,
        "titleColor": MUTED,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "bar": {"color": ACCENT},
    "text": {"color": INK, "fontSize": 12},
    "legend": {"labelColor": MUTED, "labelFontSize": 12, "title": None},
}


def inline(values: Sequence[Mapping[str, object]]) -> alt.InlineData:
    """Rows as data inside the specification."""
    return alt.InlineData(values=list(values))


def as_spec(chart: Chart) -> dict[str, Json]:
    """The Vega-Lite specification with its data inside and the theme in its `config`."""
    spec: dict[str, Json] = chart.to_dict()
    spec.pop("usermeta", None)
    spec["config"] = _CONFIG
    return spec


def as_svg(chart: Chart, *, label: str = "") -> str:
    """An `<svg>` element for inlining: scales with its container, has no identifiers and loads nothing.

    `label` is its text for those who cannot see it.
    """
    svg: str = vl_convert.vegalite_to_svg(as_spec(chart))
    svg = svg[svg.index("<svg") :]
    head, rest = svg.split(">", 1)
    head = re.sub(r'\s(xmlns:xlink|class|version)="[^"]*"', "", head)
    head = re.sub(r'\s(width|height)="([^"]*)"', "", head)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
    width = f' style="max-width:{float(size[1]):.0f}px"' if size else ""
    return f'{head} role="img" aria-label="{_attribute(label)}"{width}>{_without_ids(rest)}'


def as_png(chart: Chart, *, scale: float = 2.0) -> bytes:
    """The chart as a picture on white, `scale` pixels for each of its points."""
    spec = as_spec(chart)
    config = spec["config"]
    assert isinstance(config, dict)
    spec["config"] = {**config, "background": "white", "padding": 16}
    png: bytes = vl_convert.vegalite_to_png(spec, scale=scale)
    return png


def as_svg_file(chart: Chart) -> str:
    """The chart as a file of its own, on white."""
    spec = as_spec(chart)
    config = spec["config"]
    assert isinstance(config, dict)
    spec["config"] = {**config, "background": "white", "padding": 16}
    svg: str = vl_convert.vegalite_to_svg(spec)
    return svg


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _without_ids(svg: str) -> str:
    """Several charts share a page: without clip paths, which our scales do not need, none has identifiers."""
    svg = re.sub(r"<defs>.*?</defs>", "", svg, flags=re.DOTALL)
    return re.sub(r"\s(?:clip-path|aria-(?!label)[\w-]+|role)=\"[^\"]*\"", "", svg)
