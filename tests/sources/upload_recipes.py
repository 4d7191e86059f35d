"""Files to upload, made from what a case says of them."""

from __future__ import annotations

import gzip
import io
import random
import sqlite3
import struct
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter


def write(recipe: object, path: Path) -> None:
    """The file at `path`; a sparse one takes no space."""
    if isinstance(recipe, Mapping) and "sparse" in recipe:
        with path.open("wb") as file:
            file.write(str(recipe.get("begin", "")).encode())
            file.truncate(int(recipe["sparse"]))
        return
    path.write_bytes(content(recipe))


def content(recipe: object) -> bytes:
    match recipe:
        case str():
            return recipe.encode()
        case list():
            return b"".join(content(part) for part in recipe)
        case {"hex": text}:
            return bytes.fromhex(text)
        case {"repeat": text, "times": times}:
            return str(text).encode() * int(times)
        case {"text": text, "encoding": encoding}:
            return str(text).encode(encoding)
        case {"noise": size}:
            return random.Random(7).randbytes(int(size))
        case {"cut": inner, "to": size}:
            return content(inner)[: int(size)]
        case {"spoil": inner, "at": at}:
            data = bytearray(content(inner))
            data[int(at)] ^= 0xFF
            return bytes(data)
        case {"gzip": inner}:
            return gzip.compress(content(inner), mtime=0)
        case {"zip": members, **how}:
            return zipped(members, how)
        case {"tar": members}:
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w:gz") as archive:
                for name, part in members.items():
                    info = tarfile.TarInfo(name)
                    info.size = len(content(part))
                    archive.addfile(info, io.BytesIO(content(part)))
            return out.getvalue()
        case {"xlsx": rows, **how}:
            return workbook(rows, how)
        case {"parquet": columns}:
            out = io.BytesIO()
            pq.write_table(pa.table(columns), out)
            return out.getvalue()
        case {"sqlite": statements}:
            return sqlite(statements)
        case {"ole": names}:
            # The container of old Office files, with a directory of these names and nothing else.
            sectors = b"".join(str(n).encode("utf-16-le").ljust(64, b"\0") + bytes(64) for n in names)
            return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + sectors.ljust(4096, b"\0")
        case {"columns": width}:
            head = ["id", *(f"c{n}" for n in range(1, int(width)))]
            return (",".join(head) + "\n" + ",".join("7" for _ in head) + "\n").encode()
    raise AssertionError(f"unknown recipe: {recipe}")


def zipped(members: Mapping[str, object] | int, how: Mapping[object, object]) -> bytes:
    out = io.BytesIO()
    named = {f"{n}.csv": "id\n1\n" for n in range(members)} if isinstance(members, int) else members
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in named.items():
            archive.writestr(name, content(part))
    data = bytearray(out.getvalue())
    if how.get("encrypted"):
        data[data.rindex(b"PK\x01\x02") + 8] |= 1
    if "claims" in how:  # a size that is not that of the member
        at = data.rindex(b"PK\x01\x02") + 24
        data[at : at + 4] = struct.pack("<I", how["claims"])
    return bytes(data)


def workbook(rows: list[list[object]], how: Mapping[object, object]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": bool(how.get("formulas"))}) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate(rows):
            for m, value in enumerate(row):
                sheet.write(n, m, value)
    if "also" not in how:
        return out.getvalue()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # a part that is there already is meant to be hidden by another
        for name, part in how["also"].items():  # type: ignore[attr-defined]
            archive.writestr(name, content(part))
    return out.getvalue()


def sqlite(statements: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.db"
        with sqlite3.connect(path) as database:
            for statement in statements:
                database.execute(statement)
        database.close()
        return path.read_bytes()
