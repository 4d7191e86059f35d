"""The good-customer score: every account's points by input, and their weighted mean from 0 to 100.

Points of an input go from 0 to 1 and are placed against customers, now or once: those who left count, since
a score built on survivors alone calls everything good that survivors have. Others are placed against them too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from beachhead.errors import DefinitionError, Diagnostic
from beachhead.project.definitions import ScoreInput, ValueDefinition
from beachhead.stats.arrays import BoolArray, FloatArray
from beachhead.stats.scales import (
    LogScale,
    MinMaxScale,
    PercentileScale,
    Scale,
    ThresholdScale,
    ZScale,
    percentile_rank,
)

MISSING_POINTS: dict[str, float] = {"middle": 0.5, "worst": 0.0, "best": 1.0, "leave_out": np.nan}
# Scores are rounded to this many decimals, so that equal inputs give equal scores on every machine.
SCORE_DECIMALS = 10
_THREADS_FROM = 100_000


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of all accounts under one definition. Arrays have one element per account.

    `values`: the attributes given, null as NaN. `scope`: customers now or once. `points` (inputs, accounts):
    0–1, high is good, after the rule for missing values; null where the input is left out. `score`: 0–100,
    null when every input is missing. `used`: per input, false when no customer has a value, so that it is
    left out for all.
    """

    definition: ValueDefinition
    values: Mapping[str, FloatArray]
    scope: BoolArray
    points: FloatArray
    score: FloatArray
    used: tuple[bool, ...]

    @property
    def inputs(self) -> tuple[ScoreInput, ...]:
        return self.definition.inputs

    @cached_property
    def weights(self) -> FloatArray:
        """Weights of the inputs as given; 0 for one that is not used."""
        return np.array([i.weight if u else 0.0 for i, u in zip(self.inputs, self.used, strict=True)])

    @property
    def shares(self) -> FloatArray:
        """Share of each input in the score of an account where nothing is left out; sums to 1, or null if none is."""
        total = self.weights.sum()
        return self.weights / total if total else np.full(self.weights.size, np.nan)

    @cached_property
    def scored(self) -> BoolArray:
        """Customers, now or once, that have a score."""
        return self.scope & np.isfinite(self.score)

    @cached_property
    def scales(self) -> tuple[Scale | None, ...]:
        """Per input the scale its points come from, before direction; None when not used."""
        return tuple(
            fit_scale(i, self.values[i.attribute][self.scope]) if u else None
            for i, u in zip(self.inputs, self.used, strict=True)
        )

    @cached_property
    def standings(self) -> tuple[PercentileScale | None, ...]:
        """Per input the ranks of customers' values, before direction; None when not used."""
        return tuple(
            (s if isinstance(s, PercentileScale) else PercentileScale.fit(self.values[i.attribute][self.scope]))
            if s is not None
            else None
            for i, s in zip(self.inputs, self.scales, strict=True)
        )

    def contributions(self, index: int) -> FloatArray:
        """Score points that each input gives the account at `index`; 0 where left out; they sum to its score."""
        points = self.points[:, index]
        weights = np.where(np.isnan(points), 0.0, self.weights)
        total = weights.sum()
        if not np.isfinite(self.score[index]):
            return np.full(points.size, np.nan)
        given: FloatArray = 100 * weights * np.nan_to_num(points) / total
        return given


def score(values: Mapping[str, FloatArray], definition: ValueDefinition, scope: BoolArray) -> Scores:
    """Score every account.

    `values`: one array per input attribute, all of the length of `scope`; null (NaN) and ±infinity are
    missing. Transforms are fitted on the accounts in `scope` (customers now or once) and applied to all. An
    input that no customer has a value for is left out for everybody, whatever its rule for missing values. An
    account without any value has a null score. DefinitionError for an attribute that `values` lacks.
    """
    given = _checked(values, definition, scope)
    inputs = definition.inputs
    points = np.full((len(inputs), scope.size), np.nan)
    missing = [~np.isfinite(given[i.attribute]) for i in inputs]
    used = tuple(not bool(missing[k][scope].all()) for k in range(len(inputs)))

    def fill(k: int) -> None:
        if used[k]:
            points[k] = _points(inputs[k], given[inputs[k].attribute], scope, missing[k])

    if scope.size < _THREADS_FROM:
        for k in range(len(inputs)):
            fill(k)
    else:
        # Sorting releases the interpreter lock, and is most of the work.
        with ThreadPoolExecutor(min(len(inputs), os.cpu_count() or 1)) as pool:
            list(pool.map(fill, range(len(inputs))))
    weights = np.array([i.weight for i in inputs])
    result = weighted_score(points, weights)
    nothing_known = np.ones(scope.size, dtype=np.bool_)
    for k, is_missing in enumerate(missing):
        if used[k]:
            nothing_known &= is_missing
    result[nothing_known] = np.nan
    return Scores(definition, given, scope, points, result, used)


def weighted_score(points: FloatArray, weights: FloatArray) -> FloatArray:
    """100 × the weighted mean of `points` (inputs, accounts) over the inputs that are not null; null if all are."""
    total = np.zeros(points.shape[1])
    weight = np.zeros(points.shape[1])
    for row, w in zip(points, weights, strict=True):
        left_out = np.isnan(row)
        if left_out.any():
            total += np.where(left_out, 0.0, row * w)
            weight += np.where(left_out, 0.0, w)
        else:
            total += row * w
            weight += w
    mean = np.divide(100 * total, weight, out=np.full(total.size, np.nan), where=weight > 0)
    rounded: FloatArray = np.clip(np.round(mean, SCORE_DECIMALS), 0.0, 100.0)
    return rounded


def fit_scale(definition: ScoreInput, reference: FloatArray) -> Scale:
    """The scale that an input's `transform` names, fitted to the reference. ValueError without a known value."""
    match definition.transform:
        case "percentile":
            return PercentileScale.fit(reference)
        case "log":
            return LogScale.fit(reference)
        case "zscore":
            return ZScale.fit(reference)
        case "minmax":
            return MinMaxScale.fit(reference)
        case "thresholds":
            return ThresholdScale(definition.thresholds)


def _points(definition: ScoreInput, values: FloatArray, scope: BoolArray, missing: BoolArray) -> FloatArray:
    if definition.transform == "percentile":
        # The same as fitting the scale and applying it, with one sort instead of two.
        raw = percentile_rank(values, scope)
    else:
        raw = fit_scale(definition, values[scope]).points(values)
    good = 1.0 - raw if definition.direction == "low" else raw
    good[missing] = MISSING_POINTS[definition.missing]
    return good


def _checked(values: Mapping[str, FloatArray], definition: ValueDefinition, scope: BoolArray) -> dict[str, FloatArray]:
    absent = sorted({i.attribute for i in definition.inputs} - values.keys())
    if absent:
        raise DefinitionError([Diagnostic.unknown_name("attribute", name, values.keys()) for name in absent])
    given = {i.attribute: np.asarray(values[i.attribute], dtype=np.float64) for i in definition.inputs}
    uneven = [name for name, array in given.items() if array.shape != scope.shape]
    if uneven:
        raise ValueError(f"arrays differ in length from scope: {', '.join(uneven)}")
    return given
