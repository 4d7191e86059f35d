"""The bytes of a file: fingerprint, compression, encoding, line ends. Gives plain UTF-8 text with uniform line ends.

A file that is that already is used where it lies; any other is copied into a temporary one.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from beachhead.errors import BeachheadError, DataError, Diagnostic, OutsideError, Place

CHUNK = 1 << 22
_HARMLESS = 1_000_000_000
_TRAP_RATIO = 500
Blanks = Literal["none", "spaces", "any"]
"""Which blanks a text may hold: none, only plain spaces, others too (tabs, no-break spaces)."""
_SUSPECT_LINES = 2000
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"SQLite format 3", "a database"),
)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file's content (`sha256`) and what tells cheaply that it is still the same."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Form:
    """What has to be done to a file's bytes to get plain UTF-8 lines; `blanks`: what may have to be trimmed."""

    gzipped: bool = False
    encoding: str = "utf-8"
    uniform_lines: bool = True
    blanks: Blanks = "any"

    @property
    def is_plain(self) -> bool:
        return not self.gzipped and self.encoding == "utf-8" and self.uniform_lines


def stamp(path: Path, shown: str) -> tuple[int, int]:
    """Size and time of the last change. Raises `OutsideError`."""
    try:
        found = path.stat()
    except OSError as e:
        raise unreadable(shown, e) from e
    return found.st_size, found.st_mtime_ns


def fingerprint(path: Path, shown: str) -> Fingerprint:
    """Read the whole file once. Raises `OutsideError` when it cannot be read, `DataError` when it is empty."""
    before = stamp(path, shown)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as e:
        raise unreadable(shown, e) from e
    if before[0] == 0:
        raise DataError(empty_file(shown))
    if stamp(path, shown) != before:
        raise DataError(changed(shown))
    return Fingerprint(*before, digest.hexdigest())


def look_at_form(path: Path, shown: str, encoding: str | None) -> tuple[Form, str]:
    """Find the form, and the words for it. `encoding` is what the project says. Raises `DataError`."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        gzipped = head.startswith(b"\x1f\x8b")
        if gzipped:
            with gzip.open(path) as unpacked:
                head = unpacked.read(4096)
    except (OSError, EOFError, zlib.error) as e:
        raise _broken_gzip(shown, e) if head_is_gzip(path) else unreadable(shown, e) from e
    if encoding:
        named: str | None = _known_encoding(encoding, shown)
    else:
        named = next((name for bom, name in _BOMS if head.startswith(bom)), None) or _utf16_without_bom(head)
    if named is None or named == "utf-8":
        _refuse_binary(head, shown)
    facts = _facts(path, shown, Form(gzipped, named or "utf-8"))
    if named is None or (named == "utf-8" and not encoding):
        named = "utf-8" if facts.is_utf8 else _guess_encoding(facts)
    form = Form(gzipped, named, facts.uniform_lines, facts.blanks)
    words = "gzip, " if gzipped else ""
    return form, f"{words}encoding {named}"


def head_is_gzip(path: Path) -> bool:
    """Whether the file begins like a gzip file; False when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"
    except OSError:
        return False


def plain_file(path: Path, form: Form, temp: Callable[[], Path], shown: str) -> Path:
    """The file itself when it is plain, else a plain copy at `temp()`. Raises `DataError`, `OutsideError`."""
    if form.is_plain:
        return path
    target = temp()
    try:
        with target.open("wb") as out:
            for chunk in plain_chunks(path, form, shown):
                out.write(chunk)
    except OSError as e:
        message = f"{shown} could not be unpacked: {e.strerror or e}"
        raise OutsideError(Diagnostic("disk", message, remedy="Free disk space, then run again.")) from e
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def plain_chunks(path: Path, form: Form, shown: str) -> Iterator[bytes]:
    """The file's content as plain UTF-8, in pieces. Raises `DataError`, `OutsideError`."""
    chunks = _raw_chunks(path, form.gzipped, shown)
    if form.encoding != "utf-8":
        chunks = _transcoded(chunks, form.encoding, shown)
    return chunks if form.uniform_lines else _with_newlines(chunks)


def _raw_chunks(path: Path, gzipped: bool, shown: str) -> Iterator[bytes]:
    unpacked = 0
    try:
        packed = path.stat().st_size
        with gzip.open(path) if gzipped else path.open("rb") as file:
            while chunk := file.read(CHUNK):
                unpacked += len(chunk)
                if gzipped and unpacked > _HARMLESS and unpacked > _TRAP_RATIO * packed:
                    raise DataError(_trap(shown, unpacked // packed))
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as e:
        raise _broken_gzip(shown, e) from e
    except OSError as e:
        raise unreadable(shown, e) from e


def _transcoded(chunks: Iterator[bytes], encoding: str, shown: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as e:
        remedy = "Save the file as UTF-8, or say its encoding in the source: `csv: {encoding: …}`."
        message = f"{shown} is not valid {encoding}"
        raise DataError(Diagnostic("bad-encoding", message, place=Place(shown), why=str(e), remedy=remedy)) from e


def _with_newlines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for chunk in chunks:
        whole = held + chunk
        held = b"\r" if whole.endswith(b"\r") else b""
        yield whole[: len(whole) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if held:
        yield b"\n"


@dataclass(frozen=True, slots=True)
class _Facts:
    is_utf8: bool
    blanks: Blanks
    uniform_lines: bool
    suspects: bytes


def _facts(path: Path, shown: str, form: Form) -> _Facts:
    """Is all of it UTF-8, do all lines end alike; and lines that are not plain ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    newlines = returns = pairs = 0
    bare = has_space = has_other = False
    suspects: list[bytes] = []
    last = b""
    for chunk in plain_chunks(path, form, shown):
        if b"\r" in chunk or last == b"\r":
            returns += chunk.count(b"\r")
            pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk[:1] == b"\n")
            newlines += chunk.count(b"\n")
        elif not bare:
            bare = b"\n" in chunk
        last = chunk[-1:]
        has_space = has_space or b" " in chunk
        has_other = has_other or b"\t" in chunk or not chunk.isascii()
        if form.encoding != "utf-8":
            continue
        if not chunk.isascii() and len(suspects) < _SUSPECT_LINES:
            found = (line for line in chunk.splitlines() if not line.isascii())
            suspects += [line for line, _ in zip(found, range(_SUSPECT_LINES), strict=False)]
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    uniform = returns == 0 or (not bare and returns == pairs == newlines)
    blanks: Blanks = "any" if has_other else "spaces" if has_space else "none"
    return _Facts(is_utf8, blanks, uniform, b"\n".join(suspects))


def _guess_encoding(facts: _Facts) -> str:
    """UTF-8 with some bad rows, or another encoding altogether? The lines with letters beyond ASCII decide."""
    lines = facts.suspects.split(b"\n")
    good = sum(_is_utf8(line) for line in lines)
    if good * 2 >= len(lines):
        return "utf-8"
    # Western single-byte text is by far the most frequent; a guess is asked for only where it cannot be that.
    try:
        facts.suspects.decode("cp1252")
        western = True
    except UnicodeDecodeError:
        western = False
    from charset_normalizer import from_bytes  # seldom needed, and not quick to import

    best = from_bytes(facts.suspects[:100_000]).best()
    guessed = best.encoding if best else "latin-1"
    single_byte_western = {"cp1250", "cp1252", "cp1254", "cp1257", "cp1258", "latin_1", "iso8859_15", "cp850", "cp437"}
    if (
        western
        and (guessed in single_byte_western or guessed.startswith(("mac", "cp")))
        and not _has_foreign_words(facts.suspects)
    ):
        return "windows-1252"
    return guessed


def _has_foreign_words(text: bytes) -> bool:
    """Whether letters beyond ASCII stand together in words, as in Greek or Russian; in western words they are rare."""
    runs = re.findall(rb"[\x80-\xff]+", text)
    return bool(runs) and sum(map(len, runs)) > 2 * len(runs)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_bom(head: bytes) -> str | None:
    if len(head) < 4:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * half and odd < 0.1 * half else None


def _known_encoding(name: str, shown: str) -> str:
    try:
        known = codecs.lookup(name).name
    except LookupError as e:
        remedy = "Use a name such as utf-8, windows-1252, iso-8859-1, utf-16."
        message = f"there is no encoding '{name}' (for {shown})"
        raise DataError(Diagnostic("unknown-encoding", message, remedy=remedy)) from e
    return "utf-8" if known in ("utf-8", "utf-8-sig", "ascii") else known


def _refuse_binary(head: bytes, shown: str) -> None:
    what = next((words for magic, words in _MAGIC if head.startswith(magic)), None)
    first_line = head.lstrip(b"\r\n").split(b"\n", 1)[0]
    control = sum(b < 9 or 13 < b < 32 for b in first_line)
    if what is None and control <= max(1, len(first_line) // 50):
        return
    message = f"{shown} is not a text file" + (f" but {what}" if what else "")
    remedy = "Export it as CSV, or say what it is in the source: `format: excel`, `format: parquet`."
    raise DataError(Diagnostic("not-text", message, place=Place(shown), remedy=remedy))


def empty_file(shown: str) -> Diagnostic:
    """What to say of a file without content."""
    remedy = "Export it again, or remove it."
    return Diagnostic("empty-file", f"{shown} is empty", place=Place(shown), remedy=remedy)


def _trap(shown: str, times: int) -> Diagnostic:
    why = f"it has unpacked to {times:,} times its size already"
    remedy = "See whether it is an export at all; if it is, unpack it and use the plain file."
    return Diagnostic("archive-trap", f"{shown} unpacks without end", place=Place(shown), why=why, remedy=remedy)


def changed(shown: str) -> Diagnostic:
    """What to say of a file that somebody writes while it is read."""
    remedy = "Wait until the export is complete, then run again."
    return Diagnostic("file-changed", f"{shown} changed while it was read", place=Place(shown), remedy=remedy)


def unreadable(shown: str, error: Exception) -> BeachheadError:
    """What to say of a file that the operating system does not give."""
    why = getattr(error, "strerror", None) or str(error)
    remedy = "See whether the file is there and you may read it."
    return OutsideError(
        Diagnostic("unreadable-file", f"{shown} cannot be read: {why}", place=Place(shown), remedy=remedy)
    )


def _broken_gzip(shown: str, error: Exception) -> DataError:
    remedy = "Export or copy it again."
    return DataError(
        Diagnostic("broken-gzip", f"{shown} cannot be unpacked", place=Place(shown), why=str(error), remedy=remedy)
    )
