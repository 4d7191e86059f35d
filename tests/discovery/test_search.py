"""What the search finds is what trying every combination one by one finds."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.discovery.search import (
    BALANCED,
    LIFT,
    MONEY,
    SLICE_LINE,
    WRACC,
    Column,
    Direction,
    Found,
    Score,
    of_categories,
    of_ordered,
    search,
    standard,
)

SCORES = (WRACC, BALANCED, LIFT, SLICE_LINE, MONEY)


def score_of(score: Score, direction: Direction, inside: np.ndarray, outcome: np.ndarray) -> float:
    """As the definitions say, written anew."""
    n, rows, mean, whole = inside.sum(), len(outcome), outcome[inside].mean(), outcome.mean()
    turned = {"higher": lambda d: d, "lower": lambda d: -d, "both": abs}[direction]
    if score.kind == "slice_line":
        a = score.parameter
        return a * (mean / whole - 1) - (1 - a) * (rows / n - 1)
    if score.kind == "power":
        return (n / rows) ** score.parameter * turned(mean - whole)
    if score.kind == "standard":
        error = outcome.std(ddof=1) * np.sqrt((rows - n) / (n * rows))
        return turned(mean - whole) / error
    if n < 2 or rows - n < 2:
        return -np.inf
    error = outcome[inside].std(ddof=1) / np.sqrt(n)
    return n * (turned(mean - outcome[~inside].mean()) - score.parameter * error)


def one_by_one(
    columns: list[Column], outcome: np.ndarray, score: Score, direction: Direction, depth: int, least: int
) -> list[float]:
    """The best score of each choice of columns and groups of conditions, best first."""
    best: dict[tuple[object, ...], float] = {}
    for size in range(1, depth + 1):
        for chosen in combinations(range(len(columns)), size):
            for conditions in product(*(columns[c].conditions for c in chosen)):
                inside = np.ones(len(outcome), bool)
                for c, r in zip(chosen, conditions, strict=True):
                    inside &= (columns[c].codes >= r.low) & (columns[c].codes < r.high)
                if least <= inside.sum() < len(outcome):
                    key = (chosen, tuple(r.group for r in conditions))
                    best[key] = max(best.get(key, -np.inf), score_of(score, direction, inside, outcome))
    return sorted((s for s in best.values() if s > -np.inf), reverse=True)


def table(rng: np.random.Generator, rows: int) -> list[Column]:
    """Two columns of categories, with codes that no condition is about; a number with levels and unknown ones."""
    return [
        of_categories(rng.integers(0, 4, rows).astype(np.uint8), 3),
        of_ordered(rng.integers(0, 5, rows).astype(np.uint8), 5, 4),
        of_categories(rng.integers(0, 2, rows).astype(np.uint8), 2),
    ]


@pytest.mark.parametrize("direction", ["higher", "lower", "both"])
@pytest.mark.parametrize("score", [*SCORES, None], ids=lambda s: s and f"{s.kind}-{s.parameter:.2f}")
@pytest.mark.parametrize("is_rate", [True, False])
def test_every_score_is_that_of_trying_one_by_one(score: Score | None, direction: Direction, is_rate: bool) -> None:
    rng = np.random.default_rng(5)
    columns = table(rng, 300)
    outcome = (rng.random(300) < 0.3).astype(float) if is_rate else np.round(rng.exponential(20, 300), 2)
    score = score or standard(outcome)
    found = search(columns, outcome, score=score, direction=direction, depth=3, top=1000, least=5)
    expected = one_by_one(columns, outcome, score, direction, 3, 5)
    assert np.allclose([f.score for f in found.best], expected)
    few = search(columns, outcome, score=score, direction=direction, depth=3, top=7, least=5)
    assert np.allclose([f.score for f in few.best], expected[:7])


@given(seed=st.integers(0, 10_000), rows=st.integers(2, 60), depth=st.integers(1, 3), least=st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_pruning_loses_nothing(seed: int, rows: int, depth: int, least: int) -> None:
    rng = np.random.default_rng(seed)
    columns = table(rng, rows)
    outcome = (rng.random(rows) < 0.3).astype(float)
    for score in SCORES[:3]:
        found = search(columns, outcome, score=score, direction="both", depth=depth, top=3, least=least)
        assert np.allclose([f.score for f in found.best], one_by_one(columns, outcome, score, "both", depth, least)[:3])


def test_conditions_are_named_by_column() -> None:
    first = np.array([0, 0, 1, 1, 0, 0, 1, 1] * 10, np.uint8)
    second = np.array([0, 1, 0, 1, 0, 1, 0, 1] * 10, np.uint8)
    outcome = ((first == 1) & (second == 1)).astype(float)
    found = search([of_categories(first, 2), of_categories(second, 2)], outcome, top=1)
    assert found.best == (Found(0.5 * 0.75, ((0, 1), (1, 1))),)


def test_of_alternatives_only_the_best_counts() -> None:
    codes = np.repeat(np.arange(6), 50).astype(np.uint8)
    outcome = ((codes >= 2) & (codes < 4)).astype(float)
    found = search([of_ordered(codes, 6, 6)], outcome, depth=1)
    (only,) = found.best
    condition = of_ordered(codes, 6, 6).conditions[only.conditions[0][1]]
    assert (condition.low, condition.high) == (2, 4)


def test_nothing_to_look_at() -> None:
    assert search([], np.ones(10)).best == ()
    assert search([of_categories(np.zeros(10, np.uint8), 1)], np.ones(10)).best == ()
