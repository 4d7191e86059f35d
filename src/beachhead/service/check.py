"""All that is wrong with a project before its data is read: definitions, mappings, headers of the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from beachhead.errors import DefinitionError, Diagnostic, display_path
from beachhead.project import Project, matching_files
from beachhead.project.definitions import SourceDefinition
from beachhead.project.model import BY_NAME
from beachhead.service.memory_lint import memory_lint
from beachhead.service.plan import Plan, make_plan, without_secrets
from beachhead.service.short_engine import short_engine
from beachhead.service.unknown_names import unknown_names
from beachhead.sources.headers import check_header
from beachhead.sources.mapping import PlaceOf, make_mapping
from beachhead.sources.readers import Opening

_ANY_DIGITS = 2
"""Minor digits of the currency, which may not exist: no mistake depends on them."""


def check(folder: Path) -> Plan:
    """The plan of a project, with what an update would find wrong with its mappings and with the headers of its files,
    and what is odd in the light of earlier updates.

    Never raises for what a definition or file says. A source whose file is not there yet is as good as without it.
    """
    plan = make_plan(folder)
    project = plan.project
    said = [*plan.diagnostics]
    for name, source in project.sources.items():
        said += _mapping_mistakes(project, name, source)
    said += _header_mistakes(project)
    said += memory_lint(plan)
    said += unknown_names(plan)
    return replace(plan, diagnostics=tuple(dict.fromkeys(without_secrets(d, project) for d in said)))


def _place_of(project: Project, name: str) -> PlaceOf:
    return lambda *keys: project.place("sources", name, *keys)


def _mapping_mistakes(project: Project, name: str, source: SourceDefinition) -> tuple[Diagnostic, ...]:
    """Mistakes in expressions and filters, of a source in which there are no others."""
    file = project.place("sources", name).file
    if any(d.place and d.place.file == file for d in project.errors):
        return ()
    try:
        make_mapping(source, BY_NAME[source.table], project.settings.timezone, _ANY_DIGITS, _place_of(project, name))
    except DefinitionError as e:
        return e.diagnostics
    return ()


def _header_mistakes(project: Project) -> Iterator[Diagnostic]:
    found = [(n, s, path) for n, s in project.sources.items() for path in matching_files(project.root, s)]
    if not found:
        return
    with short_engine() as (engine, folder):
        for name, source, path in found:
            wanted = tuple(dict.fromkeys(c.column for _, c in source.mapped if c.column is not None))
            shown = display_path(path, project.root)
            opening = Opening(source, path, shown, wanted, engine, folder)
            yield from check_header(opening, _place_of(project, name))
