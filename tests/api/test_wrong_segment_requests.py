"""Requests about segments that are wrong, or come from somebody else, or too early."""

from __future__ import annotations

import pytest
from segment_pages import KEY, codes, one, opened, rows
from starlette.testclient import TestClient

from beachhead.api.app import make_app
from beachhead.api.state import State

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
def test_wrong_input_is_refused_with_what_to_do_and_writes_nothing(page, company, method, route, body):
    before = {p: p.read_bytes() for p in (company / "segments").iterdir()}
    answer = page.request(method, f"/api/segments{route}", json=body)
    assert 400 <= answer.status_code < 500, answer.text
    assert all(d["remedy"] for d in answer.json()["diagnostics"])
    assert {p: p.read_bytes() for p in (company / "segments").iterdir()} == before


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


def test_nobody_but_the_page_may_ask_or_change(page, company):
    stranger = TestClient(make_app(State(company), KEY), base_url="http://127.0.0.1:8123")
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
