"""Only the page that this start opened may speak to the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from beachhead.api.app import make_app
from beachhead.api.state import State

KEY = "a-key-of-this-start"
PAGE = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """A browser that was not sent here by Beachhead."""
    return TestClient(make_app(State(tmp_path), KEY), base_url="http://127.0.0.1:8123", follow_redirects=False)


@pytest.fixture
def page(client: TestClient) -> TestClient:
    """The browser that Beachhead opened."""
    assert client.get(f"/start?key={KEY}").status_code == 303
    return client


def codes(answer: object) -> list[str]:
    return [d["code"] for d in answer.json()["diagnostics"]]  # type: ignore[attr-defined]


def test_without_the_cookie_of_this_start_nothing_is_told(client):
    answer = client.get("/api/project")
    assert (answer.status_code, codes(answer)) == (401, ["not-opened"])


def test_a_wrong_key_opens_nothing(client):
    answer = client.get("/start?key=guessed")
    assert (answer.status_code, codes(answer)) == (401, ["wrong-key"])
    assert "set-cookie" not in answer.headers


def test_the_key_becomes_a_cookie_that_scripts_and_other_sites_do_not_get(client):
    answer = client.get(f"/start?key={KEY}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert client.get("/api/project").json()["open"] is False


@pytest.mark.parametrize("host", ["evil.example:8123", "127.0.0.1.evil.example:8123", "192.168.0.7:8123", ""])
def test_another_host_name_is_refused_even_with_the_cookie(page, host):
    answer = page.get("/api/project", headers={"host": host})
    assert (answer.status_code, codes(answer)) == (421, ["wrong-host"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8123"},
    ],
)
def test_what_changes_something_must_come_from_the_page(page, tmp_path, headers):
    answer = page.post("/api/project", json={"name": "Forged"}, headers=headers)
    assert (answer.status_code, codes(answer)) == (403, ["other-origin"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("headers", [PAGE, {"origin": "http://127.0.0.1:8123"}])
def test_the_page_itself_may_change_things(page, tmp_path, headers):
    assert page.post("/api/project", json={"name": "Ours"}, headers=headers).json()["name"] == "Ours"
    assert (tmp_path / "ours" / "beachhead.yml").exists()


@pytest.mark.parametrize("address", ["/", "/api/project", "/api/nothing", "/start?key=no", "/icon.svg"])
def test_every_answer_carries_the_headers_that_keep_strangers_out(client, address):
    headers = client.get(address).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"]
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_the_page_is_given_the_nonce_of_its_policy(client):
    answer = client.get("/")
    if answer.status_code == 503:
        pytest.skip("the page is not built here (web/, needs the npm registry)")
    nonce = answer.text.split('name="csp-nonce" content="')[1].split('"')[0]
    assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]
    assert nonce not in client.get("/").text


@pytest.mark.parametrize("path", ["../app.py", "%2e%2e/app.py", "assets/../../app.py", "..%2f..%2fproject/model.py"])
def test_nothing_outside_of_the_page_is_served(client, path):
    assert "from __future__" not in client.get(f"/{path}").text


@pytest.mark.parametrize("path", ["%00", "a%00b/c", "x" * 300])
def test_an_address_that_no_file_can_have_is_the_page(client, path):
    answer = client.get(f"/{path}")
    assert (answer.status_code, answer.text[:9].lower()) == (client.get("/").status_code, "<!doctype")


def test_a_key_in_other_letters_is_a_wrong_key(client):
    assert codes(client.get("/start", params={"key": "schlüssel"})) == ["wrong-key"]
    answer = client.get("/api/project", headers={"cookie": "beachhead-8123=schlüssel".encode()})
    assert (answer.status_code, codes(answer)) == (401, ["not-opened"])


def test_a_host_that_hides_the_address_opens_nothing(client):
    answer = client.get("/api/project", headers={"host": "127.0.0.1:8123?"})
    assert (answer.status_code, codes(answer)) == (401, ["not-opened"])


def test_a_second_server_on_this_machine_does_not_close_the_page_of_the_first(page, tmp_path):
    second = TestClient(make_app(State(tmp_path), "another"), base_url="http://127.0.0.1:8124", cookies=page.cookies)
    assert second.get("/start?key=another", follow_redirects=False).status_code == 303
    page.cookies.update(second.cookies)
    assert page.get("/api/project").status_code == 200
