"""Files added to a project: copied into `data/`, with the definitions of the sources that they feed."""

from __future__ import annotations

import filecmp
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from beachhead.engines.duck import DuckEngine
from beachhead.errors import BeachheadError
from beachhead.project import matching_files
from beachhead.project.definitions import ColumnMap, SourceDefinition
from beachhead.project.editing import edit_definition, write_definition
from beachhead.project.loader import Project, load
from beachhead.project.model import BY_NAME
from beachhead.project.yaml_positions import PlainTree
from beachhead.service.short_engine import short_engine
from beachhead.sources.readers import Opening, open_file
from beachhead.sources.recognise.proposal import Proposal
from beachhead.store.files import outside
from beachhead.store.layout import Layout

_REPLACES_FROM = 0.8
_KEPT_TABLES = frozenset({"subscriptions", "tickets", "requests", "referrals", "deals"})


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to add. `path`: where it lies now; `name`: what it is called; `proposals`: the sources that it feeds.

    `continues`: the sources whose next file it is, instead of proposals; `renamed`: a column of theirs → the column
    in this file.
    """

    path: Path
    name: str
    proposals: tuple[Proposal, ...] = ()
    continues: tuple[str, ...] = ()
    renamed: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What was added. `file` and `sources`: relative path and names; `replaces`: the files that it takes the place of,
    which stay in `data/`."""

    file: str
    sources: tuple[str, ...]
    replaces: tuple[str, ...] = ()


def add_file(root: Path, new: NewFile, today: date) -> Added:
    """Copy a file into the project and write, or extend, the sources that it feeds.

    Nothing that is there is overwritten: a file of the same name but other content gets the day in its name. A next
    file that repeats most ids of the last one takes its place, any other stands beside it; of rows that repeat an id
    the newest file's wins. Raises `DefinitionError`, `DataError`, `OutsideError`; then nothing was added.
    """
    project = load(root)
    continued = [project.sources[name] for name in new.continues if name in project.sources]
    if continued:
        return _continue(project, continued, new, today)
    file = _copy(root, new, today)
    names: list[str] = []
    for proposal in new.proposals:
        name = _free_name(project, proposal.name, names)
        definition = proposal.definition((file,)).model_copy(update={"name": name, "history": _history(proposal)})
        definition = _with_free_extras(load(root), definition)
        heading = f"{proposal.title}. {proposal.reason}"
        write_definition(root / "sources" / f"{name}.yml", definition_tree(definition), heading)
        names.append(name)
    return Added(file, tuple(names))


def _with_free_extras(project: Project, new: SourceDefinition) -> SourceDefinition:
    """A source whose attributes are called otherwise than those of another table, or of another type."""
    there = [
        (name, s.table, column.type or "text") for s in project.sources.values() for name, column in s.extra.items()
    ]
    used = {name for name, _, _ in there}

    def free(name: str, column: ColumnMap) -> str:
        own = (name, new.table, column.type or "text")
        if all(other == own for other in there if other[0] == name):
            return name
        return next(n for k in range(2, len(used) + 3) if (n := f"{name}_{k}") not in used)

    return new.model_copy(update={"extra": {free(name, column): column for name, column in new.extra.items()}})


def definition_tree(definition: SourceDefinition) -> dict[str, PlainTree]:
    """A source as somebody would write it: only what is said, a column alone where nothing else is."""
    plain = definition.model_dump(mode="json", exclude_defaults=True, exclude={"name"})
    plain["files"] = list(definition.files)
    if len(plain["files"]) == 1:
        plain["files"] = plain["files"][0]
    for section in (plain, plain.get("match", {})):
        for key in ("columns", "extra", "by", "same_as"):
            if key in section:
                section[key] = {name: _short(column) for name, column in section[key].items()}
    order = ("files", "table", "format", "csv", "excel", "json_path", "history", "match", "columns", "extra", "where")
    return {key: plain[key] for key in sorted(plain, key=lambda k: order.index(k) if k in order else len(order))}


def _short(column: dict[str, PlainTree]) -> PlainTree:
    only = column.get("column")
    return only if set(column) == {"column"} else column


def _history(proposal: Proposal) -> str:
    """Lists of how things are change from export to export without saying since when, so their states are kept."""
    if proposal.history == "none" and (BY_NAME[proposal.table].state or proposal.table in _KEPT_TABLES):
        return "kept"
    return proposal.history


def _continue(project: Project, sources: Sequence[SourceDefinition], new: NewFile, today: date) -> Added:
    """The next file of sources: in the place of the last one, or beside it, newest first. All other files stay."""
    renamed = new.renamed or {}
    before = matching_files(project.root, sources[0])
    repeats = bool(before) and any(_repeats(project, s, before[0], new.path, renamed) for s in sources)
    file = _copy(project.root, new, today)
    replaces = tuple(f for f in sources[0].files if repeats and f != file and project.root / f == before[0])
    if renamed and set(sources[0].files) != set(replaces):  # files that stay keep their columns, and their source
        for source in sources:
            _edit_files(project, source, [f for f in source.files if f not in replaces], {})
        return Added(file, tuple(_sibling(project, s, file, renamed) for s in sources), replaces)
    for source in sources:
        _edit_files(project, source, [file, *(f for f in source.files if f not in (file, *replaces))], renamed)
    return Added(file, tuple(s.name for s in sources), replaces)


def _edit_files(project: Project, source: SourceDefinition, files: Sequence[str], renamed: Mapping[str, str]) -> None:
    def change(document: CommentedMap) -> None:
        document["files"] = files[0] if len(files) == 1 else list(files)
        for keys, column in source.mapped:
            if (now := renamed.get(column.column or "")) is not None:
                _rename(document, keys, now)

    edit_definition(project.root / project.place("sources", source.name).file, change)


def _sibling(project: Project, source: SourceDefinition, file: str, renamed: Mapping[str, str]) -> str:
    """A source like another one, for a file whose columns are called otherwise; its name."""
    name = _free_name(project, source.name, ())
    write_definition(
        project.root / "sources" / f"{name}.yml",
        definition_tree(source.model_copy(update={"files": (file,)})),
        f"Like {source.name}, for files in which these columns are called otherwise: {', '.join(renamed)}.",
    )

    def change(document: CommentedMap) -> None:
        for keys, column in source.mapped:
            if (now := renamed.get(column.column or "")) is not None:
                _rename(document, keys, now)

    edit_definition(project.root / "sources" / f"{name}.yml", change)
    return name


def _rename(document: CommentedMap, keys: Sequence[str], column: str) -> None:
    *outer, name = keys
    section = document
    for key in outer:
        section = section[key]
    if isinstance(section[name], CommentedMap):
        section[name]["column"] = column
    else:
        section[name] = column


def _repeats(project: Project, source: SourceDefinition, before: Path, after: Path, renamed: Mapping[str, str]) -> bool:
    """Whether a file has most of the ids of the one before it, so that it is the whole list again."""
    key = next((k for k in BY_NAME[source.table].key if k in source.columns), None)
    column = source.columns[key].column if key else None
    if column is None:
        return False
    with short_engine() as (engine, folder):
        try:
            ids = [
                _ids(engine, source, before, column, folder),
                _ids(engine, source, after, renamed.get(column, column), folder),
            ]
        except BeachheadError:
            return False
        old, new = ids
        share = len(old & new) / len(old) if old else 0.0
    return share >= _REPLACES_FROM


def _ids(engine: DuckEngine, source: SourceDefinition, path: Path, column: str, folder: Path) -> set[str]:
    reader = open_file(Opening(source, path, path.name, (column,), engine, folder))
    try:
        if column not in reader.columns:
            return set()
        found = engine.query(f"SELECT DISTINCT {reader.columns[column]} AS id FROM {reader.relation}")
        return {str(i) for i in found["id"].to_pylist() if i is not None}
    finally:
        reader.close()


def _copy(root: Path, new: NewFile, today: date) -> str:
    """Copy a file into `data/`; its path relative to the project."""
    folder = root / "data"
    with outside("write", folder):
        folder.mkdir(parents=True, exist_ok=True)
        if _is_inside(root, new.path) and not _is_inside(Layout(root).home, new.path):
            return new.path.resolve().relative_to(root.resolve()).as_posix()
        target = folder / new.name
        number = 1
        while target.exists() and not filecmp.cmp(target, new.path, shallow=False):
            number += 1
            more = f"-{number}" if number > 2 else ""
            target = folder / f"{Path(new.name).stem}-{today:%Y-%m-%d}{more}{Path(new.name).suffix}"
        if not target.exists():
            partial = target.with_name(f".{target.name}.tmp")
            shutil.copyfile(new.path, partial)
            partial.replace(target)
    return target.relative_to(root).as_posix()


def _is_inside(folder: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _free_name(project: Project, wanted: str, taken: Sequence[str]) -> str:
    """A name for a source that no other one has."""
    used = {*project.sources, *taken, *(p.stem for p in (project.root / "sources").glob("*.y*ml"))}
    base = re.sub(r"[^a-z0-9_]+", "_", wanted.casefold()).strip("_")[:70] or "source"
    return next(n for n in (base, *(f"{base}_{k}" for k in range(2, len(used) + 3))) if n not in used)
