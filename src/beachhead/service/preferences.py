"""What a good customer is, as weights of four themes: who would be the best with other ones, and saving them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ruamel.yaml.comments import CommentedMap

from beachhead.customers.tiers import Tier, Tiering, assign_tiers
from beachhead.customers.value import weighted_score
from beachhead.errors import DataError, Diagnostic, UsageError
from beachhead.project.definitions import ScoreInput, ValueDefinition
from beachhead.project.editing import edit_definition
from beachhead.project.loader import load
from beachhead.service.explanation import scored_run
from beachhead.service.results import Run
from beachhead.service.scoring import Scored, as_numbers

Theme = Literal["retention", "engagement", "advocacy", "revenue"]
THEMES: tuple[Theme, ...] = get_args(Theme)
TITLES: Mapping[Theme, str] = {
    "retention": "stays",
    "revenue": "pays",
    "engagement": "uses",
    "advocacy": "recommends",
}
_ENDS = 10


@dataclass(frozen=True, slots=True)
class ThemeWeight:
    """One theme: `weight` is the sum of its inputs' weights, `inputs` are their titles; `has_data`: a customer has a
    value of one of them."""

    name: Theme
    title: str
    weight: float
    inputs: tuple[str, ...]
    has_data: bool


@dataclass(frozen=True, slots=True)
class Ranked:
    """A customer with the rank and score that other weights would give, and the rank `before`. Null: without rank."""

    account_id: str
    name: str
    rank: int | None
    before: int | None
    score: float | None
    tier: Tier | None


@dataclass(frozen=True, slots=True)
class Preview:
    """`scored`: customers with a score; the best and the worst of them, and those that were asked for."""

    scored: int
    best: tuple[Ranked, ...]
    worst: tuple[Ranked, ...]
    followed: tuple[Ranked, ...]


class Preferences:
    """The weights of one published update. Points are computed once; other weights cost a sum and a sort."""

    def __init__(self, run: Run) -> None:
        """Raises `DataError` without a score."""
        scored = scored_run(run)
        if scored is None:
            remedy = (
                "Add a file that says who stays, pays, uses or recommends; `beachhead check` says what value.yml needs."
            )
            raise DataError(Diagnostic("no-score", "there is no good-customer score", remedy=remedy))
        self._scored: Scored = scored
        accounts = run.accounts.arrow()
        self._ids = accounts["account_id"].combine_chunks()
        named = accounts["account_name"] if "account_name" in accounts.column_names else accounts["account_id"]
        self._names = pc.coalesce(named, accounts["account_id"]).combine_chunks()
        money = next((c for c in ("mrr_cents", "revenue_cents_total") if c in accounts.column_names), None)
        self._revenue = as_numbers(accounts[money]) if money else None
        self._numbers = accounts["account_no"].to_numpy().astype(np.int64)
        self._titles = {name: attribute.title for name, attribute in run.attributes.items()}

    @property
    def definition(self) -> ValueDefinition:
        return self._scored.scores.definition

    def themes(self) -> tuple[ThemeWeight, ...]:
        """The four themes as they are weighted now."""
        scores = self._scored.scores
        told = []
        for theme in TITLES:
            mine = [(i, u) for i, u in zip(scores.inputs, scores.used, strict=True) if i.theme == theme]
            weight = sum(i.weight for i, _ in mine)
            inputs = tuple(self._titles.get(i.attribute, i.attribute) for i, _ in mine)
            told.append(ThemeWeight(theme, TITLES[theme], round(weight, 4), inputs, any(u for _, u in mine)))
        return tuple(told)

    def preview(self, weights: Mapping[Theme, float], follow: Sequence[str] = ()) -> Preview:
        """Who would be where with these weights of themes. Raises `UsageError` for a negative one, or all zero."""
        scores = self._scored.scores
        inputs = weighed(scores.inputs, weights)
        score = weighted_score(scores.points, np.array([i.weight for i in inputs]))
        score[~np.isfinite(scores.score)] = np.nan
        tiering = assign_tiers(score, scores.scope, self.definition.tiers, self._revenue, self._numbers)
        ranked = tiering.ranked
        order = np.argsort(tiering.ranks, kind="stable")[-ranked:] if ranked else np.zeros(0, dtype=np.int64)
        ends = min(_ENDS, ranked // 2)
        tell = [self._told(int(row), score, tiering) for row in (*order[:ends], *order[ranked - ends :][::-1])]
        rows = pc.index_in(pa.array(follow, pa.string()), self._ids).to_pylist()
        followed = [self._told(row, score, tiering) for row in rows if row is not None]
        return Preview(ranked, tuple(tell[:ends]), tuple(tell[ends:]), tuple(followed))

    def search(self, text: str, limit: int = 20) -> pa.Table:
        """Customers whose name or id holds the text: account_id, name."""
        wanted = text.strip()
        holds = pc.or_(*(pc.match_substring(column, wanted, ignore_case=True) for column in (self._names, self._ids)))
        begins = pc.starts_with(self._names, wanted, ignore_case=True)
        found = pa.table({"account_id": self._ids, "name": self._names, "begins": begins}).filter(holds)
        order = [("begins", "descending"), ("name", "ascending"), ("account_id", "ascending")]
        return found.take(pc.select_k_unstable(found, limit, order)).select([0, 1])

    def _told(self, row: int, score: np.ndarray[tuple[int], np.dtype[np.float64]], tiering: Tiering) -> Ranked:
        before = int(self._scored.tiering.ranks[row])
        rank = int(tiering.ranks[row])
        value = float(score[row])
        return Ranked(
            self._ids[row].as_py(),
            self._names[row].as_py(),
            rank or None,
            before or None,
            round(value, 2) if np.isfinite(value) else None,
            tiering.tier_of(row),
        )


def weighed(inputs: Sequence[ScoreInput], weights: Mapping[Theme, float]) -> tuple[ScoreInput, ...]:
    """Inputs with new weights: those of a theme keep their proportions and add up to the theme's weight.

    Themes that `weights` leaves out stay as they are. Where all of a theme had no weight, they share equally. Raises
    `UsageError` for a negative weight, or when nothing has any.
    """
    if any(w < 0 or not np.isfinite(w) for w in weights.values()):
        raise UsageError(
            Diagnostic("bad-weight", "a weight cannot be negative", remedy="Use 0 for what does not count.")
        )
    total = {t: sum(i.weight for i in inputs if i.theme == t) for t in THEMES}
    count = {t: sum(i.theme == t for i in inputs) for t in THEMES}
    changed = []
    for one in inputs:
        wanted = weights.get(one.theme, total[one.theme])
        share = one.weight / total[one.theme] if total[one.theme] else 1 / count[one.theme]
        changed.append(one.model_copy(update={"weight": round(wanted * share, 4)}))
    if not sum(i.weight for i in changed):
        remedy = "Give at least one of them a weight."
        raise UsageError(Diagnostic("no-weight", "nothing counts", remedy=remedy))
    return tuple(changed)


def save_weights(root: Path, weights: Mapping[Theme, float]) -> None:
    """Write the weights of themes to `value.yml`, comments kept; they hold from the next update on.

    Raises `UsageError`, `DefinitionError`, `OutsideError`.
    """
    project = load(root)
    if project.value is None:
        remedy = "Write value.yml; docs/score.md shows how."
        raise UsageError(Diagnostic("no-recipe", "the project does not say what a good customer is", remedy=remedy))
    given = project.value.inputs
    inputs = weighed(given, weights)

    def change(document: CommentedMap) -> None:
        for entry, one, before in zip(document["inputs"], inputs, given, strict=True):
            if one.weight != before.weight:
                entry["weight"] = int(one.weight) if one.weight == int(one.weight) else one.weight

    edit_definition(root / project.place("value").file, change)
