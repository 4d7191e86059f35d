"""Charts of metrics: each is drawn, and shows the numbers it is given."""

from __future__ import annotations

import json

import pytest

from beachhead.charts.metrics import Point, Step, lines, movements, small_multiples, stacked, waterfall
from beachhead.charts.theme import as_png, as_spec, as_svg, as_svg_file

MONTHS = ["2026-01", "2026-02", "2026-03"]
ONE = [Point("MRR", m, 10.0 * n, 9.0 * n, 11.0 * n) for n, m in enumerate(MONTHS, 1)]
TWO = [Point(s, m, float(n)) for s in ("ads", "direct") for n, m in enumerate(MONTHS)]
MOVED = [Point("New", "2026-01", 30), Point("Churn", "2026-01", -10), Point("New", "2026-02", None)]


@pytest.mark.parametrize(
    "chart",
    [
        lines(ONE, format_=",.0f"),
        lines(TWO, format_=".1%"),
        lines([], format_=",d"),
        stacked(TWO, format_=",.3~s"),
        movements(MOVED, format_=",.3~s"),
        waterfall([Step("Before", 5, True), Step("New", 3), Step("Churn", -1), Step("End", 7, True)], format_=",.3~s"),
        small_multiples([("MRR", ",.0f", ONE), ("<b>", ".1%", TWO)]),
    ],
    ids=["line", "lines", "nothing", "stacked", "movements", "waterfall", "small multiples"],
)
def test_every_chart_is_drawn_inline_and_as_a_file(chart):
    assert as_svg(chart, label="MRR").startswith("<svg")
    assert as_svg_file(chart).startswith("<svg")
    assert as_png(chart, scale=1).startswith(b"\x89PNG")
    assert "<b>" not in as_svg(chart, label="x")


def test_a_waterfall_goes_from_total_to_total():
    spec = as_spec(waterfall([Step("Before", 5, True), Step("Churn", -2), Step("End", 3, True)], format_=",d"))
    rows = {r["name"]: (r["from"], r["to"]) for r in _values(spec)}
    assert rows == {"Before": (0, 5), "Churn": (5, 3), "End": (0, 3)}


def test_what_is_not_known_is_no_point():
    spec = as_spec(movements(MOVED, format_=",d"))
    assert {(r["series"], r["value"]) for r in _values(spec) if "value" in r} == {("New", 30), ("Churn", -10)}


def _values(spec):
    data = json.loads(json.dumps(spec))
    if "datasets" in data:
        return next(iter(data["datasets"].values()))
    return data["data"]["values"] if "data" in data else data["layer"][0]["data"]["values"]
