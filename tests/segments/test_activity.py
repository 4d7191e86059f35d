"""What customers did, counted in one pass over two sorted runs of events, as of 31 March 2026."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from coded import AS_OF, Event, activity_of, events_of, rules_of, value, who_did

from beachhead.customers.event_counts import EventArrays
from beachhead.errors import DataError
from beachhead.rules import Value
from beachhead.rules.oracle import Customer, value_of
from beachhead.segments.activity import Events, counted_value, measure_of
from beachhead.segments.engine import Engine

ANN, BERT, CARL = 0, 1, 2  # 3 did nothing
ROWS: list[Event] = [
    (ANN, "export", date(2026, 3, 31)),
    (ANN, "export", date(2026, 3, 31)),
    (ANN, "login", date(2026, 3, 20)),
    (ANN, "export", date(2026, 3, 2)),
    (ANN, "export", date(2026, 3, 1)),
    (BERT, "login", date(2026, 3, 24)),
    (BERT, "login", date(2026, 3, 25)),
    (CARL, "export", date(2025, 12, 31)),
]
LATER: list[Event] = [
    (ANN, "export", date(2026, 3, 20)),
    (ANN, "login", date(2026, 3, 20)),
    (BERT, "export", date(2026, 4, 1)),
    (CARL, "login", date(2026, 3, 31)),
]
STORE = events_of(ROWS, LATER)


def counted(text: str, events: Events = STORE, customers: int = 4) -> list[Value]:
    """What the pass finds for each customer; it must know the value."""
    found = [counted_value(value(text), events, n) for n in range(customers)]
    assert all(one is not None for one in found), text
    return [one[0] for one in found if one]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("events()", [7, 2, 2, 0]),
        ("events('export')", [5, 0, 1, 0]),
        ("events('export', 'login')", [7, 2, 2, 0]),
        ("events('never_heard_of')", [0, 0, 0, 0]),
        ("events('export', last => '30 days')", [4, 0, 0, 0]),
        ("events('export', last => '31 days')", [5, 0, 0, 0]),
        ("events('export', last => '1 day')", [2, 0, 0, 0]),
        ("events('export', last => '1 month')", [5, 0, 0, 0]),
        ("events(last => '2 weeks')", [5, 2, 1, 0]),
        ("events('export', from => '2026-03-01', until => '2026-03-20')", [3, 0, 0, 0]),
        ("events('export', until => '2026-02-28')", [0, 0, 1, 0]),
        ("events('export', from => 11 days ago)", [3, 0, 0, 0]),
        ("events('export', from => '2027-01-01')", [0, 0, 0, 0]),
        ("events('export', until => '1999-12-31')", [0, 0, 0, 0]),
        ("events('export', from => 10 days ago, until => '2026-03-01')", [0, 0, 0, 0]),
        ("events('export', until => '2030-01-01')", [5, 0, 1, 0]),
        ("events(distinct => day)", [4, 2, 2, 0]),
        ("events('export', distinct => day, last => '30 days')", [3, 0, 0, 0]),
        ("events(distinct => week, last => '4 weeks')", [2, 2, 1, 0]),
        ("events(distinct => week, last => '5 weeks')", [3, 2, 1, 0]),
        ("events('export', distinct => week, from => '2026-03-01', until => '2026-03-25')", [2, 0, 0, 0]),
        ("events('export', min => day)", [date(2026, 3, 1), None, date(2025, 12, 31), None]),
        ("events('export', max => day)", [date(2026, 3, 31), None, date(2025, 12, 31), None]),
        ("events('export', min => day, last => '30 days')", [date(2026, 3, 2), None, None, None]),
        ("events('export', max => day, until => '2026-03-30')", [date(2026, 3, 20), None, date(2025, 12, 31), None]),
        ("events(max => day)", [date(2026, 3, 31), date(2026, 3, 25), date(2026, 3, 31), None]),
    ],
)
def test_every_measure_by_hand(text: str, expected: list[Value]) -> None:
    assert counted(text) == expected


def test_a_window_of_30_days_begins_29_days_ago_and_ends_today() -> None:
    days = {0: AS_OF - timedelta(30), 1: AS_OF - timedelta(29), 2: AS_OF, 3: AS_OF + timedelta(1)}
    events = events_of([(n, "a", day) for n, day in days.items()])
    assert counted("events('a', last => '30 days')", events) == [0, 1, 1, 0]
    assert who_did("events('a', last => '30 days') > 0", events, 4) == [1, 2]


def test_what_happened_after_the_day_is_in_the_store_and_not_known() -> None:
    events = events_of([(0, "a", AS_OF + timedelta(n)) for n in (1, 2, 300)])
    assert events.first_day == AS_OF
    for text in ("events('a')", "events('a', distinct => day)", "events(distinct => week, last => '4 weeks')"):
        assert counted(text, events, 1) == [0]
    assert counted("events('a', min => day)", events, 1) == [None]
    assert counted("events('a')", events_of([(0, "a", AS_OF)], as_of=AS_OF - timedelta(1)), 1) == [0]


def test_no_events_at_all() -> None:
    events = events_of([])
    assert counted("events()", events, 2) == [0, 0]
    assert counted("events('a', max => day)", events, 2) == [None, None]
    assert who_did("events('a', last => '30 days') = 0", events, 3) == [0, 1, 2]
    assert who_did("events('a', max => day) is null", events, 3) == [0, 1, 2]
    assert who_did("events('a', max => day) < today", events, 3) == []


def test_days_of_both_runs_are_counted_once() -> None:
    both = [(5, "a", date(2026, 3, n)) for n in (1, 2, 3)]
    events = events_of(both, [*both, (5, "a", date(2026, 3, 9))])
    assert counted_value(value("events('a')"), events, 5) == (7,)
    assert counted_value(value("events('a', distinct => day)"), events, 5) == (4,)
    assert counted_value(value("events('a', distinct => week, last => '5 weeks')"), events, 5) == (2,)


def test_counts_are_cut_off_above_what_rules_compare_them_with() -> None:
    busy = [(0, "a", AS_OF)] * 1_000 + [(1, "a", AS_OF)] * 3 + [(2, "a", AS_OF)] * 2
    rules = rules_of({"r": "events('a') >= 3", "s": "events('a') = 3"}, {})
    activity = activity_of(rules, events_of(busy))
    (column,) = activity.columns.values()
    assert (column.codes.itemsize, list(column.values())) == (1, [0, 1, 2, 3, 4])
    assert who_did("events('a') >= 3", events_of(busy), 4) == [0, 1]
    assert who_did("events('a') = 3", events_of(busy), 4) == [1]
    assert who_did("events('a') < 2.5", events_of(busy), 4) == [2, 3]
    assert who_did("events('a') between 2 and 999", events_of(busy), 4) == [1, 2]
    assert who_did("events('a') > 300 and events('a') != 1000.5", events_of(busy), 4) == [0]
    assert who_did("events('a') > -1", events_of(busy), 4) == [0, 1, 2, 3]
    assert who_did("events('a') in (0, 3)", events_of(busy), 4) == [1, 3]


@pytest.mark.parametrize(
    "text",
    [
        "events('a', size > 3)",
        "events('a', sum => size)",
        "events('a', distinct => event)",
        "events(since => signed_up_on)",
        "events('a', first => '14 days')",
        "events('a', distinct => week)",
        "events('a', distinct => week, last => '65 weeks')",
        "events('a', distinct => week, from => 3 weeks ago, until => '2026-04-05')",
    ],
)
def test_what_the_pass_does_not_count_is_left_to_sql(text: str) -> None:
    assert measure_of(value(text), AS_OF) is None
    assert counted_value(value(text), STORE, ANN) is None


def test_numbers_too_large_for_codes_are_left_to_sql() -> None:
    rules = rules_of({"r": "events('a') >= 60001", "s": "events('b') >= 60000"}, {})
    assert list(activity_of(rules, STORE).columns) == [value("events('b')")]


def test_several_conditions_of_many_customers_are_counted_together() -> None:
    random_events = random.Random(5)
    names = ["a", "b", "c"]
    rows = [
        (random_events.randrange(300), random_events.choice(names), AS_OF - timedelta(random_events.randrange(-5, 90)))
        for _ in range(4_000)
    ]
    events = events_of(rows[:3_000], rows[3_000:])
    texts = [
        "events('a')",
        "events('a', last => '30 days')",
        "events('a', distinct => day)",
        "events('b', max => day)",
        "events('b', min => day, last => '2 weeks')",
        "events(distinct => week, last => '8 weeks')",
        "events('a', 'c', from => 40 days ago, until => 12 days ago)",
        "events('b', distinct => week, from => 60 days ago, until => 12 days ago)",
        "events('c', distinct => day, until => 60 days ago)",
    ]
    of: dict[int, list[dict[str, Value]]] = {n: [] for n in range(300)}
    for account, name, day in rows:
        of[account].append({"event": name, "day": day})
    for text in texts:
        asked = value(text)
        expected = [value_of(asked, Customer({}, AS_OF, rows={"events": of[n]})) for n in range(300)]
        assert counted(text, events, 300) == expected, text


def test_a_value_is_the_same_beside_others() -> None:
    """All values of a plan are counted in one pass, in the order that the loop needs."""
    texts = [
        "events('export') >= 4",
        "events('export', last => '30 days') >= 5",
        "events(max => day) = today",
        "events(distinct => week, last => '4 weeks') >= 2",
        "events('login', distinct => day) = 2",
        "events('export', min => day) < '2026-01-01'",
    ]
    alone = [who_did(text, STORE, 4) for text in texts]
    assert alone == [[ANN], [], [ANN, CARL], [ANN, BERT], [BERT], [CARL]]
    rules = rules_of({str(n): text for n, text in enumerate(texts)}, {})
    together = Engine.of(rules, {}, activity_of(rules, STORE), np.arange(4, dtype=np.uint32), AS_OF)
    assert [m.tolist() for m in together.members(rules).values()] == alone


@pytest.mark.parametrize(
    "damage", [{"accounts": [70_000, 1, 2]}, {"accounts": [2**32 - 1, 1, 2]}, {"codes": [0, 9, 0]}]
)
@pytest.mark.parametrize("run", ["most", "later"])
def test_damaged_events_are_told_and_nothing_is_written_elsewhere(damage: dict[str, list[int]], run: str) -> None:
    sound = events_of([(n, "a", AS_OF) for n in range(3)], [(n, "a", AS_OF) for n in range(3)])
    arrays: EventArrays = getattr(sound.runs, run)
    changed = {name: np.array(v, getattr(arrays, name).dtype) for name, v in damage.items()}
    events = replace(sound, runs=replace(sound.runs, **{run: arrays._replace(**changed).read_only()}))
    planes = np.full(3 * 64, 7, np.uint8)
    activity = activity_of(rules_of({"r": "events('a') > 0"}, {}), events)
    with pytest.raises(DataError, match="the event store is damaged"):
        activity.count(0, 64, planes[64:128], np.zeros(1, np.int64))
    assert set(planes[:64]) == set(planes[128:]) == {7}


def test_what_is_counted_no_further_is_not_known() -> None:
    most = events_of([(0, "a", AS_OF)] * 60_000)
    assert counted_value(value("events('a')"), most, 0) == (60_000,)
    assert counted_value(value("events('a')"), events_of([(0, "a", AS_OF)] * 60_001), 0) is None
