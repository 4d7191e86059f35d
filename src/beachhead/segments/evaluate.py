"""All segment rules over the customer records, in one pass; a rule that fails fails alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.engines.duck import DuckEngine
from beachhead.errors import BeachheadError, Diagnostic
from beachhead.project.definitions import SegmentDefinition
from beachhead.rules import Node, segments_used, to_sql

_AT_ONCE = 200


@dataclass(frozen=True)
class CompiledSegment:
    """A segment whose rule was checked. `version` changes when the rule's meaning does."""

    definition: SegmentDefinition
    node: Node
    version: str
    english: str
    lacking: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.definition.name


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Who is in each segment, as a mask over the rows of the records; and why a segment could not be evaluated."""

    members: Mapping[str, NDArray[np.bool_]]
    failed: Mapping[str, tuple[Diagnostic, ...]]


def evaluate(
    engine: DuckEngine,
    records: pa.Table,
    segments: Sequence[CompiledSegment],
    as_of: date,
    column_sql: Callable[[str], str],
) -> Evaluation:
    """Evaluate segments, given so that each comes after those it names in `in_segment`.

    A member is a customer for whom the rule is true; unknown is not a member. A segment that names a failed one
    fails too. `column_sql` gives the SQL of an attribute's column.
    """
    members: dict[str, NDArray[np.bool_]] = {}
    failed: dict[str, tuple[Diagnostic, ...]] = {}
    for level in _levels(segments):
        ready = [s for s in level if not _blocked(s, failed)]
        failed |= {s.name: _blocked(s, failed) for s in level if s not in ready}
        needed = sorted({n for s in ready for n in segments_used(s.node)})
        column_of = {n: f"in_{i}" for i, n in enumerate(needed)}
        known = {column: pa.array(members[n]) for n, column in column_of.items()}
        engine.load("segment_records", _with_columns(records, known))
        for start in range(0, len(ready), _AT_ONCE):
            batch = ready[start : start + _AT_ONCE]
            conditions = [to_sql(s.node, as_of, column_of.__getitem__, column_sql) for s in batch]
            try:
                results: Sequence[NDArray[np.bool_] | BeachheadError] = _run(engine, conditions)
            except BeachheadError:
                results = [_run_alone(engine, c) for c in conditions]
            for segment, result in zip(batch, results, strict=True):
                if isinstance(result, BeachheadError):
                    failed[segment.name] = result.diagnostics
                else:
                    members[segment.name] = result
    return Evaluation(members, failed)


def _with_columns(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        table = table.append_column(name, values)
    return table


def _run(engine: DuckEngine, conditions: Sequence[str]) -> list[NDArray[np.bool_]]:
    listed = ", ".join(f"coalesce({c}, false) AS m{i}" for i, c in enumerate(conditions))
    result = engine.query(f"SELECT {listed} FROM segment_records")
    return [column.combine_chunks().to_numpy(zero_copy_only=False) for column in result.columns]


def _run_alone(engine: DuckEngine, condition: str) -> NDArray[np.bool_] | BeachheadError:
    try:
        return _run(engine, [condition])[0]
    except BeachheadError as e:
        return e


def _blocked(segment: CompiledSegment, failed: Mapping[str, object]) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            "needs-failed-segment",
            f"segment '{segment.name}' was not evaluated, since '{name}' could not be",
            remedy=f"Mend '{name}' first.",
        )
        for name in sorted(segments_used(segment.node))
        if name in failed
    )


def _levels(segments: Sequence[CompiledSegment]) -> list[list[CompiledSegment]]:
    """Segments grouped so that each group names only segments of earlier groups."""
    level_of: dict[str, int] = {}
    for segment in segments:
        level_of[segment.name] = 1 + max((level_of[n] for n in segments_used(segment.node)), default=-1)
    return [[s for s in segments if level_of[s.name] == n] for n in range(max(level_of.values(), default=-1) + 1)]
