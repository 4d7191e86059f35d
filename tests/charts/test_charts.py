"""Charts: the numbers are in the specification, the SVG is safe to inline."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from beachhead.charts.bars import Bar, bars, bars_with_ranges, pairs
from beachhead.charts.distribution import Column, histogram, sparkline, tenths
from beachhead.charts.theme import as_spec, as_svg

NASTY = "<script>alert('x')</script> & \"quoted\""


def values_of(spec):
    if "data" in spec and "values" in spec["data"]:
        return spec["data"]["values"]
    return next(iter(spec["datasets"].values()))


@pytest.mark.parametrize(
    "chart",
    [
        bars([Bar(NASTY, 3, "3"), Bar(NASTY, -1, "−1")]),
        bars([]),
        bars_with_ranges([Bar(NASTY, 0.4, "40 %", 0.3, 0.5)]),
        pairs([(Bar(NASTY, 0.4, "40 %"), Bar("", 0.1, "10 %"))]),
        histogram([Column(0, 10, 5), Column(10, 20, 7, base=5)], title=NASTY, domain=(0, 100)),
        histogram([], title="Score", domain=(0, 100)),
        tenths([(0.5, "50 %")] * 10, names=(NASTY, "it's")),
        sparkline([1, 2, 3]),
        sparkline([]),
    ],
)
def test_every_chart_is_well_formed_svg_without_script_or_link(chart):
    svg = as_svg(chart, label=NASTY)
    assert svg.startswith("<svg")
    assert "<script" not in svg
    assert "href" not in svg
    root = ElementTree.fromstring(svg)
    assert root.attrib["aria-label"] == NASTY
    assert "width" not in root.attrib


def test_equal_names_stay_two_bars():
    names = {row["name"] for row in values_of(as_spec(bars([Bar("DE", 1, "1"), Bar("DE", 2, "2")])))}
    assert len(names) == 2
    assert {n.rstrip("\u200b") for n in names} == {"DE"}


def test_the_text_beside_a_bar_is_drawn():
    assert "38 % of MRR" in as_svg(bars([Bar("Best", 0.38, "38 % of MRR")]))


def test_ranges_are_in_the_specification():
    spec = as_spec(bars_with_ranges([Bar("Industry", 0.4, "40 %", 0.3, 0.5)]))
    rows = [r for values in spec["datasets"].values() for r in values] if "datasets" in spec else values_of(spec)
    row = next(r for r in rows if r.get("name") == "Industry")
    assert (row["value"], row["low"], row["high"]) == (0.4, 0.3, 0.5)
