"""JSON and XML documents as lines of JSON, one for each record, and those as a relation of texts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection
from pathlib import Path

from beachhead.engines.duck import DuckEngine, path_literal, quote_literal
from beachhead.errors import DataError, Diagnostic, Place
from beachhead.sources import intake
from beachhead.sources.landed import Places
from beachhead.sources.opening import MAX_RECORD_BYTES, Opening, Reader, next_number, plain_copy
from beachhead.sources.xml_records import xml_records

_SAMPLE_RECORDS = 2_000


def open_json(opening: Opening, is_lines: bool) -> Reader:
    """A JSON document, or one for each line. Raises `DataError`, `OutsideError`."""
    form, words = intake.look_at_form(opening.path, opening.shown, None)
    path, cleanup = plain_copy(opening, form)
    kind = "lines"
    if not is_lines and not opening.source.json_path and _looks_like_lines(path):
        is_lines, words = True, f"{words}, one JSON document per line"
    if not is_lines:
        try:
            records = _records(path, opening.source.json_path, opening.shown)
        finally:
            for step in cleanup:
                step()
        path, kind = opening.temporary(".ndjson"), "rows"
        with path.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
        words = f"{words}, line numbers are record numbers"
        cleanup = (lambda: path.unlink(missing_ok=True),)
    places = Places("lines" if kind == "lines" else "rows", form, quote="")
    return _lines(opening, "ndjson", path, places, (words,), cleanup)


def open_xml(opening: Opening) -> Reader:
    """An XML document. Raises `DataError`, `OutsideError`."""
    records = xml_records(opening.path, opening.shown, opening.source.json_path)
    path = opening.temporary(".ndjson")
    try:
        with path.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    words = [f"records are {'.'.join(records.steps) or 'the document itself'}", "line numbers are record numbers"]
    if records.others:
        words.insert(1, f"not read: {', '.join(records.others[:5])}")
    places = Places("rows", quote="")
    return _lines(opening, "xml", path, places, tuple(words), (lambda: path.unlink(missing_ok=True),))


def _lines(
    opening: Opening, kind: str, path: Path, places: Places, words: tuple[str, ...],
    cleanup: tuple[Callable[[], None], ...],
) -> Reader:  # fmt: skip
    """The relation of a file that has one JSON document on each line."""
    rejects = f"rejects_{next_number()}"
    relation = (
        f"read_csv({path_literal(path)}, auto_detect = false, header = false, delim = '\\x01', quote = '', "
        f"escape = '', columns = {{'line': 'VARCHAR'}}, max_line_size = {MAX_RECORD_BYTES}, hive_partitioning = false, "
        f"store_rejects = true, rejects_table = '{rejects}', rejects_scan = '{rejects}_scan')"
    )
    relation = f"(SELECT line, json_valid(line) AND line LIKE '%{{%' AS is_good FROM {relation} WHERE trim(line) <> '')"
    columns = _json_columns(path, opening.wanted, relation, opening.engine)
    engine = opening.engine

    def drop() -> None:
        engine.execute(f"DROP TABLE IF EXISTS {rejects}; DROP TABLE IF EXISTS {rejects}_scan")

    return Reader(
        kind, relation, columns, places, words, broken="NOT is_good", record="line",
        rejects=rejects, plain=path, cleanup=(*cleanup, drop),
    )  # fmt: skip


def _looks_like_lines(path: Path) -> bool:
    """Whether a .json file holds one document per line."""
    with path.open("rb") as file:
        lines = [line.strip() for line in itertools.islice(file, 3)]
    return len(lines) > 1 and all(x.startswith(b"{") and x.endswith(b"}") for x in lines[:2])


def _records(path: Path, json_path: str | None, shown: str) -> list[object]:
    place = Place(shown)
    try:
        document: object = json.loads(path.read_text("utf-8-sig"))
    except (json.JSONDecodeError, RecursionError, UnicodeDecodeError) as e:
        line, column = getattr(e, "lineno", 0), getattr(e, "colno", 0)
        message = f"{shown} is not valid JSON"
        remedy = "Export it again; for one document per line say `format: ndjson`."
        raise DataError(
            Diagnostic("bad-json", message, place=Place(shown, line, column), why=str(e), remedy=remedy)
        ) from e
    for step in json_path.split(".") if json_path else ():
        if not isinstance(document, dict) or step not in document:
            known = sorted(map(str, document)) if isinstance(document, dict) else []
            raise DataError(Diagnostic.unknown_name("JSON path", step, known, place))
        document = document[step]
    if isinstance(document, dict):
        lists = [k for k, v in document.items() if isinstance(v, list) and v and isinstance(v[0], dict)]
        if len(lists) == 1 and not json_path:
            document = document[lists[0]]
    if not isinstance(document, list):
        remedy = "Say where the list of records is: `json_path: data.items`."
        raise DataError(Diagnostic("no-records", f"{shown} holds no list of records", place=place, remedy=remedy))
    return document


def _json_columns(path: Path, wanted: Collection[str], relation: str, engine: DuckEngine) -> dict[str, str]:
    """Keys of the first records, nested ones with dots; a wanted one that they lack is looked for in all."""
    paths: dict[str, str] = {}
    with path.open("rb") as file:
        for line in itertools.islice(file, _SAMPLE_RECORDS):
            try:
                _collect(json.loads(line), "", "", paths)
            except (ValueError, RecursionError):
                continue
    for name in wanted:
        for pointer in ("/" + _escaped(name), "/" + "/".join(map(_escaped, name.split(".")))):
            if name not in paths and engine.scalar(f"SELECT 1 FROM {relation} WHERE {_extract(pointer)} IS NOT NULL"):
                paths[name] = pointer
    return {name: _extract(pointer) for name, pointer in paths.items()}


def _collect(value: object, name: str, pointer: str, paths: dict[str, str]) -> None:
    if name:
        paths.setdefault(name, pointer)
    if isinstance(value, dict):
        for key, inner in value.items():
            _collect(inner, f"{name}.{key}" if name else str(key), f"{pointer}/{_escaped(str(key))}", paths)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _extract(pointer: str) -> str:
    return f"CASE WHEN is_good THEN json_extract_string(line, {quote_literal(pointer)}) END"
