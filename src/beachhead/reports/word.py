"""The report as a Word document: real headings, tables that repeat their header, what everything is of on each page."""

from __future__ import annotations

import io

from docx import Document
from docx.document import Document as Docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph as Line

from beachhead.reports.measure import printable, widths
from beachhead.reports.outline import Bars, Block, Callout, Grid, Listing, Outline, Paragraph

_INK, _QUIET, _ACCENT = RGBColor(0x1D, 0x27, 0x33), RGBColor(0x5D, 0x68, 0x75), RGBColor(0x1B, 0x6E, 0x5A)
_ROOM = 17 / 2.54 * 72  # points: A4 without its margins
_SIZE, _PAD = 8.5, 12.0
_SERIF, _SANS = "Georgia", "Calibri"
_STYLES = {"Normal": 10.5, "Title": 22, "Subtitle": 11, "Heading 1": 15, "List Bullet": 10.5}


def word(outline: Outline) -> bytes:
    """The document as a file's bytes."""
    document = Document()
    _set_up(document, outline)
    document.add_paragraph(printable(outline.company), style="Subtitle")
    document.add_paragraph(printable(outline.headline), style="Title")
    _quiet(document, f"{outline.headcount} {outline.day}.")
    for line in outline.answer:
        document.add_paragraph(printable(line))
    _grid(document, Grid(("Figure", "Value", "Of"), outline.figures, frozenset({1})))
    for section in outline.sections:
        document.add_heading(printable(section.title), level=1)
        if section.lead:
            _quiet(document, section.lead)
        for block in section.blocks:
            _block(document, block)
    if outline.terms:
        document.add_heading("What the words mean", level=1)
        _grid(document, Grid(("Word", "Meaning"), outline.terms, frozenset()))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_up(document: Docx, outline: Outline) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)
    for name, size in _STYLES.items():
        style = document.styles[name]
        is_head = name in ("Title", "Heading 1")
        style.font.name, style.font.size = _SERIF if is_head else _SANS, Pt(size)
        style.font.color.rgb = _ACCENT if name == "Subtitle" else _INK
        style.font.bold, style.font.italic = is_head or name == "Subtitle", False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            if fonts.get(qn(theme)) is not None:
                del fonts.attrib[qn(theme)]
    for spacing in document.styles.element.findall(f".//{qn('w:spacing')}[@{qn('w:val')}]"):
        if spacing.getparent().tag == qn("w:rPr"):
            spacing.getparent().remove(spacing)
    heading = document.styles["Heading 1"].paragraph_format
    heading.space_before, heading.space_after, heading.keep_with_next = Pt(22), Pt(4), True
    for border in document.styles["Title"].element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)
    footer = section.footer.paragraphs[0]
    stops = document.styles["Footer"].paragraph_format.tab_stops
    stops.clear_all()
    stops.add_tab_stop(Cm(17), WD_TAB_ALIGNMENT.RIGHT)
    footer.text = printable(f"{outline.footing}\t")
    _page_number(footer)
    for run in footer.runs:
        run.font.size, run.font.color.rgb = Pt(8), _QUIET
    properties = document.core_properties
    properties.title, properties.author = printable(outline.headline)[:255], "Beachhead"
    properties.comments = printable(outline.footing)[:255]


def _page_number(paragraph: Line) -> None:
    run = paragraph.add_run()
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    inner = OxmlElement("w:r")
    properties = OxmlElement("w:rPr")
    size = OxmlElement("w:sz")
    size.set(qn("w:val"), "16")
    properties.append(size)
    text = OxmlElement("w:t")
    text.text = "1"
    inner.append(properties)
    inner.append(text)
    field.append(inner)
    run._r.addnext(field)


def _block(document: Docx, block: Block) -> None:
    match block:
        case Paragraph():
            document.add_paragraph(printable(block.text))
        case Callout():
            _callout(document, block)
        case Listing():
            for what, said in block.items:
                paragraph = document.add_paragraph(style="List Bullet")
                paragraph.paragraph_format.space_after = Pt(3)
                paragraph.add_run(_said(what).rstrip(".") + ": ").bold = True
                paragraph.add_run(_said(said)).font.color.rgb = _QUIET
        case Grid():
            _grid(document, block)
            if block.note:
                _quiet(document, block.note)
        case Bars():
            return  # the table that follows says the same


def _callout(document: Docx, block: Callout) -> None:
    """A paragraph with a bar to its left."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.left_indent = Cm(0.4)
    paragraph.add_run(_said(block.text)).bold = True
    paragraph.add_run(f" {_said(block.next_step)}").font.color.rgb = _QUIET
    borders, bar = OxmlElement("w:pBdr"), OxmlElement("w:left")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "8"), ("color", "B2562E")):
        bar.set(qn(f"w:{name}"), value)
    borders.append(bar)
    paragraph._p.get_or_add_pPr().append(borders)


def _quiet(document: Docx, text: str) -> None:
    run = document.add_paragraph().add_run(_said(text))
    run.font.color.rgb, run.font.size = _QUIET, Pt(9)


def _grid(document: Docx, grid: Grid) -> None:
    table = document.add_table(rows=0, cols=len(grid.header))
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.LEFT
    rows = [grid.header, *grid.rows]
    columns, name = widths(rows, grid.numeric, _ROOM, _SIZE, _PAD), _name(grid)
    for column, wide in zip(table.columns, columns, strict=True):
        column.width = Pt(wide)
    for n, row in enumerate(rows):
        added = table.add_row()
        properties = added._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if n == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for k, (cell, text) in enumerate(zip(added.cells, row, strict=True)):
            cell.width = Pt(columns[k])
            _fill(cell, text, is_header=n == 0, is_name=k == name, to_the_right=k in grid.numeric)
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _name(grid: Grid) -> int:
    """The column that says what a row is about: the first of texts."""
    return next((k for k in range(len(grid.header)) if k not in grid.numeric), 0)


def _fill(cell: _Cell, text: str, *, is_header: bool, is_name: bool, to_the_right: bool) -> None:
    is_short = is_name or to_the_right  # of these, what follows the first line is a detail
    paragraph = cell.paragraphs[0]
    for n, line in enumerate(printable(text).split("\n")):
        run = paragraph.add_run()
        if n:
            run.add_break()
        run.add_text(line)
        run.font.size = Pt(_SIZE)
        run.font.bold = is_name and not is_header and not n
        run.font.color.rgb = _QUIET if is_header or (n and is_short) else _INK
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
    paragraph.paragraph_format.line_spacing = 1.05
    if to_the_right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    borders, line_below = OxmlElement("w:tcBorders"), OxmlElement("w:bottom")
    color = "1D2733" if is_header else "DDE2E8"
    for name, value in (("val", "single"), ("sz", "6" if is_header else "4"), ("color", color)):
        line_below.set(qn(f"w:{name}"), value)
    borders.append(line_below)
    cell._tc.get_or_add_tcPr().append(borders)


def _said(text: str) -> str:
    """Without the marks that only Markdown shows."""
    return printable(text.replace("`", ""))
