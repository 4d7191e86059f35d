"""Segments over 24 companies, on the page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from segment_pages import opened
from starlette.testclient import TestClient

from segment_company import make_segment_company


@pytest.fixture(scope="session")
def company(tmp_path_factory) -> Path:
    """Nobody changes it."""
    root = tmp_path_factory.mktemp("segments") / "little"
    make_segment_company(root)
    return root


@pytest.fixture(scope="session")
def page(company) -> TestClient:
    return opened(company)


@pytest.fixture
def project(company, tmp_path) -> Path:
    """A copy of it that a test may change."""
    shutil.copytree(company, tmp_path / "little")
    return tmp_path / "little"
