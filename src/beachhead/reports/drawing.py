"""Charts as markup for the page."""

from __future__ import annotations

from markupsafe import Markup

from beachhead.charts.theme import Chart, as_svg


def drawing(chart: Chart, label: str) -> Markup:
    """The chart as inline SVG; `label` says in words what it shows. vl-convert escapes the texts inside."""
    return Markup(as_svg(chart, label=label).replace(' xmlns="http://www.w3.org/2000/svg"', ""))
