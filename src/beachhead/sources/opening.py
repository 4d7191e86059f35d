"""What a reader is: a file as a relation of texts. What is needed to open one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from beachhead.engines.duck import DuckEngine
from beachhead.errors import DataError, Diagnostic, OutsideError, Place
from beachhead.project.definitions import SourceDefinition
from beachhead.sources.intake import Blanks, Form, plain_file
from beachhead.sources.landed import Places

MAX_RECORD_BYTES = 4_000_000
"""A longer record is set aside: nearly always a quote that is never closed."""
ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".tab": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".xlsx": "excel", ".xlsm": "excel", ".xlsb": "excel",
    ".xls": "excel", ".ods": "excel", ".xml": "xml", ".html": "html", ".htm": "html", ".sqlite": "sqlite",
    ".sqlite3": "sqlite", ".db3": "sqlite", ".duckdb": "duckdb", ".ddb": "duckdb",
}  # fmt: skip
_HTML = (b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<style")
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
        return self.source.format or format_of(self.path)

    def temporary(self, ending: str) -> Path:
        """A free path for a temporary file."""
        self.temp.mkdir(parents=True, exist_ok=True)
        return self.temp / f"reading-{next_number()}{ending}"


def next_number() -> int:
    """A number that no other relation or temporary file of this process has."""
    return next(_numbers)


def format_of(path: Path) -> str:
    """The format that the ending of a name stands for; a web page that is called .xls is one all the same."""
    endings = [e.lower() for e in path.suffixes if e.lower() != ".gz"]
    found = ENDINGS.get(endings[-1] if endings else "", "csv")
    if endings and endings[-1] in (".xls", ".db"):
        head = first_bytes(path)
        if endings[-1] == ".xls" and is_html(head):
            return "html"
        if head.startswith(b"SQLite format 3"):
            return "sqlite"
        if head[8:12] == b"DUCK":
            return "duckdb"
    return found


def plain_copy(opening: Opening, form: Form) -> tuple[Path, tuple[Callable[[], None], ...]]:
    """A plain text file, and how to remove it where it is a copy."""
    path = plain_file(opening.path, form, lambda: opening.temporary(".txt"), opening.shown)
    if opening.source.csv.delimiter == "blanks":
        parted = opening.temporary(".txt")
        _part_by_one_blank(path, parted)
        if path != opening.path:
            path.unlink(missing_ok=True)
        path = parted
    if opening.emptied:
        emptied = opening.temporary(".txt")
        _empty_lines(path, emptied, set(opening.emptied))
        if path != opening.path:
            path.unlink(missing_ok=True)
        path = emptied
    if path == opening.path:
        return path, ()
    return path, (lambda: path.unlink(missing_ok=True),)


def _part_by_one_blank(path: Path, target: Path) -> None:
    """A text whose columns stand below each other, any number of blanks between them, with one between them."""
    with path.open("rb") as source, target.open("wb") as out:
        out.writelines(b" ".join(line.split()) + b"\n" for line in source)


def _empty_lines(path: Path, target: Path, lines: set[int]) -> None:
    with path.open("rb") as source, target.open("wb") as out:
        out.writelines(b"\n" if number in lines else line for number, line in enumerate(source, 1))


def first_bytes(path: Path, size: int = 4096) -> bytes:
    """The beginning of a file; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def is_html(head: bytes) -> bool:
    """Whether a file that begins like this is a web page."""
    text = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n").lower()
    return text.startswith(_HTML)


class TextTable:
    """A temporary Parquet file of text columns that is written row by row, in pieces.

    Raises `OutsideError` where the disk is full.
    """

    _PIECE = 50_000

    def __init__(self, path: Path, names: Collection[str]) -> None:
        self._path = path
        self._schema = pa.schema([(name, pa.string()) for name in names])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd", compression_level=1)
        self._rows: list[tuple[str | None, ...]] = []

    def add(self, row: tuple[str | None, ...]) -> None:
        """One more row, as wide as there are names."""
        self._rows.append(row)
        if len(self._rows) >= self._PIECE:
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = list(zip(*self._rows, strict=True)) if self._rows else [()] * len(self._schema)
        arrays = [pa.array(column, pa.string()) for column in columns]
        try:
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        except OSError as e:
            message = f"a temporary file cannot be written: {e.strerror or e}"
            raise OutsideError(Diagnostic("disk", message, remedy="Free disk space, then run again.")) from e
        self._rows.clear()


def not_a(code: str, what: str, shown: str, error: Exception | str) -> DataError:
    """A file that is not of the format that it should be of."""
    why = str(error).split("\n", 1)[0]
    remedy = "Export it again, or correct `format:` in the source."
    return DataError(Diagnostic(code, f"{shown} is not a {what}", place=Place(shown), why=why, remedy=remedy))
