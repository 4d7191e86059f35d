"""The report as slides: one statement each, native charts and tables, notes that say what the numbers are of."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.presentation import Presentation as Deck
from pptx.shapes.base import BaseShape
from pptx.slide import Slide
from pptx.table import _Cell
from pptx.text.text import TextFrame
from pptx.util import Pt

from beachhead.reports.measure import cut, lines_of, printable, widths
from beachhead.reports.outline import Bars, Callout, Grid, Listing, Outline, Section
from beachhead.reports.slide_chart import add_chart

# In points: 13.333 × 7.5 inches, 16:9.
_WIDTH, _HEIGHT, _MARGIN = 960, 540, 48
_ROOM = _WIDTH - 2 * _MARGIN
_BOTTOM = 494
_INK, _QUIET, _RULE = RGBColor(0x1D, 0x27, 0x33), RGBColor(0x5D, 0x68, 0x75), RGBColor(0xDD, 0xE2, 0xE8)
_ACCENT, _WASH = RGBColor(0x1B, 0x6E, 0x5A), RGBColor(0xF5, 0xF7, 0xF9)
_SERIF, _SANS = "Georgia", "Calibri"
_LEADING = 1.22
_FIGURES = 6
_PAD = 7.0
# Size and lines of a table's cells, the first that fits; the last one in any case.
_SETTINGS = ((13.0, 2), (12.0, 2), (11.0, 2), (12.0, 1), (11.0, 1))
_SetRow = tuple[tuple[str, ...], float]
_NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def slides(outline: Outline) -> bytes:
    """The deck as a file's bytes."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Pt(_WIDTH), Pt(_HEIGHT)
    deck.core_properties.title, deck.core_properties.author = printable(outline.headline), "Beachhead"
    _first(deck, outline)
    side_by_side = [s for s in outline.sections if s.key in ("problems", "missing")]
    for section in outline.sections:
        if section not in side_by_side:
            _of_section(deck, section, outline)
    if side_by_side:
        _last(deck, side_by_side, outline)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _first(deck: Deck, outline: Outline) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    _text(slide, outline.company, _MARGIN, 40, _ROOM, 16, _ACCENT, bold=True)
    size = next(s for s in (34, 30, 26, 22) if s == 22 or lines_of(outline.headline, _ROOM - 60, s) <= 3)
    high = _heading(slide, outline.headline, 72, _ROOM - 60, size, 4)
    y = 72 + high + 14
    for text in outline.answer:
        y += _text(slide, text, _MARGIN, y, _ROOM - 60, 15, _QUIET, lines=3) + 4
    figures = outline.figures[:_FIGURES]
    top = max(y + 16, 342)
    gap = 20
    wide = (_ROOM - gap * (len(figures) - 1)) / max(len(figures), 1)
    large = next((s for s in (28, 24, 20, 17) if all(lines_of(v, wide, s) == 1 for _, v, _ in figures)), 14)
    for n, (title, value, of) in enumerate(figures):
        x = _MARGIN + n * (wide + gap)
        _line(slide, x, top, wide, _INK, 1.5)
        _text(slide, title, x, top + 8, wide, 12, _QUIET, lines=2 if top < 370 else 1)
        _text(slide, value, x, top + 40 if top < 370 else top + 24, wide, large, _INK, bold=True)
        _text(slide, of, x, top + 78 if top < 370 else top + 60, wide, 11, _QUIET, lines=4)
    _foot(deck, slide, outline)
    _notes(slide, outline, [outline.headcount, *outline.answer])


def _of_section(deck: Deck, section: Section, outline: Outline) -> None:
    slide, top = _slide(deck, section.statement or section.title, section.lead, outline)
    said = [section.lead]
    block = section.blocks[0]
    match block:
        case Bars():
            add_chart(slide, block, (_MARGIN, top, _ROOM, _BOTTOM - top))
            said += [g.note for g in section.blocks if isinstance(g, Grid)]
        case Grid():
            said += [_table(slide, block, section.title, top), block.note]
        case Callout():
            high = _text(slide, block.text, _MARGIN, top + 20, _ROOM - 120, 22, _INK, lines=4, font=_SERIF)
            _text(slide, block.next_step, _MARGIN, top + 40 + high, _ROOM - 120, 16, _QUIET, lines=6)
        case _:
            pass
    _notes(slide, outline, said)


def _last(deck: Deck, sections: Sequence[Section], outline: Outline) -> None:
    """What is wrong with the data and what is missing, side by side."""
    first = sections[0]
    slide, top = _slide(deck, " · ".join(s.title for s in sections), first.lead, outline)
    gap = 40
    wide = (_ROOM - gap * (len(sections) - 1)) / len(sections)
    said = [s.lead for s in sections]
    for n, section in enumerate(sections):
        items = [item for block in section.blocks for item in _items(block)]
        x = _MARGIN + n * (wide + gap)
        shown = _items_in(slide, items, x, top, wide)
        if shown < len(items):
            _text(slide, f"… and {len(items) - shown:,} more in the report", x, _BOTTOM - 14, wide, 11, _QUIET)
        said += [f"{what}: {then}" for what, then in items[shown:]]
    _notes(slide, outline, said)


def _items(block: object) -> tuple[tuple[str, str], ...]:
    match block:
        case Listing():
            return block.items
        case Callout():
            return ((block.text, block.next_step),)
        case _:
            return ()


def _items_in(slide: Slide, items: Sequence[tuple[str, str]], x: float, y: float, wide: float) -> int:
    """Set as many as there is room for; how many were."""
    for n, (what, then) in enumerate(items):
        head, body = cut(_said(what), wide, 13, 2), cut(_said(then), wide, 12, 2)
        high = (lines_of(head, wide, 13) * 13 + lines_of(body, wide, 12) * 12) * _LEADING + 12
        if y + high > _BOTTOM - 16:
            return n
        y += _text(slide, head, x, y, wide, 13, _INK, bold=True, lines=2)
        y += _text(slide, body, x, y, wide, 12, _QUIET, lines=2) + 12
    return len(items)


def _slide(deck: Deck, title: str, lead: str, outline: Outline) -> tuple[Slide, float]:
    """A slide whose title is a title, so that readers and outlines find it, with a footing; where its room begins."""
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    size = 26 if lines_of(title, _ROOM, 26) == 1 else 21
    high = _heading(slide, title, 32, _ROOM, size, 2)
    below = _text(slide, lead, _MARGIN, 32 + high + 6, _ROOM, 13, _QUIET, lines=2)
    _foot(deck, slide, outline)
    return slide, 32 + high + below + 24


def _heading(slide: Slide, text: str, y: float, width: float, size: float, lines: int) -> float:
    """The title; its height."""
    heading = slide.shapes.title
    assert heading is not None
    text = cut(text, width, size, lines)
    high = lines_of(text, width, size) * size * _LEADING + 4
    _place(heading, _MARGIN, y, width, high)
    _set(heading.text_frame, text, size, _INK, font=_SERIF, bold=True)
    return high


def _foot(deck: Deck, slide: Slide, outline: Outline) -> None:
    _line(slide, _MARGIN, 506, _ROOM, _RULE, 0.75)
    _text(slide, cut(outline.footing, _ROOM - 60, 10), _MARGIN, 511, _ROOM - 60, 10, _QUIET)
    _text(slide, str(len(deck.slides)), _WIDTH - _MARGIN - 50, 511, 50, 10, _QUIET, align=PP_ALIGN.RIGHT)


def _notes(slide: Slide, outline: Outline, said: Sequence[str]) -> None:
    """What the numbers are of, from when, and what the words on the slide mean."""
    shown = " ".join([_words_on(slide), *said]).casefold()
    means = [f"{word}: {_said(meaning)}" for word, meaning in outline.terms if word.casefold() in shown]
    parts = [f"{outline.headcount} {outline.day} ({outline.snapshot}).", *said, *means]
    frame = slide.notes_slide.notes_text_frame
    assert frame is not None
    frame.text = printable("\n".join(p for p in parts if p))


def _words_on(slide: Slide) -> str:
    texts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            texts += [cell.text for row in shape.table.rows for cell in row.cells]
        if shape.has_chart:
            texts += [str(c) for c in shape.chart.plots[0].categories]
    return " ".join(texts)


def _text(
    slide: Slide,
    text: str,
    x: float,
    y: float,
    width: float,
    size: float,
    color: RGBColor,
    *,
    lines: int = 1,
    bold: bool = False,
    font: str = _SANS,
    align: PP_ALIGN = PP_ALIGN.LEFT,
) -> float:
    """A box as high as its text, which is cut after so many lines; its height."""
    if not text:
        return 0.0
    text = cut(_said(text), width, size, lines)
    high = lines_of(text, width, size) * size * _LEADING
    box = slide.shapes.add_textbox(Pt(x), Pt(y), Pt(width), Pt(high))
    _set(box.text_frame, text, size, color, font=font, bold=bold, align=align)
    return high


def _set(
    frame: TextFrame, text: str, size: float, color: RGBColor, *, font: str, bold: bool = False,
    align: PP_ALIGN = PP_ALIGN.LEFT,
) -> None:  # fmt: skip
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = MSO_ANCHOR.TOP
    frame.text = printable(text)
    for paragraph in frame.paragraphs:
        paragraph.alignment = align
        for run in paragraph.runs:
            run.font.size, run.font.bold, run.font.name = Pt(size), bold, font
            run.font.color.rgb = color


def _place(shape: BaseShape, x: float, y: float, width: float, height: float) -> None:
    shape.left, shape.top, shape.width, shape.height = Pt(x), Pt(y), Pt(width), Pt(height)


def _line(slide: Slide, x: float, y: float, width: float, color: RGBColor, thick: float) -> None:
    """A rule; it says nothing to those who have a page read to them."""
    rule = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Pt(x), Pt(y), Pt(width), Pt(thick))
    rule.fill.solid()
    rule.fill.fore_color.rgb = color
    rule.line.fill.background()
    rule.shadow.inherit = False
    rule.name = "Rule"


def _table(slide: Slide, grid: Grid, title: str, top: float) -> str:
    """A native table of as many rows as there is room for; what is left, in words."""
    grid = _with_details(grid)
    size, columns, high, rows = _fitting(grid, _BOTTOM - 16 - top)
    room = _BOTTOM - 16 - top - high
    shown = [(grid.header, high)]
    for row in rows:
        if sum(h for _, h in shown) + row[1] > room + high:
            break
        shown.append(row)
    frame = slide.shapes.add_table(
        len(shown), len(columns), Pt(_MARGIN), Pt(top), Pt(_ROOM), Pt(sum(h for _, h in shown))
    )
    frame.name = "Table"
    frame._element.nvGraphicFramePr.cNvPr.set("descr", printable(f"{title}: table of {len(shown) - 1} rows"))
    for style in frame._element.graphic.graphicData.tbl[0]:
        if style.tag.endswith("tableStyleId"):
            style.text = _NO_STYLE
    frame.table.horz_banding = False
    for k, wide in enumerate(columns):
        frame.table.columns[k].width = Pt(wide)
    names = [k for k in range(len(columns)) if k not in grid.numeric]
    for n, (texts, height) in enumerate(shown):
        frame.table.rows[n].height = Pt(height)
        for k, text in enumerate(texts):
            is_quiet = n == 0 or k in names[1:]
            color = _QUIET if is_quiet else _INK
            _cell(
                frame.table.cell(n, k),
                text,
                n,
                size,
                color,
                is_bold=n > 0 and k in names[:1],
                to_the_right=k in grid.numeric,
            )
    left = len(rows) + 1 - len(shown)
    said = f"{len(shown) - 1:,} of {len(rows):,} shown; all of them are in the workbook." if left else ""
    _text(slide, said, _MARGIN, _BOTTOM - 12, _ROOM, 10, _QUIET)
    return said


def _with_details(grid: Grid) -> Grid:
    """Details of names as a column of their own where there is no other text; else without them."""
    texts = [k for k in range(len(grid.header)) if k not in grid.numeric]
    first = texts[0]
    rows = tuple(tuple(t if k in texts[1:] else t.split("\n")[0] for k, t in enumerate(row)) for row in grid.rows)
    if texts[1:] or not any("\n" in row[first] for row in grid.rows):
        return Grid(grid.header, rows, grid.numeric, grid.note)
    details = [" ".join(row[first].split("\n")[1:]) for row in grid.rows]
    return Grid(
        (*grid.header[: first + 1], "Who", *grid.header[first + 1 :]),
        tuple((*r[: first + 1], said, *r[first + 1 :]) for r, said in zip(rows, details, strict=True)),
        frozenset(k if k <= first else k + 1 for k in grid.numeric),
        grid.note,
    )


def _fitting(grid: Grid, room: float) -> tuple[float, list[float], float, list[_SetRow]]:
    """The largest letters and most lines with which all rows go into `room`, else as many as go in small ones: size,
    widths, the header's height, the rows."""
    for size, lines in _SETTINGS:
        columns = widths([grid.header, *grid.rows], grid.numeric, _ROOM, size, 2 * _PAD)
        high = _height(grid.header, columns, size)
        rows = [_set_row(row, grid, columns, size, lines) for row in grid.rows]
        if high + sum(h for _, h in rows) <= room:
            break
    return size, columns, high, rows


def _set_row(row: Sequence[str], grid: Grid, columns: Sequence[float], size: float, lines: int) -> _SetRow:
    texts = tuple(
        t if k in grid.numeric else _joined(t.split("\n"), columns[k] - 2 * _PAD, size, lines)
        for k, t in enumerate(row)
    )
    return texts, _height(texts, columns, size)


def _joined(parts: Sequence[str], width: float, size: float, lines: int) -> str:
    """As many of the parts as there is room for; the first one in any case."""
    for n in range(len(parts), 0, -1):
        text = " · ".join(parts[:n])
        if lines_of(text, width, size) <= lines:
            return text
    return cut(parts[0], width, size, lines)


def _height(texts: Sequence[str], columns: Sequence[float], size: float) -> float:
    most = max(lines_of(t, columns[k] - 2 * _PAD, size) for k, t in enumerate(texts))
    return most * size * _LEADING + 9


def _cell(cell: _Cell, text: str, row: int, size: float, color: RGBColor, *, is_bold: bool, to_the_right: bool) -> None:
    cell.margin_top = cell.margin_bottom = Pt(2)
    cell.margin_left = cell.margin_right = Pt(_PAD)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE if row else MSO_ANCHOR.BOTTOM
    cell.text_frame.text = printable(text)
    for paragraph in cell.text_frame.paragraphs:
        paragraph.alignment = PP_ALIGN.RIGHT if to_the_right else PP_ALIGN.LEFT
        for run in paragraph.runs:
            run.font.size, run.font.bold, run.font.name = Pt(size), is_bold, _SANS
            run.font.color.rgb = color
    if row % 2:
        cell.fill.solid()
        cell.fill.fore_color.rgb = _WASH
    else:
        cell.fill.background()


def _said(text: str) -> str:
    """Without the marks that only Markdown shows."""
    return text.replace("`", "")
