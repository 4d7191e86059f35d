"""A file from outside, looked at before anything is read: may it come in, and under which name?

Nothing is unpacked into memory, nothing is executed; a file that is refused leaves nothing behind.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from beachhead.errors import DataError, Diagnostic, OutsideError, Place, Severity
from beachhead.sources.content import Content, content_of
from beachhead.sources.intake import empty_file, unreadable
from beachhead.sources.opening import ENDINGS, first_bytes
from beachhead.sources.xml_records import has_entities

_CHUNK = 1 << 20
_SAFE_RATIO_BELOW = 100_000_000
"""Bytes: what unpacks to less does no harm, however small it was packed."""
_LONGEST_NAME = 120
_WIDE = 300
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_FORBIDDEN = re.compile(r'[<>:"|?*\[\]{}$%#\\/\x00-\x1f\x7f-\x9f]')
_NOT_SHOWN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
_ENDING_OF: dict[Content, tuple[str, ...]] = {
    "text": (".csv", ".tsv", ".tab", ".txt", ".ndjson", ".jsonl"), "json": (".json", ".ndjson", ".jsonl"),
    "xml": (".xml",), "html": (".html", ".htm"), "parquet": (".parquet", ".pq"),
    "sqlite": (".sqlite", ".sqlite3", ".db3", ".db"), "duckdb": (".duckdb", ".ddb", ".db"), "xlsx": (".xlsx", ".xlsm"),
    "xlsm": (".xlsm",), "xlsb": (".xlsb",), "ods": (".ods",), "xls": (".xls",), "zip": (".zip",),
}  # fmt: skip
_WORDS: dict[Content, str] = {
    "text": "a text file", "json": "JSON", "xml": "XML", "html": "a web page", "parquet": "a Parquet file",
    "sqlite": "a SQLite database", "duckdb": "a DuckDB database", "xlsx": "an Excel workbook",
    "xlsm": "an Excel workbook with macros", "xlsb": "a binary Excel workbook", "ods": "a LibreOffice sheet",
    "xls": "an old Excel workbook", "zip": "a zip archive",
}  # fmt: skip
# What is no table, and how to make one of it.
_REFUSED: dict[Content, tuple[str, str, str]] = {
    "pdf": ("not-a-table", "a PDF document", "Export the table behind it as CSV or Excel; a PDF is made for paper."),
    "image": ("not-a-table", "an image", "Export the table that it shows as CSV or Excel."),
    "document": ("not-a-table", "a text document", "Copy its table into a spreadsheet, and save that as .xlsx or CSV."),
    "slides": ("not-a-table", "a presentation", "Copy its table into a spreadsheet, and save that as .xlsx or CSV."),
    "iwork": ("not-a-table", "a document of Apple's Numbers, Pages or Keynote",
              "In Numbers: File, Export To, CSV or Excel; then drop that file here."),
    "archive": ("other-archive", "a packed archive that is not unpacked here", "Unpack it, or pack it as .zip."),
    "excel2003": ("not-a-table", "a spreadsheet of Excel 2003 in XML", "Open it in Excel, save it as .xlsx."),
    "binary": ("not-text", "neither a text nor a table of a known kind", "Export it as CSV or Excel."),
    "locked": ("password-protected", "protected by a password",
                         "Open it, remove the password (File, Info, Protect Workbook, Encrypt with Password), save, "
                         "and drop it here again."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest that is let in, in bytes: a file, what archives unpack to, what a workbook unpacks to.

    `ratio`: of unpacked to packed size, from which an archive is taken to be a trap. `members`: files in an archive.
    """

    file: int = 2_000_000_000
    unpacked: int = 8_000_000_000
    workbook: int = 1_000_000_000
    ratio: int = 200
    members: int = 1_000


USUAL = Limits()


def inspect_upload(path: Path, name: str, limits: Limits = USUAL) -> tuple[Diagnostic, ...]:
    """What should be known of the file at `path` that came under `name`: notes; it can be read.

    Raises `DataError` when it cannot come in, `OutsideError` when it cannot be opened. Of a zip archive the members
    are looked at when they are unpacked (`unpack_upload`).
    """
    shown = safe_name(name)
    place = Place(shown)
    try:
        size = path.stat().st_size
    except OSError as e:
        raise unreadable(shown, e) from e
    if size > limits.file:
        message = f"{shown} has {_size(size)}, and at most {_size(limits.file)} are taken"
        remedy = "Export less at once, such as one year per file, or put the file into the project's data folder."
        raise DataError(Diagnostic("file-too-large", message, place=place, remedy=remedy))
    if not size:
        raise DataError(empty_file(shown))
    content = content_of(path)
    if content in _REFUSED:
        code, what, remedy = _REFUSED[content]
        raise DataError(Diagnostic(code, f"{shown} is {what}", place=place, remedy=remedy))
    if content == "xml" and b"<!ENTITY" in first_bytes(path, 65_536).replace(b"\0", b""):
        raise DataError(has_entities(shown))
    if content in ("zip", "xlsx", "xlsm", "xlsb", "ods"):
        _check_archive(path, shown, content != "zip", limits)
    if content == "gzip":
        _check_gzip(path, shown, limits)
    return tuple(_notes(path, shown, name, content))


def proper_name(path: Path, name: str) -> str:
    """A safe name for the file with the ending of what it holds: `sales.csv` that is a workbook → `sales.xlsx`."""
    shown = safe_name(name)
    endings = _ENDING_OF.get(content_of(path))
    ending = PurePosixPath(shown).suffix
    if endings is None or ending.lower() in endings:
        return shown
    # The ending is taken away only where it names a format: `report.2025` is a name.
    stem = shown.removesuffix(ending) if ending.lower() in {*ENDINGS, ".zip", ".db", ".gz", ".dat"} else shown
    return f"{stem}{endings[0]}"


def safe_name(name: str) -> str:
    """The last part of a path as a file name that is safe on every system: `../../a?.csv` → `a_.csv`."""
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", name.strip().rstrip("/\\"))[-1])
    base = "".join(c for c in base if unicodedata.category(c) not in _NOT_SHOWN)
    base = _FORBIDDEN.sub("_", base).strip(" .~")
    if _RESERVED.fullmatch(base):
        base = f"_{base}"
    ending = PurePosixPath(base).suffix[:12]
    while len(base.encode()) > _LONGEST_NAME:
        base = base.removesuffix(ending)[:-1] + ending
    return base or "upload"


def unpack_upload(path: Path, name: str, folder: Path, limits: Limits = USUAL) -> tuple[Path, ...]:
    """The files of a zip archive, each looked at, written into `folder` (empty) under safe names.

    Raises `DataError` (also where one of them cannot come in; then nothing stays) or `OutsideError`.
    """
    shown = safe_name(name)
    written: list[Path] = []
    try:
        with zipfile.ZipFile(path) as archive:
            for member in _members(archive):
                target = _free(folder, safe_name(member.filename))
                written.append(target)
                with archive.open(member) as packed, target.open("wb") as out:
                    while chunk := packed.read(_CHUNK):
                        out.write(chunk)
                inside = f"{shown}/{target.name}"
                if content_of(target) == "zip":
                    message = f"{inside} is an archive in an archive"
                    remedy = "Unpack it, and drop its files here."
                    raise DataError(Diagnostic("nested-archive", message, place=Place(inside), remedy=remedy))
                inspect_upload(target, target.name, limits)
                proper = folder / proper_name(target, target.name)
                if proper != target:
                    written[-1] = target.rename(_free(folder, proper.name))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as e:
        _remove(written)
        raise DataError(_broken(shown, e)) from e
    except OSError as e:
        _remove(written)
        message = f"{shown} cannot be unpacked: {e.strerror or e}"
        raise OutsideError(Diagnostic("disk", message, remedy="Free disk space, then try again.")) from e
    except BaseException:
        _remove(written)
        raise
    if not written:
        message = f"{shown} holds no files"
        raise DataError(Diagnostic("empty-file", message, place=Place(shown), remedy="Pack it again."))
    return tuple(written)


def _members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The files of an archive without folders and what systems leave there for themselves."""
    for member in archive.infolist():
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
        if not member.is_dir() and not is_link and "__MACOSX" not in parts and not parts[-1].startswith((".", "~$")):
            yield member


def _check_archive(path: Path, shown: str, is_office: bool, limits: Limits) -> None:
    """Nothing in it is a trap, encrypted or damaged. What it says of sizes is not believed: all is unpacked, to
    nowhere."""
    place = Place(shown)
    most = limits.workbook if is_office else limits.unpacked
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > limits.members * (10 if is_office else 1):
                message = f"{shown} holds {len(members):,} files"
                raise DataError(Diagnostic("archive-trap", message, place=place, remedy="Drop the exports themselves."))
            if any(m.flag_bits & 1 for m in members):
                message = f"{shown} is protected by a password"
                remedy = "Unpack it, and drop its files here."
                raise DataError(Diagnostic("password-protected", message, place=place, remedy=remedy))
            packed = path.stat().st_size
            _refuse_trap(shown, sum(m.file_size for m in members), packed, most, limits.ratio)
            unpacked = 0
            for member in members:
                with archive.open(member) as file:
                    while chunk := file.read(_CHUNK):
                        unpacked += len(chunk)
                        _refuse_trap(shown, unpacked, packed, most, limits.ratio)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as e:
        raise DataError(_broken(shown, e)) from e
    except OSError as e:
        raise unreadable(shown, e) from e


def _check_gzip(path: Path, shown: str, limits: Limits) -> None:
    """Its beginning is no trap, and can be unpacked; the rest is watched while it is read."""
    unpacked = 0
    try:
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as file:
            while unpacked <= 2 * _SAFE_RATIO_BELOW and (chunk := file.read(_CHUNK)):
                if not unpacked and chunk[:262].endswith(b"ustar"):
                    message = f"{shown} is a tar archive"
                    remedy = "Unpack it, or pack it as .zip."
                    raise DataError(Diagnostic("other-archive", message, place=Place(shown), remedy=remedy))
                unpacked += len(chunk)
                _refuse_trap(shown, unpacked, max(raw.tell(), 1), limits.unpacked, limits.ratio)
    except (EOFError, zlib.error, gzip.BadGzipFile) as e:
        remedy = "Export or copy it again."
        message = f"{shown} cannot be unpacked"
        raise DataError(Diagnostic("broken-gzip", message, place=Place(shown), why=str(e), remedy=remedy)) from e
    except OSError as e:
        raise unreadable(shown, e) from e
    if not unpacked:
        raise DataError(empty_file(shown))


def _refuse_trap(shown: str, unpacked: int, packed: int, most: int, ratio: int) -> None:
    if unpacked <= most and (unpacked < _SAFE_RATIO_BELOW or unpacked <= ratio * packed):
        return
    message = f"{shown} would unpack to {_size(unpacked)} or more"
    why = f"that is {unpacked // max(packed, 1):,} times its size" if unpacked <= most else None
    remedy = "Export as CSV, in several files if need be; an archive that grows so much is often a trap."
    raise DataError(Diagnostic("archive-trap", message, place=Place(shown), why=why, remedy=remedy))


def _broken(shown: str, error: Exception) -> Diagnostic:
    remedy = "Export, pack or copy it again."
    message = f"{shown} cannot be unpacked"
    return Diagnostic("broken-archive", message, place=Place(shown), why=str(error), remedy=remedy)


def _notes(path: Path, shown: str, name: str, content: Content) -> Iterator[Diagnostic]:
    place = Place(shown)
    if shown != name:
        message = f"the name '{printable(name)}' became '{shown}'"
        yield Diagnostic("name-changed", message, Severity.INFO, place, remedy="Nothing to do.")
    proper = proper_name(path, name)
    if proper != shown:
        message = f"{shown} is {_WORDS[content]}, so it is called {proper}"
        yield Diagnostic("other-ending", message, Severity.INFO, place, remedy="Nothing to do.")
    if content == "xlsm":
        message = f"{shown} holds macros; they are not run"
        yield Diagnostic("has-macros", message, Severity.INFO, place, remedy="Nothing to do.")
    if content == "text" and (columns := _columns(path)) > _WIDE:
        message = f"{shown} has {columns:,} columns"
        remedy = "Nothing to do; only the columns that you map are kept."
        yield Diagnostic("many-columns", message, Severity.INFO, place, remedy=remedy)


def _columns(path: Path) -> int:
    """About how many columns a text has, by the delimiters of its first line."""
    first = first_bytes(path, 1 << 20).replace(b"\0", b"").split(b"\n", 1)[0]
    return 1 + max(first.count(delimiter) for delimiter in (b",", b";", b"\t", b"|"))


def printable(text: str) -> str:
    """A text from outside, short and without characters that cannot be seen."""
    return "".join(c if unicodedata.category(c) not in _NOT_SHOWN else "�" for c in text)[:80]


def _free(folder: Path, name: str) -> Path:
    """A path in `folder` that does not exist yet."""
    path = folder / name
    number = 2
    while path.exists():
        path = folder / f"{PurePosixPath(name).stem}-{number}{PurePosixPath(name).suffix}"
        number += 1
    return path


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _size(size: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"
