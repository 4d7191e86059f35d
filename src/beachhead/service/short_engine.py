"""An engine for a look at a few files, with a folder of its own that goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from beachhead.engines.duck import DuckEngine


@contextmanager
def short_engine() -> Iterator[tuple[DuckEngine, Path]]:
    """The engine, and a folder for what is needed while reading."""
    with TemporaryDirectory(prefix="beachhead-") as folder, DuckEngine(Path(folder)) as engine:
        yield engine, Path(folder)
