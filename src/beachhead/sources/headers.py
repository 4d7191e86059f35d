"""Does a file have the columns that the mapping names? Asked of its first lines, before anything is read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from beachhead.errors import BeachheadError, DataError, Diagnostic
from beachhead.project.definitions import SourceDefinition
from beachhead.sources.intake import empty_file, head_is_gzip, stamp
from beachhead.sources.mapping import PlaceOf
from beachhead.sources.readers import Opening, at_file, missing_column, open_file

_HEAD_BYTES = 100_000


def missing_columns(
    source: SourceDefinition, known: Collection[str], shown: str, place_of: PlaceOf
) -> list[Diagnostic]:
    """What the mapping names and a file with the columns `known` lacks, each at its place in the source."""
    return [
        missing_column(column.column, tuple(known), shown, place_of(*keys, "column") or place_of(*keys))
        for keys, column in source.mapped
        if column.column is not None and column.column not in known
    ]


def check_header(opening: Opening, place_of: PlaceOf) -> list[Diagnostic]:
    """What would stop an update as soon as it opens the file, in the same words; nothing when its columns are there.

    Of a text only the head is read. The head can acquit a file; what speaks against it is looked up in the whole, as
    an update does.
    """
    opening = replace(opening, only_header=True)
    try:
        if stamp(opening.path, opening.shown)[0] == 0:
            raise DataError(empty_file(opening.shown))
        if opening.kind in ("csv", "json", "ndjson") and _has_all(_head(opening)):
            return []
        return missing_columns(opening.source, _columns(opening), opening.shown, place_of)
    except BeachheadError as e:
        return [at_file(d, opening.shown) for d in e.diagnostics]


def _columns(opening: Opening) -> frozenset[str] | tuple[str, ...]:
    reader = open_file(opening)
    reader.close()
    return tuple(reader.columns)


def _has_all(head: Opening | None) -> bool:
    """Whether the head of a file has all columns that are wanted."""
    if head is None:
        return False
    try:
        return set(head.wanted) <= set(_columns(head))
    except BeachheadError:
        return False
    finally:
        head.path.unlink(missing_ok=True)


def _head(opening: Opening) -> Opening | None:
    """The first lines of a file as a file of its own; None where they cannot be had."""
    path: Path = opening.path
    endings = [ending for ending in path.suffixes if ending.lower() != ".gz"]
    try:
        with gzip.open(path) if head_is_gzip(path) else path.open("rb") as file:
            start = file.read(_HEAD_BYTES)
            if file.read(1):
                start = start[: start.rfind(b"\n") + 1]
        head = opening.temporary("".join(endings))
        head.write_bytes(start)
    except (OSError, EOFError, zlib.error):
        return None
    return replace(opening, path=head)
