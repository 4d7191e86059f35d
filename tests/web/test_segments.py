"""The room of segments as a marketer with a browser uses it: clicking a rule together, writing, saving, asking why."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from segment_company import BUSY, make_segment_company


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with segments and updates of two days."""
    root = tmp_path_factory.mktemp("segments") / "little"
    make_segment_company(root)
    return root


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[str]:
    """The address on which its page opens."""
    command = [sys.executable, "-m", "beachhead.api", "--folder", str(project), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"http\S+", process.stdout.readline())
        assert found
        yield found[0]
        process.terminate()


@pytest.fixture(autouse=True)
def project_as_it_was(project: Path) -> Iterator[None]:
    """What a test writes into the folder of segments or publishes is taken back: the next one has the same server."""
    current, snapshots = project / ".beachhead" / "current", project / ".beachhead" / "snapshots"
    before = {path: path.read_bytes() for path in [current, *(project / "segments").glob("*.yml")]}
    published = set(snapshots.iterdir())
    yield
    for path in set((project / "segments").glob("*.yml")) - before.keys():
        path.unlink()
    for path, content in before.items():
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
    for path in set(snapshots.iterdir()) - published:
        shutil.rmtree(path)


def open_at(page: Page, asked: str = "") -> None:
    page.goto(page.url.split("#")[0] + "#segments" + (f"?{asked}" if asked else ""))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def text_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Rule as text")


def total(page: Page) -> Locator:
    return page.get_by_test_id("total")


def add(page: Page, searched: str, option: str, within: Locator | None = None) -> Locator:
    """Add a condition by mouse; returns the sentence that it becomes."""
    place = within or page.locator(".builder > .group > .addrow")
    conditions = page.get_by_role("group", name="Condition", exact=True)
    count = conditions.count()
    place.get_by_role("button", name=re.compile("^Add (a|the first) condition")).click()
    page.get_by_role("textbox", name="Search for a condition").fill(searched)
    page.get_by_role("option", name=re.compile(option)).first.click()
    expect(conditions).to_have_count(count + 1)
    return conditions.nth(count)


def test_the_list_has_sizes_money_moves_curves_warnings_and_folds_families(page: Page) -> None:
    page.get_by_role("button", name="Segments").click()
    table = page.get_by_role("table")
    busy = table.get_by_role("row", name=re.compile("^Busy"))
    expect(busy).to_contain_text(re.compile(r"13.*54 %.*\+13.*0.*€2,340.*Anna"))
    expect(busy.get_by_role("img", name="From 0 to 13")).to_be_visible()
    expect(table.get_by_role("row", name=re.compile("^Nobody"))).to_contain_text("Nobody can ever be in this segment")
    family = table.get_by_role("row", name=re.compile("Firms in …"))
    expect(family).to_contain_text(re.compile("2 segments.*21"))
    expect(table.get_by_role("link", name="Firms in Retail")).to_have_count(0)
    family.get_by_role("button").click()
    expect(table.get_by_role("row", name=re.compile("^Firms in Retail"))).to_contain_text("11")
    table.get_by_role("button", name="Size").click()
    expect(table.get_by_role("columnheader", name="Size", exact=False).first).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(table.get_by_role("row").nth(1)).to_contain_text("Firms in …")
    page.get_by_role("textbox", name="Search segments").fill("bert")
    expect(table.get_by_role("row")).to_have_count(2)
    expect(table.get_by_role("row").nth(1)).to_contain_text("Gone")


def test_a_nested_rule_is_built_by_mouse_and_counted_condition_by_condition(page: Page) -> None:
    open_at(page, "new=")
    expect(total(page)).to_have_text("24")
    paying = add(page, "mrr", "^MRR")
    paying.get_by_role("textbox", name="MRR: value").fill("100")
    expect(text_of(page)).to_have_text("mrr_cents >= 10000")
    expect(total(page)).to_have_text("15")
    page.locator(".builder > .group > .addrow").get_by_role("button", name="Add a group").click()
    inner = page.locator(".nested")
    exports = add(page, "export", "did “export”", inner.locator(".addrow"))
    exports.get_by_role("textbox", name="How often: value").fill("5")
    sector = add(page, "sector", "^Sector", inner.locator(".addrow"))
    sector.get_by_role("combobox", name="Sector: values").click()
    page.get_by_role("option", name=re.compile("Retail.*12")).click()
    expect(text_of(page)).to_have_text(
        "mrr_cents >= 10000and (events('export', last => '30 days') >= 5 or sector in ('Retail'))"
    )
    expect(total(page)).to_have_text("10")
    expect(paying.locator(".count")).to_contain_text("15")
    expect(exports.locator(".count b")).to_have_text("5")
    expect(sector.locator(".count b")).to_have_text("12")
    expect(inner.locator(".grouphead .count")).to_contain_text(re.compile("14.*10 left"))
    answer = page.get_by_role("region", name="How many")
    expect(answer).to_contain_text(
        "MRR is at least €100 and (number of 'export' events in the last 30 days is at least 5"
    )
    some = page.get_by_role("region", name="Some of them").get_by_role("listitem")
    expect(some.first).to_contain_text("Company")
    expect(some.first).to_contain_text(re.compile("MRR: €1|MRR: €2"))
    inner.get_by_text("All of these").click()
    expect(text_of(page)).to_contain_text("and sector in ('Retail')")
    expect(total(page)).to_have_text("3")
    page.get_by_role("button", name="Undo").click()
    expect(total(page)).to_have_text("10")


def test_the_same_rule_is_built_with_the_keyboard_alone(page: Page) -> None:
    open_at(page, "new=")
    keys = page.keyboard
    tab_to(page, page.get_by_role("button", name="Add the first condition"))
    search_for(page, "mrr")
    expect(page.get_by_role("textbox", name="MRR: value")).to_be_focused()
    keys.type("100")
    expect(total(page)).to_have_text("15")
    tab_to(page, page.get_by_role("button", name="Add a group"))
    keys.press("Enter")
    tab_to(page, page.locator(".nested .addrow").get_by_role("button", name="Add a condition"))
    search_for(page, "export")
    tab_to(page, page.get_by_role("textbox", name="How often: value"))
    keys.press("Control+a")
    keys.type("5")
    tab_to(page, page.locator(".nested .addrow").get_by_role("button", name="Add a condition"))
    search_for(page, "sector")
    expect(page.get_by_role("combobox", name="Sector: values")).to_be_focused()
    keys.type("ret")
    expect(page.get_by_role("option", name=re.compile("Retail"))).to_be_visible()
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(total(page)).to_have_text("10")
    conditions = page.get_by_role("group", name="Condition", exact=True)
    expect(conditions).to_have_count(3)
    keys.press("Escape")
    keys.press("Alt+ArrowUp")
    expect(text_of(page)).to_contain_text("(sector in ('Retail') or events(")
    tab_to(page, conditions.nth(1).get_by_role("button", name="Change this condition"))
    keys.press("Enter")
    expect(page.get_by_role("menu").locator(":focus")).to_have_count(1)
    keys.press("ArrowDown")
    keys.press("End")
    expect(page.get_by_role("menuitem", name="Remove")).to_be_focused()
    keys.press("Enter")
    expect(conditions).to_have_count(2)
    expect(total(page)).to_have_text("5")


def search_for(page: Page, words: str) -> None:
    """Open what has the focus with Enter, and add the condition that is found first."""
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Search for a condition")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab, or Shift and Tab, until the target has the focus."""
    expect(target).to_be_visible()
    for key in ["Tab"] * 80 + ["Shift+Tab"] * 160:
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"Tab never comes to {target}")


def test_text_changes_the_builder_and_the_builder_changes_only_its_part_of_the_text(page: Page) -> None:
    open_at(page, "edit=busy")
    expect(text_of(page)).to_contain_text("-- pays")
    often = page.get_by_role("textbox", name="How often: value")
    expect(often).to_have_value("3")
    often.fill("2")
    expect(text_of(page)).to_have_text("mrr_cents >= 10000  -- paysand events('export', last => '30 days') >= 2")
    expect(total(page)).to_have_text("15")
    text_of(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" and sector = 'Retail'", delay=15)
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Condition", exact=True)).to_have_count(3)
    expect(page.get_by_role("combobox", name="Sector: value")).to_have_value("Retail")
    expect(total(page)).to_have_text("8")
    page.keyboard.type(" or days_since(signed_up_on) > 9000", delay=15)
    page.keyboard.press("Escape")
    condition = page.get_by_role("textbox", name="Condition as text")
    expect(condition).to_have_value("days_since(signed_up_on) > 9000")
    condition.fill("days_since(signed_up_on) > 100")
    expect(text_of(page)).to_contain_text("or days_since(signed_up_on) > 100")
    expect(total(page)).to_have_text("24")


def test_text_is_completed_from_attributes_events_and_values(page: Page) -> None:
    open_at(page, "new=")
    text_of(page).click()
    page.keyboard.type("sect", delay=20)
    accept(page, "sector")
    page.keyboard.type(" = ", delay=20)
    accept(page, "'Retail'")
    page.keyboard.type(" and events('ex", delay=20)
    accept(page, "'export'")
    page.keyboard.type(", la", delay=20)
    accept(page, "last")
    page.keyboard.type("'30 days') > 4", delay=20)
    expect(total(page)).to_have_text("3")


def accept(page: Page, option: str) -> None:
    """Take the first completion, which is this one."""
    expect(page.locator(".cm-tooltip-autocomplete li").first).to_contain_text(option)
    page.wait_for_timeout(120)  # what has just appeared is not taken by a key that was meant for something else
    page.keyboard.press("Enter")


def test_a_mistake_is_underlined_at_its_place_with_what_to_do(page: Page) -> None:
    open_at(page, "new=")
    text_of(page).click()
    page.keyboard.type("is_customer and mmr_cents > 5 ", delay=5)
    page.keyboard.press("Escape")
    expect(page.locator(".cm-lintRange-error")).to_have_text("mmr_cents")
    said = page.get_by_role("list", name="What is wrong or worth knowing")
    expect(said).to_contain_text("There is no attribute 'mmr_cents'. Did you mean 'mrr_cents'?")
    expect(page.get_by_role("group", name="Condition", exact=True).nth(1)).to_contain_text("no attribute 'mmr_cents'")
    expect(page.get_by_role("button", name="See what it changes, and save")).to_be_disabled()
    said.get_by_role("button", name="Use mrr_cents").click()
    expect(page.locator(".cm-lintRange-error")).to_have_count(0)
    expect(total(page)).to_have_text("21")
    text_of(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("and (sector = 'Retail'")
    expect(page.locator(".cm-lintRange-error")).to_have_text("(")
    expect(said).to_contain_text("never closed")
    expect(page.get_by_text("Here is the last rule that could be read")).to_be_visible()


def test_the_plan_comes_before_saving_which_keeps_the_comments(page: Page, project: Path) -> None:
    open_at(page, "edit=busy")
    page.get_by_role("textbox", name="How often: value").fill("2")
    expect(total(page)).to_have_text("15")
    page.get_by_role("button", name="See what it changes, and save").click()
    panel = page.get_by_role("dialog", name="What it changes")
    mine = panel.get_by_role("region", name="Busy")
    expect(mine).to_contain_text(re.compile(r"13 → 15.*\+2 join.*€210.*Company 11, Company 10"))
    expect(mine).to_contain_text("Used by top")
    expect(panel.get_by_role("region", name="Top")).to_contain_text(re.compile(r"Changes with it.*7 → 8"))
    assert (project / "segments" / "busy.yml").read_text() == BUSY
    panel.get_by_role("button", name="Save and publish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Busy")
    expect(page.locator(".tiles")).to_contain_text("15")
    assert (project / "segments" / "busy.yml").read_text() == BUSY.replace(">= 3", ">= 2")


def test_a_new_segment_gets_a_file_and_can_be_renamed_and_deleted_with_the_plan_first(
    page: Page, project: Path
) -> None:
    open_at(page, "new=")
    page.get_by_role("textbox", name="Name", exact=True).fill("Retail shops")
    sector = add(page, "sector", "^Sector")
    sector.get_by_role("combobox", name="Sector: values").click()
    page.get_by_role("option", name=re.compile("Retail")).click()
    expect(total(page)).to_have_text("12")
    page.reload()  # nothing is lost
    expect(page.get_by_text("This is what you had begun")).to_be_visible()
    expect(total(page)).to_have_text("12")
    page.get_by_role("button", name="See what it changes, and save").click()
    page.get_by_role("button", name="Save, publish later").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Retail shops")
    expect(page.get_by_text("not published", exact=True)).to_be_visible()
    path = project / "segments" / "retail_shops.yml"
    assert path.read_text() == "title: Retail shops\nwhere: sector in ('Retail')\n"
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("textbox", name="New name").fill("shops")
    page.get_by_role("button", name="Rename, publish later").click()
    expect(page).to_have_url(re.compile("name=shops"))
    assert not path.exists()
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete, publish later").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Segments")
    assert not (project / "segments" / "shops.yml").exists()


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(page: Page, project: Path) -> None:
    open_at(page, "edit=gone")
    page.get_by_role("textbox", name="Name", exact=True).fill("Lost")
    path = project / "segments" / "gone.yml"
    path.write_text("title: Gone away\nwhere: is_churned\n")
    page.get_by_role("button", name="See what it changes, and save").click()
    panel = page.get_by_role("dialog")
    panel.get_by_role("button", name="Save, publish later").click()
    expect(panel).to_contain_text("segments/gone.yml was changed by somebody else meanwhile")
    assert path.read_text() == "title: Gone away\nwhere: is_churned\n"
    panel.get_by_role("button", name="Show me how it is now").click()
    panel.get_by_role("button", name="Keep mine in its place").click()
    panel.get_by_role("button", name="Save, publish later").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lost")
    assert "title: Lost" in path.read_text()


def test_why_a_customer_is_not_in_it_and_what_would_have_to_change(page: Page) -> None:
    open_at(page, "name=large")
    expect(page.get_by_role("region", name="The rule")).to_contain_text("MRR is at least €200.")
    expect(page.get_by_role("region", name="Members", exact=True)).to_contain_text("Company 24")
    card = page.get_by_role("region", name="Why is somebody in it, or not?")
    card.get_by_role("combobox", name="A customer").fill("company 19")
    page.get_by_role("option", name=re.compile("Company 19")).click()
    expect(card).to_contain_text("Company 19 is not in it.")
    expect(card.get_by_role("listitem").first).to_contain_text(re.compile("does not hold|✗"))
    expect(card.get_by_role("listitem").first).to_contain_text("€190")
    expect(card).to_contain_text("It would join if this changed:")
    expect(card).to_contain_text("MRR is at least €200: €10 more")
    card.get_by_role("combobox", name="A customer").fill("nobody")
    page.keyboard.press("Enter")
    expect(card.get_by_role("alert")).to_contain_text("there is no customer 'nobody'", ignore_case=True)


def test_a_condition_is_dragged_into_a_group(page: Page) -> None:
    open_at(page, "new=")
    text_of(page).click()
    page.keyboard.insert_text("is_customer and (sector = 'Retail' or mrr_cents > 20000)")
    expect(page.get_by_role("group", name="Condition", exact=True)).to_have_count(3)
    grip = page.locator(".grip").first
    grip.drag_to(page.locator(".nested .leaf").last, target_position={"x": 200, "y": 6})
    expect(text_of(page)).to_have_text("sector = 'Retail' or is_customer or mrr_cents > 20000")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone_nothing_overflows_in_light_and_dark(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 360, "height": 740})
    for asked in ("", "name=busy", "edit=busy", "new="):
        open_at(page, asked)
        expect(page.locator(".segmentroom .card").first).to_be_visible()
        if asked == "new=":
            add(page, "export", "did “export”")
            add(page, "sector", "^Sector")
            expect(total(page)).to_have_text("21")
        page.wait_for_timeout(300)
        wider = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{asked}: {wider} pixels too wide"
        colours = page.locator("body").evaluate("e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]")
        dark = [sum(map(int, re.findall(r"\d+", colour)[:3])) < 384 for colour in colours]
        assert dark == ([True, False] if scheme == "dark" else [False, True]), asked


def test_the_editor_is_loaded_only_by_who_goes_there(page: Page) -> None:
    loaded: list[str] = []
    page.on("request", lambda r: loaded.append(r.url))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert not [url for url in loaded if "Segments" in url or "Editor" in url]
    page.get_by_role("button", name="Segments").click()
    expect(page.get_by_test_id("segments")).to_be_visible()
    assert not [url for url in loaded if "Editor" in url]
