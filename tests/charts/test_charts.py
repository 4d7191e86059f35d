"""Charts: the numbers are in the specification, the SVG is safe to inline."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

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


def test_shares_by_tenth_are_in_the_specification_and_written():
    chart = tenths([(0.81, "81 %"), (0.19, "19 %")], names=("most", "least"))
    assert [row["share"] for row in values_of(as_spec(chart)) if "share" in row] == [0.81, 0.19]
    assert "81 %" in as_svg(chart)
