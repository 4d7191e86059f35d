"""The report as a browser sets it: whole on a telephone, few pages on paper. Skips where there is no Chromium."""

from __future__ import annotations

import html
import re
import subprocess
import zlib

import made_companies as made
import pytest

from beachhead.reports.render import render

MEASURE = """<!doctype html><meta charset="utf-8">
<iframe width="360" height="900" style="border:0" srcdoc="{page}"></iframe>
<script>
onload = () => {{
  const page = document.querySelector("iframe").contentDocument, width = page.documentElement.clientWidth;
  page.querySelectorAll("details").forEach(folded => folded.open = true);
  const out = [...page.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > width + 1
    && !e.closest(".scroll") || e.matches("figure, .problem, .facts div") && e.scrollWidth > e.clientWidth + 1);
  const ranks = [...page.querySelectorAll("td.rank")].filter(e => e.scrollWidth > e.clientWidth + 1);
  document.title = [page.documentElement.scrollWidth, width, out.length + ranks.length].join(" ");
}}
</script>"""


def run(chromium, *arguments):
    return subprocess.run(
        chromium.command(*arguments), capture_output=True, text=True, encoding="utf-8", timeout=120, check=True
    ).stdout


def pages_of(pdf):
    """Number of pages: page objects lie plain or in compressed object streams."""
    streams = [pdf, *map(inflated, re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL))]
    return sum(len(re.findall(rb"/Type\s*/Page\b", part)) for part in streams)


def inflated(data):
    try:
        return zlib.decompressobj().decompress(data)
    except zlib.error:
        return b""


@pytest.mark.parametrize("make", [made.saas, made.shop, made.five_columns])
def test_on_a_telephone_nothing_but_tables_is_wider_than_the_screen(make, chromium, tmp_path):
    page = tmp_path / "phone.html"
    page.write_text(MEASURE.format(page=html.escape(render(make()))), encoding="utf-8")
    dom = run(chromium, "--hide-scrollbars", "--window-size=800,1000", "--dump-dom", page.as_uri())
    measured = re.search(r"<title>(\d+) (\d+) (\d+)</title>", dom)
    assert measured, "the page was not measured"
    assert [int(n) for n in measured.groups()] == [360, 360, 0]


def test_on_paper_the_report_of_a_company_takes_at_most_ten_pages(chromium, tmp_path):
    page, pdf = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(render(made.saas()), encoding="utf-8")
    run(chromium, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", page.as_uri())
    assert 4 <= pages_of(pdf.read_bytes()) <= 10
