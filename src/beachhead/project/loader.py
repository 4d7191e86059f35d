"""A project folder → its definitions, with the place of every key and value, and everything that is wrong with it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from beachhead.errors import DefinitionError, Diagnostic, Place, Severity, UsageError, nearest_name
from beachhead.project import yaml_positions as yaml
from beachhead.project.customer_lists import list_files
from beachhead.project.definition_files import definition_files, read_text, shown_path, unread_beside
from beachhead.project.definitions import (
    AttributeDefinition,
    EngineKind,
    MatchingDefinition,
    MetricDefinition,
    SegmentationDefinition,
    SegmentDefinition,
    Settings,
    SourceDefinition,
    ValueDefinition,
)
from beachhead.project.engine_setting import wrong_engine
from beachhead.project.environment import redact, resolve
from beachhead.project.shapes import D, shape, yaml_at
from beachhead.project.source_checks import check_settings, check_source
from beachhead.project.source_files import files_of_pattern, literal_path, nearest_file
from beachhead.project.yaml_positions import Document, TextPlace

DefinitionKind = Literal[
    "settings", "sources", "attributes", "metrics", "segments", "value", "matching", "segmentation"
]
"""`settings` is beachhead.yml, `value` value.yml, `matching` matching.yml, `segmentation` segmentation.yml: of these
there is one, without a name."""

SETTINGS_FILES = ("beachhead.yml", "beachhead.yaml")
_FOLDERS: tuple[DefinitionKind, ...] = ("sources", "attributes", "metrics", "segments")
_NOUNS = {"sources": "a source", "attributes": "an attribute", "metrics": "a metric", "segments": "a segment"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, repr=False)
class Project:
    """What a project folder says. Definitions that have errors are left out and named in `broken`.

    `secrets` are the values that came from the environment; whatever is shown goes through `redact`. `diagnostics`
    are those of the definitions, free of secrets, in order of their places. `lists`: the files of customers' ids in
    `lists/` by name.
    """

    root: Path
    settings: Settings
    sources: Mapping[str, SourceDefinition]
    attributes: Mapping[str, AttributeDefinition]
    metrics: Mapping[str, MetricDefinition]
    segments: Mapping[str, SegmentDefinition]
    value: ValueDefinition | None
    matching: MatchingDefinition
    segmentation: SegmentationDefinition | None
    lists: Mapping[str, Path]
    diagnostics: tuple[Diagnostic, ...]
    broken: frozenset[tuple[DefinitionKind, str]] = frozenset()
    secrets: frozenset[str] = frozenset()
    documents: Mapping[tuple[DefinitionKind, str], Document] = field(default_factory=dict)

    def place(self, kind: DefinitionKind, name: str = "", *keys: str | int) -> Place:
        """Where a value stands; the nearest value around it where `keys` lead on to nothing.

        A definition that is in no file has the place `beachhead.yml` without a line.
        """
        document = self._document(kind, name)
        if document is None:
            return Place(SETTINGS_FILES[0])
        return document.at(yaml_at(document.root, keys)) if document.root and keys else document.start

    def key_place(self, kind: DefinitionKind, name: str, *keys: str | int) -> Place:
        """Where a key stands, or an entry of a list; without such a key, the place of what is around it."""
        document = self._document(kind, name)
        if document is not None and document.root is not None and keys:
            parent = yaml_at(document.root, keys[:-1])
            if isinstance(parent, yaml.Mapping) and (entry := parent.entries.get(str(keys[-1]))):
                return document.at(entry)
        return self.place(kind, name, *keys)

    def text_place(self, kind: DefinitionKind, name: str, *keys: str | int) -> TextPlace:
        """Where the first character of a text stands and how far its further lines are indented, for rule errors.

        Exact for block texts (`|`), plain texts and quoted texts on one line without escapes.
        """
        document = self._document(kind, name)
        if document is not None and document.root is not None:
            node = yaml_at(document.root, keys)
            if isinstance(node, yaml.Scalar):
                return document.text_place(node)
        return TextPlace(self.place(kind, name, *keys))

    def _document(self, kind: DefinitionKind, name: str) -> Document | None:
        return self.documents.get((kind, name if kind in _FOLDERS else ""))

    def redact(self, text: str) -> str:
        """`text` without the values that came from the environment."""
        return redact(text, self.secrets)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.is_error)

    def __repr__(self) -> str:
        counts = f"{len(self.sources)} sources, {len(self.attributes)} attributes, {len(self.segments)} segments"
        return self.redact(f"<Project {self.settings.name!r}: {counts}, {len(self.errors)} errors, in {self.root}>")


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds beachhead.yml. Raises UsageError when there is none."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if _settings_files(folder):
            return folder
    message = f"there is no beachhead.yml in '{start}' or in a folder above it"
    remedy = "Go to a project's folder, or make one: beachhead init my_company."
    raise UsageError(Diagnostic("no-project", message, remedy=remedy))


def load(folder: Path, environment: Mapping[str, str] | None = None) -> Project:
    """The project in `folder`; `environment` replaces the process's (for `${NAME}`).

    Never raises for what the files say: all mistakes are in `diagnostics`. Raises UsageError when `folder` is no
    project at all.
    """
    root = folder.absolute()
    found = _settings_files(root)
    if not found:
        raise UsageError(_no_project(root))
    return _Loader(root, os.environ if environment is None else environment).project(found)


def require_clean(project: Project) -> Project:
    """`project` itself. Raises DefinitionError with all its errors when it has any."""
    if project.errors:
        raise DefinitionError(project.errors)
    return project


def check_files(project: Project) -> tuple[Diagnostic, ...]:
    """What is wrong with the files that sources name: missing (a note where `optional`), or unreadable."""
    diagnostics: list[Diagnostic] = []
    for name, source in project.sources.items():
        for number, pattern in enumerate(source.files):
            place = project.place("sources", name, "files", number)
            files = files_of_pattern(project.root, pattern)
            if not files:
                diagnostics.append(_no_file(project, pattern, source.optional, place))
            for path in files:
                if not os.access(path, os.R_OK):
                    message = f"the file '{shown_path(path, project.root)}' cannot be read"
                    remedy = "Check its permissions."
                    diagnostics.append(Diagnostic("unreadable-file", message, place=place, remedy=remedy))
    return tuple(_presentable(d, project.secrets) for d in diagnostics)


def _no_file(project: Project, pattern: str, optional: bool, place: Place) -> Diagnostic:
    path = literal_path(project.root, pattern)
    if optional:
        message = f"no file matches '{pattern}' yet; the source is optional"
        return Diagnostic("missing-file", message, Severity.INFO, place, remedy="Nothing, unless you expect one.")
    if path.is_dir():
        message = f"'{pattern}' is a folder"
        return Diagnostic("missing-file", message, place=place, remedy=f"Name its files: {pattern.rstrip('/')}/*.csv.")
    nearest = nearest_file(path)
    # The nearest name resembles what the environment holds.
    if nearest and project.redact(pattern) == pattern:
        beside = path.with_name(nearest)
        remedy = f"Did you mean '{shown_path(beside, project.root)}'?"
    else:
        nearest = None
        remedy = "Put the file there, correct the path (it is relative to the project), or write `optional: true`."
    message = f"no file matches '{pattern}'"
    return Diagnostic("missing-file", message, place=place, remedy=remedy, nearest=nearest)


def _settings_files(folder: Path) -> list[Path]:
    return [p for name in SETTINGS_FILES if os.path.lexists(p := folder / name)]


def _no_project(root: Path) -> Diagnostic:
    if not root.exists():
        nearest = None
        if root.parent.is_dir():
            nearest = nearest_name(root.name, (p.name for p in root.parent.iterdir() if p.is_dir()))
        remedy = f"Did you mean '{nearest}'?" if nearest else f"Make a project: beachhead init {root.name}."
        return Diagnostic("no-project", f"there is no folder '{root}'", remedy=remedy, nearest=nearest)
    if not root.is_dir():
        message, remedy = f"'{root}' is not a folder", "Name the folder that holds beachhead.yml."
        return Diagnostic("no-project", message, remedy=remedy)
    message = f"'{root}' is no project: it holds no beachhead.yml"
    above = next((p for p in root.parents if _settings_files(p)), None)
    if above is not None:
        return Diagnostic("no-project", message, remedy=f"The nearest project above is '{above}'; use that folder.")
    return Diagnostic("no-project", message, remedy=f"Make it one: beachhead init {root.name}.")


class _Loader:
    """Gathers definitions, their documents and the diagnostics while a folder is read."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self.root = root
        self.environment = environment
        self.diagnostics: list[Diagnostic] = []
        self.broken: set[tuple[DefinitionKind, str]] = set()
        self.secrets: set[str] = set()
        self.documents: dict[tuple[DefinitionKind, str], Document] = {}
        self._failed: set[Place] = set()
        self._usable_settings: Settings | None = None

    def project(self, settings_files: list[Path]) -> Project:
        settings = self._settings(settings_files)
        sources: dict[str, SourceDefinition] = {}
        attributes: dict[str, AttributeDefinition] = {}
        metrics: dict[str, MetricDefinition] = {}
        segments: dict[str, SegmentDefinition] = {}
        for kind, name, path in self._named_files():
            if kind == "sources":
                if (source := self._read("sources", name, path, SourceDefinition)) is not None:
                    sources[name] = source
            elif kind == "metrics":
                if (metric := self._read("metrics", name, path, MetricDefinition)) is not None:
                    metrics[name] = metric
            elif kind == "segments":
                if (segment := self._read("segments", name, path, SegmentDefinition)) is not None:
                    segments[name] = segment
            else:
                attributes |= self._attributes(path)
        value = self._single("value", ValueDefinition)
        matching = self._single("matching", MatchingDefinition) or MatchingDefinition()
        segmentation = self._single("segmentation", SegmentationDefinition)
        self._renamed(segments)
        lists = list_files(self.root)
        self.diagnostics += lists.diagnostics
        singles = ("beachhead", "value", "matching", "segmentation")
        self.diagnostics += unread_beside(self.root, (*_FOLDERS, "lists", "tests"), singles)
        if not sources and not any(kind == "sources" for kind, _ in self.broken):
            remedy = "Say where customer data is, in a file such as sources/customers.yml."
            message = "the project has no sources"
            self.diagnostics.append(
                Diagnostic("no-sources", message, Severity.WARNING, Place("sources"), remedy=remedy)
            )
        secrets = frozenset(self.secrets)
        shown = [_presentable(d, secrets) for d in self.diagnostics]
        return Project(
            self.root, settings, MappingProxyType(sources), MappingProxyType(attributes), MappingProxyType(metrics),
            MappingProxyType(segments), value, matching, segmentation, MappingProxyType(dict(lists.files)),
            tuple(sorted(shown, key=_order)), frozenset(self.broken), secrets, MappingProxyType(self.documents),
        )  # fmt: skip

    def _settings(self, files: list[Path]) -> Settings:
        """The settings; of wrong ones what is right, else the defaults, so that the rest can be checked with them."""
        self._only_one(files)
        settings = self._read("settings", "", files[0], Settings)
        return settings or self._usable_settings or Settings(name=self.root.name.strip()[:200] or "project")

    def _single(self, kind: DefinitionKind, model: type[D]) -> D | None:
        """The definition of which there is one; None without a file, or when it is wrong."""
        files = [p for name in (f"{kind}.yml", f"{kind}.yaml") if os.path.lexists(p := self.root / name)]
        self._only_one(files)
        return self._read(kind, "", files[0], model) if files else None

    def _named_files(self) -> list[tuple[DefinitionKind, str, Path]]:
        """Kind, name and path of all definition files in folders; names that cannot be are reported and left out."""
        named: list[tuple[DefinitionKind, str, Path]] = []
        for kind in _FOLDERS:
            listed = definition_files(self.root / kind, self.root)
            self.diagnostics += listed.diagnostics
            by_name: dict[str, Path] = {}
            for path in listed.files:
                if kind != "attributes":
                    if not _NAME.fullmatch(path.stem):
                        self.diagnostics.append(_bad_name(kind, path.stem, Place(shown_path(path, self.root)), ".yml"))
                        continue
                    if (first := by_name.setdefault(path.stem, path)) != path:
                        self._duplicate(kind, path.stem, Place(shown_path(path, self.root)), first)
                        continue
                named.append((kind, path.stem, path))
        return named

    def _only_one(self, files: list[Path]) -> None:
        for path in files[1:]:
            message = f"there are both {files[0].name} and {path.name}"
            place = Place(shown_path(path, self.root))
            self.diagnostics.append(Diagnostic("duplicate-file", message, place=place, remedy="Keep one of them."))

    def _duplicate(self, kind: DefinitionKind, name: str, place: Place, first: Path | Place) -> None:
        other = first if isinstance(first, Place) else Place(shown_path(first, self.root))
        message = f"there are two {kind} called '{name}'"
        self.diagnostics.append(
            Diagnostic(
                "duplicate-name", message, place=place, why=f"The first is {other}.", remedy="Rename one of them."
            )
        )

    def _document(self, path: Path, with_environment: bool) -> Document | None:
        """The file's tree with environment variables replaced, or None when there is nothing in it to use."""
        text = read_text(path, self.root)
        if isinstance(text, Diagnostic):
            self.diagnostics.append(text)
            return None
        document = yaml.read_yaml(text, shown_path(path, self.root))
        self.diagnostics += document.diagnostics
        if with_environment:
            resolved = resolve(document, self.environment)
            self.diagnostics += resolved.diagnostics
            self.secrets |= resolved.secrets
            self._failed |= resolved.failed
            document = resolved.document
        empty = document.root is None or (isinstance(document.root, yaml.Scalar) and document.root.value is None)
        if empty and not document.diagnostics:
            severity = Severity.WARNING if path.parent.name == "attributes" else Severity.ERROR
            remedy = "Write the definition into it, or remove the file."
            place = Place(document.file, 1, 1)
            self.diagnostics.append(Diagnostic("empty-file", "the file is empty", severity, place, remedy=remedy))
        return None if empty else document

    def _read(self, kind: DefinitionKind, name: str, path: Path, model: type[D]) -> D | None:
        document = self._document(path, with_environment=kind in ("settings", "sources"))
        if document is None:
            self.broken.add((kind, name))
            self.documents[kind, name] = Document(shown_path(path, self.root), None, "")
            return None
        return self._shaped(kind, name, document, model)

    def _shaped(self, kind: DefinitionKind, name: str, document: Document, model: type[D]) -> D | None:
        """The definition in a document, unless anything is wrong with it."""
        self.documents[kind, name] = document
        if document.root is None:
            return None
        shaped = shape(model, document.root, document, name or None)
        found = list(shaped.diagnostics)
        if isinstance(shaped.partial, SourceDefinition):
            found += check_source(shaped.partial, document, self._engine_kind)
        elif isinstance(shaped.partial, Settings):
            found += check_settings(shaped.partial, document)
            self._usable_settings = shaped.partial
        # What the missing variable would have been is unknown: its absence is the one thing to say.
        found = [d for d in found if d.place not in self._failed]
        self.diagnostics += found
        in_file = any(p.file == document.file for p in self._failed)
        if shaped.definition is None or in_file or any(d.is_error for d in (*found, *document.diagnostics)):
            self.broken.add((kind, name))
            return None
        return shaped.definition

    @property
    def _engine_kind(self) -> EngineKind | None:
        """The engine of the settings, unless they are wrong about it."""
        settings = self._usable_settings
        if settings is None or wrong_engine(settings.engine.get_secret_value()) is not None:
            return None
        return settings.engine_kind

    def _attributes(self, path: Path) -> dict[str, AttributeDefinition]:
        document = self._document(path, with_environment=False)
        if document is None or document.root is None:
            return {}
        if not isinstance(document.root, yaml.Mapping):
            message = "a file of attributes is a group of `name:` with keys below, and this one is not"
            remedy = "Write a name, a colon, and below it, indented: expression: …"
            place = document.at(document.root)
            self.diagnostics.append(Diagnostic("wrong-type", message, place=place, remedy=remedy))
            return {}
        attributes: dict[str, AttributeDefinition] = {}
        for name, entry in document.root.entries.items():
            if not _NAME.fullmatch(name):
                self.diagnostics.append(_bad_name("attributes", name, document.at(entry)))
            elif ("attributes", name) in self.documents:
                self._duplicate("attributes", name, document.at(entry), self.documents["attributes", name].start)
            else:
                inside = Document(document.file, entry.value, document.text, head=document.at(entry))
                attribute = self._shaped("attributes", name, inside, AttributeDefinition)
                if attribute is not None:
                    attributes[name] = attribute
        return attributes

    def _renamed(self, segments: dict[str, SegmentDefinition]) -> None:
        """`previously` hands one segment's history to another, so it names one that is gone, and only once."""
        heirs: dict[str, str] = {}
        for name, segment in list(segments.items()):
            if segment.previously is None:
                continue
            document = self.documents["segments", name]
            place = document.at(yaml_at(document.root, ["previously"])) if document.root else Place(document.file)
            old = segment.previously
            if not _NAME.fullmatch(old):
                found = _bad_name("segments", old, place)
            elif old == name or ("segments", old) in self.documents:
                message = f"'previously' names '{old}', which still exists"
                found = Diagnostic("invalid-rename", message, place=place, remedy="Remove `previously`.")
            elif heirs.setdefault(old, name) != name:
                message = f"both '{heirs[old]}' and '{name}' were previously '{old}'"
                remedy = "Leave `previously` to the one that goes on with its history."
                found = Diagnostic("invalid-rename", message, place=place, remedy=remedy)
            else:
                continue
            self.diagnostics.append(found)
            self.broken.add(("segments", name))
            del segments[name]


def _bad_name(kind: DefinitionKind, name: str, place: Place, ending: str = "") -> Diagnostic:
    words = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    better = (words if words[:1].isalpha() else f"{kind.removesuffix('s')}_{words}".rstrip("_"))[:80]
    message = f"'{name[:100]}' cannot be the name of {_NOUNS[kind]}"
    why = "Names have small letters, digits and underscores, start with a letter, and have at most 80 characters."
    return Diagnostic("invalid-name", message, place=place, why=why, remedy=f"Call it '{better}{ending}'.")


def _presentable(diagnostic: Diagnostic, secrets: frozenset[str]) -> Diagnostic:
    """The diagnostic without secrets, and without characters that would upset a terminal or a file of output."""

    def clean(text: str) -> str:
        return _CONTROL.sub(" ", redact(text, secrets)).encode("utf-8", "backslashreplace").decode()

    place = diagnostic.place
    return replace(
        diagnostic,
        message=clean(diagnostic.message),
        place=replace(place, file=clean(place.file)) if place else None,
        why=clean(diagnostic.why) if diagnostic.why else None,
        remedy=clean(diagnostic.remedy) if diagnostic.remedy else None,
        nearest=clean(diagnostic.nearest) if diagnostic.nearest else None,
    )


def _order(diagnostic: Diagnostic) -> tuple[bool, str, int, int]:
    """The settings first, then by file and position."""
    place = diagnostic.place or Place("")
    return (not place.file.startswith("beachhead."), place.file, place.line, place.column)
