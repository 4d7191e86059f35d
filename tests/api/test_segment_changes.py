"""The routes of segments that change: plan, saving, publishing, another name, deleting."""

from __future__ import annotations

from segment_pages import codes, one, opened, rows

from segment_company import BUSY


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
    assert [(c["name"], c["before"], c["after"]) for c in plan["changes"]] == [("lively", 13, 13)]
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
