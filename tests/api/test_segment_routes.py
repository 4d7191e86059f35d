"""The routes of segments over 24 companies: list, one of them, rules tried, plan, saving, publishing, wrong input."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from beachhead.api.app import make_app
from beachhead.api.state import State
from beachhead.errors import UsageError
from beachhead.rules import parse, to_json
from beachhead.service.segment_desk import Question, WarmDesk
from segment_company import BUSY, make_segment_company

KEY = "key"
EXPORTS = "mrr_cents >= 10000 and events('export', last => '30 days') >= 3"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("segments") / "little"
    make_segment_company(root)
    return root


def opened(root: Path) -> TestClient:
    page = TestClient(
        make_app(State(root), KEY), base_url="http://127.0.0.1:8123", headers={"sec-fetch-site": "same-origin"}
    )
    page.get(f"/start?key={KEY}")
    return page


@pytest.fixture(scope="module")
def page(made) -> TestClient:
    """The page of a project that nobody changes."""
    return opened(made)


@pytest.fixture
def project(made, tmp_path) -> Path:
    """A copy of it that a test may change."""
    shutil.copytree(made, tmp_path / "little")
    return tmp_path / "little"


def rows(page, **asked):
    return {r["name"]: r for r in page.get("/api/segments", params=asked).json()["rows"]}


def codes(answer):
    return [d["code"] for d in answer.json()["diagnostics"]]


def one(page, name):
    return page.get("/api/segments/one", params={"name": name}).json()


# ---- the list


def test_a_segment_is_listed_with_size_share_money_moves_and_sizes_of_earlier_days(page):
    busy = rows(page)["busy"]
    assert (busy["title"], busy["size"], busy["money"], busy["owner"]) == ("Busy", 13, "€2,340", "Anna")
    assert busy["share"] == pytest.approx(13 / 24)
    assert (busy["joined"], busy["left"], busy["sizes"]) == (13, 0, [0, 13])
    assert (busy["standing"], busy["stale"]) == ("published", False)


def test_a_family_is_one_row_until_it_is_asked_for_or_searched(page):
    listed = page.get("/api/segments").json()
    family = next(r for r in listed["rows"] if r["name"] == "by_sector")
    assert (family["segments"], family["size"], family["money"], family["sizes"]) == (2, 21, "€2,940", [21, 21])
    assert (listed["total"], listed["all"]) == (6, 7)
    assert list(rows(page, family="by_sector")) == ["by_sector/Retail", "by_sector/Software"]
    assert list(rows(page, search="software")) == ["by_sector/Software"]


def test_what_is_searched_for_stands_in_name_owner_description_or_rule(page):
    assert list(rows(page, search="ANNA")) == ["busy"]
    assert list(rows(page, search="best of them")) == ["top"]
    assert "busy" in rows(page, search="events export")
    assert rows(page, search="nothing like it") == {}


@pytest.mark.parametrize(
    ("sort", "descending", "first"),
    [("title", True, "top"), ("size", True, "by_sector"), ("size", False, "nobody"), ("money", True, "by_sector"),
     ("joined", True, "busy"), ("owner", False, "busy")],
)  # fmt: skip
def test_the_list_is_sorted_with_what_is_unknown_last(page, sort, descending, first):
    assert next(iter(rows(page, sort=sort, descending=descending))) == first


def test_the_list_comes_in_pages(page):
    pages = [list(rows(page, offset=n, limit=2)) for n in (0, 2, 4, 6)]
    assert [len(p) for p in pages] == [2, 2, 2, 0]
    assert len({name for p in pages for name in p}) == 6


def test_an_odd_rule_is_remarked(page):
    (remark,) = rows(page)["nobody"]["remarks"]
    assert (remark["code"], remark["severity"]) == ("rule-never-true", "warning")


def test_files_that_say_something_else_than_what_is_published_are_marked(project):
    page = opened(project)
    segments = project / "segments"
    (segments / "busy.yml").write_text(BUSY.replace(">= 3", ">= 4"))
    (segments / "fresh.yml").write_text("title: Fresh\nwhere: is_customer\n")
    (segments / "large.yml").write_text("title: Large\nwhere: mrr_sents > 3\n")
    (segments / "gone.yml").unlink()
    found = rows(page)
    standing = {name: found[name]["standing"] for name in ("busy", "fresh", "large", "gone", "top")}
    assert standing == {
        "busy": "changed", "fresh": "new", "large": "broken", "gone": "removed", "top": "published",
    }  # fmt: skip
    assert found["large"]["remarks"][0]["code"] == "unknown-attribute"
    assert found["large"]["size"] == 5, "the last known size stays"
    assert page.get("/api/segments").json()["pending"] == 3


# ---- one of them


def test_a_segment_tells_its_rule_in_words_and_text_its_days_and_who_came(page):
    busy = one(page, "busy")
    assert busy["where"].startswith("mrr_cents >= 10000  -- pays\n")
    assert busy["rule"]["english"].startswith("MRR is at least €100 and number of 'export' events")
    assert [(d["day"], d["size"]) for d in busy["days"]] == [("2026-02-28", 0), ("2026-03-31", 13)]
    (move,) = busy["moves"]
    assert (move["joined"], move["left"], move["joined_names"][0]["name"]) == (13, 0, "Company 24")
    assert (busy["used_by"], busy["file"]) == (["top"], "segments/busy.yml")


def test_a_segment_of_a_family_has_the_rule_that_makes_it_one(page):
    retail = one(page, "by_sector/Retail")
    assert retail["rule"]["text"] == "is_customer and sector = 'Retail'"
    assert (retail["title"], retail["size"], retail["base"]) == ("Firms in Retail", 11, None)


def test_a_day_with_another_rule_is_marked(project):
    page = opened(project)
    busy = one(page, "busy")
    draft = {"name": "busy", "base": busy["base"], "title": "Busy", "where": "mrr_cents > 0"}
    assert page.put("/api/segments", json=draft).status_code == 200
    assert page.post("/api/segments/publish").json()["snapshot"] == "2026-03-31-r3"
    days = one(page, "busy")["days"]
    assert [(d["size"], d["is_other_rule"]) for d in days] == [(0, False), (21, True)]


def test_members_come_by_what_they_bring_and_are_searched_among_themselves(page):
    told = page.get("/api/segments/members", params={"name": "large"}).json()
    assert (told["total"], [m["name"] for m in told["members"]]) == (5, [f"Company {n}" for n in range(24, 19, -1)])
    asked = {"name": "large", "search": "company 2", "limit": 2}
    told = page.get("/api/segments/members", params=asked).json()
    assert (told["total"], len(told["members"])) == (5, 2)
    assert page.get("/api/segments/members", params={"name": "large", "search": "company 1"}).json()["total"] == 0


def test_the_quality_card_has_a_verdict_for_each_quality(page):
    told = page.get("/api/segments/card", params={"name": "large"}).json()["qualities"]
    assert [q["name"] for q in told][:2] == ["measurable", "addressable"]
    assert told[0]["verdict"] == "poor" and told[0]["next_step"]


# ---- rules that are being written


def test_a_rule_is_read_with_tree_english_and_places_of_its_parts(page):
    told = page.post("/api/segments/read", json={"text": "is_customer and sector = 'Retail'"}).json()
    assert told["ok"] and told["tree"] == to_json(parse("is_customer and sector = 'Retail'"))
    assert [(p["path"], p["start"], p["end"]) for p in told["parts"]] == [([], 0, 33), ([0], 0, 11), ([1], 16, 33)]
    assert told["english"] == "is a customer now and Sector is 'Retail'"


@pytest.mark.parametrize(
    ("text", "code", "underlined"),
    [
        ("is_customer and mmr_cents > 5", "unknown-attribute", "mmr_cents"),
        ("mrr_cents > 'x'", "type-mismatch", "'x'"),
        ("is_customer and (", "unbalanced-bracket", "("),
        ("is_customer and", "incomplete-rule", "and"),
        ("sector = \"Retail\"", "syntax-error", "\""),
        ("in_segment('bizzy')", "unknown-segment", "in_segment"),
        ("events(colour = 'red') > 0", "unknown-column", "colour"),
        ("'😀' = sector and x = 1", "unknown-attribute", "x"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_place_as_a_browser_counts_it(page, text, code, underlined):
    told = page.post("/api/segments/read", json={"text": text}).json()
    problem = next(p for p in told["problems"] if p["code"] == code)
    as_in_browser = text.encode("utf-16-le")
    assert as_in_browser[2 * problem["start"] : 2 * problem["end"]].decode("utf-16-le") == underlined
    assert problem["remedy"]
    assert not told["ok"]


def test_a_tree_is_written_into_the_text_where_it_differs_and_nowhere_else(page):
    text = "is_customer  -- pays\n  and sector = 'Retail'  # shops\n  and not mrr_cents > 5"
    tree = to_json(parse("is_customer and sector = 'Software' and not mrr_cents > 5 and user_count > 1"))
    told = page.post("/api/segments/read", json={"text": text, "tree": tree}).json()
    assert told["text"] == (
        "is_customer  -- pays\n  and sector = 'Software'  # shops\n  and not mrr_cents > 5\n  and user_count > 1"
    )


def test_a_rule_is_counted_by_condition_and_cumulatively_with_some_members_and_why(page):
    told = page.post("/api/segments/count", json={"text": EXPORTS}).json()
    assert (told["members"], told["customers"], told["money"]) == (13, 24, "€2,340")
    by_path = {tuple(p["path"]): (p["members"], p["with_those_before"]) for p in told["parts"]}
    assert by_path == {(): (13, None), (0,): (15, None), (1,): (13, 13)}
    assert told["some"][0]["name"] == "Company 24"
    assert told["some"][0]["values"] == ["MRR: €240", "number of 'export' events in the last 30 days: 6"]


def test_what_looks_back_to_a_day_that_was_not_computed_says_which_and_counts_the_rest(page):
    text = "is_customer and was(mrr_cents, at => 10 days ago) > 0"
    told = page.post("/api/segments/count", json={"text": text}).json()
    assert (told["members"], told["lacks_day"]) == (None, "2026-03-21")
    assert {tuple(p["path"]): p["members"] for p in told["parts"]} == {(): None, (0,): 21, (1,): None}
    assert told["problems"][0]["code"] == "no-earlier-data"


def test_an_earlier_day_is_computed_when_it_is_asked_for(project):
    page = opened(project)
    assert page.post("/api/segments/look-back", json={"day": "2026-03-21"}).json()["state"] == "running"
    until = time.monotonic() + 120
    while page.get("/api/job").json()["job"]["state"] == "running" and time.monotonic() < until:
        time.sleep(0.1)
    assert page.get("/api/project").json()["as_of"] == "2026-03-31", "the newest update stays the newest"
    told = page.post("/api/segments/count", json={"text": "was(mrr_cents, at => 10 days ago) > 10000"}).json()
    assert (told["members"], told["problems"]) == (14, [])


def test_values_come_with_counts_of_attributes_columns_and_events(page):
    def values(attribute, search=""):
        told = page.get("/api/segments/values", params={"attribute": attribute, "search": search}).json()
        return [(v["value"], v["count"]) for v in told["values"]]

    assert values("sector") == [("Retail", 12), ("Software", 12)]
    assert values("sector", "soft") == [("Software", 12)]
    assert values("is_customer") == [(True, 21), (False, 3)]
    assert values("tickets.channel") == [("chat", 12), ("e-mail", 12)]
    assert values("users.role") == [("admin", 16), ("user", 8)]
    assert values("events.event") == [("login", 96), ("export", 66)]
    money = page.get("/api/segments/values", params={"attribute": "mrr_cents"}).json()
    assert money["summary"] == "from €0 to €240; for half of them €120 or less"


def test_the_words_of_a_rule_hold_what_drop_downs_and_completion_need(page):
    told = page.get("/api/segments/words").json()
    assert {a["name"]: a["lacks"] for a in told["attributes"]}["nps_score"].startswith("needs responses")
    assert [e["name"] for e in told["events"]] == ["login", "export"]
    tables = {t["key"]: t for t in told["tables"]}
    assert (tables["tickets"]["has_data"], tables["orders"]["has_data"]) == (True, False)
    assert ("between", False) in {(o["key"], o["negated"]) for o in told["operators"]["money"]}
    assert "like" not in {o["key"] for o in told["operators"]["money"]}
    assert "is before" in {o["words"] for o in told["operators"]["date"]}
    assert (told["lists"], told["currency"], told["as_of"]) == (["partners"], "EUR", "2026-03-31")


def test_why_tells_each_condition_with_the_value_and_what_would_have_to_change(page):
    told = page.post("/api/segments/why", json={"segment": "busy", "account_id": "11"}).json()
    assert (told["name"], told["is_member"]) == ("Company 11", False)
    paid, exported = told["reasons"]
    assert (paid["holds"], paid["value"], paid["turns"]) == ("yes", "€110", False)
    assert (exported["holds"], exported["value"], exported["turns"]) == ("no", "2", True)
    assert exported["wanted"].endswith("at least 3: 1 more")
    told = page.post("/api/segments/why", json={"text": "sector = 'Retail' or nps_score > 8", "account_id": "3"}).json()
    assert [r["holds"] for r in told["reasons"]] == ["no", "unknown"]


def test_why_of_a_family_whose_values_are_no_texts(project):
    (project / "segments" / "by_state.yml").write_text(
        "title: State\nwhere: mrr_cents >= 0 -- all\nfor_each: is_customer\n"
    )
    told = opened(project).post("/api/segments/why", json={"segment": "by_state/true", "account_id": "11"})
    assert (told.status_code, told.json()["is_member"]) == (200, True)


def test_customers_are_found_by_id_or_name_even_without_a_score(page):
    told = page.get("/api/segments/customers", params={"search": "company 1"}).json()["customers"]
    assert told[0]["name"] == "Company 1" and len(told) == 11
    assert page.get("/api/segments/customers", params={"search": "24"}).json()["customers"][0]["account_id"] == "24"


# ---- plan, saving, publishing


def draft_of(page, name, **changed):
    told = one(page, name)
    return {key: told[key] for key in ("name", "base", "title", "owner", "description")} | changed


def test_a_plan_says_who_joins_what_they_bring_and_who_follows_and_writes_nothing(project):
    page = opened(project)
    plan = page.post("/api/segments/plan", json=draft_of(page, "busy", where=BUSY_RULE.replace(">= 3", ">= 2"))).json()
    mine, other = plan["changes"]
    assert (mine["name"], mine["is_asked"], mine["before"], mine["after"]) == ("busy", True, 13, 15)
    assert (mine["joined"]["count"], mine["joined"]["money"]) == (2, "€210")
    assert [n["name"] for n in mine["joined"]["notable"]] == ["Company 11", "Company 10"]
    assert (other["name"], other["kind"], other["after"], mine["used_by"]) == ("top", "follows", 8, ["top"])
    assert (project / "segments" / "busy.yml").read_text() == BUSY
    assert page.get("/api/segments/plan").json()["changes"] == []


BUSY_RULE = "mrr_cents >= 10000  -- pays\nand events('export', last => '30 days') >= 3"


def test_saving_changes_only_what_was_changed_and_keeps_comments(project):
    page = opened(project)
    answer = page.put(
        "/api/segments", json=draft_of(page, "busy", where=BUSY_RULE.replace("10000", "5000"), owner="Cy")
    )
    assert answer.json() == {"name": "busy"}
    saved = (project / "segments" / "busy.yml").read_text()
    assert saved == BUSY.replace("10000", "5000").replace("owner: Anna", "owner: Cy")


def test_a_new_segment_gets_a_file_of_its_own(project):
    page = opened(project)
    name = page.get("/api/segments/free-name", params={"title": "Über-Kunden 2"}).json()["name"]
    assert name == "ber_kunden_2"
    rule = "mrr_cents > 5\nand sector = 'Retail'  -- shops"
    draft = {"name": name, "title": "Über-Kunden 2", "where": rule, "description": "Two: lines\nof it"}
    assert page.put("/api/segments", json=draft).status_code == 200
    text = (project / "segments" / f"{name}.yml").read_text("utf-8")
    assert text == (
        "title: Über-Kunden 2\nwhere: |\n  mrr_cents > 5\n  and sector = 'Retail'  -- shops\n"
        "description: |\n  Two: lines\n  of it\n"
    )
    assert one(page, name)["where"] == rule
    assert page.get("/api/segments/free-name", params={"title": "Über-Kunden 2"}).json()["name"] == "ber_kunden_2_2"
    assert codes(page.put("/api/segments", json=draft)) == ["segment-exists"]


def test_a_family_is_made_by_naming_an_attribute(project):
    page = opened(project)
    draft = {"name": "all", "title": "{value}", "where": "mrr_cents >= 0", "for_each": "sector"}
    plan = page.post("/api/segments/plan", json=draft).json()
    assert [(c["name"], c["after"], c["is_asked"]) for c in plan["changes"]] == [
        ("all/Retail", 12, True), ("all/Software", 12, True),
    ]  # fmt: skip
    assert codes(page.post("/api/segments/plan", json=draft | {"for_each": "mrr_cents"})) == ["not-a-category"]


def test_what_was_written_meanwhile_is_said_and_not_overwritten(project):
    page = opened(project)
    draft = draft_of(page, "busy", title="Busier")
    path = project / "segments" / "busy.yml"
    path.write_text(BUSY + "# and more\n")
    answer = page.put("/api/segments", json=draft)
    assert (answer.status_code, codes(answer)) == (409, ["file-changed"])
    assert path.read_text() == BUSY + "# and more\n"
    path.unlink()
    assert codes(page.put("/api/segments", json=draft)) == ["file-changed"]
    assert not path.exists()


def test_publishing_makes_the_new_members_count_and_the_desk_follows(project):
    page = opened(project)
    assert page.post("/api/segments/count", json={"text": "in_segment('large')"}).json()["members"] == 5
    page.put("/api/segments", json=draft_of(page, "large", where="mrr_cents >= 15000"))
    assert page.post("/api/segments/count", json={"text": "in_segment('large')"}).json()["members"] == 10
    assert page.post("/api/segments/publish").json() == {"snapshot": "2026-03-31-r3", "job": None}
    assert rows(page)["large"]["size"] == 10
    assert page.post("/api/segments/count", json={"text": "in_segment('large')"}).json()["members"] == 10


def test_publishing_takes_an_update_where_more_than_rules_changed(project):
    page = opened(project)
    (project / "attributes").mkdir()
    (project / "attributes" / "own.yml").write_text("is_big:\n  expression: mrr_cents > 100\n")
    assert page.get("/api/segments/plan").json()["needs_update"] is True
    told = page.post("/api/segments/publish").json()
    assert (told["snapshot"], told["job"]["state"]) == (None, "running")
    assert codes(page.post("/api/segments/publish")) == ["update-runs"]
    page.delete("/api/job")


def test_another_name_goes_on_with_the_history_and_into_the_rules_that_use_it(project):
    page = opened(project)
    asked = {"name": "busy", "base": one(page, "busy")["base"], "to": "lively"}
    plan = page.post("/api/segments/plan-rename", json=asked).json()
    assert [(c["name"], c["before"], c["after"]) for c in plan["changes"]] == [("lively", 13, 13), ("top", 7, 7)]
    assert (project / "segments" / "busy.yml").exists()
    assert page.post("/api/segments/rename", json=asked).json() == {"name": "lively"}
    assert (project / "segments" / "lively.yml").read_text() == BUSY + "previously: busy\n"
    assert "in_segment('lively')" in (project / "segments" / "top.yml").read_text()
    page.post("/api/segments/publish")
    assert rows(page)["lively"]["sizes"] == [0, 13]
    assert "busy" not in rows(page)


def test_deleting_is_refused_while_others_use_it(project):
    page = opened(project)
    asked = {"name": "busy", "base": one(page, "busy")["base"]}
    assert codes(page.post("/api/segments/delete", json=asked)) == ["segment-in-use"]
    asked = {"name": "top", "base": one(page, "top")["base"]}
    plan = page.post("/api/segments/plan-delete", json=asked).json()
    assert [(c["name"], c["kind"], c["left"]["count"]) for c in plan["changes"]] == [("top", "removed", 7)]
    assert page.post("/api/segments/delete", json=asked).status_code == 200
    assert not (project / "segments" / "top.yml").exists()


# ---- wrong input


TREE = {"kind": "attribute", "name": "is_customer"}


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [
        ("get", "?sort=colour", None), ("get", "?limit=0", None), ("get", "?offset=-1", None), ("get", "/one", None),
        ("get", "/one?name=bizzy", None), ("get", "/one?name=../../beachhead", None), ("get", "/one?name=%00", None),
        ("get", "/members?name=bizzy", None), ("get", "/members?name=large&limit=100000", None),
        ("get", "/card?name=bizzy", None), ("get", "/customers", None), ("get", "/values?attribute=mmr", None),
        ("get", "/values?attribute=tickets.colour", None), ("get", "/values?attribute=nothing.x", None),
        ("get", "/values?attribute=orders.revenue", None),
        ("post", "/read", {"text": 5}), ("post", "/read", {"tree": []}), ("post", "/read", {"tree": {"kind": "???"}}),
        ("post", "/read", {"tree": {"kind": "and", "items": []}}), ("post", "/read", {"tree": {"kind": ["and"]}}),
        ("post", "/read", {"tree": {"kind": "literal", "type": "date", "value": "soon"}}),
        ("post", "/read", {"tree": {"kind": "invoke", "name": "nosuch", "arguments": [], "options": {}}}),
        ("post", "/read", {"text": "x" * 100_001}),
        ("post", "/count", {}), ("post", "/count", {"text": "mmr > 5"}), ("post", "/count", {"text": ""}),
        ("post", "/count", {"text": "events('export')"}),
        ("post", "/why", {"account_id": "11"}), ("post", "/why", {"account_id": "x", "segment": "busy"}),
        ("post", "/why", {"account_id": "11", "segment": "bizzy"}),
        ("post", "/why", {"account_id": "11", "segment": "busy/x"}),
        ("post", "/why", {"account_id": "11", "text": "mmr > 5"}),
        ("post", "/why", {"account_id": "11", "text": "is_customer", "segment": "busy"}),
        ("post", "/plan", {"name": "Bad name", "title": "x", "where": "is_customer"}),
        ("post", "/plan", {"name": "new", "title": "", "where": "is_customer"}),
        ("post", "/plan", {"name": "new", "title": "x", "where": "mmr > 5"}),
        ("post", "/plan", {"name": "new", "title": "x", "where": "x ="}),
        ("post", "/plan", {"name": "new", "title": "x"}),
        ("post", "/plan", {"name": "new", "title": "x", "where": "in_segment('new')"}),
        ("post", "/plan", {"name": "busy", "base": "x", "title": "x", "where": "in_segment('top')"}),
        ("put", "", {"name": "busy", "title": "x", "where": "is_customer"}),
        ("put", "", {"name": "../evil", "title": "x", "where": "is_customer"}),
        ("put", "", {"name": "new", "title": "x\u2028y", "where": "is_customer"}),
        ("put", "", {"name": "new", "title": "x", "where": "is_customer\x00"}),
        ("put", "", {"name": "new", "title": " ", "where": "is_customer"}),
        ("post", "/plan-rename", {"name": "busy", "base": "x", "to": "top"}),
        ("post", "/plan-rename", {"name": "busy", "base": "x", "to": "No Name"}),
        ("post", "/rename", {"name": "bizzy", "base": "x", "to": "new"}),
        ("post", "/rename", {"name": "top", "base": "x", "to": "new"}),
        ("post", "/delete", {"name": "bizzy", "base": "x"}), ("post", "/delete", {"name": "top", "base": "x"}),
        ("post", "/look-back", {"day": "2030-01-01"}), ("post", "/look-back", {"day": "yesterday"}),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_with_what_to_do_and_writes_nothing(page, made, method, route, body):
    before = {p: p.read_bytes() for p in (made / "segments").iterdir()}
    answer = page.request(method, f"/api/segments{route}", json=body)
    assert 400 <= answer.status_code < 500, answer.text
    assert all(d["remedy"] for d in answer.json()["diagnostics"])
    assert {p: p.read_bytes() for p in (made / "segments").iterdir()} == before


@pytest.mark.parametrize(
    "text",
    [
        '{"text": "a = \'\\ud800\'"}',
        '{"tree": {"kind": "attribute", "name": "\\ud800"}}',
        '{"tree": ' + '{"kind":"not","item":' * 5000 + "1" + "}" * 5001,
        '{"tree": {"kind": "literal", "type": "number", "value": NaN}}',
        '{"tree": {"kind": "literal", "type": "number", "value": 1' + "0" * 400 + "}}",
        "not json",
        "[" * 100_000,
    ],
)
def test_bodies_that_break_parsers_are_refused(page, text):
    answer = page.post("/api/segments/read", content=text, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["diagnostics"]


def test_a_deep_tree_is_refused_and_a_text_of_any_kind_is_read(page):
    tree = TREE
    for _ in range(150):
        tree = {"kind": "not", "item": tree}
    assert codes(page.post("/api/segments/read", json={"tree": tree})) == ["bad-tree"]
    for text in ("", "(" * 5000, "not " * 5000 + "x", "'", "é = 1", "a and" * 2000, "\u0000", "1" * 5000, "-" * 3000):
        assert page.post("/api/segments/read", json={"text": text}).status_code == 200


def test_what_is_larger_than_anything_the_page_sends_is_not_read(page):
    answer = page.post("/api/segments/read", content=b"x" * 2_000_001)
    assert (answer.status_code, codes(answer)) == (413, ["too-large"])
    assert page.post("/api/segments/read", content=iter([b"{}"])).status_code == 413


def test_nobody_but_the_page_may_ask_or_change(page, made):
    stranger = TestClient(make_app(State(made), KEY), base_url="http://127.0.0.1:8123")
    assert stranger.get("/api/segments").status_code == 401
    assert page.get("/api/segments", headers={"host": "evil.example:80"}).status_code == 421
    headers = {"sec-fetch-site": "cross-site"}
    assert page.put("/api/segments", json={}, headers=headers).status_code == 403
    assert page.post("/api/segments/publish", headers=headers).status_code == 403


@pytest.mark.parametrize("route", ["", "/words", "/one?name=x", "/members?name=x", "/plan"])
def test_before_the_first_update_every_route_says_what_to_do(tmp_path, route):
    (tmp_path / "beachhead.yml").write_text("name: New\n")
    answer = opened(tmp_path).get(f"/api/segments{route}")
    assert (answer.status_code, codes(answer)) == (409, ["no-snapshot"])


def test_a_segment_file_that_is_no_yaml_is_listed_and_told(project):
    (project / "segments" / "odd.yml").write_text("title: [x\n")
    page = opened(project)
    assert rows(page)["odd"]["standing"] == "broken"
    told = one(page, "odd")
    assert (told["standing"], told["title"], bool(told["remarks"])) == ("broken", "odd", True)


# ---- the warm desk


def test_many_ask_at_once_and_each_gets_its_own_answer(page):
    texts = [f"mrr_cents >= {1000 * n} and events('export') >= {n % 4}" for n in range(1, 25)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda t: page.post("/api/segments/count", json={"text": t}).json()["members"], texts))
    assert found == [page.post("/api/segments/count", json={"text": t}).json()["members"] for t in texts]


def test_the_desk_stays_open_until_an_update_or_a_definition_is_another_one(project):
    state = State(project)
    desk = WarmDesk(project)
    with desk.ask(state.latest()) as first:
        pass
    with desk.ask(state.latest()) as second:
        assert second is first
    (project / "segments" / "busy.yml").write_text(BUSY.replace(">= 3", ">= 4"))
    with desk.ask(state.latest()) as third:
        assert third is not first
        assert next(s for s in third.plan.segments if s.name == "busy").english.endswith("at least 4")


def test_a_question_that_nobody_waits_for_is_given_up(project):
    state, question = State(project), Question()
    question.give_up()
    with pytest.raises(UsageError, match="superseded"), WarmDesk(project).ask(state.latest(), question):
        pass


def test_a_question_is_given_up_in_the_middle_of_a_statement(project):
    state, question, desk = State(project), Question(), WarmDesk(project)
    with pytest.raises(UsageError, match="superseded"), desk.ask(state.latest(), question) as opened:
        engine = opened.population.world.engine
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: __import__("time").sleep(0.3) or question.give_up())
            engine.query("SELECT count(*) FROM range(1000000) a, range(1000000) b")
    with desk.ask(state.latest()) as again:
        assert again.desk.count(again.desk.read("is_customer").node).members == 21
