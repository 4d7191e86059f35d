"""The routes of segments that read: list, one of them, rules tried, why; and the desk that answers."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from segment_pages import one, opened, rows

from beachhead.api.state import State
from beachhead.errors import UsageError
from beachhead.rules import parse, to_json
from beachhead.service.run import RunOptions, run
from beachhead.service.segment_desk import Question, WarmDesk
from segment_company import BUSY

EXPORTS = "mrr_cents >= 10000 and events('export', last => '30 days') >= 3"


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
        "busy": "changed", "fresh": "new", "large": "broken", "gone": "removed", "top": "changed",
    }  # fmt: skip
    assert found["large"]["remarks"][0]["code"] == "unknown-attribute"
    assert found["large"]["size"] == 5, "the last known size stays"
    assert page.get("/api/segments").json()["pending"] == 4


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
    run(project, RunOptions(as_of=date(2026, 2, 28), today=date(2026, 4, 1), looks_back=True))
    with desk.ask(state.latest()) as fourth:
        assert fourth is not third, "a day was filled in"


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
