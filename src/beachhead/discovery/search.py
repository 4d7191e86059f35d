"""Exhaustive search for the groups of customers whose outcome differs most: every combination of conditions on up to
three columns is scored from counts, so that nothing is missed and nothing is guessed.

Scores: q_a = (n / N)^a × (mean of the group − mean of all), a = 1: weighted relative accuracy (Klösgen 1996), a = 0.5:
the default, a = 0: the difference alone; `slice_line` (Sagadeeva & Boehm 2021, equation 1); `money` = n × the lower
bound of the difference from all others; `standard` = the difference in the standard errors that it has when outcomes
are dealt out at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from beachhead.discovery import cube_kernels as kernels
from beachhead.stats.interval import normal_quantile

UInt8 = NDArray[np.uint8]
Floats = NDArray[np.float64]
Direction = Literal["higher", "lower", "both"]
MOST_LEVELS = 254
"""A column has one byte for each customer, and one code is for what no condition is about."""

SIGNS = {"higher": kernels.HIGHER, "lower": kernels.LOWER, "both": kernels.BOTH}
KINDS = {
    "power": kernels.POWER, "slice_line": kernels.SLICE, "money": kernels.MONEY, "standard": kernels.STANDARD
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Range:
    """A condition: levels from `low` to below `high`. Of those of a column with the same `group`, which are
    alternatives of each other, only the best counts."""

    low: int
    high: int
    group: int


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The levels of one column by customer, 0 to `levels` − 1, or `levels` for what no condition is about."""

    codes: UInt8
    levels: int
    conditions: Sequence[Range]


def of_categories(codes: UInt8, levels: int) -> Column:
    """A column whose conditions are that it has one level."""
    return Column(codes, levels, [Range(level, level + 1, level) for level in range(levels)])


def of_ordered(codes: UInt8, levels: int, ordered: int) -> Column:
    """A column whose first `ordered` levels have an order: its conditions are all ranges of these but the whole, and
    each other level by itself."""
    ranges = [
        Range(low, high, 0) for low in range(ordered) for high in range(low + 1, ordered + 1) if high - low < ordered
    ]
    return Column(codes, levels, [*ranges, *(Range(n, n + 1, n - ordered + 1) for n in range(ordered, levels))])


@dataclass(frozen=True, slots=True)
class Score:
    """`kind` and its one parameter: the exponent of the size; α of SliceLine; how many standard errors the lower bound
    is below the difference; the standard deviation of the outcome."""

    kind: Literal["power", "slice_line", "money", "standard"]
    parameter: float

    def of(self, direction: Direction, n: Floats, s: Floats, q: Floats, whole: tuple[int, float], least: int) -> Floats:
        """The scores of groups with `n` customers, the sums `s` and the sums of squares `q` of their outcomes; `whole`:
        how many there are in all, and their sum. Minus infinity for fewer than `least`, and for everybody."""
        found: Floats = kernels.score_all(
            KINDS[self.kind], SIGNS[direction], self.parameter, n, s, q, float(whole[0]), whole[1], float(least)
        )
        return found


def standard(outcome: Floats) -> Score:
    """The score in standard errors, for this outcome."""
    return Score("standard", float(outcome.std(ddof=1)) if len(outcome) > 1 else 0.0)


WRACC, BALANCED, LIFT = Score("power", 1.0), Score("power", 0.5), Score("power", 0.0)
SLICE_LINE = Score("slice_line", 0.95)
MONEY = Score("money", normal_quantile(0.90))
"""The lower end of a two-sided interval of 90 %."""


@dataclass(frozen=True, slots=True)
class Found:
    """A group: its conditions as (column, condition of it), ascending by column, and its score."""

    score: float
    conditions: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """The best groups, best first; `scored`: how many combinations had enough customers. Without pruning that is all
    that there are."""

    best: tuple[Found, ...]
    scored: int


def search(
    columns: Sequence[Column],
    outcome: Floats,
    *,
    score: Score = BALANCED,
    direction: Direction = "higher",
    depth: int = 3,
    top: int = 10,
    least: int = 12,
) -> Searched:
    """The `top` groups of `least` or more customers with conditions on up to `depth` (1 to 3) columns.

    `outcome`: a known number for each customer; of two that are equal in every condition the same score is given. Ties
    are broken by the order of columns and conditions, so that the result is the same each time.
    """
    rows = len(outcome)
    if rows < 2 or not columns:
        return Searched((), 0)
    everything = Column(np.zeros(rows, np.uint8), 1, [Range(0, 1, 0)])
    tables = _Tables([*columns, everything])
    none = len(columns)
    is_flag = bool(np.isin(outcome, (0.0, 1.0)).all())
    flags = outcome.astype(np.uint8) if is_flag else np.zeros(0, np.uint8)
    mean = float(outcome.mean())
    caps = np.array([outcome.max() - mean, mean - outcome.min()])
    reach = np.full((none + 1, none + 1), np.inf)
    scores, keys = np.full(top, -np.inf), np.full((top, 3), -1, np.int64)
    scored = 0

    def look(first: int, second: int, thirds: Sequence[int]) -> int:
        found: int = kernels.search_pair(
            first, second, np.array(thirds, np.int64), tables.codes, flags, outcome, tables.widths, tables.starts,
            tables.low, tables.high, tables.group, tables.groups, float(rows), float(outcome.sum()), caps, least,
            KINDS[score.kind], SIGNS[direction], score.parameter, reach, scores, keys,
        )  # fmt: skip
        return found

    for column in range(none):
        scored += look(column, none, [none])
    pairs = list(combinations(range(none), 2)) if depth > 1 else []
    for first, second in pairs:
        scored += look(first, second, [none])
    if depth > 2:
        for first, second in sorted(pairs, key=lambda pair: -reach[pair]):
            scored += look(first, second, range(second + 1, none))
    return Searched(tuple(_found(scores, keys, tables, none)), scored)


class _Tables:
    """Columns and their conditions as the compiled loops take them."""

    def __init__(self, columns: Sequence[Column]) -> None:
        ranges = [condition for column in columns for condition in column.conditions]
        self.codes = np.stack([column.codes for column in columns])
        self.widths = np.array([column.levels + 1 for column in columns], np.int64)
        self.starts = np.cumsum([0, *(len(column.conditions) for column in columns)])
        self.low = np.array([r.low for r in ranges], np.int64)
        self.high = np.array([r.high for r in ranges], np.int64)
        self.group = np.array([r.group for r in ranges], np.int64)
        self.groups = np.array([max(r.group for r in c.conditions) + 1 for c in columns], np.int64)


def _found(scores: Floats, keys: NDArray[np.int64], tables: _Tables, none: int) -> list[Found]:
    found = []
    for score, key in zip(scores.tolist(), keys.tolist(), strict=True):
        if score > -np.inf:
            columns = np.searchsorted(tables.starts, key, side="right") - 1
            conditions = zip(columns.tolist(), key, strict=True)
            found.append(Found(score, tuple((c, k - int(tables.starts[c])) for c, k in conditions if c != none)))
    return sorted(found, key=lambda f: (-f.score, len(f.conditions), f.conditions))
