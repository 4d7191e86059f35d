"""Which engine runs the SQL of the customer model: the embedded one, or the PostgreSQL that a project names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from beachhead.engines.base import Engine
from beachhead.engines.duck import DuckEngine
from beachhead.errors import DefinitionError, Diagnostic, OutsideError, Place
from beachhead.project.definitions import Settings
from beachhead.project.engine_setting import wrong_engine


@contextmanager
def model_engine(settings: Settings, embedded: DuckEngine, place: Place | None = None) -> Iterator[Engine]:
    """The engine that `settings` name, open while it is used; for DuckDB that is `embedded` itself.

    `place`: where the setting stands. Raises `DefinitionError` for a setting that cannot be, `OutsideError` when the
    driver is missing or the server does not give what is needed.
    """
    setting = settings.engine.get_secret_value()
    if (wrong := wrong_engine(setting)) is not None:
        raise DefinitionError(wrong.at(place) if place else wrong)
    if settings.engine_kind == "duckdb":
        yield embedded
        return
    with postgres(setting, place) as engine:
        yield engine


@contextmanager
def postgres(url: str, place: Place | None = None) -> Iterator[Engine]:
    """A PostgreSQL database. Raises `OutsideError` as above."""
    try:
        from beachhead.engines.postgres import PostgresEngine
    except ImportError as e:
        message, remedy = "the PostgreSQL driver is not installed", "Install it: pip install 'beachhead[postgres]'."
        raise OutsideError(Diagnostic("driver-missing", message, place=place, remedy=remedy)) from e
    with PostgresEngine(url, place) as engine:
        yield engine
