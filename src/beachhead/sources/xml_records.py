"""XML as records: the repeated element, its attributes and nested elements under dotted names.

`<order id="7"><total currency="EUR">12</total></order>` is {id: 7, total: 12, total.currency: EUR}. Elements that
repeat inside a record become a list. The file is read as a stream; what has passed is forgotten. Entities are never
resolved and nothing is fetched.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from beachhead.errors import DataError, Diagnostic, Place
from beachhead.sources.intake import head_is_gzip, unreadable

if TYPE_CHECKING:
    from lxml import etree

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
Steps = tuple[str, ...]
_LOOK_AT_ELEMENTS = 20_000
_MOST_LISTS = 50


@dataclass
class XmlRecords:
    """The records of one file. `steps`: the names that lead to the record's element, without the outermost one.

    `others`: further lists of the file, which are not read, known once all records were.
    """

    path: Path
    shown: str
    steps: Steps
    others: tuple[str, ...] = field(default=())

    def __iter__(self) -> Iterator[dict[str, Value]]:
        depth = len(self.steps) + 1
        around: Counter[Steps] = Counter()
        names: list[str] = []
        inside = False
        for event, element in _events(self.path, self.shown):
            if event == "start":
                names.append(_name(element))
                inside = inside or (len(names) == depth and tuple(names[1:]) == self.steps)
                continue
            here = tuple(names[1:])
            names.pop()
            if here == self.steps:
                yield _record(element)
                inside = False
            elif not inside and here and len(here) <= depth and len(around) < _MOST_LISTS:
                around[here] += len(element) > 0 or bool(element.attrib)
            if not inside:
                _forget(element)
        above = {self.steps[:n] for n in range(len(self.steps))}
        self.others = tuple(".".join(s) for s, n in around.items() if n > 1 and s not in above)


def xml_records(path: Path, shown: str, record_path: str | None) -> XmlRecords:
    """The records at `record_path` (`orders.order`, the outermost name may be left away); without one, those of the
    shallowest element that repeats. Raises `DataError`, also while they are read.
    """
    root = ""
    seen: Counter[Steps] = Counter()
    has_parts: set[Steps] = set()
    names: list[str] = []
    for n, (event, element) in enumerate(_events(path, shown)):
        if event == "start":
            names.append(_name(element))
            root = root or names[0]
            steps = tuple(names[1:])
            seen[steps] += 1
            if element.attrib:
                has_parts.add(steps)
            if len(names) > 1:
                has_parts.add(steps[:-1])
        else:
            names.pop()
            if not record_path:
                _forget(element)
        if n > _LOOK_AT_ELEMENTS:
            break
    if record_path:
        return XmlRecords(path, shown, _told(record_path, root, seen, shown))
    repeated = [s for s, n in seen.items() if s and n > 1 and s in has_parts]
    if repeated:
        least = min(map(len, repeated))
        return XmlRecords(path, shown, max((s for s in repeated if len(s) == least), key=lambda s: seen[s]))
    only = [s for s in seen if len(s) == 1 and s in has_parts]
    if len(only) == 1 and all(s[:1] == only[0] for s in seen if s):
        return XmlRecords(path, shown, only[0])
    if () in has_parts and not only:
        return XmlRecords(path, shown, ())
    remedy = "Say which element is a record: `json_path: orders.order`."
    raise DataError(Diagnostic("no-records", f"{shown} holds no list of records", place=Place(shown), remedy=remedy))


def _told(record_path: str, root: str, seen: Counter[Steps], shown: str) -> Steps:
    steps = tuple(record_path.split("."))
    if steps not in seen and steps[0] == root:
        steps = steps[1:]
    if steps not in seen:
        known = [".".join(s) for s in seen if s]
        raise DataError(Diagnostic.unknown_name("XML path", record_path, known, Place(shown)))
    return steps


def _events(path: Path, shown: str) -> Iterator[tuple[str, etree._Element]]:
    """Starts and ends of elements. Refuses definitions of entities, with which small files explode."""
    from lxml import etree

    place = Place(shown)
    try:
        with _opened(path) as file:
            context = etree.iterparse(
                file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
                huge_tree=False, remove_comments=True, remove_pis=True,
            )  # fmt: skip
            is_first = True
            for event, element in context:
                if is_first:
                    is_first = False
                    dtd = element.getroottree().docinfo.internalDTD
                    if dtd is not None and any(True for _ in dtd.iterentities()):
                        raise DataError(has_entities(shown))
                yield event, element
    except etree.XMLSyntaxError as e:
        if "entit" in str(e).lower() and "loop" in str(e).lower():
            raise DataError(has_entities(shown)) from e
        line, column = e.position
        remedy = "Export it again; XML has to be complete and well formed."
        message = f"{shown} is not valid XML"
        raise DataError(
            Diagnostic("bad-xml", message, place=Place(shown, line or 0, column or 0), why=e.msg, remedy=remedy)
        ) from e
    except (EOFError, zlib.error, gzip.BadGzipFile) as e:
        message = f"{shown} cannot be unpacked"
        remedy = "Export or copy it again."
        raise DataError(Diagnostic("broken-gzip", message, place=place, why=str(e), remedy=remedy)) from e
    except OSError as e:
        raise unreadable(shown, e) from e


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path) if head_is_gzip(path) else path.open("rb")  # type: ignore[return-value]


def has_entities(shown: str) -> Diagnostic:
    """What to say of a document that defines entities of its own."""
    return Diagnostic(
        "xml-entities", f"{shown} defines entities of its own", place=Place(shown),
        why="a few lines of them can grow without end, or fetch other files", remedy="Export it without them.",
    )  # fmt: skip


def _name(element: etree._Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _forget(element: etree._Element) -> None:
    """Free an element and what stands before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _record(element: etree._Element) -> dict[str, Value]:
    record: dict[str, Value] = {}
    _add_parts(element, "", record)
    if not len(element) and (text := _text(element)):
        record.setdefault(_name(element), text)
    return record


def _add_parts(element: etree._Element, prefix: str, record: dict[str, Value]) -> None:
    """Attributes and nested elements of `element`, each under its dotted name."""
    groups: dict[str, list[etree._Element]] = {}
    for child in element:
        groups.setdefault(_name(child), []).append(child)
    for key, value in element.attrib.items():
        name = str(key).rpartition("}")[2]
        if name not in groups and value.strip():
            record[prefix + name] = str(value)
    for name, children in groups.items():
        if len(children) > 1:
            record[prefix + name] = [_nested(child) for child in children]
            continue
        (child,) = children
        if text := _text(child):
            record[prefix + name] = text
        _add_parts(child, f"{prefix}{name}.", record)


def _nested(element: etree._Element) -> Value:
    """One of several elements of the same name."""
    if not len(element) and not element.attrib:
        return _text(element)
    record: dict[str, Value] = {}
    _add_parts(element, "", record)
    if text := _text(element):
        record[_name(element)] = text
    return record


def _text(element: etree._Element) -> str:
    """The text of an element itself, without that of nested ones; of mixed content all of it."""
    parts = [element.text or "", *(child.tail or "" for child in element)]
    if len(element) and any(part.strip() for part in parts):
        return " ".join(" ".join(str(t) for t in element.itertext()).split())
    return parts[0].strip()
