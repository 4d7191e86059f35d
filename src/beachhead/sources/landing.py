"""Landing: each raw file becomes one typed Parquet file, `<key>.parquet`, in the folder of its source.

The key is a hash of the file's content and of all that decides how it is read, so what is there already is
never read again. `<key>.json` is written last: a file has landed when it exists.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.engines.duck import DuckEngine, path_literal, quote_literal, quote_name
from beachhead.errors import BeachheadError, DataError, Diagnostic, OutsideError, Place, Severity, display_path
from beachhead.project.definitions import SourceDefinition
from beachhead.project.model import Table, day_column
from beachhead.sources import faults, intake
from beachhead.sources.cleaning import cleaning_problems
from beachhead.sources.column_dates import date_problems, find_readings, readings_of_unreadable
from beachhead.sources.dates import Reading
from beachhead.sources.excel import read_sheet
from beachhead.sources.faults import Broken, Faults
from beachhead.sources.headers import missing_columns
from beachhead.sources.intake import Fingerprint, changed, fingerprint, stamp
from beachhead.sources.landed import (
    VERSION,
    LandedFile,
    LandedSource,
    Places,
    read_landed,
    sync,
    write_report,
    write_whole,
)
from beachhead.sources.locate import lines_of_records
from beachhead.sources.mapping import Field, PlaceOf, SourceMapping, lands_in_own_units, make_mapping
from beachhead.sources.problems import Example, Problem
from beachhead.sources.readers import Opening, Reader, at_file, open_file

__all__ = ["LandedFile", "LandedSource", "LandingContext", "land", "read_landed"]

_NOT_PART_OF_KEY = {"name", "files", "history", "stable", "optional"}
_COLUMN_NOT_PART_OF_KEY = {"stable", "title", "kind", "known_from", "addressable"}
# A small limit spares the building of dictionaries that are given up again: ids make up most of an export.
_PARQUET = "COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 204800, DICTIONARY_SIZE_LIMIT 5000"
_MOST_OPEN_QUOTES = 50
_MOST_DATE_ROUNDS = 3
_numbers = itertools.count(1)


def _nowhere(*_keys: str | int) -> Place | None:
    return None


def _silent(_message: str) -> None:
    return


@dataclass(frozen=True)
class LandingContext:
    """What landing needs of its surroundings.

    `other_digits`: minor digits of currencies that have a rate and more or fewer of them than the project's.
    `root`: the project folder; `folder`: where this source's landed files go; `again`: land even what is there;
    `place_of`: the place of a key in the source's file; `say`: told what is being read.
    """

    root: Path
    folder: Path
    timezone: str
    currency: str
    minor_digits: int
    engine: DuckEngine
    today: date
    again: bool = False
    other_digits: Mapping[str, int] = field(default_factory=dict)
    place_of: PlaceOf = _nowhere
    say: Callable[[str], None] = _silent


def land(source: SourceDefinition, table: Table, files: Sequence[Path], context: LandingContext) -> LandedSource:
    """Land the files of a source, in the given order; what has landed before is not read again.

    Rows that cannot be used are kept with their reasons (`LandedFile.rejects`). A file whose content another one
    of the source has already is read once. Raises `DefinitionError`, `DataError` or `OutsideError`, with all that
    is wrong in all files.
    """
    mapping = make_mapping(
        source, table, context.timezone, context.minor_digits, context.place_of, context.other_digits
    )
    try:
        context.folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise _no_space(e) from e
    index = _read_index(context.folder)
    landed: dict[str, LandedFile] = {}
    problems: list[Problem] = []
    wrong: list[BeachheadError] = []
    for path in files:
        shown = display_path(path, context.root)
        try:
            content = _fingerprint(path, shown, index, context)
            key = _key(source, table, content, context)
            if key in landed:
                problems.append(_same_twice(source, table, shown, landed[key]))
                continue
            landed[key] = _land_file(source, mapping, path, shown, content, key, context)
        except BeachheadError as e:
            wrong.append(e)
        except OSError as e:
            wrong.append(_no_space(e))
    _write_index(context.folder, index)
    if wrong:
        kind = OutsideError if all(isinstance(e, OutsideError) for e in wrong) else DataError
        raise kind([d for e in wrong for d in e.diagnostics])
    return LandedSource(source.name, table, tuple(landed.values()), tuple(problems))


def _land_file(
    source: SourceDefinition, mapping: SourceMapping, path: Path, shown: str, content: Fingerprint, key: str,
    context: LandingContext,
) -> LandedFile:  # fmt: skip
    report = context.folder / f"{key}.json"
    if report.exists() and not context.again:
        known = read_landed(context.folder, key)
        if (known.file, known.path) == (shown, path) and known.fingerprint == content:
            return known
        moved = tuple(_in_file(p, known.file, shown) for p in known.problems)
        again = replace(known, file=shown, path=path, fingerprint=content, problems=moved)
        write_report(again, report)
        return again
    context.say(f"Reading {shown} ({_size(content.size)})")
    landing = _Landing(source, mapping, path, shown, content, key, context)
    try:
        landed = landing.run()
    except DataError as e:
        raise DataError([at_file(d, shown) for d in e.diagnostics]) from e
    if stamp(path, shown) != (content.size, content.mtime_ns):
        raise DataError(changed(shown))
    write_report(landed, report)
    return landed


class _Landing:
    """The landing of one file."""

    def __init__(
        self, source: SourceDefinition, mapping: SourceMapping, path: Path, shown: str, content: Fingerprint,
        key: str, context: LandingContext,
    ) -> None:  # fmt: skip
        self._source = source
        self._mapping = mapping
        self._path = path
        self._shown = shown
        self._content = content
        self._key = key
        self._context = context
        self._engine = context.engine
        self._emptied: dict[int, str] = {}

    def run(self) -> LandedFile:
        """Read, and read again without lines whose quote is never closed."""
        while True:
            reader = self._open()
            try:
                done = self._read(reader)
            finally:
                reader.close()
            if isinstance(done, LandedFile):
                return done
            self._emptied |= done
            if len(self._emptied) > _MOST_OPEN_QUOTES:
                lines = ", ".join(str(n) for n in sorted(self._emptied)[:5])
                message = f"{self._shown}: more than {_MOST_OPEN_QUOTES} quotes are never closed (lines {lines}, …)"
                remedy = "Correct the export, or say which quote it uses: `csv: {quote: …}`."
                raise DataError(Diagnostic("unterminated-quote", message, remedy=remedy))

    def _open(self) -> Reader:
        opening = Opening(
            self._source, self._path, self._shown, self._mapping.wanted, self._engine, self._context.folder / "tmp",
            tuple(sorted(self._emptied)),
        )  # fmt: skip
        reader = open_file(opening)
        missing = missing_columns(self._source, reader.columns, self._shown, self._context.place_of)
        if missing:
            reader.close()
            raise DataError(missing)
        return reader

    def _read(self, reader: Reader) -> LandedFile | dict[int, str]:
        """The landed file; or lines with a quote that is never closed, to be left out in another attempt."""
        readings, open_order = find_readings(self._engine, self._mapping, reader)
        rows = aside = left = 0
        broken: tuple[Broken, ...] = ()
        found: Faults | None = None
        name = f"faults_{next(_numbers)}"
        try:
            for _ in range(_MOST_DATE_ROUNDS):
                rows, left, aside, bad = self._copy(reader, readings)
                broken = faults.broken_records(self._engine, reader, self._chunks(reader))
                runaway = {b.line: b.raw.strip("\r\n").split("\n")[0] for b in broken if b.spans_lines}
                if runaway and not reader.places.one_column and set(runaway) - set(self._emptied):
                    return runaway
                found = None
                if not (left or aside or bad):
                    break
                found = Faults(self._engine, self._mapping, reader, readings, name)
                more, open_more = readings_of_unreadable(self._engine, self._mapping, reader, found, readings)
                if more == readings:
                    break
                readings, open_order = more, open_order | open_more
            return self._finish(reader, readings, open_order, rows, left, aside, broken, found)
        finally:
            self._engine.execute(f"DROP TABLE IF EXISTS {name}")
            self._part("parquet").unlink(missing_ok=True)

    def _copy(self, reader: Reader, readings: Mapping[str, Reading]) -> tuple[int, int, int, int]:
        """Write the Parquet file; rows landed, left out, set aside, and landed with an unreadable value.

        Sequences count while rows pass, so that a clean file is read once and nothing else is looked at.
        """
        kinds = {
            "left": self._mapping.left_out(),
            "aside": self._mapping.set_aside(reader.broken),
            "bad": self._mapping.unreadable(),
        }
        number = next(_numbers)
        for kind in kinds:
            self._engine.execute(f"CREATE TEMP SEQUENCE {kind}_{number}")
        whens = [
            f"WHEN {sql} THEN nextval('{kind}_{number}') {'>' if kind == 'bad' else '<'} 0"
            for kind, sql in kinds.items()
            if sql
        ]
        where = f" WHERE CASE {' '.join(whens)} ELSE true END" if whens else ""
        values = self._mapping.values(reader, readings)
        copied = self._engine.scalar(
            f"COPY (SELECT {', '.join(self._mapping.output())} FROM {values}{where}) "
            f"TO {quote_literal(str(self._part('parquet')))} "
            f"(FORMAT parquet, {_PARQUET})"
        )
        counts = [int(str(self._engine.scalar(f"SELECT nextval('{kind}_{number}')"))) - 1 for kind in kinds]
        for kind in kinds:
            self._engine.execute(f"DROP SEQUENCE {kind}_{number}")
        left, aside, bad = counts
        return int(str(copied)), left, aside, bad

    def _finish(
        self, reader: Reader, readings: Mapping[str, Reading], open_order: Mapping[str, int], rows: int, left: int,
        aside: int, broken: tuple[Broken, ...], found: Faults | None,
    ) -> LandedFile:  # fmt: skip
        rejected = aside + len(broken) + len(self._emptied)
        total = rows + left + rejected
        places = replace(
            reader.places,
            broken=tuple((b.start, b.end) for b in broken),
            emptied=tuple(sorted(self._emptied)),
        )
        lines = self._lines(reader, places, rows + left + aside) if found or readings else None
        problems, rejects = self._rejects(found, broken, lines, total)
        if rejected and not rows and not left:
            self._refuse(problems)
        problems += date_problems(self._engine, self._mapping, reader, readings, open_order, lines, self._shown)
        problems += cleaning_problems(self._engine, self._mapping, reader, self._shown)
        problems = [replace(p, source=self._source.name, table=self._mapping.table.name) for p in problems]
        problems += self._notes(left, total)
        if found is not None and (left or aside):
            write_whole(self._target("dropped"), found.dropped().astype("<u4").tobytes())
        else:
            self._target("dropped").unlink(missing_ok=True)
        first, last = self._days()
        sync(self._part("parquet"))
        self._part("parquet").replace(self._target("parquet"))
        return LandedFile(
            self._shown, self._path, self._key, self._content, self._target("parquet"), rejects, rows, rejected, left,
            reader.assumed, tuple(problems), first, last, places,
        )  # fmt: skip

    def _rejects(
        self, found: Faults | None, broken: Sequence[Broken], lines: NDArray[np.int64] | None, total: int
    ) -> tuple[list[Problem], Path | None]:
        target = self._target("rejects.parquet")
        if found is None and not broken and not self._emptied:
            target.unlink(missing_ok=True)
            return [], None
        fields = {f.name: f for f in self._mapping.fields}
        nothing = pa.table(
            {"n": pa.array([], pa.int64())} | {c: pa.array([], pa.string()) for c in ("column", "code", "raw", "kind")}
        )
        table = faults.rejects_table(
            found.rejects() if found else nothing, broken, sorted(self._emptied.items()), lines, fields,
            self._source.name, self._shown,
        )  # fmt: skip
        counts = found.value_counts() if found else {}
        problems = faults.problems_of(
            table, counts, fields, total, self._source.name, self._mapping.table.name, self._shown
        )
        if found is not None:
            problems = [
                faults.nothing_readable(p, fields[p.column], found.unreadable_texts(fields[p.column]))
                if p.column and self._reads_nothing(p, fields[p.column], total)
                else p
                for p in problems
            ]
        if not table.num_rows:
            target.unlink(missing_ok=True)
            return problems, None
        partial = self._part("rejects.parquet")
        faults.write_rejects(table, partial)
        sync(partial)
        partial.replace(target)
        return problems, target

    def _reads_nothing(self, problem: Problem, field: Field, total: int) -> bool:
        """Whether not one value of a column could be read."""
        if not problem.code.startswith("unreadable-") or not field.is_shown:
            return False
        if field.required:
            return problem.count == total
        part = path_literal(self._part("parquet"))
        sql = f"SELECT count(*) > 0 AND count({quote_name(field.name)}) = 0 FROM read_parquet({part})"
        return problem.count > 1 and bool(self._engine.scalar(sql))

    def _refuse(self, problems: Sequence[Problem]) -> None:
        """A file of which nothing can be used stops the run: better the last good results than none."""
        self._target("rejects.parquet").unlink(missing_ok=True)
        worst = max(problems, key=lambda p: p.count)
        example = worst.examples[0] if worst.examples else None
        why = worst.message + (f", such as '{example.value}'" if example and example.value else "")
        place = Place(self._shown, example.line if example else 0)
        message = f"no row of {self._shown} can be used"
        raise DataError(Diagnostic("nothing-usable", message, place=place, why=why, remedy=worst.remedy))

    def _notes(self, left: int, total: int) -> list[Problem]:
        notes = []
        if left:
            code, why = "left-out-by-filter", "left out by the source's filter"
            if self._mapping.table.name == "orders":
                only = "that hold nothing but the number of an order, as lines that continue it do"
                code, why = (code, f"{why}, or {only}") if self._mapping.where else ("order-continued", only)
            notes.append((code, f"{left:,} rows {why}", "Nothing to do.", left))
        if not total:
            remedy = "See whether the export is complete."
            notes.append(("no-rows", f"{self._shown} has names of columns but no rows", remedy, 0))
        return [
            Problem(code, Severity.INFO, words, remedy, n, total, self._source.name, self._mapping.table.name)
            for code, words, remedy, n in notes
        ]

    def _lines(self, reader: Reader, places: Places, records: int) -> NDArray[np.int64] | None:
        """The first line of each record that the reader gave; None when that cannot be told."""
        if places.kind == "rows":
            return np.arange(1, records + 1)
        if places.kind == "sheet":
            lines = read_sheet(self._path, self._shown, places.sheet, places.skip_lines, ()).rows
        else:
            lines = lines_of_records(self._chunks(reader), places)
            if len(lines) != records:
                lines = lines_of_records(self._chunks(reader), places, exact=True)
        return lines if len(lines) == records else None

    def _chunks(self, reader: Reader) -> itertools.chain[bytes]:
        if reader.plain is None:
            return itertools.chain()
        return itertools.chain(intake.plain_chunks(reader.plain, intake.Form(), self._shown))

    def _days(self) -> tuple[date | None, date | None]:
        known_at = self._mapping.table.known_at
        if known_at is None:
            return None, None
        day = day_column(known_at)
        part = path_literal(self._part("parquet"))
        row = self._engine.query(f"SELECT min({day}) AS a, max({day}) AS b FROM read_parquet({part})").to_pylist()[0]
        return row["a"], row["b"]

    def _part(self, ending: str) -> Path:
        return self._context.folder / f"{self._key}.{ending}.tmp"

    def _target(self, ending: str) -> Path:
        return self._context.folder / f"{self._key}.{ending}"


def _key(source: SourceDefinition, table: Table, content: Fingerprint, context: LandingContext) -> str:
    mapping = source.model_dump(mode="json", exclude=_NOT_PART_OF_KEY)
    for section in (mapping["columns"], mapping["extra"], mapping["match"]["by"], mapping["match"]["same_as"]):
        for column in section.values():
            for name in _COLUMN_NOT_PART_OF_KEY:
                del column[name]
    model = [asdict(c) for c in table.columns]
    told = [VERSION, content.sha256, mapping, model, context.timezone, context.minor_digits]
    if context.other_digits and lands_in_own_units(source):
        told.append(dict(context.other_digits))
    canonical = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _fingerprint(path: Path, shown: str, index: dict[str, Fingerprint], context: LandingContext) -> Fingerprint:
    """From the index where size and time are the same, else by reading the file."""
    name = os.path.relpath(path, context.folder)
    known = index.get(name)
    if known is None or stamp(path, shown) != (known.size, known.mtime_ns) or context.again:
        known = fingerprint(path, shown)
        index[name] = known
    return known


def _read_index(folder: Path) -> dict[str, Fingerprint]:
    """The index of fingerprints; it only saves time, so a damaged one counts as empty."""
    try:
        raw = json.loads((folder / "index.json").read_text("utf-8"))
        return {name: Fingerprint(int(size), int(mtime), str(sha)) for name, (size, mtime, sha) in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_index(folder: Path, index: Mapping[str, Fingerprint]) -> None:
    plain = {name: [f.size, f.mtime_ns, f.sha256] for name, f in sorted(index.items())}
    try:
        write_whole(folder / "index.json", json.dumps(plain, indent=0).encode())
    except OSError as e:
        raise _no_space(e) from e


def _in_file(problem: Problem, before: str, now: str) -> Problem:
    examples = tuple(Example(now, e.line, e.value) if e.file == before else e for e in problem.examples)
    return replace(problem, examples=examples)


def _same_twice(source: SourceDefinition, table: Table, shown: str, first: LandedFile) -> Problem:
    message = f"{shown} has the same content as {first.file}; it was read once"
    remedy = "Remove one of the two, or narrow the source's `files`."
    return Problem(
        "same-file-twice", Severity.WARNING, message, remedy, first.rows_read, first.rows_read, source.name, table.name,
        examples=(Example(shown, 0, first.file),),
    )  # fmt: skip


def _no_space(error: OSError) -> OutsideError:
    message = f"the landing folder cannot be written: {error.strerror or error}"
    return OutsideError(Diagnostic("disk", message, remedy="Free disk space or correct the rights, then run again."))


def _size(size: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"
