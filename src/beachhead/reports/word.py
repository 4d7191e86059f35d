"""The report as a Word document: real headings, tables that repeat their header, what everything is of on each page."""

from __future__ import annotations

import io

from docx import Document
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell

from beachhead.reports.outline import Bars, Block, Callout, Grid, Listing, Outline, Paragraph

_INK, _QUIET, _ACCENT = RGBColor(0x1D, 0x27, 0x33), RGBColor(0x5D, 0x68, 0x75), RGBColor(0x0A, 0x74, 0x6B)
_PAGE, _NARROW = 17.0, 1.1


def word(outline: Outline) -> bytes:
    """The document as a file's bytes."""
    document = Document()
    _set_up(document, outline)
    document.add_paragraph(outline.company, style="Subtitle")
    document.add_paragraph(outline.headline, style="Title")
    for line in outline.answer:
        document.add_paragraph(line)
    _grid(document, Grid(("", "", ""), outline.figures, frozenset({1})), has_header=False)
    for section in outline.sections:
        document.add_heading(section.title, level=1)
        if section.lead:
            _quiet(document, section.lead)
        for block in section.blocks:
            _block(document, block)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_up(document: Docx, outline: Outline) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)
    sizes = {"Normal": 10, "Title": 21, "Subtitle": 11, "Heading 1": 14, "List Bullet": 10}
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.name = "Calibri"
        style.font.size = Pt(size)
        style.font.color.rgb = _QUIET if name == "Subtitle" else _ACCENT if name == "Heading 1" else _INK
        style.font.bold = name in ("Title", "Heading 1")
        style.font.italic = False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            if fonts.get(qn(theme)) is not None:
                del fonts.attrib[qn(theme)]
    document.styles["Heading 1"].paragraph_format.space_before = Pt(18)
    document.styles["Heading 1"].paragraph_format.keep_with_next = True
    title = document.styles["Title"].element
    for border in title.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)
    footer = section.footer.paragraphs[0]
    footer.text = outline.footing
    footer.runs[0].font.size = Pt(8)
    footer.runs[0].font.color.rgb = _QUIET
    properties = document.core_properties
    properties.title, properties.author, properties.comments = outline.headline, "Beachhead", outline.footing


def _block(document: Docx, block: Block) -> None:
    match block:
        case Paragraph():
            document.add_paragraph(block.text)
        case Callout():
            document.add_paragraph(block.text, style="Intense Quote")
            document.add_paragraph(block.next_step)
        case Listing():
            for what, said in block.items:
                paragraph = document.add_paragraph(style="List Bullet")
                paragraph.add_run(what.replace("`", "")).bold = True
                paragraph.add_run(f": {said.replace('`', '')}")
        case Grid():
            _grid(document, block)
            if block.note:
                _quiet(document, block.note)
        case Bars():
            return  # the table that follows says the same


def _quiet(document: Docx, text: str) -> None:
    run = document.add_paragraph().add_run(text)
    run.font.color.rgb, run.font.size = _QUIET, Pt(9)


def _grid(document: Docx, grid: Grid, *, has_header: bool = True) -> None:
    table = document.add_table(rows=0, cols=len(grid.header))
    table.autofit = False
    rows = [grid.header, *grid.rows] if has_header else list(grid.rows)
    widths = _widths(rows)
    for n, row in enumerate(rows):
        cells = table.add_row().cells
        for k, text in enumerate(row):
            cells[k].width = Cm(widths[k])
            _fill(cells[k], text, is_header=has_header and n == 0, to_the_right=k in grid.numeric)
    if has_header:
        mark = OxmlElement("w:tblHeader")
        table.rows[0]._tr.get_or_add_trPr().append(mark)
    document.add_paragraph().paragraph_format.space_after = Pt(2)


def _fill(cell: _Cell, text: str, *, is_header: bool, to_the_right: bool) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.font.size = Pt(8.5)
    run.font.color.rgb = _QUIET if is_header else _INK
    paragraph.paragraph_format.space_after = Pt(1)
    if to_the_right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    borders = OxmlElement("w:tcBorders")
    line = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "8" if is_header else "4"), ("color", "DDE2E8")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    cell._tc.get_or_add_tcPr().append(borders)


def _widths(rows: list[tuple[str, ...]]) -> list[float]:
    """Centimetres by column: by its longest text, within reason, filling the page."""
    longest = [max(min(max(len(row[k]) for row in rows), 60), 4) for k in range(len(rows[0]))]
    share = [_PAGE * n / sum(longest) for n in longest]
    wide = [max(w, _NARROW) for w in share]
    return [w * _PAGE / sum(wide) for w in wide]
