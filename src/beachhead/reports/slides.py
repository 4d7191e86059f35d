"""The report as slides: one statement each, native charts and tables, notes that say what the numbers are of."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.presentation import Presentation as Deck
from pptx.shapes.autoshape import Shape
from pptx.slide import Slide
from pptx.util import Emu, Inches, Pt

from beachhead.reports.outline import Bars, Callout, Grid, Listing, Outline, Section

_WIDTH, _HEIGHT, _MARGIN = Inches(13.333), Inches(7.5), Inches(0.7)
_INK, _QUIET, _RULE = RGBColor(0x1D, 0x27, 0x33), RGBColor(0x5D, 0x68, 0x75), RGBColor(0xDD, 0xE2, 0xE8)
_BEST, _WORST = RGBColor(0x1B, 0x6E, 0x5A), RGBColor(0xB2, 0x56, 0x2E)
_ROWS, _ITEMS, _FIGURES = 10, 7, 6
_FONT = "Calibri"


def slides(outline: Outline) -> bytes:
    """The deck as a file's bytes, 16:9."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = _WIDTH, _HEIGHT
    _first(deck, outline)
    for section in outline.sections:
        if section.blocks:
            _of_section(deck, section, outline)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _first(deck: Deck, outline: Outline) -> None:
    slide = _slide(deck, outline.headline, outline, size=30)
    y = Inches(2.0)
    _text(slide, "\n".join(outline.answer), _MARGIN, y, _WIDTH - 2 * _MARGIN, Inches(2.0), 18)
    figures = outline.figures[:_FIGURES]
    wide = Emu(int((_WIDTH - 2 * _MARGIN) / max(len(figures), 1)))
    for n, (title, value, of) in enumerate(figures):
        x = Emu(_MARGIN + n * wide)
        _text(slide, title, x, Inches(4.5), wide, Inches(0.35), 12, _QUIET)
        _text(slide, value, x, Inches(4.8), wide, Inches(0.7), 28, bold=True)
        _text(slide, of, x, Inches(5.5), Emu(wide - Inches(0.2)), Inches(0.8), 11, _QUIET)
    slide.notes_slide.notes_text_frame.text = outline.footing


def _of_section(deck: Deck, section: Section, outline: Outline) -> None:
    slide = _slide(deck, section.title, outline)
    _text(slide, section.lead, _MARGIN, Inches(1.25), _WIDTH - 2 * _MARGIN, Inches(0.8), 13, _QUIET)
    top, notes = Inches(2.15), [outline.footing, section.lead]
    block = section.blocks[0]
    match block:
        case Bars():
            _chart(slide, block, top)
            notes += [f"{label}: {a:.0%} against {b:.0%}" for label, a, b in block.rows]
            notes += [g.note for g in section.blocks if isinstance(g, Grid) and g.note]
        case Grid():
            shown = Grid(block.header, block.rows[:_ROWS], block.numeric)
            _table(slide, shown, top)
            more = len(block.rows) - _ROWS
            notes += [block.note, *([f"… and {more} more in the workbook."] if more > 0 else [])]
        case Listing():
            _listing(slide, block, top)
            notes += [f"{what}: {said}" for what, said in block.items[_ITEMS:]]
        case Callout():
            _text(slide, f"{block.text}\n\n{block.next_step}", _MARGIN, top, _WIDTH - 2 * _MARGIN, Inches(3), 20)
        case _:
            pass
    slide.notes_slide.notes_text_frame.text = "\n".join(n for n in notes if n)


def _slide(deck: Deck, title: str, outline: Outline, size: int = 26) -> Slide:
    """A slide with its title as a title, so that readers and outlines find it, and a footing."""
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    heading = slide.shapes.title
    assert heading is not None
    heading.left, heading.top, heading.width, heading.height = _MARGIN, Inches(0.45), _WIDTH - 2 * _MARGIN, Inches(0.9)
    if size > 26:
        heading.height = Inches(1.4)
    heading.text_frame.word_wrap = True
    heading.text_frame.vertical_anchor = MSO_ANCHOR.TOP
    heading.text_frame.text = title
    _set(heading, size, _INK, bold=True)
    _text(slide, outline.footing, _MARGIN, Inches(7.0), _WIDTH - 2 * _MARGIN, Inches(0.3), 10, _QUIET)
    return slide


def _text(
    slide: Slide,
    text: str,
    x: int,
    y: int,
    width: int,
    height: int,
    size: int,
    color: RGBColor = _INK,
    *,
    bold: bool = False,
) -> None:
    if not text:
        return
    box = slide.shapes.add_textbox(Emu(x), Emu(y), Emu(width), Emu(height))
    frame = box.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = 0
    frame.text = text
    _set(box, size, color, bold=bold)


def _set(shape: Shape, size: float, color: RGBColor, *, bold: bool = False) -> None:
    for paragraph in shape.text_frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.space_after = Pt(4)
        for run in paragraph.runs:
            run.font.size, run.font.bold, run.font.name = Pt(size), bold, _FONT
            run.font.color.rgb = color


def _table(slide: Slide, grid: Grid, top: int) -> None:
    rows = [grid.header, *grid.rows]
    width = _WIDTH - 2 * _MARGIN
    frame = slide.shapes.add_table(
        len(rows), len(grid.header), Emu(_MARGIN), Emu(top), Emu(width), Emu(Inches(0.36) * len(rows))
    )
    frame.name = "Table"
    table = frame.table
    style = frame._element.graphic.graphicData.tbl[0]
    for child in list(style):
        if child.tag.endswith("tableStyleId"):
            child.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # no style, no grid
    for k, part in enumerate(_shares(rows)):
        table.columns[k].width = Emu(int(width * part))
    size = 11 if max(len(row) for row in rows) <= 5 else 10
    for n, row in enumerate(rows):
        table.rows[n].height = Inches(0.36)
        for k, text in enumerate(row):
            cell = table.cell(n, k)
            cell.text = _short(text)
            cell.margin_top = cell.margin_bottom = Inches(0.03)
            for paragraph in cell.text_frame.paragraphs:
                paragraph.alignment = PP_ALIGN.RIGHT if k in grid.numeric else PP_ALIGN.LEFT
                for run in paragraph.runs:
                    run.font.size, run.font.name, run.font.bold = Pt(size), _FONT, k == 1 and n > 0
                    run.font.color.rgb = _QUIET if n == 0 else _INK


def _short(text: str, most: int = 110) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _shares(rows: Sequence[tuple[str, ...]]) -> list[float]:
    longest = [max(4, min(70, max(len(row[k]) for row in rows))) for k in range(len(rows[0]))]
    return [n / sum(longest) for n in longest]


def _listing(slide: Slide, block: Listing, top: int) -> None:
    box = slide.shapes.add_textbox(Emu(_MARGIN), Emu(top), Emu(_WIDTH - 2 * _MARGIN), Inches(4.6))
    frame = box.text_frame
    frame.word_wrap = True
    frame.margin_left = 0
    for n, (what, said) in enumerate(block.items[:_ITEMS]):
        paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
        paragraph.space_after = Pt(7)
        for text, bold in (
            (_short(what, 160).replace("`", ""), True),
            (f"  {_short(said, 160).replace('`', '')}", False),
        ):
            run = paragraph.add_run()
            run.text = text
            run.font.size, run.font.bold, run.font.name = Pt(14), bold, _FONT
            run.font.color.rgb = _INK if bold else _QUIET


def _chart(slide: Slide, bars: Bars, top: int) -> None:
    data = CategoryChartData(number_format="0%")
    shown = list(reversed(bars.rows[:8]))
    data.categories = [_short(label, 60) for label, _, _ in shown]
    data.add_series(bars.names[1], [b for _, _, b in shown])
    data.add_series(bars.names[0], [a for _, a, _ in shown])
    size = (Emu(_MARGIN), Emu(top), Emu(_WIDTH - 2 * _MARGIN), Inches(4.7))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *size, data)
    said = "; ".join(f"{label}: {a:.0%} against {b:.0%}" for label, a, b in bars.rows[:8])
    frame._element.nvGraphicFramePr.cNvPr.set("descr", f"Shares of {bars.names[0]} and {bars.names[1]}. {said}")
    chart = frame.chart
    chart.has_legend, chart.has_title = True, False
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    chart.legend.font.size, chart.legend.font.name = Pt(12), _FONT
    plot = chart.plots[0]
    plot.gap_width, plot.overlap, plot.has_data_labels = 60, -5, True
    plot.data_labels.font.size, plot.data_labels.position = Pt(11), XL_LABEL_POSITION.OUTSIDE_END
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "0%", False
    for series, color in zip(plot.series, (_WORST, _BEST), strict=True):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = color
    chart.value_axis.visible = chart.value_axis.has_major_gridlines = False
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, 1
    chart.category_axis.tick_labels.font.size, chart.category_axis.tick_labels.font.name = Pt(12), _FONT
    chart.category_axis.format.line.color.rgb = _RULE
    chart.category_axis.has_major_gridlines = False
