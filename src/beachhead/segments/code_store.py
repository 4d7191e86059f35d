"""Codes on disk, beside the snapshot that they were made from: flat planes that are mapped into memory.

They can be made again from the snapshot at any time, so that what is missing or damaged is simply made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from beachhead.rules.types import ValueType
from beachhead.segments.columns import Column, Texts

_MAGIC = b"beachhead codes 1\n"
_ALIGNED = 64


def stem_of(name: str) -> str:
    """The file name of a column, whatever is in its name."""
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def write_column(path: Path, column: Column, write: Callable[[Path, list[bytes | memoryview]], None]) -> None:
    """Write a column as one file: a line of JSON, the known values, and the codes, each aligned."""
    known = column.known.array if isinstance(column.known, Texts) else pa.array(column.known)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, pa.schema([("known", known.type)])) as file:
        file.write_table(pa.table({"known": known}))
    values = sink.getvalue()
    head = {"type": column.type.value, "width": column.codes.itemsize, "known": values.size, "rows": len(column.codes)}
    line = _MAGIC + json.dumps(head).encode() + b"\n"
    line += b" " * (-len(line) % _ALIGNED)
    gap = b" " * (-values.size % _ALIGNED)
    write(path, [line, memoryview(values), gap, column.codes.view(np.uint8).data])


def read_column(path: Path) -> Column | None:
    """The column of a file, its codes where they lie on disk; None when there is none or it is not whole."""
    try:
        whole = np.memmap(path, np.uint8, "r")
        line = bytes(whole[:512]).split(b"\n", 2)
        if line[0] + b"\n" != _MAGIC:
            return None
        head = json.loads(line[1])
        start = len(_MAGIC) + len(line[1]) + 1
        start += -start % _ALIGNED
        values = whole[start : start + head["known"]]
        codes_at = start + head["known"] + -head["known"] % _ALIGNED
        if len(whole) != codes_at + head["rows"] * head["width"]:
            return None
        known = pa.ipc.open_file(pa.py_buffer(values)).read_all()["known"].combine_chunks()
        kind = ValueType(head["type"])
        is_text = kind in (ValueType.TEXT, ValueType.LIST)
        codes = whole[codes_at:].view(f"u{head['width']}")
        return Column(kind, codes, Texts(known) if is_text else known.to_numpy())
    except (OSError, ValueError, KeyError, IndexError, pa.ArrowException):
        return None
