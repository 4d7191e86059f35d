"""The good-customer score of customer records: computed for an update, and again from a published one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beachhead.customers.tiers import TIERS, Tiering, assign_tiers
from beachhead.customers.value import Scores, score
from beachhead.customers.value_explanation import Explanation, explain
from beachhead.errors import DataError, Diagnostic
from beachhead.project.definitions import ValueDefinition
from beachhead.service.documents import Json
from beachhead.service.results import Run
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
    numbers: FloatArray = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return numbers


def _truths(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    truths: np.ndarray[tuple[int], np.dtype[np.bool_]] = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
    return truths


def scored_run(run: Run) -> Scored | None:
    """Scores of a published update, as its recipe gave them."""
    return score_records(run.accounts.arrow(), run.about.value)


def explain_customer(run: Run, account_id: str) -> Explanation:
    """What made one customer's score, and what would lift it. Raises `UsageError`, `DataError` without a score."""
    run.customer(account_id)
    scored = scored_run(run)
    if scored is None:
        remedy = "Write value.yml, or map the data that its inputs need; `beachhead check` says which."
        raise DataError(Diagnostic("no-score", "there is no good-customer score", remedy=remedy))
    index = pc.index(run.accounts["account_id"], account_id).as_py()
    return explain(scored.scores, scored.tiering, index)


def explanation_json(explanation: Explanation) -> Json:
    """An explanation as JSON."""
    return {
        "score": explanation.score,
        "tier": explanation.tier,
        "rank": explanation.rank,
        "ranked": explanation.ranked,
        "cut_off": explanation.cut_off,
        "gap": explanation.gap,
        "inputs": [
            {
                "attribute": i.attribute,
                "theme": i.input.theme,
                "value": i.value,
                "points": i.points,
                "weight": i.weight,
                "contribution": i.contribution,
                "ahead_of_percent": i.ahead_of,
            }
            for i in explanation.inputs
        ],
        "alone": [
            {"attribute": x.attribute, "from": x.from_value, "to": x.to_value, "gain": x.gain}
            for x in explanation.alone
            if x
        ],
        "together": [
            {"attribute": x.attribute, "from": x.from_value, "to": x.to_value, "gain": x.gain}
            for x in explanation.together
        ],
    }


def explanation_lines(explanation: Explanation, run: Run) -> list[str]:
    """An explanation for people."""
    e = explanation
    titles = {n: a.title for n, a in run.attributes.items()}
    if e.score is None:
        return ["no score: none of the ingredients is known for this customer"]
    place = f", {e.rank:,} of {e.ranked:,}, {e.tier.replace('_', ' ')}" if e.tier and e.rank else ", not a customer yet"
    lines = [f"score {e.score:.1f} of 100{place}"]
    for i in sorted(e.inputs, key=lambda i: -i.contribution):
        known = "unknown" if i.value is None else _shown(run, i.attribute, i.value)
        ahead = "" if i.ahead_of is None else f", better than {i.ahead_of:.0f} % of customers"
        lines.append(f"  {i.contribution:5.1f}  {titles.get(i.attribute, i.attribute)}: {known}{ahead}")
    if e.gap:
        lines.append(f"to be among the best it lacks {e.gap:.1f} points")
        lines += [
            f"  {titles.get(x.attribute, x.attribute)} to {_shown(run, x.attribute, x.to_value)} alone"
            for x in e.alone
            if x
        ]
        if not any(e.alone) and e.together:
            steps = ", ".join(
                f"{titles.get(x.attribute, x.attribute)} to {_shown(run, x.attribute, x.to_value)}" for x in e.together
            )
            lines.append(f"  together: {steps}")
    return lines


def _shown(run: Run, attribute: str, value: float) -> str:
    kind = run.attributes[attribute].type
    if kind == "money":
        return f"{value / 100:,.2f} {run.about.settings.currency}"
    if kind == "boolean":
        return "yes" if value else "no"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
