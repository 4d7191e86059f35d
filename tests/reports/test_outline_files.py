"""The report as slides, document, Markdown and Slack message: the same numbers everywhere, nothing over the edge."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import made_companies as made
import pyarrow as pa
import pytest
from docx import Document
from pptx import Presentation
from pptx.util import Pt

from beachhead.analysis.display import share_text
from beachhead.project.definitions import Settings
from beachhead.reports.markdown import SLACK_MOST, markdown, slack
from beachhead.reports.outline import Bars, Grid, Listing, Outline, outline_of
from beachhead.reports.render import render
from beachhead.reports.slides import slides
from beachhead.reports.view import view_of
from beachhead.reports.word import word

ODD_NAMES = (
    '=HYPERLINK("http://x","click")', "+49 30 1234", "-5", "@cmd", "\tTab\x0bstart",
    "株式会社東京データサイエンス研究所",
    "🚀🔥 Rocket 👩‍👩‍👧 GmbH", "شركة التقنية المتقدمة", "A|B *bold* _x_ <b>`c`</b> & Co", "x" * 200, "Long name " * 20,
)  # fmt: skip
UNKNOWN_FONT = 0.4  # points by which rounding may be off


def odd(n: int = 40) -> made.ReportData:
    data = made.saas(n)
    names = pa.array([ODD_NAMES[i % len(ODD_NAMES)] for i in range(n)])
    at = data.accounts.column_names.index("account_name")
    settings = data.settings.model_copy(update={"name": "株式会社 Söhne <GmbH> & Co", "currency": "CHF"})
    return replace(data, accounts=data.accounts.set_column(at, "account_name", names), settings=settings)


COMPANIES = {
    "saas": lambda: made.saas(700),
    "shop": made.shop,
    "few columns": made.five_columns,
    "odd names": odd,
    "nobody": lambda: replace(made.saas(40), accounts=made.saas(40).accounts.slice(0, 0), scores=None, tiering=None,
                              segments=()),
    "no score": lambda: replace(made.saas(300), scores=None, tiering=None),
}  # fmt: skip


@pytest.fixture(scope="module", params=COMPANIES)
def data(request):
    return COMPANIES[request.param]()


@pytest.fixture(scope="module")
def outline(data) -> Outline:
    return outline_of(view_of(data), data.settings.currency)


@pytest.fixture(scope="module")
def deck(outline):
    return Presentation(io.BytesIO(slides(outline)))


@pytest.fixture(scope="module")
def document(outline):
    return Document(io.BytesIO(word(outline)))


@pytest.fixture(scope="module")
def page(data) -> str:
    return flat(render(data))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


def texts_of(slide) -> list[str]:
    found = [s.text_frame.text for s in slide.shapes if s.has_text_frame]
    found += [c.text for s in slide.shapes if s.has_table for r in s.table.rows for c in r.cells]
    return found


def document_text(document) -> str:
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    return flat(" ".join([*(p.text for p in document.paragraphs), *cells]))


def test_the_answer_is_said_in_every_format(page, outline, deck, document):
    said = flat(outline.headline)
    assert said in flat(re.sub(r"<[^>]+>", "", page).replace("&amp;", "&").replace("&#39;", "'"))
    assert said in flat(" ".join(texts_of(deck.slides[0])))
    assert said in document_text(document)
    assert said in flat(markdown(outline).replace("\\", ""))
    assert said in flat(slack(outline).replace("\u200b", ""))


def test_every_figure_is_the_same_in_every_format(page, outline, deck, document):
    written, marked = document_text(document), flat(markdown(outline).replace("\\", ""))
    written, marked = document_text(document), flat(markdown(outline).replace("\\", ""))
    for title, value, of in outline.figures:
        for text in (value, of):
            assert flat(text) in page
            assert flat(text) in written
            assert flat(text) in marked
        if (title, value, of) in outline.figures[:6]:
            assert flat(value) in flat(" ".join(texts_of(deck.slides[0])))


def test_scores_and_money_of_those_named_are_the_same_in_page_slides_document_and_markdown(
    page, outline, deck, document
):
    written, marked = document_text(document), flat(markdown(outline))
    for section in (s for s in outline.sections if s.key in ("best", "next", "worst")):
        grid = section.blocks[0]
        assert isinstance(grid, Grid)
        slide = next(s for s in deck.slides if s.shapes.title.text_frame.text == section.title)
        table = next(s.table for s in slide.shapes if s.has_table)
        shown = [tuple(c.text for c in r.cells) for r in table.rows][1:]
        assert shown
        for row, on_slide in zip(grid.rows, shown, strict=False):
            numbers = [row[k] for k in sorted(grid.numeric)]
            assert [text for text in on_slide if text in numbers] == numbers
            assert all(flat(n) in written and flat(n) in marked for n in numbers)
            assert flat(numbers[-1]) in page


def test_bars_of_a_chart_are_the_shares_of_the_page(page, outline, deck):
    charts = [s.chart for slide in deck.slides for s in slide.shapes if s.has_chart]
    bars = [b for s in outline.sections for b in s.blocks if isinstance(b, Bars)]
    assert len(charts) == len(bars)
    for chart, block in zip(charts, bars, strict=True):
        second, first = (list(s.values)[::-1] for s in chart.plots[0].series)
        assert first == [a for _, a, _ in block.rows[:8]]
        assert second == [b for _, _, b in block.rows[:8]]
        assert all(flat(share_text(v)) in page for v in first)


def test_slides_are_few_wide_and_each_says_what_it_is_of(outline, deck):
    assert 1 <= len(deck.slides) <= 9
    assert (deck.slide_width, deck.slide_height) == (Pt(960), Pt(540))
    for slide in deck.slides:
        assert slide.shapes.title.text_frame.text
        notes = flat(slide.notes_slide.notes_text_frame.text)
        assert flat(outline.headcount) in notes
        assert "Data as of 31 Oct 2026 (2026-10-31)" in notes
        assert flat(outline.footing) in flat(" ".join(texts_of(slide))) or "…" in " ".join(texts_of(slide))


def test_a_usual_report_has_five_to_eight_slides():
    assert 5 <= len(Presentation(io.BytesIO(slides(outline_of(view_of(made.saas(700)), "EUR")))).slides) <= 8


def test_nothing_on_a_slide_lies_over_something_else_or_over_the_edge(deck):
    for slide in deck.slides:
        boxes = sorted(
            ((s.left, s.top, s.left + s.width, s.top + s.height, s.name) for s in slide.shapes if s.name != "Rule"),
            key=lambda box: box[1],
        )
        slack_ = Pt(UNKNOWN_FONT)
        for n, (left, top, right, bottom, name) in enumerate(boxes):
            assert left >= 0 and top >= 0 and right <= Pt(960) and bottom <= Pt(530), name
            for other in boxes[n + 1 :]:
                apart = other[0] >= right - slack_ or other[2] <= left + slack_ or other[1] >= bottom - slack_
                assert apart, f"{name} and {other[4]} on one place"


def test_what_can_only_be_seen_has_a_text(deck):
    pictures = [s for slide in deck.slides for s in slide.shapes if s.has_chart or s.has_table]
    assert [s.name for s in pictures if not s._element.nvGraphicFramePr.cNvPr.get("descr")] == []


def test_notes_say_what_the_words_on_the_slide_mean():
    outline = outline_of(view_of(made.saas(700)), "EUR")
    deck = Presentation(io.BytesIO(slides(outline)))
    assert "Score: Weighted mean of the inputs" in deck.slides[1].notes_slide.notes_text_frame.text


def test_a_document_has_real_headings_and_tables_that_repeat_theirs(outline, document):
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings[: len(outline.sections)] == [s.title for s in outline.sections]
    assert [p.style.name for p in document.paragraphs[:2]] == ["Subtitle", "Title"]
    assert all(t.rows[0]._tr.trPr.find(f"{{{W}}}tblHeader") is not None for t in document.tables)
    assert "data as of 31 Oct 2026" in flat(document.sections[0].footer.paragraphs[0].text)


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def test_tables_of_markdown_have_as_many_cells_in_every_row(outline):
    tables = re.findall(r"(?:^\|.*\|\n?)+", markdown(outline), re.MULTILINE)
    assert tables or not outline.figures
    for table in tables:
        assert len({len(re.split(r"(?<!\\)\|", line)) for line in table.strip().splitlines()}) == 1


def test_a_message_for_slack_is_short_has_no_tables_and_says_from_when(outline):
    message = slack(outline)
    assert len(message) <= SLACK_MOST
    assert "| ---" not in message and "\n| " not in message
    assert "data as of 31 Oct 2026" in flat(message)
    assert "<b>" not in message


def test_marks_in_names_are_no_marks():
    outline = outline_of(view_of(odd()), "CHF")
    assert r"A\|B \*bold\* \_x\_ \<b\>" in markdown(outline)
    assert "&lt;b&gt;" in slack(outline)


def test_what_cannot_be_told_is_a_callout_with_the_next_step():
    outline = outline_of(view_of(odd()), "CHF")
    found = re.search(r"^> \*\*(Cannot tell yet.*)\*\*\n>\n> (.*)$", markdown(outline), re.MULTILINE)
    assert found and found[2]


def test_more_problems_than_are_listed_are_told():
    data = made.saas(100)
    problems = tuple(replace(made.PROBLEMS[1], message=f"events of sort {n}") for n in range(30))
    outline = outline_of(view_of(replace(data, problems=problems)), "EUR")
    listed = next(s for s in outline.sections if s.key == "problems").blocks
    assert [len(b.items) for b in listed if isinstance(b, Listing)] == [12]
    assert "… and 18 more in the workbook" in markdown(outline)


def test_the_currency_and_the_word_for_customers_are_the_projects():
    settings = Settings(name="X", currency="JPY", customers_are="households")
    text = flat(markdown(outline_of(view_of(replace(made.saas(300), settings=settings)), "JPY")))
    assert "¥" in text and "€" not in text
    assert "households" in text and "companies on record" not in text
