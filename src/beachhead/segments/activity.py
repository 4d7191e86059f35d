"""What customers did, as columns of codes: events of all customers are counted in one pass, block by block.

Taken are aggregates of events by name within fixed days: how many, on how many days or in how many weeks, first and
last day. They are never stored: a block of customers is counted into codes just before its rules are evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from beachhead.customers.event_counts import EPOCH, EventArrays, EventRuns
from beachhead.customers.events import events_damaged
from beachhead.errors import DataError
from beachhead.rules.ast import Aggregate, Attribute, Call, Literal, Node
from beachhead.rules.days import resolve_day
from beachhead.rules.types import Value, ValueType
from beachhead.segments.activity_kernels import (
    COUNT,
    DATED,
    DAYS,
    FIRST_DAY,
    LAST_DAY,
    WEEKS,
    count_block,
    find_accounts,
)
from beachhead.segments.columns import Column, code_type
from beachhead.segments.program import Test

_MOST_COUNTED = 60_000
_MOST_WEEKS = 64
_KINDS = {
    ("count", None): COUNT, ("distinct", "day"): DAYS, ("distinct", "week"): WEEKS,
    ("min", "day"): FIRST_DAY, ("max", "day"): LAST_DAY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Events:
    """The event store as of a day: coded events, the event names by code, and the first day of all."""

    runs: EventRuns
    names: tuple[str, ...]
    as_of: date
    first_day: date

    @classmethod
    def of(cls, runs: EventRuns, names: Sequence[str], as_of: date) -> Events:
        days = [int(part.days.min()) for part in (runs.most, runs.later) if len(part.days)]
        first = EPOCH + timedelta(days=min(days)) if days else as_of
        return cls(runs, tuple(names), as_of, min(first, as_of))

    def only(self, numbers: NDArray[np.uint32]) -> Events:
        """The events of some customers, whose numbers ascend; customer i of them is `numbers[i]` here."""
        return replace(self, runs=EventRuns(*(_of(run, numbers) for run in (self.runs.most, self.runs.later))))


def _of(events: EventArrays, numbers: NDArray[np.uint32]) -> EventArrays:
    starts, counts = np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.int64)
    find_accounts(events.accounts, numbers, starts, counts)
    renumbered = np.repeat(np.arange(len(numbers), dtype=np.uint32), counts)
    rows = np.arange(counts.sum()) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return EventArrays(renumbered, events.users[rows], events.codes[rows], events.days[rows]).read_only()


@dataclass(frozen=True, slots=True)
class _Measure:
    kind: int
    names: frozenset[str]  # none: any event
    first: int  # days since 1970, both included
    last: int


def measure_of(node: Node, as_of: date) -> _Measure | None:
    """What the pass counts for a value; None when it is of another kind."""
    if not isinstance(node, Aggregate) or node.rows.table != "events":
        return None
    kind = _KINDS.get((node.function, node.column))
    names = _names_in(node.rows.where) if node.rows.where else frozenset[str]()
    bounds = [None if day is None else resolve_day(day, as_of, {}) for day in (node.rows.first, node.rows.last)]
    is_fixed = all(day is None or not isinstance(day.base, str) for day in (node.rows.first, node.rows.last))
    if kind is None or names is None or not is_fixed:
        return None
    last = min(bounds[1] or as_of, as_of)
    first = bounds[0] or date.min
    is_other_week = bounds[1] is not None and bounds[1] > as_of  # weeks count back from a day that is still to come
    if kind == WEEKS and (is_other_week or bounds[0] is None or (last - first).days >= 7 * _MOST_WEEKS):
        return None
    return _Measure(kind, names, (first - EPOCH).days, (last - EPOCH).days)


def _names_in(where: Node) -> frozenset[str] | None:
    """The event names that a condition asks for; None when it asks for anything else."""
    if isinstance(where, Call) and where.operator in ("=", "in"):
        column, *values = where.arguments
        texts = [v.value for v in values if isinstance(v, Literal) and isinstance(v.value, str)]
        if column == Attribute("event") and len(texts) == len(values):
            return frozenset(texts)
    return None


@dataclass(frozen=True, eq=False)
class Activity:
    """The values that one pass over events gives, with what the compiled loop needs to know of them."""

    columns: Mapping[Node, Column]
    events: Events
    widths: NDArray[np.int64]
    selection_starts: NDArray[np.int64]
    selections: NDArray[np.int32]
    bucket_of_age: NDArray[np.uint16]
    measure_starts: NDArray[np.int64]
    measures: NDArray[np.int32]

    def count(self, first_no: int, rows: int, planes: NDArray[np.uint8], starts: NDArray[np.int64]) -> None:
        """Write the codes of the customers `first_no` to `first_no + rows - 1`: column i at `starts[i]` of `planes`.
        Raises `DataError` for events that are not in order or have no name."""
        slices = [
            np.searchsorted(run.accounts, np.array([first_no, first_no + rows], np.uint32)).tolist()
            for run in (self.events.runs.most, self.events.runs.later)
        ]
        (at, stop), (later_at, later_stop) = slices
        runs, as_of = self.events.runs, (self.events.as_of - EPOCH).days
        is_sound = count_block(
            runs.most, at, stop, runs.later, later_at, later_stop, as_of,
            first_no, rows, self.selection_starts, self.selections, self.bucket_of_age, self.measure_starts,
            self.measures, self.widths, planes, starts,
        )  # fmt: skip
        if not is_sound:
            raise DataError(events_damaged("the event store", "events are out of order, or of no known name"))


def plan_activity(tests: Mapping[Node, Sequence[Test]], events: Events) -> Activity:
    """Plan the pass for the values of `tests` that it can count; their columns have no codes.

    Counts are cut off above the largest number that a test compares with, so that their codes are small.
    """
    found = {v: m for v in tests if (m := measure_of(v, events.as_of)) and _fits(tests[v])}
    as_of, first = ((day - EPOCH).days for day in (events.as_of, events.first_day))
    oldest = as_of - first + 1  # an age that no event has

    def ages(measure: _Measure) -> tuple[int, int]:
        newest = min(max(as_of - measure.last, 0), oldest)
        return newest, max(newest, min(max(as_of - measure.first + 1, 0), oldest))

    by_names: dict[frozenset[str], list[Node]] = {}
    for value, measure in sorted(found.items(), key=lambda pair: (pair[1].kind != WEEKS, -ages(pair[1])[1])):
        by_names.setdefault(measure.names, []).append(value)
    ordered = [value for values in by_names.values() for value in values]
    edges = sorted({0, *(age for m in found.values() for age in ages(m))})
    columns: dict[Node, Column] = {}
    rows: list[tuple[int, ...]] = []
    for value in ordered:
        m = found[value]
        base = max(m.first, first) if m.kind in DATED else 0
        last = max(m.last, base) if m.kind in DATED else _cap(tests[value])
        columns[value] = _column(ValueType.DATE if m.kind in DATED else ValueType.INTEGER, base, last)
        newest, after = (edges.index(age) for age in ages(m))
        rows.append((m.kind, newest, after, base, last - base, max(m.first, first), m.last))
    return Activity(
        columns,
        events,
        np.array([c.codes.itemsize for c in columns.values()], np.int64),
        *_selections(by_names, events.names),
        (np.searchsorted(edges, np.arange(oldest + 1), side="right") - 1).astype(np.uint16),
        np.cumsum([0, *map(len, by_names.values())]).astype(np.int64),
        np.array(rows, np.int32).reshape(-1, 7),
    )


def counted_value(value: Node, events: Events, account_no: int) -> tuple[Value] | None:
    """What the pass counts for one customer, exactly; None where it does not know the value, or counts no further."""
    activity = plan_activity({value: [Test(value, ">=", (_MOST_COUNTED,))]}, events)
    if not activity.columns:
        return None
    column = activity.columns[value]
    planes = np.empty(int(activity.widths[0]), np.uint8)
    activity.count(account_no, 1, planes, np.zeros(1, np.int64))
    found = column.decoded(int(planes.view(column.codes.dtype)[0]))
    return None if isinstance(found, int) and found > _MOST_COUNTED else (found,)


def _selections(
    by_names: Iterable[frozenset[str]], names: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """For each event code the selections that it belongs to."""
    by_code = [[n for n, wanted in enumerate(by_names) if not wanted or name in wanted] for name in names]
    starts = np.cumsum([0, *map(len, by_code)]).astype(np.int64)
    return starts, np.array([n for found in by_code for n in found], np.int32)


def _column(kind: ValueType, first: int, last: int) -> Column:
    return Column(kind, np.zeros(0, code_type(last - first + 1)), np.arange(first, last + 1))


def _numbers(tests: Sequence[Test]) -> list[float]:
    return [c for test in tests for c in test.constants if isinstance(c, int | float)]


def _fits(tests: Sequence[Test]) -> bool:
    return all(number <= _MOST_COUNTED for number in _numbers(tests))


def _cap(tests: Sequence[Test]) -> int:
    return int(max([0, *_numbers(tests)])) + 1
