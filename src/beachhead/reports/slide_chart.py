"""A native bar chart on a slide: shares of two groups side by side, with their values and a text that says the same."""

from __future__ import annotations

from pptx.chart.chart import Chart
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.slide import Slide
from pptx.util import Pt

from beachhead.analysis.display import share_text
from beachhead.reports.measure import cut, printable
from beachhead.reports.outline import Bars

_INK, _QUIET, _RULE = RGBColor(0x1D, 0x27, 0x33), RGBColor(0x5D, 0x68, 0x75), RGBColor(0xDD, 0xE2, 0xE8)
_FIRST, _SECOND = RGBColor(0x1B, 0x6E, 0x5A), RGBColor(0xD3, 0xA4, 0x8D)
_FONT = "Calibri"
_MOST = 8
# As shares are written elsewhere: one decimal under 10 %.
_SHARE = "[=0]0\N{NO-BREAK SPACE}%;[<0.0995]0.0\N{NO-BREAK SPACE}%;0\N{NO-BREAK SPACE}%"


def add_chart(slide: Slide, bars: Bars, place: tuple[float, float, float, float]) -> None:
    """Add the first bars, the strongest on top. `place`: left, top, width, height in points."""
    shown = bars.rows[:_MOST]
    data = CategoryChartData(number_format="0%")
    data.categories = [printable(cut(label, 270, 12)) for label, _, _ in reversed(shown)]
    data.add_series(printable(bars.names[1]), [b for _, _, b in reversed(shown)])
    data.add_series(printable(bars.names[0]), [a for _, a, _ in reversed(shown)])
    x, y, width, height = (Pt(n) for n in place)
    frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, x, y, width, height, data)
    frame.name = "Chart"
    said = "; ".join(f"{label}: {share_text(a)} against {share_text(b)}" for label, a, b in shown)
    told = printable(f"{bars.names[0]} against {bars.names[1]}. {said}")
    frame._element.nvGraphicFramePr.cNvPr.set("descr", told)
    _set_up(frame.chart, most=max(max(a, b) for _, a, b in shown))


def _set_up(chart: Chart, most: float) -> None:
    chart.has_title = False
    chart.has_legend = True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    chart.legend.font.size, chart.legend.font.name = Pt(12), _FONT
    chart.legend.font.color.rgb = _QUIET
    plot = chart.plots[0]
    plot.gap_width, plot.overlap, plot.has_data_labels = 55, 0, True
    labels = plot.data_labels
    labels.font.size, labels.font.name, labels.position = Pt(11), _FONT, XL_LABEL_POSITION.OUTSIDE_END
    labels.font.color.rgb = _INK
    labels.number_format, labels.number_format_is_linked = _SHARE, False
    for series, color in zip(plot.series, (_SECOND, _FIRST), strict=True):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = color
        series.invert_if_negative = False
    axis = chart.value_axis
    axis.visible = axis.has_major_gridlines = False
    axis.minimum_scale, axis.maximum_scale = 0, min(1.05, most * 1.12)
    names = chart.category_axis
    names.tick_labels.font.size, names.tick_labels.font.name = Pt(12), _FONT
    names.tick_labels.font.color.rgb = _INK
    names.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    names.format.line.color.rgb = _RULE
    names.has_major_gridlines = False
