"""Any supported format as a relation of texts: one column of text per source column, in file order."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from beachhead.engines.duck import DuckEngine, path_literal, quote_literal, quote_name
from beachhead.errors import DataError, Diagnostic, Place, nearest_name
from beachhead.project.definitions import SourceDefinition
from beachhead.sources import dialect, excel, intake
from beachhead.sources.intake import Blanks, Form
from beachhead.sources.landed import Places

MAX_RECORD_BYTES = 4_000_000
"""A longer record is set aside: nearly always a quote that is never closed."""
_SAMPLE_BYTES = 400_000
_SAMPLE_RECORDS = 2_000
_ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".tab": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".xlsx": "excel", ".xlsm": "excel", ".xlsb": "excel",
    ".xls": "excel", ".ods": "excel",
}  # fmt: skip
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Reader:
    """A file that can be read.

    `relation` is a FROM item; `columns` gives the SQL of each source column as a text; `broken` is SQL that is true
    for a record that cannot be taken apart; `rejects` the table of those that the engine rejected while reading.
    """

    kind: str
    relation: str
    columns: Mapping[str, str]
    places: Places
    assumed: tuple[str, ...]
    broken: str | None = None
    record: str | None = None
    rejects: str | None = None
    plain: Path | None = None
    blanks: Blanks = "any"
    cleanup: tuple[Callable[[], None], ...] = field(default=())

    def close(self) -> None:
        """Remove what reading needed for a while."""
        for step in self.cleanup:
            step()


@dataclass(frozen=True)
class Opening:
    """What is to be opened: `wanted` are the source columns that the mapping names.

    `only_header`: the columns are asked for, not the rows, where reading fewer of them is cheaper.
    """

    source: SourceDefinition
    path: Path
    shown: str
    wanted: Collection[str]
    engine: DuckEngine
    temp: Path
    emptied: tuple[int, ...] = ()
    only_header: bool = False

    @property
    def kind(self) -> str:
        """The format that the source says, else that of the file's name."""
        return self.source.format or _format_of(self.path)

    def temporary(self, ending: str) -> Path:
        """A free path for a temporary file."""
        self.temp.mkdir(parents=True, exist_ok=True)
        return self.temp / f"reading-{next(_numbers)}{ending}"


def open_file(opening: Opening) -> Reader:
    """A reader for the file. Raises `DataError` or `OutsideError` when it is not what it should be."""
    match opening.kind:
        case "parquet":
            return _open_parquet(opening)
        case "excel":
            return _open_excel(opening)
        case "json":
            return _open_json(opening, is_lines=False)
        case "ndjson":
            return _open_json(opening, is_lines=True)
        case _:
            return _open_csv(opening)


def _format_of(path: Path) -> str:
    endings = [e.lower() for e in path.suffixes if e.lower() != ".gz"]
    return _ENDINGS.get(endings[-1] if endings else "", "csv")


def _plain(opening: Opening, form: Form) -> tuple[Path, tuple[Callable[[], None], ...]]:
    """A plain text file, and how to remove it where it is a copy."""
    path = intake.plain_file(opening.path, form, lambda: opening.temporary(".txt"), opening.shown)
    if opening.emptied:
        emptied = opening.temporary(".txt")
        _empty_lines(path, emptied, set(opening.emptied))
        if path != opening.path:
            path.unlink(missing_ok=True)
        path = emptied
    if path == opening.path:
        return path, ()
    return path, (lambda: path.unlink(missing_ok=True),)


def _empty_lines(path: Path, target: Path, lines: set[int]) -> None:
    with path.open("rb") as source, target.open("wb") as out:
        out.writelines(b"\n" if number in lines else line for number, line in enumerate(source, 1))


def _open_csv(opening: Opening) -> Reader:
    options = opening.source.csv
    form, encoding_words = intake.look_at_form(opening.path, opening.shown, options.encoding)
    path, cleanup = _plain(opening, form)
    try:
        with path.open("rb") as file:
            sample = file.read(_SAMPLE_BYTES).decode("utf-8", errors="replace")
            is_all = not file.read(1)
        if not is_all and "\n" in sample:
            sample = sample[: sample.rindex("\n") + 1]
        is_tsv = ".tsv" in opening.path.suffixes or ".tab" in opening.path.suffixes
        found = dialect.look(sample, opening.wanted, options, opening.shown, is_tsv)
    except BaseException:
        for step in cleanup:
            step()
        raise
    rejects = f"rejects_{next(_numbers)}"
    positions = {f"c{n}": name for n, name in enumerate(found.header)}
    columns = ", ".join(f"'{c}': 'VARCHAR'" for c in positions)
    relation = (
        f"read_csv({path_literal(path)}, auto_detect = false, header = false, skip = {found.skip_lines}, "
        f"delim = {quote_literal(found.delimiter)}, quote = {quote_literal(found.quote)}, "
        f"escape = {quote_literal(found.escape)}, columns = {{{columns}}}, strict_mode = true, "
        f"null_padding = false, max_line_size = {MAX_RECORD_BYTES}, hive_partitioning = false, "
        f"store_rejects = true, rejects_table = '{rejects}', rejects_scan = '{rejects}_scan')"
    )
    engine = opening.engine

    def drop() -> None:
        engine.execute(f"DROP TABLE IF EXISTS {rejects}; DROP TABLE IF EXISTS {rejects}_scan")

    places = Places(
        "csv", form, found.skip_lines, found.delimiter, found.quote, found.escape, len(found.header) == 1,
        emptied=opening.emptied,
    )  # fmt: skip
    delimiter, *others = found.words
    return Reader(
        "csv", relation, {name: c for c, name in positions.items() if name}, places,
        (delimiter, encoding_words, *others), rejects=rejects, plain=path,
        blanks="any" if found.delimiter == "\t" else form.blanks, cleanup=(*cleanup, drop),
    )  # fmt: skip


def _open_parquet(opening: Opening) -> Reader:
    try:
        schema = pq.read_schema(opening.path)
    except OSError as e:
        if e.errno is not None:
            raise intake.unreadable(opening.shown, e) from e
        raise DataError(_not_a("parquet", "Parquet file", opening.shown, e)) from e
    except (pa.ArrowException, ValueError) as e:
        raise DataError(_not_a("parquet", "Parquet file", opening.shown, e)) from e
    dialect.refuse_duplicates(schema.names, Place(opening.shown))
    path, cleanup = _plain(opening, Form())
    columns = {f.name: _parquet_text(f) for f in schema}
    return Reader(
        "parquet", f"read_parquet({path_literal(path)}, hive_partitioning = false)", columns, Places("rows"),
        ("line numbers are row numbers",), cleanup=cleanup,
    )  # fmt: skip


def _parquet_text(column: pa.Field) -> str:
    name = quote_name(column.name)
    type_ = column.type
    if pa.types.is_floating(type_):
        # Ids that went through a floating point column (12346.0) are whole numbers again.
        whole = f"{name} = trunc({name}) AND abs({name}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) ELSE CAST({name} AS VARCHAR) END"
    if pa.types.is_nested(type_):
        return f"CAST(to_json({name}) AS VARCHAR)"
    if pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        return f"CASE WHEN {name} IS NOT NULL THEN decode(CAST({name} AS BLOB)) END"
    return f"CAST({name} AS VARCHAR)"


def _open_excel(opening: Opening) -> Reader:
    options = opening.source.excel
    commas = {c.column for _, c in opening.source.mapped if c.decimal == "," and c.column}
    sheet = excel.read_sheet(
        opening.path, opening.shown, options.sheet, options.header_row, opening.wanted, commas, opening.only_header
    )
    name = f"sheet_{next(_numbers)}"
    opening.engine.load(name, sheet.table)
    columns = {header: f"c{n}" for n, header in enumerate(sheet.header) if header}
    places = Places("sheet", skip_lines=sheet.header_row, sheet=sheet.name)
    words = (f"sheet '{sheet.name}'", f"header on row {sheet.header_row}")
    engine = opening.engine

    def unregister() -> None:
        engine.raw.unregister(name)

    return Reader("excel", name, columns, places, words, cleanup=(unregister,))


def _open_json(opening: Opening, is_lines: bool) -> Reader:
    form, words = intake.look_at_form(opening.path, opening.shown, None)
    path, cleanup = _plain(opening, form)
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
    rejects = f"rejects_{next(_numbers)}"
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

    places = Places("lines" if kind == "lines" else "rows", form, quote="")
    return Reader(
        "ndjson", relation, columns, places, (words,), broken="NOT is_good", record="line",
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


def _not_a(code: str, what: str, shown: str, error: Exception) -> Diagnostic:
    why = str(error).split("\n", 1)[0]
    remedy = "Export it again, or correct `format:` in the source."
    return Diagnostic(f"not-{code}", f"{shown} is not a {what}", place=Place(shown), why=why, remedy=remedy)


def at_file(diagnostic: Diagnostic, shown: str) -> Diagnostic:
    """What went wrong while a file was opened or read, in words about the file."""
    if diagnostic.code != "engine-error":
        return diagnostic.at(Place(shown))
    message = f"{shown} cannot be read"
    remedy = "Export it again; for CSV, say delimiter, quote and encoding in the source (`csv: {…}`)."
    return Diagnostic("unreadable-data", message, place=Place(shown), why=diagnostic.message, remedy=remedy)


def missing_column(name: str, known: Collection[str], shown: str, place: Place | None) -> Diagnostic:
    """What to say when the mapping names a column that the file does not have."""
    nearest = nearest_name(name, known)
    listed = ", ".join(list(known)[:12]) + (", …" if len(known) > 12 else "")
    remedy = f"Did you mean '{nearest}'?" if nearest else f"The file has: {listed}."
    message = f"{shown} has no column '{name}'"
    return Diagnostic("unknown-source-column", message, place=place or Place(shown), remedy=remedy, nearest=nearest)
