"""The benchmark of matching, on a small scale."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent.parent / "benchmarks"


def test_two_lists_that_share_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    two_lists = importlib.import_module("measure.two_lists")
    run_matching = importlib.import_module("measure.run_matching")
    two_lists.write_two_lists(tmp_path / "records.parquet", 5_000)
    found = run_matching.run_matching(tmp_path / "records.parquet", "3GB")
    assert found["right"] >= 0.99 * found["found"]
    assert found["right"] >= 0.95 * found["true"]
    assert found["largest"] <= 4
