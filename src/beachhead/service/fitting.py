"""A project that begins with files instead of a template's mappings: only what fits the data stays in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from beachhead.errors import BeachheadError
from beachhead.project import matching_files
from beachhead.project.definitions import Template
from beachhead.project.editing import edit_definition, write_text
from beachhead.project.loader import SETTINGS_FILES, Project, load
from beachhead.project.templates import template_files, write_template
from beachhead.service.check import check
from beachhead.service.short_engine import short_engine
from beachhead.sources.readers import Opening, open_file
from beachhead.store.files import outside

_KEY_EVENTS = 20


def start_project(
    folder: Path,
    name: str,
    *,
    currency: str | None = None,
    timezone: str | None = None,
    customers_are: str | None = None,
) -> None:
    """A project without sources; its template follows with the first files. Raises `UsageError`, `OutsideError`."""
    write_template("blank", folder, name, sources=False)
    given = {"currency": currency, "timezone": timezone, "customers_are": customers_are}

    def change(document: CommentedMap) -> None:
        document.update({key: value for key, value in given.items() if value})

    edit_definition(folder / SETTINGS_FILES[0], change)


def take_template(root: Path, tables: Sequence[str]) -> None:
    """Give a project that has no sources yet the score, attributes and segments that fit what its first files hold.

    What somebody has written or changed there stays as it is."""
    template = template_for(tables)
    blank = dict(template_files("blank"))
    for inside, text in template_files(template):
        path = root / inside
        if inside.startswith(("attributes/", "segments/", "value.")) and _is_as_made(path, blank.get(inside)):
            write_text(path, text)

    def change(document: CommentedMap) -> None:
        document["template"] = template

    edit_definition(root / SETTINGS_FILES[0], change)


def _is_as_made(path: Path, made: str | None) -> bool:
    """Whether a file is missing, or what a new project has."""
    with outside("read", path):
        return not path.exists() or path.read_text("utf-8") == made


def template_for(tables: Sequence[str]) -> Template:
    """The template whose words and figures fit these model tables."""
    has = set(tables)
    if has & {"orders", "order_lines"}:
        return "subscription-box" if "subscriptions" in has else "shop"
    if "subscriptions" in has or "events" in has:  # who uses a product by themselves leaves events
        return "sales-led" if "deals" in has and "events" not in has else "selfserve"
    return "blank"


def fit(root: Path) -> tuple[str, ...]:
    """Name the events that get columns of their own, and take out what the template computes from others.

    Attributes and segments that only wait for data stay: they say what it would give. Returns the names of what was
    taken out. Raises as `load`.
    """
    project = load(root)
    events = () if project.settings.key_events else _frequent_events(project)

    def name_events(document: CommentedMap) -> None:
        document["key_events"] = list(events)

    if events:
        edit_definition(root / SETTINGS_FILES[0], name_events)
    plan = check(root)
    attributes = [name for name in plan.project.attributes if name not in plan.catalog.attributes]
    segments = [name for name in plan.broken if name in plan.project.segments]
    for name in attributes:
        _remove_entry(root / plan.project.place("attributes", name).file, name)
    for name in segments:
        with outside("remove_file", path := root / plan.project.place("segments", name).file):
            path.unlink()
    if plan.project.value and any(i.attribute not in plan.catalog.attributes for i in plan.project.value.inputs):

        def keep_known(document: CommentedMap) -> None:
            for n, scored in reversed(list(enumerate(document["inputs"]))):
                if scored["attribute"] not in plan.catalog.attributes:
                    del document["inputs"][n]

        edit_definition(root / plan.project.place("value").file, keep_known)
    return (*attributes, *segments)


def _remove_entry(path: Path, name: str) -> None:
    """Take one definition out of a file of several."""

    def change(document: CommentedMap) -> None:
        document.pop(name, None)

    edit_definition(path, change)


def _frequent_events(project: Project) -> Sequence[str]:
    """The names of the most frequent events, those that the most people could be known by."""
    for source in project.sources.values():
        column = source.columns["event"].column if source.table == "events" and "event" in source.columns else None
        files = matching_files(project.root, source)
        if column is None or not files:
            continue
        with short_engine() as (engine, folder):
            try:
                reader = open_file(Opening(source, files[0], files[0].name, (column,), engine, folder))
            except BeachheadError:
                return ()
            try:
                names = engine.query(
                    f"SELECT {reader.columns[column]} AS name, count(*) AS n FROM {reader.relation} "
                    f"GROUP BY name HAVING name IS NOT NULL ORDER BY n DESC, name LIMIT {_KEY_EVENTS}"
                )
            finally:
                reader.close()
        return [str(name) for name in names["name"].to_pylist()]
    return ()
