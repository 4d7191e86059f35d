"""Measures added up by group and period: rows are added up where they lie, groups are formed here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from beachhead.engines.base import Parameter
from beachhead.engines.duck import quote_literal
from beachhead.metrics.facts import Facts
from beachhead.metrics.formula import Cells
from beachhead.metrics.grouping import Grouping, everybody
from beachhead.metrics.measures import MRR_MEASURES, Measure
from beachhead.metrics.periods import Every, Period, day_numbers
from beachhead.stats.quantiles import quantile_interval

OTHER = "other"
CHANNEL = "acquisition_channel"
"""The attribute whose values are those of `spend.channel`."""


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """One measure by group and period (NaN: null). Of a quantile also its range and of how many rows it is.

    `reason`: why it is null everywhere.
    """

    values: Cells
    low: Cells | None = None
    high: Cells | None = None
    rows: Cells | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is counted: whole periods up to the day of the facts, and the groups in each."""

    periods: tuple[Period, ...]
    every: Every
    grouping: Grouping
    parameters: Mapping[str, Parameter]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.grouping.labels), len(self.periods)


def count(measures: Iterable[Measure], facts: Facts, question: Question) -> dict[str, Counted]:
    """All measures by name. What has no data is null with the reason."""
    found: dict[str, Counted] = {}
    sums: dict[tuple[str, str], list[Measure]] = defaultdict(list)
    for measure in measures:
        if lacking := facts.lacks(measure.needs):
            found[measure.name] = _nothing(question, lacking)
        elif measure.of_all and not question.grouping.is_whole:
            found[measure.name] = _nothing(question, f"{measure.title} are not known by group")
        elif measure.kind == "sum":
            sums[measure.fact, measure.day].append(measure)
        elif measure.kind == "quantile":
            found[measure.name] = _quantile(measure, facts, question)
        elif measure.kind == "record":
            found[measure.name] = _record(measure, facts, question)
        elif measure.kind == "open":
            found[measure.name] = _open(measure, facts, question)
        elif measure.kind == "mrr" and measure.name not in found:
            found |= walked(facts.movements(None), facts.as_of, question)
    if any(m.kind == "active" and m.name not in found for m in measures):
        found |= _active(facts, question)
    for (fact, day), asked in sums.items():
        found |= _spend(asked, facts, question) if fact == "spend" else _sums(fact, day, asked, facts, question)
    return found


def _nothing(question: Question, reason: str) -> Counted:
    return Counted(np.full(question.shape, np.nan), reason=reason)


def walked(movements: pa.Table, as_of: date, question: Question) -> dict[str, Counted]:
    """The measures of MRR, from movements sorted by account and day."""
    from beachhead.metrics.kernels import walk_movements  # a compiler takes a while to import

    kinds = _kind_codes(movements["kind"])
    ends = [min(p.end, as_of + timedelta(days=1)) for p in question.periods]
    sums = walk_movements(
        movements["account_no"].cast(pa.uint32()).to_numpy(),
        movements["day"].cast(pa.int32()).to_numpy(),
        kinds,
        movements["change_cents"].to_numpy(),
        movements["fx_cents"].to_numpy(),
        movements["list_change_cents"].to_numpy(),
        day_numbers([question.periods[0].start, *ends]),
        question.grouping.codes,
        len(question.grouping.labels),
    )
    return {name: Counted(sums[n].astype(np.float64)) for n, name in enumerate(MRR_MEASURES)}


def _kind_codes(kinds: pa.ChunkedArray) -> NDArray[np.int8]:
    """Positions in `kernels.KINDS`, −1 for null; fast where the column is a dictionary."""
    from beachhead.metrics.kernels import KINDS

    if not pa.types.is_dictionary(kinds.type):
        kinds = kinds.dictionary_encode()
    parts = []
    for chunk in kinds.chunks:
        places = [KINDS.index(k) for k in chunk.dictionary.to_pylist()]
        codes = pa.compute.fill_null(chunk.indices, len(places)).to_numpy(zero_copy_only=False)
        parts.append(np.array([*places, -1], np.int8)[codes])
    return np.concatenate(parts) if parts else np.zeros(0, np.int8)


def warm_up() -> None:
    """Load the compiled walk, which takes a second. Called beside other work, it is there when it is needed."""
    nothing = pa.table({
        "account_no": pa.array([], pa.uint32()), "day": pa.array([], pa.date32()), "kind": pa.array([], pa.string()),
        **{n: pa.array([], pa.int64()) for n in ("change_cents", "fx_cents", "list_change_cents")},
    })  # fmt: skip
    day = date(1970, 1, 1)
    period = Period(day, day + timedelta(days=1), "")
    walked(nothing, day, Question((period,), "month", everybody(1, 0), {}))


def _within(day: str, question: Question) -> str:
    first, end = question.periods[0].start, question.periods[-1].end
    return f"{day} >= {quote_literal(first)} AND {day} < {quote_literal(end)}"


def _counted_value(measure: Measure) -> str:
    return f"CASE WHEN {measure.where} THEN {measure.value} END" if measure.where else measure.value


def _sums(fact: str, day: str, measures: Sequence[Measure], facts: Facts, question: Question) -> dict[str, Counted]:
    period = f"date_trunc('{question.every}', {day})"
    columns = ", ".join(f"CAST(sum({_counted_value(m)}) AS DOUBLE) AS measure_{n}" for n, m in enumerate(measures))
    key = "" if question.grouping.is_whole else "account_no, "
    sql = (
        f"SELECT {key}{period} AS period, {columns} FROM ({facts.rows(fact)}) AS f WHERE {_within(day, question)} "
        f"GROUP BY {key}{period}"
    )
    rows = facts.query(sql, question.parameters)
    cells = _cells_of(rows, question)
    return {m.name: Counted(_added(cells, _floats(rows[f"measure_{n}"]), question)) for n, m in enumerate(measures)}


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    found: NDArray[np.float64] = column.cast(pa.float64()).to_numpy()
    return found


def _cells_of(rows: pa.Table, question: Question) -> NDArray[np.int64]:
    """For each row the cell (group × periods + period) that it belongs to, −1 for none."""
    starts = day_numbers([p.start for p in question.periods])
    period = np.searchsorted(starts, rows["period"].cast(pa.int32()).to_numpy(), "right") - 1
    if not question.grouping.is_whole:
        accounts = rows["account_no"].cast(pa.int64()).to_numpy()
        known = accounts <= question.grouping.largest_account
        group = np.where(known, question.grouping.codes[period, np.where(known, accounts, 0)], -1)
    else:
        group = np.zeros(len(period), np.int64)
    return np.where(group < 0, -1, group.astype(np.int64) * len(starts) + period)


def _added(cells: NDArray[np.int64], values: NDArray[np.float64], question: Question) -> Cells:
    """Sums of whole numbers are exact up to 2⁵³."""
    counts = (cells >= 0) & ~np.isnan(values)
    size = question.shape[0] * question.shape[1]
    sums: Cells = np.bincount(cells[counts], values[counts], size)[:size].astype(np.float64)
    return sums.reshape(question.shape)


def _quantile(measure: Measure, facts: Facts, question: Question) -> Counted:
    sql = (
        f"SELECT account_no, date_trunc('{question.every}', {measure.day}) AS period, "
        f"CAST({_counted_value(measure)} AS DOUBLE) AS value FROM ({facts.rows(measure.fact)}) AS f "
        f"WHERE {_within(measure.day, question)}"
    )
    rows = facts.query(sql, question.parameters)
    cells, values = _cells_of(rows, question), _floats(rows["value"])
    counts = (cells >= 0) & ~np.isnan(values)
    order = np.argsort(cells[counts], kind="stable")
    cells, values = cells[counts][order], values[counts][order]
    made = [np.full(question.shape[0] * question.shape[1], np.nan) for _ in range(3)]
    ends = np.flatnonzero(np.r_[np.diff(cells) != 0, True]) + 1 if len(cells) else np.zeros(0, np.int64)
    for first, end in zip(np.r_[0, ends[:-1]], ends, strict=True):
        interval = quantile_interval(values[first:end], measure.quantile)
        if interval:
            for array, value in zip(made, (interval.estimate, interval.low, interval.high), strict=True):
                array[cells[first]] = value
    rows_in = _added(cells, np.ones(len(cells)), question)
    estimate, low, high = (m.reshape(question.shape) for m in made)
    return Counted(estimate, low, high, rows_in)


def _record(measure: Measure, facts: Facts, question: Question) -> Counted:
    """A column of the customer records added up, in the period of their day; they tell of no other."""
    made = np.full(question.shape, np.nan)
    reason = f"stated for {facts.as_of} only"
    records = facts.records(measure.value)
    if records is None:
        return Counted(made, reason=f"the records have no {measure.value}")
    accounts, values = records["account_no"].cast(pa.int64()).to_numpy(), _floats(records[measure.value])
    for p, period in enumerate(question.periods):
        if period.start <= facts.as_of < period.end:
            known = (accounts <= question.grouping.largest_account) & ~np.isnan(values)
            codes = question.grouping.codes[p, accounts[known]]
            sums = np.bincount(codes[codes >= 0], values[known][codes >= 0], question.shape[0])
            made[:, p] = sums[: question.shape[0]]
    return Counted(made, reason=reason)


def _open(measure: Measure, facts: Facts, question: Question) -> Counted:
    """Rows that had begun by a period's last day and had not ended then."""
    sql = (
        f"SELECT account_no, {measure.day} AS period, {measure.until} AS until_day, "
        f"CAST({_counted_value(measure)} AS DOUBLE) AS value FROM ({facts.rows(measure.fact)}) AS f"
    )
    rows = facts.query(sql, question.parameters)
    begun = rows["period"].cast(pa.int32()).to_numpy()
    until = pa.compute.fill_null(rows["until_day"].cast(pa.int32()), np.iinfo(np.int32).max).to_numpy()
    values, accounts = _floats(rows["value"]), rows["account_no"].cast(pa.int64()).to_numpy()
    made = np.zeros(question.shape)
    grouping = question.grouping
    for p, period in enumerate(question.periods):
        last = day_numbers([min(period.last_day, facts.as_of)])[0]
        here = (begun <= last) & (until > last) & ~np.isnan(values) & (accounts <= grouping.largest_account)
        codes = grouping.codes[p, accounts[here]]
        made[:, p] = np.bincount(codes[codes >= 0], values[here][codes >= 0], question.shape[0])[: question.shape[0]]
    return Counted(made)


def _active(facts: Facts, question: Question) -> dict[str, Counted]:
    """Different people active: per day, added up, and in the 7 and 30 days up to a period's last day."""
    days, week, month, over = (np.zeros(question.shape) for _ in range(4))
    for p, period in enumerate(question.periods):
        last = min(period.last_day, facts.as_of)
        over[:, p] = max((last - period.start).days + 1, 0)
        windows = ((period.start, days, "*"), (last - timedelta(days=6), week, "DISTINCT user_no"),
                   (last - timedelta(days=29), month, "DISTINCT user_no"))  # fmt: skip
        for first, into, what in windows:
            rows = facts.embedded.query(
                f"SELECT account_no, count({what}) AS n FROM activity WHERE day BETWEEN {quote_literal(first)} AND "
                f"{quote_literal(last)} GROUP BY account_no"
            )
            accounts = rows["account_no"].cast(pa.int64()).to_numpy()
            known = accounts <= question.grouping.largest_account
            codes = question.grouping.codes[p, accounts[known]]
            counted = rows["n"].to_numpy()[known]
            into[:, p] = np.bincount(codes[codes >= 0], counted[codes >= 0], question.shape[0])[: question.shape[0]]
    names = ("active_days", "active_7d", "active_30d", "counted_days")
    return {name: Counted(values) for name, values in zip(names, (days, week, month, over), strict=True)}


def _spend(measures: Sequence[Measure], facts: Facts, question: Question) -> dict[str, Counted]:
    """Spend belongs to channels, not to customers."""
    grouping = question.grouping
    if grouping.by not in ("", CHANNEL) or grouping.is_part:
        return {m.name: _nothing(question, "spend is known by channel only") for m in measures}
    period = f"date_trunc('{question.every}', day)"
    sql = (
        f"SELECT channel, {period} AS period, CAST(sum(amount) AS DOUBLE) AS amount FROM ({facts.rows('spend')}) AS f "
        f"WHERE {_within('day', question)} GROUP BY channel, {period}"
    )
    rows = facts.query(sql, question.parameters)
    starts = day_numbers([p.start for p in question.periods])
    at = np.searchsorted(starts, rows["period"].cast(pa.int32()).to_numpy(), "right") - 1
    place = {label: n for n, label in enumerate(grouping.labels)}
    group = [place.get(c, place.get(OTHER, -1)) for c in rows["channel"].to_pylist()]
    groups = np.array(group if grouping.by else [0] * rows.num_rows, np.int64)
    cells = np.where(groups < 0, -1, groups * len(starts) + at)
    return {m.name: Counted(_added(cells, _floats(rows["amount"]), question)) for m in measures}
