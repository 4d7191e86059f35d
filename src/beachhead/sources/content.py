"""What a file is by its content, whatever its name says. Looks at its first bytes and, of archives, at their list."""

from __future__ import annotations

import mmap
import zipfile
from pathlib import Path
from typing import Literal

from beachhead.sources.opening import first_bytes, is_html

Content = Literal[
    "empty", "text", "json", "xml", "html", "parquet", "sqlite", "duckdb", "xlsx", "xlsm", "xlsb", "ods", "xls", "zip",
    "gzip", "locked", "excel2003", "document", "slides", "pdf", "image", "iwork", "archive", "binary",
]  # fmt: skip

_HEAD = 65_536
_MAGIC: tuple[tuple[bytes, Content], ...] = (
    (b"%PDF", "pdf"), (b"\x89PNG", "image"), (b"\xff\xd8\xff", "image"), (b"GIF8", "image"), (b"BM", "image"),
    (b"II*\0", "image"), (b"MM\0*", "image"), (b"RIFF", "image"), (b"PAR1", "parquet"), (b"SQLite format 3", "sqlite"),
    (b"\x1f\x8b", "gzip"), (b"7z\xbc\xaf", "archive"), (b"Rar!", "archive"), (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"), (b"\x28\xb5\x2f\xfd", "archive"), (b"{\\rtf", "document"),
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")


def content_of(path: Path) -> Content:
    """What a file holds. Never raises: what cannot be read counts as empty, what is damaged as what it begins like."""
    head = first_bytes(path, _HEAD)
    if not head:
        return "empty"
    if head.startswith(_ZIPS):
        return _zipped(path)
    if head.startswith(_OLE):
        return _old_office(path)
    if head[8:12] == b"DUCK":
        return "duckdb"
    for magic, content in _MAGIC:
        if head.startswith(magic) and (len(magic) > 2 or not _is_text(head)):
            return content
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) or _has_wide_letters(text):
        text = text.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    elif not _is_text(text):
        return "binary"
    if is_html(text):
        return "html"
    text = text.lstrip()
    if text.startswith(b"<?xml") or (text.startswith(b"<") and b">" in text):
        return "excel2003" if b"urn:schemas-microsoft-com:office:spreadsheet" in text else "xml"
    return "json" if text.startswith((b"{", b"[{", b"[\n", b"[\r", b"[ ", b"[]")) else "text"


def _is_text(head: bytes) -> bool:
    """Whether hardly any character is a control character."""
    control = sum(b < 9 or 13 < b < 32 for b in head[:4096])
    return control <= len(head[:4096]) // 50


def _has_wide_letters(head: bytes) -> bool:
    """UTF-16 without a mark at its beginning: every other byte is zero."""
    some = head[:4096]
    even, odd = some[0::2].count(0), some[1::2].count(0)
    return len(some) >= 4 and max(even, odd) > 0.3 * len(some) and min(even, odd) < 0.05 * len(some)


def _zipped(path: Path) -> Content:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            kind = archive.read("mimetype")[:100] if "mimetype" in names and _is_small(archive, "mimetype") else b""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return "zip"
    if any(n.startswith("xl/") for n in names):
        if "xl/workbook.bin" in names:
            return "xlsb"
        return "xlsm" if "xl/vbaProject.bin" in names else "xlsx"
    if b"opendocument.spreadsheet" in kind:
        return "ods"
    if any(n.startswith("word/") for n in names) or b"opendocument.text" in kind:
        return "document"
    if any(n.startswith("ppt/") for n in names) or b"opendocument.presentation" in kind:
        return "slides"
    return "iwork" if names & {"Index.zip", "Index/Document.iwa", "index.xml"} else "zip"


def _is_small(archive: zipfile.ZipFile, name: str) -> bool:
    return archive.getinfo(name).file_size < 1000


def _old_office(path: Path) -> Content:
    """The container of old Office files; an encrypted new one is wrapped in it. Its parts have names in UTF-16."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            parts = {name: data.find(name.encode("utf-16-le")) >= 0 for name in ("EncryptedPackage", "WordDocument")}
            if parts["EncryptedPackage"]:
                return "locked"
            if any(data.find(f"{name}\0".encode("utf-16-le")) >= 0 for name in ("Workbook", "Book")):
                return "xls"
            if parts["WordDocument"]:
                return "document"
            return "slides" if data.find("PowerPoint Document".encode("utf-16-le")) >= 0 else "binary"
    except (OSError, ValueError):
        return "binary"
