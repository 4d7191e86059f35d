"""Rows that are not used, each kind with its reason: as one problem, and row by row with file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.errors import Severity
from beachhead.sources.landing import LandedFile
from beachhead.sources.locate import locate
from beachhead.sources.problems import Example, Problem

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("column", pa.string()),
        ("code", pa.string()),
        ("reason", pa.string()),
        ("value", pa.string()),
    ]
)
_EXAMPLES = 5
_ROWS_DO = re.compile(r"^\{n\} (?:rows|events)(?: of \w+)? (\w+)")
_VOWEL_AFTER_A = re.compile(r"\ba (?=[aeio]\w*_)")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows are not used. `message` begins `{n} rows` (or events), for their number, and a verb."""

    code: str
    column: str
    message: str
    remedy: str
    severity: Severity = Severity.WARNING


def set_aside(
    source: str, table: str, landed: LandedFile, ordinals: NDArray[np.int64], values: pa.ChunkedArray, reason: Reason
) -> tuple[Problem, pa.Table]:
    """The problem, and the rows (`SCHEMA`), of the landed rows at `ordinals`, which show `values`."""
    lines = locate(landed, ordinals)
    n = len(lines)
    said = with_article(reason.message.format(n=f"{n:,}"))
    texts = values.cast(pa.string())
    examples = tuple(
        Example(landed.file, int(line), value.as_py() or "")
        for line, value in zip(lines[:_EXAMPLES], texts[:_EXAMPLES], strict=True)
    )
    problem = Problem(
        reason.code, reason.severity, said, reason.remedy, n, landed.rows, source, table, reason.column, examples
    )
    columns = [
        *(pa.repeat(pa.scalar(text), n) for text in (source, landed.file)),
        pa.array(lines, pa.int64()),
        *(pa.repeat(pa.scalar(text), n) for text in (reason.column, reason.code, of_one_row(reason.message))),
        texts,
    ]
    return problem, pa.table(columns, schema=SCHEMA)


def of_one_row(message: str) -> str:
    """`{n} rows repeat the id` as said of one of them: `repeats the id`."""
    return with_article(
        _ROWS_DO.sub(lambda m: "has" if m[1] == "have" else f"{m[1]}s", message).replace(" their ", " its ")
    )


def with_article(message: str) -> str:
    """`a ended_at` as `an ended_at`."""
    return _VOWEL_AFTER_A.sub("an ", message)
