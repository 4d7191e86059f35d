"""What rules and expressions see of a timestamp is its local time, so that it compares with days of the project."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from landing_world import World, table_of

import beachhead
from beachhead.service.run import RunOptions, run

ACCOUNTS: dict[str, object] = {"account_id": "id", "signed_up_at": "at"}
LATE = "id,at\na,2026-03-01T22:30:00Z\nb,2026-03-01T23:30:00Z\n"


def _in_amsterdam(world: World, **source: object) -> list[dict[str, object]]:
    world.timezone = "Europe/Amsterdam"
    landed = world.file(LATE, **{"table": "accounts", "columns": ACCOUNTS, **source})
    return table_of(landed)


def test_a_filter_compares_with_local_days(world: World) -> None:
    rows = _in_amsterdam(world, where="signed_up_at >= '2026-03-02'")
    assert [(r["account_id"], r["signed_up_at"], r["signed_up_day"]) for r in rows] == [
        ("b", datetime(2026, 3, 1, 23, 30), date(2026, 3, 2))
    ]


def test_an_expression_sees_and_gives_local_times(world: World) -> None:
    columns = {
        **ACCOUNTS,
        "trial_ends_at": {"expression": "case when signed_up_at < '2026-03-02' then seen_at else day end"},
    }
    extra = {
        "seen_at": {"column": "at", "type": "timestamp"},
        "day": {"expression": "greatest(seen_at, '2026-03-02')", "type": "date"},
        "is_late": {"expression": "signed_up_at >= '2026-03-02'", "type": "boolean"},
    }
    rows = _in_amsterdam(world, columns=columns, extra=extra)
    assert [(r["trial_ends_at"], r["trial_ends_day"], r["is_late"]) for r in rows] == [
        (datetime(2026, 3, 1, 22, 30), date(2026, 3, 1), False),
        (datetime(2026, 3, 1, 23, 0), date(2026, 3, 2), True),  # 2 March begins there at 23:00 UTC
    ]
    assert [r["seen_at"] for r in rows] == [datetime(2026, 3, 1, 23, 30), datetime(2026, 3, 2, 0, 30)]
    assert [r["day"] for r in rows] == [date(2026, 3, 2)] * 2


@pytest.mark.parametrize(
    ("zone", "before", "on"),
    [("UTC", ["a", "b"], []), ("Europe/Amsterdam", ["a"], ["b"]), ("America/New_York", ["a", "b"], [])],
)
def test_segments_and_attributes_go_by_days_of_the_project(
    zone: str, before: list[str], on: list[str], tmp_path: Path
) -> None:
    files = {
        "beachhead.yml": f"name: X\ntimezone: {zone}\n",
        "sources/accounts.yml": (
            "files: data/a.csv\ntable: accounts\nstable: true\n"
            "columns: {account_id: id, signed_up_at: {constant: 2026-01-01}}\n"
            "extra:\n  seen_at: {column: at, type: timestamp}\n"
        ),
        "data/a.csv": LATE,
        "segments/before.yml": "title: B\nwhere: seen_at < '2026-03-02'\n",
        "segments/on_day.yml": "title: O\nwhere: seen_at >= 3 days ago and days_since(seen_at) = 3\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    run(tmp_path, RunOptions(as_of=date(2026, 3, 5), today=date(2026, 3, 9)))
    latest = beachhead.open(tmp_path).latest()
    for segment, members in (("before", before), ("on_day", on)):
        assert sorted(latest.segments[segment].members().pandas()["account_id"]) == members
