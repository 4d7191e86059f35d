"""Codes on disk, beside the snapshot that they were made from: flat planes that are mapped into memory.

They can be made again from the snapshot at any time, so that what is missing, cut short or damaged simply is; `verify`
never reads them.
"""

from __future__ import annotations

import json
import os
import threading
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa

from beachhead.rules.types import ValueType
from beachhead.segments.columns import Column, Texts

_MAGIC = b"beachhead codes 1\n"
_ALIGNED = 64


class CodeShelf:
    """The columns of one snapshot, a file for each attribute that was asked for. Never raises: what cannot be written
    is made again the next time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Column | None:
        """The column of an attribute, its codes where they lie on disk; None when there is none that is whole."""
        with suppress(OSError, ValueError, KeyError, IndexError, pa.ArrowException):
            return _read(self._folder / f"{name}.codes")
        return None

    def write(self, name: str, column: Column) -> None:
        """Keep a column. A reader sees all of it or none."""
        path = self._folder / f"{name}.codes"
        scratch = path.with_name(f".{name}.{os.getpid()}.{threading.get_ident()}.tmp")
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            _write(scratch, column)
            scratch.replace(path)


def _write(path: Path, column: Column) -> None:
    """A line of JSON, the known values, and the codes, each aligned."""
    known = column.known.array if isinstance(column.known, Texts) else pa.array(column.known)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, pa.schema([("known", known.type)])) as file:
        file.write_table(pa.table({"known": known}))
    values = sink.getvalue()
    codes = column.codes.view(np.uint8).data
    head = {
        "type": column.type.value, "width": column.codes.itemsize, "known": values.size, "rows": len(column.codes),
        "crc32": zlib.crc32(codes, zlib.crc32(values)),
    }  # fmt: skip
    line = _MAGIC + json.dumps(head).encode() + b"\n"
    with path.open("wb") as file:
        file.write(line.ljust(_aligned(len(line))))
        file.write(values)
        file.write(b" " * (_aligned(values.size) - values.size))
        file.write(codes)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> Column | None:
    whole = np.memmap(path, np.uint8, "r")
    magic, line = bytes(whole[:512]).split(b"\n", 2)[:2]
    if magic + b"\n" != _MAGIC:
        return None
    head = json.loads(line)
    start = _aligned(len(_MAGIC) + len(line) + 1)
    codes_at = start + _aligned(head["known"])
    if len(whole) != codes_at + head["rows"] * head["width"]:
        return None
    values = whole[start : start + head["known"]]
    if zlib.crc32(whole[codes_at:].data, zlib.crc32(values.data)) != head["crc32"]:
        return None
    known = pa.ipc.open_file(pa.py_buffer(values)).read_all()["known"].combine_chunks()
    kind = ValueType(head["type"])
    is_text = kind in (ValueType.TEXT, ValueType.LIST)
    return Column(kind, whole[codes_at:].view(f"u{head['width']}"), Texts(known) if is_text else known.to_numpy())


def _aligned(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
