"""Why a customer of a published update has its score, for people and as JSON."""

from __future__ import annotations

import pyarrow.compute as pc

from beachhead.analysis.display import standing_text, value_text
from beachhead.customers.value_explanation import Explanation, explain
from beachhead.errors import DataError, Diagnostic
from beachhead.service.documents import Json
from beachhead.service.results import Run
from beachhead.service.scoring import Scored, score_records


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
                "ahead_of": i.ahead_of,
                "behind": i.behind,
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

    def shown(attribute: str, value: float) -> str:
        return value_text(value, run.attributes[attribute], run.about.settings.currency)

    if e.score is None:
        return ["no score: none of the ingredients is known for this customer"]
    place = f", {e.rank:,} of {e.ranked:,}, {e.tier.replace('_', ' ')}" if e.tier and e.rank else ", not a customer yet"
    lines = [f"score {e.score:.1f} of 100{place}"]
    for i in sorted(e.inputs, key=lambda i: -i.contribution):
        known = "unknown" if i.value is None else shown(i.attribute, i.value)
        stands = standing_text(i.ahead_of, i.behind)
        lines.append(
            f"  {i.contribution:5.1f}  {titles.get(i.attribute, i.attribute)}: {known}{f', {stands}' if stands else ''}"
        )
    if e.gap and e.tier == "next_best":
        lines.append(f"to be among the best it lacks {e.gap:.1f} points")
        lines += [
            f"  {titles.get(x.attribute, x.attribute)} to {shown(x.attribute, x.to_value)} alone" for x in e.alone if x
        ]
        if not any(e.alone) and e.together:
            steps = ", ".join(
                f"{titles.get(x.attribute, x.attribute)} to {shown(x.attribute, x.to_value)}" for x in e.together
            )
            lines.append(f"  together: {steps}")
    return lines
