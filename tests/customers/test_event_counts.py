"""Window counters of the compiled loop against counting one by one."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from beachhead.customers import measures as k
from beachhead.customers.event_counts import EventCounts, count_events, days_array, read_events

D = date(2026, 3, 31)
CODES = ("export", "login", "invite")
Event = tuple[int, int, str, date]


def random_events(seed: int, count: int = 4000) -> list[Event]:
    rng = random.Random(seed)
    events = []
    for _ in range(count):
        account = rng.randint(1, 40)
        user = rng.choice([0, account * 10 + rng.randint(0, 3)])
        events.append((account, user, rng.choice(CODES), D - timedelta(days=int(rng.expovariate(1 / 40)) - 3)))
    return events


def write_part(path: Path, events: list[Event]) -> Path:
    ordered = sorted(events, key=lambda e: (e[0], e[3]))
    part = pa.table(
        {
            "account_no": pa.array([e[0] for e in ordered], pa.uint32()),
            "user_no": pa.array([e[1] for e in ordered], pa.uint32()),
            "code": pa.array([CODES.index(e[2]) for e in ordered], pa.uint16()),
            "day": pa.array([e[3] for e in ordered], pa.date32()),
        }
    )
    with pa.ipc.new_file(str(path), part.schema) as file:
        file.write_table(part)
    return path


def counted(parts: list[Path], as_of: date = D) -> EventCounts:
    return count_events(read_events(parts), as_of, CODES, ("invite", "export", "never_sent"), accounts=41, users=420)


def within(events: list[Event], days: int, as_of: date = D) -> list[Event]:
    return [e for e in events if as_of - timedelta(days=days - 1) <= e[3] <= as_of]


@pytest.mark.parametrize("seed", range(5))
def test_counters_equal_counting_one_by_one(seed: int, tmp_path: Path) -> None:
    events = random_events(seed)
    result = counted([write_part(tmp_path / "a.arrow", events)])
    by_account: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        by_account[event[0]].append(event)
    for account in range(1, 42):
        mine = [e for e in by_account[account] if e[3] <= D]
        row = result.per_account[:, account]
        for days, column in ((7, k.COUNT_7D), (30, k.COUNT_30D), (90, k.COUNT_90D)):
            assert row[column] == len(within(mine, days))
        for days, column in ((7, k.ACTIVE_7D), (30, k.ACTIVE_30D), (90, k.ACTIVE_90D)):
            assert row[column] == len({e[3] for e in within(mine, days)})
        for days, column in ((7, k.USERS_7D), (30, k.USERS_30D)):
            assert row[column] == len({e[1] for e in within(mine, days) if e[1]})
        assert row[k.COUNT_PRIOR_30D] == len(within(mine, 60)) - len(within(mine, 30))
        assert row[k.COUNT_TOTAL] == len(mine)
        assert row[k.BREADTH_30D] == len({e[2] for e in within(mine, 30)} & {"invite", "export"})
        known = sorted(e[3] for e in mine)
        first, last = days_array(row[[k.FIRST_DAY, k.LAST_DAY]]).to_pylist()
        assert (first, last) == ((known[0], known[-1]) if known else (None, None))
        for slot, name in enumerate(("invite", "export", "never_sent")):
            named = [e for e in mine if e[2] == name]
            key = result.per_key[slot, :, account]
            assert key[k.KEY_COUNT_7D] == len(within(named, 7))
            assert key[k.KEY_COUNT_30D] == len(within(named, 30))
            assert key[k.KEY_COUNT_90D] == len(within(named, 90))
            assert key[k.KEY_ACTIVE_30D] == len({e[3] for e in within(named, 30)})


def test_counters_of_people(tmp_path: Path) -> None:
    events = random_events(9)
    result = counted([write_part(tmp_path / "a.arrow", events)])
    for user in range(1, 421):
        mine = [e for e in events if e[1] == user and e[3] <= D]
        row = result.per_user[:, user]
        assert row[k.USER_COUNT_30D] == len(within(mine, 30))
        assert row[k.USER_COUNT_90D] == len(within(mine, 90))
        assert row[k.USER_COUNT_TOTAL] == len(mine)
        assert row[k.USER_ACTIVE_30D] == len({e[3] for e in within(mine, 30)})


def test_parts_merged_equal_one_part(tmp_path: Path) -> None:
    events = random_events(3)
    whole = counted([write_part(tmp_path / "whole.arrow", events)])
    rng = random.Random(1)
    split: list[list[Event]] = [[], [], []]
    for event in events:
        split[rng.choices([0, 1, 2], [90, 8, 2])[0]].append(event)
    merged = counted([write_part(tmp_path / f"{n}.arrow", part) for n, part in enumerate(split)])
    assert (whole.per_account == merged.per_account).all()
    assert (whole.per_key == merged.per_key).all()
    assert (whole.per_user == merged.per_user).all()


def test_events_after_the_day_are_not_there(tmp_path: Path) -> None:
    events = random_events(4)
    earlier = D - timedelta(days=50)
    all_of_them = counted([write_part(tmp_path / "a.arrow", events)], earlier)
    known = counted([write_part(tmp_path / "b.arrow", [e for e in events if e[3] <= earlier])], earlier)
    assert (all_of_them.per_account == known.per_account).all()


def test_without_events_nothing_happened() -> None:
    result = count_events(read_events([]), D, (), ("export",), accounts=2, users=0)
    assert result.per_account[k.COUNT_TOTAL].sum() == 0
    assert days_array(result.per_account[k.LAST_DAY]).null_count == 3
