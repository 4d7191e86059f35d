"""What a new file seems to be, seen from the project that it may join."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from beachhead.customers.catalog import source_catalog
from beachhead.engines.duck import DuckEngine
from beachhead.errors import BeachheadError, UsageError
from beachhead.project import matching_files
from beachhead.project.definitions import Settings, SourceDefinition
from beachhead.project.loader import Project, load
from beachhead.service.progress import Say
from beachhead.service.short_engine import short_engine
from beachhead.sources.opening import Opening
from beachhead.sources.readers import open_file
from beachhead.sources.recognise.again import continued_sources
from beachhead.sources.recognise.context import KnownSource, RecogniseContext
from beachhead.sources.recognise.proposal import Recognition
from beachhead.sources.recognise.recognise import recognise_as, recognise_file

_SAMPLES, _IDS = 50, 5_000


@dataclass(frozen=True, slots=True)
class Recognised:
    """`continues`: the sources whose next file it is; `renamed`: column of theirs → column of the file."""

    recognition: Recognition
    continues: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


def recognise(root: Path, path: Path, shown: str, say: Say, table: str | None = None) -> Recognised:
    """Look at a file; with `table` as what a person says it is. Raises `DataError`, `OutsideError` for one that
    cannot be read."""
    say(f"Recognising {shown}")
    project = _project(root)
    settings = project.settings if project else Settings(name="new")
    with short_engine() as (engine, temp):
        known = {n: _known(engine, project, s, temp) for n, s in project.sources.items()} if project else {}
        context = RecogniseContext(
            engine,
            temp,
            settings.timezone,
            settings.currency,
            date.today(),
            known,
            frozenset(source_catalog(settings, {}).attributes),
        )
        if table is not None:
            return Recognised(recognise_as(path, shown, context, table))
        recognition = recognise_file(path, shown, context)
    following = continued_sources(recognition, known)
    if following is None:
        return Recognised(recognition)
    return Recognised(recognition, following.sources, dict(following.renamed))


def _project(root: Path) -> Project | None:
    try:
        return load(root)
    except UsageError:
        return None


def _known(engine: DuckEngine, project: Project, source: SourceDefinition, temp: Path) -> KnownSource:
    """The header, samples and ids of the newest file of a source; without them where it cannot be read."""
    for path in matching_files(project.root, source)[:1]:
        with suppress(BeachheadError):
            reader = open_file(Opening(source, path, path.name, (), engine, temp))
            try:
                columns = list(reader.columns.items())
                listed = ", ".join(f"{sql} AS c{n}" for n, (_, sql) in enumerate(columns))
                head = engine.query(f"SELECT {listed} FROM {reader.relation} LIMIT {_SAMPLES}")
                samples = {
                    name: tuple(str(v) for v in head[f"c{n}"].to_pylist() if v is not None)
                    for n, (name, _) in enumerate(columns)
                }
                id_column = source.columns["account_id"].column if "account_id" in source.columns else None
                ids: frozenset[str] = frozenset()
                if id_column in reader.columns:
                    found = engine.query(
                        f"SELECT DISTINCT {reader.columns[str(id_column)]} AS id FROM {reader.relation} LIMIT {_IDS}"
                    )
                    ids = frozenset(str(i) for i in found["id"].to_pylist() if i is not None)
                return KnownSource(source, tuple(name for name, _ in columns), samples, ids)
            finally:
                reader.close()
    return KnownSource(source, ())
