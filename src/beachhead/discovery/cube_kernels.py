"""Compiled loops of the search: customers are counted once for each two or three columns, then every combination of
conditions on them is scored from the counts.

A column has one byte for each customer: a level, or the last code, which no condition is about. A condition is a range
of levels. Conditions of a column that are alternatives, such as the intervals of a number, are one group, of which only
the best counts. Only kernels import numba.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

POWER, SLICE, MONEY, STANDARD = 0, 1, 2, 3
HIGHER, LOWER, BOTH = 1, -1, 0
STATS = 4
"""Of each cell: how many customers, the sum of their outcomes, of the squares, and of what is above the mean of all."""


@njit(cache=True, nogil=True)
def score_of(kind: int, sign: int, a: float, n: float, s: float, q: float, all_n: float, all_s: float) -> float:
    """The score of `n` of `all_n` customers, whose outcomes have the sum `s` of `all_s`, and `q` as sum of squares."""
    mean, everybody = s / n, all_s / all_n
    if kind == SLICE:
        return a * (mean / everybody - 1.0) - (1.0 - a) * (all_n / n - 1.0)
    if kind == POWER:
        difference = mean - everybody
        difference = abs(difference) if sign == BOTH else sign * difference
        share = n / all_n
        if a == 1.0:
            return share * difference
        return sqrt(share) * difference if a == 0.5 else float(share**a) * difference
    rest = all_n - n
    if kind == STANDARD:
        deviation = (s - n * everybody) / (a * sqrt(n * rest / all_n)) if rest > 0.0 and a > 0.0 else 0.0
        return abs(deviation) if sign == BOTH else sign * deviation
    if rest < 2.0 or n < 2.0:
        return -np.inf
    difference = mean - (all_s - s) / rest
    difference = abs(difference) if sign == BOTH else sign * difference
    return n * (difference - a * sqrt(max(q - s * mean, 0.0) / (n - 1.0) / n))


@njit(cache=True, nogil=True)
def score_all(
    kind: int, sign: int, a: float, n: Floats, s: Floats, q: Floats, all_n: float, all_s: float, least: float
) -> Floats:
    """The score of each group; minus infinity for those with fewer than `least` customers, or with all."""
    found = np.full(n.size, -np.inf)
    for i in range(n.size):
        if n[i] >= least and n[i] < all_n:
            found[i] = score_of(kind, sign, a, n[i], s[i], q[i], all_n, all_s)
    return found


@njit(cache=True, nogil=True)
def _reach_of_side(
    kind: int, a: float, n: float, up: float, cap: float, least: float, all_n: float, all_s: float
) -> float:
    """The highest score that any `least` or more of `n` customers can have, whose outcomes are `up` above the mean in
    all and `cap` each at most."""
    if kind == STANDARD:
        return np.inf
    if cap <= 0.0 or n < least:
        return -np.inf
    best = min(max(least, up / cap), n)
    if kind == POWER:
        return float((best / all_n) ** a) * min(up / best, cap)
    if kind == MONEY:
        return up * all_n / (all_n - n) if n < all_n else np.inf
    everybody, found = all_s / all_n, -np.inf
    for size in (best, n):
        found = max(found, a * min(up / size, cap) / everybody - (1.0 - a) * (all_n / size - 1.0))
    return found


@njit(cache=True, nogil=True)
def _reach(
    kind: int, sign: int, a: float, cell: Floats, caps: Floats, least: float, all_n: float, all_s: float
) -> float:
    found = -np.inf
    if sign != LOWER:
        found = _reach_of_side(kind, a, cell[0], cell[3], caps[0], least, all_n, all_s)
    if sign != HIGHER:
        down = cell[3] - (cell[1] - cell[0] * all_s / all_n)
        found = max(found, _reach_of_side(kind, a, cell[0], down, caps[1], least, all_n, all_s))
    return found


@njit(cache=True, nogil=True)
def _push(scores: Floats, keys: Int64, score: float, a: int, b: int, c: int) -> None:
    """Put into a heap, whose least is first, in the place of the least."""
    place = 0
    while True:
        child = 2 * place + 1
        if child + 1 < scores.size and scores[child + 1] < scores[child]:
            child += 1
        if child >= scores.size or scores[child] >= score:
            break
        scores[place] = scores[child]
        keys[place] = keys[child]
        place = child
    scores[place] = score
    keys[place, 0], keys[place, 1], keys[place, 2] = a, b, c


@njit(cache=True, nogil=True)
def _count(pair: Int32, third: UInt8, width: int, counts: Int32) -> None:
    counts[:] = 0
    for r in range(pair.size):
        counts[pair[r] * width + third[r]] += 1


@njit(cache=True, nogil=True)
def _sum(pair: Int32, third: UInt8, width: int, values: Floats, mean: float, sums: Floats) -> None:
    sums[:] = 0.0
    for r in range(pair.size):
        cell = (pair[r] * width + third[r]) * STATS
        value = values[r]
        sums[cell] += 1.0
        sums[cell + 1] += value
        sums[cell + 2] += value * value
        sums[cell + 3] += max(value - mean, 0.0)


@njit(cache=True, nogil=True)
def _cells_of_flags(counts: Int32, pairs: int, width: int, rate: float, cells: Floats) -> None:
    """Cells of an outcome that is 0 or 1, from counts by combined code, flag and level."""
    for p in range(pairs):
        for c in range(width):
            yes = float(counts[(2 * p + 1) * width + c])
            cell = (p * width + c) * STATS
            cells[cell] = counts[2 * p * width + c] + yes
            cells[cell + 1] = yes
            cells[cell + 2] = yes
            cells[cell + 3] = yes * (1.0 - rate)


@njit(cache=True, nogil=True)
def _spread(cells: Floats, outer: int, width: int, inner: int, low: Int64, high: Int64, out: Floats) -> None:
    """Of an axis of levels make one of conditions: `cells` is (outer, width, inner), `out` (outer, conditions, inner).
    Runs of levels are added by prefix sums, for which `cells` is overwritten."""
    conditions, is_single = low.size, True
    for i in range(conditions):
        is_single = is_single and high[i] == low[i] + 1
    for o in range(outer):
        start = o * width * inner
        if not is_single:
            for level in range(1, width):
                for t in range(inner):
                    cells[start + level * inner + t] += cells[start + (level - 1) * inner + t]
        for i in range(conditions):
            to, upper = (o * conditions + i) * inner, start + (high[i] - 1) * inner
            lower = start + (low[i] - 1) * inner
            if is_single or low[i] == 0:
                for t in range(inner):
                    out[to + t] = cells[upper + t]
            else:
                for t in range(inner):
                    out[to + t] = cells[upper + t] - cells[lower + t]


@njit(cache=True, nogil=True)
def search_pair(
    first: int,
    second: int,
    thirds: Int64,
    codes: UInt8,
    flags: UInt8,
    values: Floats,
    widths: Int64,
    starts: Int64,
    low: Int64,
    high: Int64,
    group: Int64,
    groups: Int64,
    all_n: float,
    all_s: float,
    caps: Floats,
    least: int,
    kind: int,
    sign: int,
    a: float,
    reach: Floats,
    scores: Floats,
    keys: Int64,
) -> int:
    """Score all conditions on two columns and each of `thirds`; the best go into the heap `scores`, `keys`. Returns
    how many combinations had at least `least` customers.

    `flags`: the outcome where it is 0 or 1; else `values`; the other is empty. Of column i `starts[i]` to
    `starts[i + 1]` are its conditions, levels from `low` to below `high`, of the group `group`, of which there are
    `groups[i]`. `caps`: how far an outcome lies above and below the mean at most. `reach[i, j]`: the highest score that
    conditions on both can lead to; triples beyond which nothing better can come are left out, and where the last column
    is the third, which has one level, it is filled in.
    """
    rows, mean = codes.shape[1], all_s / all_n
    is_flag, none = flags.size > 0, widths.size - 1
    x, y = codes[first], codes[second]
    wide_x, wide_y = widths[first], widths[second]
    pair = np.empty(rows, np.int32)
    if is_flag:
        for r in range(rows):
            pair[r] = (np.int32(x[r]) * wide_y + y[r]) * 2 + flags[r]
    else:
        for r in range(rows):
            pair[r] = np.int32(x[r]) * wide_y + y[r]
    low_x, high_x = low[starts[first] : starts[first + 1]], high[starts[first] : starts[first + 1]]
    low_y, high_y = low[starts[second] : starts[second + 1]], high[starts[second] : starts[second + 1]]
    scored = 0
    for third in thirds:
        if third != none and min(reach[first, second], reach[first, third], reach[second, third]) <= scores[0]:
            continue
        wide_z = widths[third]
        size = wide_x * wide_y * wide_z
        cells = np.empty(size * STATS)
        if is_flag:
            counts = np.empty(2 * size, np.int32)
            _count(pair, codes[third], wide_z, counts)
            _cells_of_flags(counts, wide_x * wide_y, wide_z, mean, cells)
        else:
            _sum(pair, codes[third], wide_z, values, mean, cells)
        low_z, high_z = low[starts[third] : starts[third + 1]], high[starts[third] : starts[third + 1]]
        nx, ny, nz = low_x.size, low_y.size, low_z.size
        by_z = np.empty(wide_x * wide_y * nz * STATS)
        _spread(cells, wide_x * wide_y, wide_z, STATS, low_z, high_z, by_z)
        by_y = np.empty(wide_x * ny * nz * STATS)
        _spread(by_z, wide_x, wide_y, nz * STATS, low_y, high_y, by_y)
        whole = np.empty(nx * ny * nz * STATS)
        _spread(by_y, 1, wide_x, ny * nz * STATS, low_x, high_x, whole)
        found = np.full((groups[first], groups[second], groups[third]), -np.inf)
        place = np.zeros(found.shape, np.int64)
        furthest, cell = -np.inf, 0
        for i in range(nx):
            of_x = group[starts[first] + i]
            for j in range(ny):
                of_y = group[starts[second] + j]
                for k in range(nz):
                    n = whole[cell]
                    if n >= least and n < all_n:
                        scored += 1
                        of_z = group[starts[third] + k]
                        score = score_of(kind, sign, a, n, whole[cell + 1], whole[cell + 2], all_n, all_s)
                        if score > found[of_x, of_y, of_z]:
                            found[of_x, of_y, of_z] = score
                            place[of_x, of_y, of_z] = (i * ny + j) * nz + k
                        if third == none and second != none:
                            here = _reach(kind, sign, a, whole[cell : cell + STATS], caps, least, all_n, all_s)
                            furthest = max(furthest, here)
                    cell += STATS
        if third == none and second != none:
            reach[first, second] = reach[second, first] = furthest
        for i in range(groups[first]):
            for j in range(groups[second]):
                for k in range(groups[third]):
                    if found[i, j, k] > scores[0]:
                        at = place[i, j, k]
                        _push(
                            scores, keys, found[i, j, k], starts[first] + at // nz // ny,
                            starts[second] + at // nz % ny, starts[third] + at % nz,
                        )  # fmt: skip
    return scored
