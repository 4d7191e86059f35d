"""From three files to the result, as a person with a browser does it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from three_exports import EXPORTS

_DROP = """([zone, files]) => {
    const data = new DataTransfer();
    for (const [name, text] of Object.entries(files)) data.items.add(new File([text], name));
    for (const kind of ["dragenter", "dragover", "drop"])
        zone.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


def begin(page: Page, name: str = "Little") -> None:
    page.get_by_label("Name of your company").fill(name)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Your files")).to_be_visible()


def drop(page: Page, files: dict[str, str]) -> None:
    """Let files fall onto the page, as a hand with a mouse does."""
    page.evaluate(_DROP, [page.get_by_test_id("drop").element_handle(), files])


def files_on_disk(folder: Path) -> set[str]:
    """What is left of anything that was sent."""
    inside = [p for area in ("inbox", "tmp") for p in folder.glob(f"*/.beachhead/{area}/**/*") if p.is_file()]
    return {p.name for p in inside if p.name != "waiting.json"}


def test_three_files_are_dropped_and_the_best_and_worst_customers_stand_there_by_name(page: Page) -> None:
    begin(page)
    drop(page, {**EXPORTS, "notes.pdf": "%PDF-1.7 no table"})
    expect(page.get_by_test_id("file")).to_have_count(4)
    refused = page.get_by_role("article", name="notes.pdf")
    expect(refused.get_by_role("alert")).to_contain_text("Export the table behind it as CSV or Excel")
    expect(page.get_by_role("article", name="payments.csv")).to_contain_text("payments")
    page.reload()  # nothing is lost
    expect(page.get_by_test_id("file")).to_have_count(4)
    page.get_by_role("button", name="Leave out notes.pdf").click()
    expect(page.get_by_test_id("file")).to_have_count(3)
    page.get_by_role("button", name="Use these 3 files").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("listitem").filter(has_text="payments")).to_contain_text("35 of 35")
    page.get_by_role("button", name=re.compile("^Continue")).click()
    best = page.get_by_role("region", name="Would be the best").get_by_role("listitem")
    first = best.first.text_content()
    page.get_by_role("combobox", name="Follow customers that you know").fill("company 35")
    page.get_by_role("option", name="Company 35 GmbH").click()
    followed = page.get_by_role("region", name="Names you follow").get_by_role("listitem")
    expect(followed).to_have_count(1)
    for slider in page.get_by_role("slider").all():
        if slider.is_enabled() and slider.get_attribute("aria-labelledby") != "label-revenue":
            slider.press("Home")
    expect(best.first).to_contain_text("Company 35 GmbH")
    expect(followed.first).to_contain_text("▲")
    assert best.first.text_content() != first
    page.get_by_role("button", name="This is a good customer").click()
    result = page.get_by_test_id("result")
    expect(result.get_by_role("heading", level=1)).to_contain_text("40 customers")
    expect(result.locator(".people.best tbody tr").first).to_contain_text("Company 35 GmbH", timeout=60_000)
    expect(result.locator(".people.worst tbody tr").first).to_contain_text("Company")
    expect(result.get_by_role("region", name="Problems in your data")).to_be_visible()


def test_a_file_on_its_way_is_cancelled_and_nothing_of_it_stays(page: Page, tmp_path: Path) -> None:
    begin(page)
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    network.send("Network.emulateNetworkConditions", slow)
    drop(page, {"large.csv": "id,name\n" + "1,a long line of text\n" * 200_000})
    page.get_by_role("button", name="Cancel large.csv").click()
    expect(page.get_by_role("button", name="Cancel large.csv")).to_have_count(0)
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    drop(page, {"crm.csv": EXPORTS["crm.csv"]})
    expect(page.get_by_test_id("file")).to_have_count(1)
    assert files_on_disk(tmp_path) == {"crm.csv"}


def test_the_whole_way_goes_by_keyboard_alone(page: Page, tmp_path: Path) -> None:
    page.get_by_label("Name of your company").press_sequentially("Keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your files")).to_be_focused()
    paths = []
    for name, text in EXPORTS.items():
        path = tmp_path / "exports" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        paths.append(path)
    with page.expect_file_chooser() as chooser:
        tab_to(page, "Choose files")
        page.keyboard.press("Enter")
    chooser.value.set_files(paths)
    expect(page.get_by_test_id("file")).to_have_count(3)
    for button in ("Use these 3 files", "Continue", "Continue", "Keep it so"):
        expect(page.get_by_role("button", name=button)).to_be_enabled(timeout=60_000)
        tab_to(page, button)
        page.keyboard.press("Enter")
    expect(page.get_by_test_id("result")).to_be_visible()


def tab_to(page: Page, button: str) -> None:
    """Press Tab until the button has the focus."""
    for _ in range(200):
        if page.evaluate("() => document.activeElement?.textContent?.trim() ?? ''") == button:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to '{button}'")


def test_a_project_that_is_there_opens_where_one_left_off_and_on_a_telephone_nothing_overflows(page: Page) -> None:
    begin(page)
    drop(page, EXPORTS)
    page.get_by_role("button", name="Use these 3 files").click()
    expect(page.get_by_role("status").filter(has_text="…")).to_be_visible()
    page.reload()  # in the middle of the update
    expect(page.get_by_role("button", name=re.compile("Result"))).to_be_enabled(timeout=60_000)
    page.set_viewport_size({"width": 360, "height": 740})
    for room in ("start", "files", "questions", "good", "result"):
        page.goto(page.url.split("#")[0] + f"#{room}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        wider = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{room} is {wider} pixels too wide"
