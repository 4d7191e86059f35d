"""The metrics explorer as a person with a browser uses it: by mouse, by keyboard, on a telephone, by a shared link."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from paying_company import make_paying_company


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address on which the page of a project with one update opens."""
    root = tmp_path_factory.mktemp("explorer") / "little"
    make_paying_company(root)
    command = [sys.executable, "-m", "beachhead.api", "--folder", str(root), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"http\S+", process.stdout.readline())
        assert found
        yield found[0]
        process.terminate()


def open_at(page: Page, asked: str = "") -> None:
    page.goto(page.url.split("#")[0] + "#metrics" + (f"?{asked}" if asked else ""))
    expect(page.get_by_test_id("metrics")).to_be_visible()


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_role("combobox", name=field, exact=True).click()
    page.get_by_role("option", name=option).first.click()


def drawn(page: Page) -> Locator:
    """The chart, once it is there."""
    chart = page.get_by_role("img", name=re.compile("^Chart: "))
    expect(chart).to_be_visible()
    page.wait_for_function("() => document.querySelector('.picture img')?.naturalWidth > 0")
    return chart


def test_a_metric_and_a_breakdown_are_chosen_and_chart_table_and_names_stand_there(page: Page) -> None:
    page.get_by_role("button", name="Metrics", exact=True).click()
    headlines = page.get_by_role("list", name="Headline metrics")
    mrr = headlines.get_by_role("link", name=re.compile("^MRR "))
    expect(mrr).to_contain_text("€2,940")
    mrr.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("MRR")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("switch", name="Groups as of today")).to_have_count(0)
    choose(page, "By", "Sector")
    expect(drawn(page)).to_have_attribute("alt", re.compile("^Chart: MRR by Sector, each month"))
    table = page.get_by_role("table", name="MRR by Sector")
    expect(table.get_by_role("row").nth(1)).to_contain_text(re.compile(r"2026-03.*€1,540.*€1,400"))
    page.get_by_role("button", name=re.compile("^Software, 2026-01, €1,440")).click()
    behind = page.get_by_role("dialog", name="Who is behind €1,440")
    expect(behind).to_contain_text("12 customers")
    expect(behind.get_by_role("row").nth(1)).to_contain_text(re.compile(r"Company 23.*€230"))
    page.keyboard.press("Escape")
    expect(behind).to_have_count(0)
    page.go_back()
    expect(behind).to_be_visible()
    behind.get_by_role("button", name="Close").click()
    choose(page, "Only customers in", "Large")
    page.get_by_role("switch", name="Groups as of today").click()
    expect(page).to_have_url(re.compile("by=sector&segment=large&today=true$"))
    expect(table.get_by_role("row").nth(1)).to_contain_text("€440")


def test_estimates_show_their_range_and_other_definitions_how_to_choose_them(page: Page) -> None:
    open_at(page, "names=customer_churn")
    row = page.get_by_role("row", name=re.compile("2026-02"))
    expect(row).to_contain_text(re.compile("12.5%4.3% to 31.0%.*may be chance.*24"))
    row.get_by_role("button").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("Of 24")
    definition = page.get_by_role("complementary", name="What Customer churn is")
    expect(definition).to_contain_text("lost_customers / opening_customers")
    definition.get_by_text("Other published definitions").click()
    expect(definition).to_contain_text("variant: stripe in metrics/customer_churn.yml")
    with page.expect_download() as excel:
        page.get_by_role("group", name="Take it with you").get_by_role("link", name="Excel").click()
    assert excel.value.suggested_filename == "little-metrics-2026-03-31.xlsx"


def test_it_goes_by_keyboard_alone(page: Page) -> None:
    open_at(page)
    metric = page.get_by_role("combobox", name="Metric")
    tab_to(page, metric)
    page.keyboard.type("churned m")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Churned MRR")
    expect(metric).to_be_focused()
    tab_to(page, page.get_by_role("combobox", name="By"))
    page.keyboard.type("sect")
    page.keyboard.press("Enter")
    value = page.get_by_role("button", name=re.compile("^Retail, 2026-03, €0"))
    expect(value).to_be_visible()
    tab_to(page, value)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    behind = page.get_by_role("dialog", name="Who is behind €40")
    expect(behind.get_by_role("row").nth(1)).to_contain_text(re.compile(r"Company 3.*€30"))
    expect(behind.get_by_role("row")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("^Software, 2026-02, €40"))).to_be_focused()


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus."""
    expect(target).to_be_visible()
    for _ in range(60):
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {target}")


@pytest.mark.parametrize("asked", ["", "names=mrr&by=sector", "names=customer_churn&every=week", "names=orders"])
def test_on_a_telephone_nothing_overflows_and_the_chart_is_as_wide_as_there_is_room(page: Page, asked: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    open_at(page, asked)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if "mrr" in asked:
        chart = drawn(page)
        shown, own = chart.evaluate("e => [e.getBoundingClientRect().width, e.naturalWidth]")
        assert shown <= 320
        assert shown / own > 0.9, "its words are too small to be read"
        page.get_by_role("button", name=re.compile("^Retail, 2026-03")).click()
        expect(page.get_by_role("dialog")).to_contain_text("Company 24")
    wider = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0, f"{wider} pixels too wide"


def test_a_shared_link_opens_the_same_and_back_works(page: Page) -> None:
    asked = "names=mrr&by=sector&from=2025-12-01&every=quarter&of=mrr&group=Retail&period=2026-Q1"
    open_at(page, asked)
    page.reload()
    expect(page.get_by_role("dialog", name="Who is behind €1,540")).to_contain_text("11 customers")
    page.keyboard.press("Escape")
    rows = page.get_by_role("table", name="MRR by Sector").get_by_role("rowheader")
    expect(rows).to_have_text(["2026-Q1", "2025-Q4"])
    expect(page.get_by_role("combobox", name="By", exact=True)).to_have_value("Sector")
    choose(page, "Metric", "ARPA")
    expect(page.get_by_role("heading", level=1)).to_have_text("ARPA")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("MRR")


def test_what_has_no_data_says_which_file_gives_it_and_a_wrong_link_what_there_is(page: Page) -> None:
    open_at(page)
    page.get_by_role("combobox", name="Metric").fill("average order")
    page.get_by_role("option", name=re.compile("Average order value.*Needs a file of orders")).click()
    expect(page.get_by_role("region", name="There is no data for Average order value yet")).to_contain_text("orders")
    open_at(page, "names=mmr")
    expect(page.get_by_role("alert")).to_contain_text("Did you mean 'mrr'?")
    page.get_by_role("link", name="Back to the headline metrics").click()
    expect(page.get_by_role("list", name="Headline metrics")).to_be_visible()
