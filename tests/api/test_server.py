"""The server's verbs over a small company: files in, questions, the score's weights, the result."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from beachhead.api.app import make_app
from beachhead.api.files import receive
from beachhead.api.openapi import description
from beachhead.api.state import State
from three_exports import CRM, EXPORTS

KEY = "key"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The page of a project with the three files added and one update published."""
    app = make_app(State(tmp_path_factory.mktemp("server")), KEY)
    page = TestClient(app, base_url="http://127.0.0.1:8123", headers={"sec-fetch-site": "same-origin"})
    page.get(f"/start?key={KEY}")
    page.post("/api/project", json={"name": "Little", "customers_are": "companies", "currency": "EUR"})
    for name, text in EXPORTS.items():
        assert page.put(f"/api/inbox/files/{name}", content=text.encode()).status_code == 200
    files = page.get("/api/inbox").json()["files"]
    assert [f["state"] for f in files] == ["recognised"] * 3
    page.post("/api/inbox/confirm", json={"ids": [f["id"] for f in files]})
    job = page.post("/api/update").json()
    assert (job["state"], page.post("/api/update").status_code) == ("running", 409)
    until = time.monotonic() + 60
    while page.get("/api/job").json()["job"]["state"] == "running" and time.monotonic() < until:
        time.sleep(0.05)
    assert page.get("/api/job").json()["job"]["state"] == "done", page.get("/api/job").json()
    return page


def test_three_files_without_a_common_key_give_a_result(page):
    told = page.get("/api/project").json()
    assert (told["open"], told["customers"], told["customers_are"]) == (True, 40, "companies")
    result = page.get("/api/result").json()
    assert result["best"] and result["worst"]
    assert result["headline"].split()[:4] == ["40", "companies", "on", "record:"]
    rates = {r["source"]: (r["matched"], r["unmatched"]) for r in page.get("/api/questions").json()["rates"]}
    assert {matched for matched, _ in rates.values()} >= {35, 30}
    assert {unmatched for _, unmatched in rates.values()} == {0}


def test_other_weights_show_who_would_rise_and_are_kept_only_when_saved(page):
    before = page.get("/api/value").json()
    names = [before["worst"][0]["account_id"]]
    weights = {t["name"]: 0.0 for t in before["themes"]} | {"revenue": 3.0}
    preview = page.post("/api/value/preview", json={"weights": weights, "names": names}).json()
    assert preview["best"][0]["name"] == "Company 35 GmbH"
    assert preview["followed"][0]["account_id"] == names[0]
    assert page.get("/api/value").json() == before
    assert page.post("/api/value/preview", json={"weights": {"revenue": -1}}).status_code == 409
    assert page.post("/api/value/preview", json={"weights": {"glory": 1}}).status_code == 422


def test_customers_are_found_by_a_part_of_their_name(page):
    found = page.get("/api/customers", params={"search": "company 12"}).json()["customers"]
    assert [c["name"] for c in found] == ["Company 12 GmbH"]


def test_a_file_that_is_no_table_is_refused_with_what_to_do_and_can_be_left_out(page):
    told = page.put("/api/inbox/files/notes.pdf", content=b"%PDF-1.7 hello").json()["files"][0]
    assert (told["state"], told["problems"][0]["code"]) == ("refused", "not-a-table")
    assert told["problems"][0]["remedy"]
    assert page.post("/api/inbox/confirm", json={"ids": [told["id"]]}).status_code == 409
    assert page.delete(f"/api/inbox/{told['id']}").status_code == 204
    assert page.get("/api/inbox").json()["files"] == []


def test_an_upload_that_the_server_breaks_off_leaves_nothing(tmp_path):
    state = State(tmp_path)
    state.start("Little", None, None, None)

    class Stopped:
        async def stream(self) -> AsyncIterator[bytes]:
            yield CRM.encode()
            raise asyncio.CancelledError

    # In a thread of its own: a browser of other tests keeps a loop in this one.
    with ThreadPoolExecutor(1) as thread:
        stopped = thread.submit(lambda: asyncio.run(receive("crm.csv", Stopped(), state)))
        with pytest.raises(asyncio.CancelledError):
            stopped.result()
    assert state.inbox.waiting() == ()


def test_the_next_months_file_continues_its_source(page):
    later = CRM.replace("2025-01", "2025-02")
    told = page.put("/api/inbox/files/crm_february.csv", content=later.encode()).json()["files"][0]
    assert told["continues"] == ["crm"]
    page.delete(f"/api/inbox/{told['id']}")


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("GET", "/api/nothing", None),
        ("POST", "/api/project", {"name": "Again"}),
        ("POST", "/api/project", {}),
        ("PUT", "/api/inbox/unknown", {"table": "accounts"}),
        ("POST", "/api/questions/unknown", {"answer": "same"}),
        ("PUT", "/api/value", {"weights": {"revenue": "much"}}),
    ],
)
def test_every_error_has_the_one_form(page, method, address, body):
    answer = page.request(method, address, json=body)
    assert 400 <= answer.status_code < 500
    for diagnostic in answer.json()["diagnostics"]:
        assert diagnostic["message"] and diagnostic["remedy"] and diagnostic["code"]


def test_the_whole_report_is_served_under_a_policy_of_its_own(page):
    answer = page.get("/api/report")
    assert "<h2>" in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]


def test_the_pages_client_is_made_from_this_server():
    committed = Path(__file__).parents[2] / "web" / "openapi.json"
    assert committed.read_text("utf-8") == description(), "make it anew: see docs/page.md"


def test_an_unknown_currency_or_time_zone_is_refused_before_anything_is_written(tmp_path):
    app = make_app(State(tmp_path), KEY)
    page = TestClient(app, base_url="http://127.0.0.1:8123", headers={"sec-fetch-site": "same-origin"})
    page.get(f"/start?key={KEY}")
    answer = page.post("/api/project", json={"name": "Odd", "currency": "XYZQ", "timezone": "Mars/X"})
    assert answer.status_code == 422
    assert {d["code"] for d in answer.json()["diagnostics"]} == {"unknown-currency", "unknown-time-zone"}
    assert list(tmp_path.iterdir()) == []
    assert page.post("/api/project", json={"name": "Odd", "currency": "SEK"}).json()["currency"] == "SEK"


def test_the_score_of_an_old_update_is_not_taken_for_the_newest(tmp_path, monkeypatch):
    state, runs = State(tmp_path), iter(("old", "old", "new"))
    monkeypatch.setattr("beachhead.api.state.Preferences", lambda run: f"score of {run}")
    monkeypatch.setattr(state, "latest", lambda: next(runs))
    assert [state.preferences() for _ in range(3)] == ["score of old", "score of old", "score of new"]


def test_finances_figures_are_answered_with_their_own_comparison(page):
    for total in ("123.45", "55.50"):
        told = page.post("/api/tie-out", json={"total": total, "measure": "revenue"})
        assert told.status_code == 200
        assert told.json()["tie_out"]["theirs"].endswith(total)
        assert told.json()["tie_out"]["ties"] is False
        assert page.get("/api/result").json()["tie_out"] == told.json()["tie_out"]
