"""The metrics explorer's routes over a small company that pays by subscription: values, pictures, files, names."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest
from starlette.testclient import TestClient

from beachhead.api.app import make_app
from beachhead.api.state import State
from beachhead.service.update import update

KEY = "key"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    root = tmp_path_factory.mktemp("server") / "Little"
    subscriptions(root)
    update(root)
    page = TestClient(make_app(State(root), KEY), base_url="http://127.0.0.1:8123")
    page.get(f"/start?key={KEY}")
    return page
