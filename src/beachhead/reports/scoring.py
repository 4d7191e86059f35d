"""The good-customer score as the report says it: why each customer stands where it stands, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from markupsafe import Markup

from beachhead.analysis.columns import Mask
from beachhead.analysis.display import money_text, number_text, plural, share_text, standing_text
from beachhead.charts.distribution import Column, histogram
from beachhead.charts.theme import TIER_COLOURS, Chart
from beachhead.customers.attributes import Attribute
from beachhead.customers.tiers import TIERS, Tier, Tiering
from beachhead.customers.value import Scores
from beachhead.customers.value_diagnostics import distribution, input_correlations, stability
from beachhead.customers.value_explanation import Lift, explain
from beachhead.project.definitions import ScoreInput
from beachhead.reports.drawing import drawing
from beachhead.reports.words import Words
from beachhead.sources.problems import Problem

TIER_NAMES: dict[Tier, str] = {"best": "Best", "next_best": "Next best", "middle": "Middle", "worst": "Worst"}
_REASONS = 3
_LIFTS = 2
_BINS = 20
_PERCENTILES = {
    "percentile": "by rank",
    "log": "by logarithm",
    "zscore": "by distance from the mean",
    "minmax": "from lowest to highest",
    "thresholds": "by thresholds",
}
_MISSING = {
    "middle": "unknown counts as middling",
    "worst": "unknown counts as worst",
    "best": "unknown counts as best",
    "leave_out": "unknown is left out",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One input's part in a customer's score, in words; `helps`: it does better there than half of customers."""

    text: str
    helps: bool


@dataclass(frozen=True, slots=True)
class InputRow:
    """A row of the table of inputs. `stays`: how many of the best stay best when this weight moves by a fifth."""

    title: str
    how: str
    weight: float | None
    good: str
    known: int
    of: int
    correlation: float | None
    stays: str


@dataclass(frozen=True, slots=True)
class ScoreSection:
    lead: str
    warnings: tuple[str, ...]
    distribution: Markup
    distribution_caption: str
    inputs: tuple[InputRow, ...]
    has_stability: bool
    reading: str
    stability: str


class ScoreView:
    """Scores with their tiers, in words."""

    def __init__(self, scores: Scores, tiering: Tiering, attributes: Mapping[str, Attribute], currency: str) -> None:
        self.scores = scores
        self.tiering = tiering
        self._attributes = attributes
        self._currency = currency

    @property
    def inputs(self) -> tuple[ScoreInput, ...]:
        return self.scores.inputs

    @property
    def is_named(self) -> bool:
        """Tiers are the named few at each end, since customers are few."""
        return self.tiering.named

    def tier(self, tier: Tier) -> Mask:
        mask: Mask = self.tiering.codes == 1 + TIERS.index(tier)
        return mask

    def ranked(self, first: int, last: int) -> tuple[int, ...]:
        """Rows of the customers ranked `first` to `last`, from 1."""
        found = np.flatnonzero((self.tiering.ranks >= first) & (self.tiering.ranks <= last))
        return tuple(int(i) for i in found[np.argsort(self.tiering.ranks[found])])

    def of_row(self, row: int) -> float | None:
        value = float(self.scores.score[row])
        return value if isfinite(value) else None

    def rank(self, row: int) -> int:
        """1 for the highest score; 0 for one without rank."""
        return int(self.tiering.ranks[row])

    def title(self, attribute: str) -> str:
        known = self._attributes.get(attribute)
        return known.title if known else attribute.replace("_", " ")

    def titled(self, message: str) -> str:
        """A message with titles in place of the names of attributes: `'nps_score' is missing` → `“NPS answer” is …`."""
        return re.sub(r"'(\w+)'", lambda m: f"“{self.title(m[1])}”" if m[1] in self._attributes else m[0], message)

    def value(self, attribute: str, value: float | None, *, exact: bool = False) -> str:
        """A value of an input as people read it."""
        known = self._attributes.get(attribute)
        if value is None:
            return "unknown"
        if known and known.type == "money":
            return money_text(value, self._currency, exact=exact)
        if known and known.type == "boolean":
            return "yes" if value else "no"
        return share_text(value) if known and known.name.endswith("_share") else number_text(value)

    def reasons(self, row: int) -> tuple[Reason, ...]:
        """The inputs that move this customer furthest from the middle, strongest first; none where all are alike."""
        explained = explain(self.scores, self.tiering, row).inputs
        inputs = [i for i in explained if i.points is not None and not i.ahead_of == i.behind == 0]
        inputs.sort(key=lambda i: -i.weight * abs((i.points or 0.0) - 0.5))
        return tuple(
            Reason(
                f"{self.title(i.attribute)}: {self.value(i.attribute, i.value)}"
                + (f", {stands}" if (stands := standing_text(i.ahead_of, i.behind)) else ""),
                (i.ahead_of or 0.0) >= (i.behind or 0.0),
            )
            for i in inputs[:_REASONS]
            if i.weight
        )

    def lifts(self, row: int) -> tuple[str, ...]:
        """What would lift this customer among the best: single changes, the smallest first, else several together."""
        explanation = explain(self.scores, self.tiering, row)
        alone = [(self._step(k, lift), lift) for k, lift in enumerate(explanation.alone) if lift is not None]
        # Nobody can hurry time: what only waiting changes is named when nothing else would do.
        alone = [pair for pair in alone if not self._takes_time(pair[1].attribute)] or alone[:1]
        if alone:
            alone.sort(key=lambda pair: pair[0])
            return tuple(("or " if n else "") + self._lift(lift) for n, (_, lift) in enumerate(alone[:_LIFTS]))
        return tuple(
            ("and " if n else "") + self._lift(lift) for n, lift in enumerate(explanation.together[: _LIFTS + 1])
        )

    def _takes_time(self, attribute: str) -> bool:
        known = self._attributes.get(attribute)
        return known is not None and (known.area == "lifecycle" or attribute == "days_since_signup")

    def _lift(self, lift: Lift) -> str:
        start, end = (self.value(lift.attribute, v, exact=True) for v in (lift.from_value, lift.to_value))
        return f"{self.title(lift.attribute)} from {start} to {end}"

    def _step(self, k: int, lift: Lift) -> float:
        """How far the change goes in ranks of customers, 0 to 1."""
        standing = self.scores.standings[k]
        if standing is None:
            return 1.0
        start = 0.0 if lift.from_value is None else lift.from_value
        before, after = standing.points(np.array([start, lift.to_value]))
        return abs(float(after) - float(before))


def score_section(score: ScoreView, problems: Sequence[Problem], words: Words) -> ScoreSection:
    """Distribution, inputs and stability."""
    scores, tiering = score.scores, score.tiering
    spread, moves = distribution(scores, _BINS), input_correlations(scores)
    steady = stability(scores, tiering)
    rows = []
    for k, definition in enumerate(scores.inputs):
        values = scores.values[definition.attribute][scores.scope]
        with_score = float(moves.with_score[k])
        rows.append(
            InputRow(
                score.title(definition.attribute),
                f"{definition.theme}; {_PERCENTILES[definition.transform]}; {_MISSING[definition.missing]}",
                float(scores.shares[k]) if isfinite(float(scores.shares[k])) else None,
                "higher" if definition.direction == "high" else "lower",
                int(np.isfinite(values).sum()),
                values.size,
                with_score if isfinite(with_score) else None,
                share_text(steady.by_input[k]) if steady else "",
            )
        )
    lead = f"From 0 to 100, for {plural(spread.scored, words.many)}: all that are or were customers."
    if spread.unscored:
        lead += f" {spread.unscored:,} without a value in any input have no score."
    if spread.quartiles and spread.scored >= 4:
        first, middle, third = (round(q) for q in spread.quartiles)
        lead += f" Half of them lie between {first} and {third}, the middle one at {middle}."
    return ScoreSection(
        lead,
        tuple(
            score.titled(p.message)
            for p in problems
            if p.code.startswith("score-input") or p.code == "only-current-customers"
        ),
        drawing(_histogram(score), f"How {spread.scored:,} scores are spread from 0 to 100"),
        _caption(score, words),
        tuple(rows),
        steady is not None,
        f"Weight is the input's share of the score. “Moves with the score” is the rank correlation over "
        f"{plural(moves.customers, words.many)}: +1 moves exactly with it, 0 not at all."
        + _twice(score, moves.nearly_the_same()),
        ""
        if steady is None
        else f"When all weights move by up to {share_text(steady.shift)}, on average {share_text(steady.mean)} of the "
        f"best {steady.best:,} stay among the best, at worst {share_text(steady.worst)} ({steady.trials} trials). "
        + (
            "The names hold."
            if steady.worst >= 0.8
            else "Names near the line depend on the weights: read them as a group."
        ),
    )


def _twice(score: ScoreView, same: Sequence[tuple[str, str, float]]) -> str:
    return "".join(
        f" {score.title(a)} and {score.title(b)} say nearly the same and so count twice." for a, b, _ in same
    )


def _histogram(score: ScoreView) -> Chart:
    edges = np.linspace(0, 100, _BINS + 1)
    base = np.zeros(_BINS)
    columns: list[Column] = []
    for tier in reversed(TIERS):
        counts, _ = np.histogram(score.scores.score[score.tier(tier)], bins=edges)
        columns += [
            Column(float(edges[i]), float(edges[i + 1]), float(base[i] + n), TIER_COLOURS[tier], float(base[i]))
            for i, n in enumerate(counts)
            if n
        ]
        base += counts
    return histogram(columns, title="Score", domain=(0, 100))


def _caption(score: ScoreView, words: Words) -> Markup:
    parts = []
    for tier, n, cut in zip(TIERS, score.tiering.counts, score.tiering.cut_offs, strict=True):
        if n:
            key = Markup('<i class="key" style="background:{}"></i>').format(TIER_COLOURS[tier])
            parts.append(
                Markup('<span class="nobreak">{}{}</span>').format(
                    key,
                    f"{TIER_NAMES[tier]}: {plural(n, words.many)}" + (f", from {cut:.0f}" if cut is not None else ""),
                )
            )
    return Markup("&emsp;").join(parts)
