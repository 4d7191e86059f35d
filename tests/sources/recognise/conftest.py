from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from beachhead.engines.duck import DuckEngine
from beachhead.sources.recognise.context import RecogniseContext


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecogniseContext]:
    """A project in Berlin that counts in euros and has no sources yet."""
    folder: Path = tmp_path_factory.mktemp("recognising")
    with DuckEngine(folder / "engine", threads=2) as engine:
        yield RecogniseContext(engine, folder / "temp", "Europe/Berlin", "EUR", date(2026, 11, 27))
