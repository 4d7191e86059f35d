"""YAML text → a tree of values that know their line and column.

Built straight from the parser's events, without recursion, so that depth, aliases and repeated keys are judged before
anything grows. Values follow the YAML 1.2 core schema (`NO`, `yes` and dates stay text); numbers with leading zeros
stay text, because they are codes. Keys are always text. `<<` merges mappings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from beachhead.errors import Diagnostic, Place
from beachhead.project.yaml_mistakes import syntax_diagnostic

MAX_DEPTH = 50
"""How deeply lists and groups may be nested."""

MAX_VALUES = 200_000
"""How many values a file may hold, those repeated by aliases counted each time."""

Plain = str | int | float | bool | None
PlainTree = Plain | list["PlainTree"] | dict[str, "PlainTree"]
Style = Literal["plain", "quoted", "literal", "folded"]

_STYLES: dict[str | None, Style] = {"'": "quoted", '"': "quoted", "|": "literal", ">": "folded"}
_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,30})|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,20}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INVISIBLE = re.compile(r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK = re.compile("[\n\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a text inside a file starts, and how far its further lines are indented there (0: not a block)."""

    place: Place
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. `raw` is its text as written; `value` what it means. Lines and columns count from 1."""

    raw: str
    value: Plain
    style: Style
    line: int
    column: int
    size: int = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    line: int
    column: int
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping, the place of the key, and its value."""

    line: int
    column: int
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values, in the order of the file."""

    entries: dict[str, Entry]
    line: int
    column: int
    size: int


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file's tree, or a part of it. `root` is None when the file is empty or could not be understood.

    `head` is where a part of a file is named.
    """

    file: str
    root: Node | None
    text: str = field(repr=False)
    diagnostics: tuple[Diagnostic, ...] = ()
    head: Place | None = None

    @property
    def start(self) -> Place:
        """Where the definition begins."""
        return self.head or (self.at(self.root) if self.root else Place(self.file))

    def at(self, node: Node | Entry) -> Place:
        return Place(self.file, node.line, node.column)

    def text_place(self, scalar: Scalar) -> TextPlace:
        """Where the first visible character of a text stands. Exact for block, plain and simply quoted texts."""
        before = scalar.raw[: len(scalar.raw) - len(scalar.raw.lstrip())]
        spaces = len(before) - (before.rfind("\n") + 1)
        if scalar.style in ("literal", "folded"):
            line = scalar.line + 1 + before.count("\n")
            lines = _LINE_BREAK.split(self.text)
            written = lines[line - 1] if line <= len(lines) else ""
            indent = len(written) - len(written.lstrip(" ")) - spaces
            return TextPlace(Place(self.file, line, indent + spaces + 1), indent)
        quote = 1 if scalar.style == "quoted" else 0
        return TextPlace(Place(self.file, scalar.line, scalar.column + quote + spaces))


def plain(node: Node) -> PlainTree:
    """The tree as plain Python values. Its depth is bounded by `MAX_DEPTH`, its size by `MAX_VALUES`."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(n) for n in node.items]
        case Mapping():
            return {k: plain(e.value) for k, e in node.entries.items()}


def read_yaml(text: str, file: str) -> Document:
    """The tree of a YAML text. Never raises: what is wrong is in `diagnostics`; `file` is how the file is called."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if bad := _INVISIBLE.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        place = Place(file, line, bad.start() - text.rfind("\n", 0, bad.start()))
        message = f"the file holds a character that no text has (code {ord(bad.group())})"
        remedy = "Remove it, or save the file as plain UTF-8 text."
        return Document(file, None, text, (Diagnostic("invalid-character", message, place=place, remedy=remedy),))
    builder = _Builder(file)
    try:
        builder.build(text)
    except YAMLError as error:
        builder.diagnostics.append(syntax_diagnostic(error, text, file))
    except _RefusedError as refused:
        builder.diagnostics.append(refused.diagnostic)
    except (ValueError, IndexError, AttributeError) as error:
        # The scanner itself stumbles over some malformed escapes and directives.
        message = "the file is not valid YAML"
        remedy = "Put texts with unusual characters in single quotes."
        builder.diagnostics.append(
            Diagnostic("yaml-syntax", message, place=Place(file, 1, 1), why=str(error)[:200] or None, remedy=remedy)
        )
    else:
        return Document(file, builder.root, text, tuple(builder.diagnostics))
    return Document(file, None, text, tuple(builder.diagnostics))


class _RefusedError(Exception):
    """Stops the building of a tree that cannot be used."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been seen."""

    kind: Literal["list", "mapping"]
    line: int
    column: int
    anchor: str | None
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    merged: list[Mapping] = field(default_factory=list)
    key: Scalar | None = None
    size: int = 1

    def close(self) -> Node:
        if self.kind == "list":
            return Sequence(tuple(self.items), self.line, self.column, self.size)
        for mapping in self.merged:
            for key, entry in mapping.entries.items():
                self.entries.setdefault(key, entry)
        return Mapping(self.entries, self.line, self.column, self.size)


class _Builder:
    """Turns events into nodes with an explicit stack of open collections."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.diagnostics: list[Diagnostic] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._documents = 0

    def build(self, text: str) -> None:
        for event in _events(text):
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            match event:
                case DocumentStartEvent():
                    self._documents += 1
                    if self._documents > 1:
                        message = "the file holds more than one document (a line '---' in the middle)"
                        raise self._refused("several-documents", message, line, column, "Make a file of each.")
                case ScalarEvent():
                    self._untagged(event, line, column)
                    self._add(self._anchored(_scalar(event, line, column, text), event.anchor))
                case AliasEvent():
                    self._add(self._aliased(event.anchor, line, column))
                case MappingStartEvent() | SequenceStartEvent():
                    self._untagged(event, line, column)
                    self._open(event, line, column)
                case MappingEndEvent() | SequenceEndEvent():
                    opened = self._stack.pop()
                    self._add(self._anchored(opened.close(), opened.anchor))

    def _open(self, event: MappingStartEvent | SequenceStartEvent, line: int, column: int) -> None:
        top = self._stack[-1] if self._stack else None
        if top and top.kind == "mapping" and top.key is None:
            raise self._refused(
                "invalid-key", "a list or group stands where a key is expected", line, column,
                "Keys are plain words. A text in braces or brackets needs quotes.",
            )  # fmt: skip
        if len(self._stack) >= MAX_DEPTH:
            message = f"lists and groups are nested more than {MAX_DEPTH} levels deep"
            raise self._refused("too-deep", message, line, column, "Definitions need at most five levels.")
        kind: Literal["list", "mapping"] = "mapping" if isinstance(event, MappingStartEvent) else "list"
        self._stack.append(_Open(kind, line, column, event.anchor))

    def _add(self, node: Node) -> None:
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        top.size += node.size
        if top.size > MAX_VALUES:
            message = f"the file holds more than {MAX_VALUES:,} values, those repeated by aliases included"
            remedy = "Write values out instead of repeating them by aliases, or split the file."
            raise self._refused("too-many-values", message, node.line, node.column, remedy)
        if top.kind == "list":
            top.items.append(node)
        elif top.key is None:
            if not isinstance(node, Scalar):
                message = "a list or group stands where a key is expected"
                raise self._refused("invalid-key", message, node.line, node.column, "Keys are plain words.")
            top.key = node
        else:
            key, top.key = top.key, None
            if isinstance(node, Scalar) and node.raw == "" and node.style == "plain":
                # The parser places a value that is not there at whatever comes next; we, behind its key's colon.
                width = len(key.raw) + (2 if key.style == "quoted" else 0)
                node = replace(node, line=key.line, column=key.column + width + 1)
            if key.raw == "<<" and key.style == "plain":
                self._merge(top, node)
            elif (first := top.entries.get(key.raw)) is not None:
                place = Place(self.file, key.line, key.column)
                why = f"It stands first at {Place(self.file, first.line, first.column)}."
                self.diagnostics.append(
                    Diagnostic(
                        "duplicate-key",
                        f"the key '{key.raw}' is given twice",
                        place=place,
                        why=why,
                        remedy="Keep one of them.",
                    )
                )
            else:
                top.entries[key.raw] = Entry(key.line, key.column, node)

    def _merge(self, top: _Open, node: Node) -> None:
        for mapping in node.items if isinstance(node, Sequence) else (node,):
            if not isinstance(mapping, Mapping):
                message = "'<<' takes over the keys of another group, but this is none"
                raise self._refused("invalid-merge", message, node.line, node.column, "Refer to a group: <<: *name.")
            top.merged.append(mapping)

    def _anchored(self, node: Node, anchor: str | None) -> Node:
        if anchor:
            self._anchors[anchor] = node
        return node

    def _aliased(self, name: str, line: int, column: int) -> Node:
        if any(o.anchor == name for o in self._stack):
            raise self._refused(
                "alias-loop", f"'*{name}' refers to the group it stands in", line, column, "Write the value out."
            )
        node = self._anchors.get(name)
        if node is None:
            diagnostic = Diagnostic.unknown_name("anchor", name, self._anchors, Place(self.file, line, column))
            remedy = f"Put the text in quotes if it starts with a star. {diagnostic.remedy}"
            raise _RefusedError(replace(diagnostic, remedy=remedy))
        return node

    def _untagged(self, event: ScalarEvent | MappingStartEvent | SequenceStartEvent, line: int, column: int) -> None:
        tag = event.tag
        if tag is not None and str(tag) not in ("!", "tag:yaml.org,2002:str", "!!str"):
            shown = str(tag).replace("tag:yaml.org,2002:", "!!")[:60]
            message = f"'{shown}' is a YAML tag, and definitions have none"
            raise self._refused("yaml-tag", message, line, column, "Remove it, or put the whole text in quotes.")

    def _refused(self, code: str, message: str, line: int, column: int, remedy: str) -> _RefusedError:
        return _RefusedError(Diagnostic(code, message, place=Place(self.file, line, column), remedy=remedy))


def _events(text: str) -> Iterator[Event]:
    yield from YAML(typ="safe", pure=True).parse(text)


def _scalar(event: ScalarEvent, line: int, column: int, text: str) -> Scalar:
    style = _STYLES.get(event.style, "plain")
    value = event.value if style != "plain" or event.tag is not None else core_value(event.value)
    return Scalar(event.value, value, style, line, column)


def core_value(text: str) -> Plain:
    """What a plain scalar means in the YAML 1.2 core schema; codes with leading zeros and huge numbers stay text."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return text if math.isinf(number) else number
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text
