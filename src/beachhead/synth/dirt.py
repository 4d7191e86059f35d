"""The small faults that every real export has, added in known numbers.

Faulty rows are added, so that the rest stays true; only spelling, gaps and swapped dates change existing rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beachhead.synth.world import Ints

REPEATED, ORPHANS, BAD_DATES = 0.005, 0.003, 0.002
BAD_DATE_TEXTS = ("31/02/2026", "0000-00-00", "n/a", "yesterday")


class Dirt:
    """Adds faults to the tables of one chunk and counts them per file and kind. Switched off it changes nothing."""

    def __init__(self, rng: np.random.Generator, counts: dict[str, dict[str, int]], enabled: bool) -> None:
        self._rng = rng
        self._counts = counts
        self._enabled = enabled

    def repeat(self, file: str, rows: pa.Table, change: Callable[[pa.Table], pa.Table] = lambda t: t) -> pa.Table:
        """Some rows once more at the end, with the same key."""
        picked = self._pick(file, "repeated_keys", rows, REPEATED)
        return rows if picked is None else pa.concat_tables([rows, change(rows.take(picked))])

    def orphan(self, file: str, rows: pa.Table, account: str, key: str) -> pa.Table:
        """Rows with keys of their own for customers that no file knows."""
        picked = self._pick(file, "orphans", rows, ORPHANS)
        if picked is None:
            return rows
        unknown = [f"acc_deleted_{n}" for n in self._rng.integers(1, 500, len(picked))]
        extra = _with(rows.take(picked), account, pa.array(unknown))
        return pa.concat_tables([rows, _with(extra, key, _new_keys(extra[key], "9"))])

    def bad_dates(self, file: str, rows: pa.Table, column: str, key: str) -> pa.Table:
        """Rows with keys of their own whose date cannot be read."""
        picked = self._pick(file, "bad_dates", rows, BAD_DATES)
        if picked is None:
            return rows
        texts = [BAD_DATE_TEXTS[n] for n in self._rng.integers(0, len(BAD_DATE_TEXTS), len(picked))]
        extra = _with(rows.take(picked), column, pa.array(texts))
        return pa.concat_tables([rows, _with(extra, key, _new_keys(extra[key], "8"))])

    def gaps(self, file: str, rows: pa.Table, column: str, share: float) -> pa.Table:
        """Values that are missing."""
        picked = self._pick(file, f"missing_{column}", rows, share)
        if picked is None:
            return rows
        mask = np.zeros(rows.num_rows, bool)
        mask[picked.to_numpy()] = True
        nothing = pa.scalar(None, rows.schema.field(column).type)
        return _with(rows, column, pc.if_else(pa.array(mask), nothing, rows[column]))

    def spelling(self, file: str, rows: pa.Table, column: str, share: float) -> pa.Table:
        """The same word in small or in capital letters."""
        picked = self._pick(file, f"mixed_case_{column}", rows, share)
        if picked is None:
            return rows
        style = np.zeros(rows.num_rows, np.int8)
        style[picked.to_numpy()] = self._rng.integers(1, 3, len(picked))
        text = pc.if_else(pa.array(style == 1), pc.utf8_lower(rows[column]), rows[column])
        return _with(rows, column, pc.if_else(pa.array(style == 2), pc.utf8_upper(text), text))

    def swapped(self, file: str, rows: pa.Table, first: str, second: str, share: float) -> pa.Table:
        """The later of two dates in the column of the earlier, where both are known."""
        known = np.flatnonzero(pc.is_valid(rows[second]).to_numpy(zero_copy_only=False))
        picked = self._pick(file, f"{second}_before_{first}", rows, share, known)
        if picked is None:
            return rows
        mask = np.zeros(rows.num_rows, bool)
        mask[picked.to_numpy()] = True
        swap = pa.array(mask)
        earlier, later = rows[first], rows[second]
        rows = _with(rows, first, pc.if_else(swap, later, earlier))
        return _with(rows, second, pc.if_else(swap, earlier, later))

    def _pick(self, file: str, kind: str, rows: pa.Table, share: float, among: Ints | None = None) -> pa.Array | None:
        """Positions of about `share` of the rows, at least one, in order; None when there is nothing to do."""
        pool = np.arange(rows.num_rows) if among is None else among
        if not self._enabled or not len(pool):
            return None
        count = max(1, round(share * len(pool)))
        of_file = self._counts.setdefault(file, {})
        of_file[kind] = of_file.get(kind, 0) + count
        return pa.array(np.sort(self._rng.choice(pool, count, replace=False)))


def _with(rows: pa.Table, column: str, values: pa.Array) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(column), column, values)


def _new_keys(keys: pa.ChunkedArray, mark: str) -> pa.ChunkedArray:
    """Keys that occur nowhere else: `mark` behind the old ones."""
    if pa.types.is_integer(keys.type):
        return pc.add(pc.multiply(keys, 10), int(mark))
    return pc.binary_join_element_wise(keys, "-" + mark, "")
