"""What tests of the routes of segments ask the page."""

from __future__ import annotations

from pathlib import Path

from starlette.testclient import TestClient

from beachhead.api.app import make_app
from beachhead.api.state import State

KEY = "key"


def opened(root: Path) -> TestClient:
    page = TestClient(
        make_app(State(root), KEY), base_url="http://127.0.0.1:8123", headers={"sec-fetch-site": "same-origin"}
    )
    page.get(f"/start?key={KEY}")
    return page


def rows(page, **asked):
    return {r["name"]: r for r in page.get("/api/segments", params=asked).json()["rows"]}


def codes(answer):
    return [d["code"] for d in answer.json()["diagnostics"]]


def one(page, name):
    return page.get("/api/segments/one", params={"name": name}).json()
