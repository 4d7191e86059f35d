"""Any supported format as a relation of texts: one column of text per source column, in file order."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.parquet as pq

from beachhead.engines.duck import path_literal, quote_literal, quote_name
from beachhead.errors import Diagnostic, Place, nearest_name
from beachhead.sources import dialect, excel, intake
from beachhead.sources.database_files import database_table
from beachhead.sources.documents import open_json, open_xml
from beachhead.sources.html_tables import read_html
from beachhead.sources.intake import Form
from beachhead.sources.landed import Places
from beachhead.sources.opening import MAX_RECORD_BYTES, Opening, Reader, next_number, not_a, plain_copy

__all__ = ["Opening", "Reader", "at_file", "missing_column", "open_file"]

_SAMPLE_BYTES = 400_000


def open_file(opening: Opening) -> Reader:
    """A reader for the file. Raises `DataError` or `OutsideError` when it is not what it should be."""
    match opening.kind:
        case "parquet":
            return _open_parquet(opening)
        case "excel":
            return _open_excel(opening)
        case "json":
            return open_json(opening, is_lines=False)
        case "ndjson":
            return open_json(opening, is_lines=True)
        case "xml":
            return open_xml(opening)
        case "html":
            return _open_html(opening)
        case "sqlite" | "duckdb":
            return _open_database(opening)
        case _:
            return _open_csv(opening)


def _open_csv(opening: Opening) -> Reader:
    options = opening.source.csv
    form, encoding_words = intake.look_at_form(opening.path, opening.shown, options.encoding)
    path, cleanup = plain_copy(opening, form)
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
    rejects = f"rejects_{next_number()}"
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
        raise not_a("not-parquet", "Parquet file", opening.shown, e) from e
    except (pa.ArrowException, ValueError) as e:
        raise not_a("not-parquet", "Parquet file", opening.shown, e) from e
    dialect.refuse_duplicates(schema.names, Place(opening.shown))
    path, cleanup = plain_copy(opening, Form())
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
    name = f"sheet_{next_number()}"
    opening.engine.load(name, sheet.table)
    columns = {header: f"c{n}" for n, header in enumerate(sheet.header) if header}
    places = Places("sheet", skip_lines=sheet.header_row, sheet=sheet.name)
    words = (f"sheet '{sheet.name}'", f"header on row {sheet.header_row}")
    engine = opening.engine

    def unregister() -> None:
        engine.raw.unregister(name)

    return Reader("excel", name, columns, places, words, cleanup=(unregister,))


def _open_html(opening: Opening) -> Reader:
    sheet = read_html(opening.path, opening.shown, opening.source.excel.header_row, opening.wanted)
    name = f"sheet_{next_number()}"
    opening.engine.load(name, sheet.table)
    columns = {header: f"c{n}" for n, header in enumerate(sheet.header) if header}
    engine = opening.engine

    def unregister() -> None:
        engine.raw.unregister(name)

    words = ("the table of a web page", f"header on row {sheet.header_row}", "line numbers are record numbers")
    return Reader("html", name, columns, Places("rows"), words, cleanup=(unregister,))


def _open_database(opening: Opening) -> Reader:
    path, words = database_table(opening)
    columns = {name: quote_name(name) for name in pq.read_schema(path).names}
    relation = f"read_parquet({path_literal(path)}, hive_partitioning = false)"
    return Reader(
        opening.kind, relation, columns, Places("rows"), (words, "line numbers are row numbers"),
        cleanup=(lambda: path.unlink(missing_ok=True),),
    )  # fmt: skip


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
