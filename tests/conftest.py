"""What tests share: real data, published results, a PostgreSQL server, a browser. Each skips with its reason."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from postgres_server import PostgresMissingError, PostgresServer, running_server

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Headless, and silent on the network: a page under test must not depend on the browser calling home.
BROWSER_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Chromium:
    """A browser: its program, and a profile folder that no other test uses."""

    program: str
    profile: Path

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs it with `arguments`."""
        return [self.program, *BROWSER_FLAGS, f"--user-data-dir={self.profile}", *arguments]


def _folder(variable: str, beside: str) -> Path:
    told = os.environ.get(variable)
    folder = Path(told) if told else ROOT.parent / "shared" / beside
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: set {variable} to run this test")
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of public data sets: $BEACHHEAD_DATA, or ../shared/data."""
    return _folder("BEACHHEAD_DATA", "data")


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of published results: $BEACHHEAD_REFERENCE, or ../shared/reference."""
    return _folder("BEACHHEAD_REFERENCE", "reference")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A private server, one for each test process."""
    try:
        with running_server() as server:
            yield server
    except PostgresMissingError as e:
        pytest.skip(f"no PostgreSQL: {e}")


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> str:
    """The URL of an empty PostgreSQL database of this test's own."""
    return postgres_server.new_database()


@pytest.fixture(scope="session")
def chromium_program() -> str:
    """The program of a Chromium: $CHROMIUM, or one on PATH."""
    program = os.environ.get("CHROMIUM") or next((p for name in BROWSERS if (p := shutil.which(name))), None)
    if not program:
        pytest.skip("no Chromium on PATH: install it, or set CHROMIUM to run this test")
    return program


@pytest.fixture
def chromium(chromium_program: str, tmp_path: Path) -> Chromium:
    """A Chromium with a profile of its own."""
    return Chromium(chromium_program, tmp_path / "browser")
