"""The good-customer score of customer records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beachhead.customers.tiers import TIERS, Tiering, assign_tiers
from beachhead.customers.value import Scores, score
from beachhead.project.definitions import ValueDefinition
from beachhead.stats.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores and tiers of customer records, row by row."""

    scores: Scores
    tiering: Tiering


def score_records(records: pa.Table, value: ValueDefinition | None) -> Scored | None:
    """Score records by a recipe whose inputs they all have. None without a recipe, inputs or customers."""
    if value is None or not value.inputs or not records.num_rows:
        return None
    scope = _truths(records["was_customer"])
    values = {i.attribute: as_numbers(records[i.attribute]) for i in value.inputs}
    scores = score(values, value, scope)
    money = next((c for c in ("mrr_cents", "revenue_cents_total") if c in records.column_names), None)
    tiering = assign_tiers(
        scores.score,
        scope,
        value.tiers,
        revenue=as_numbers(records[money]) if money else None,
        account_no=records["account_no"].to_numpy().astype(np.int64),
    )
    return Scored(scores, tiering)


def score_columns(scored: Scored | None, rows: int) -> Mapping[str, pa.Array]:
    """`value_score`, `value_rank`, `tier` as columns; all null without a score."""
    if scored is None:
        kinds = {"value_score": pa.float64(), "value_rank": pa.int64(), "tier": pa.string()}
        return {name: pa.nulls(rows, kind) for name, kind in kinds.items()}
    points, ranks, codes = scored.scores.score, scored.tiering.ranks, scored.tiering.codes
    tiers = pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int32) - 1, mask=codes == 0), pa.array(TIERS, pa.string())
    )
    return {
        "value_score": pa.array(points, mask=~np.isfinite(points)),
        "value_rank": pa.array(ranks, mask=ranks == 0),
        "tier": tiers.cast(pa.string()),
    }


def as_numbers(column: pa.ChunkedArray) -> FloatArray:
    """Numbers, money and yes/no as float64, null as NaN."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    numbers: FloatArray = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers


def _truths(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    truths: np.ndarray[tuple[int], np.dtype[np.bool_]] = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
    return truths
