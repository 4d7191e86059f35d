"""What was true on a day stays what it was, whatever is learned later."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from project_world import LAST_DAY, TODAY, make_company, write_csv

from beachhead.service.project import Project
from beachhead.service.results import SegmentMembers
from beachhead.service.run import RunOptions

DAYS = (LAST_DAY - timedelta(days=70), LAST_DAY - timedelta(days=20), LAST_DAY)


def snapshots(project: Project) -> dict[date, tuple[pa.Table, list[set[str]]]]:
    found = {}
    for day in DAYS:
        project.update(RunOptions(as_of=day, today=TODAY, allow_loss=True))
        run = project.as_of(day)
        members = [set(run.segments[s].members()["account_id"].to_pylist()) for s in ("paying", "exporters")]
        found[day] = (run.accounts.arrow(), members)
    return found


def read(path: Path) -> list[dict[str, object]]:
    with path.open(encoding="utf-8") as f:
        return [dict(r) for r in csv.DictReader(f)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    make_company(tmp_path)
    return Project(tmp_path)


def append_later_data(root: Path) -> None:
    later = LAST_DAY + timedelta(days=9)
    accounts = read(root / "data/accounts.csv")
    new = {**accounts[0], "id": "new1", "name": "New", "created": str(later)}
    write_csv(root / "data/accounts.csv", [*accounts, new])
    write_csv(
        root / "data/events-later.csv",
        [
            {"id": f"l{n}", "account": account, "user": "u", "event": "export", "at": f"{later} 10:00:0{n}"}
            for n, account in enumerate(["a000", "a001", "a002", "new1"])
        ],
    )
    subscriptions = read(root / "data/subscriptions.csv")
    write_csv(
        root / "data/subscriptions.csv",
        [*subscriptions, {**subscriptions[0], "id": "s-new", "account": "new1", "start": str(later), "end": ""}],
    )


def change_rows_in_place(root: Path) -> None:
    later = LAST_DAY + timedelta(days=9)
    subscriptions = read(root / "data/subscriptions.csv")
    for n, row in enumerate(subscriptions):
        if not row["end"] and n % 2:
            row["end"] = str(later)
        elif not row["end"]:
            row.update(plan="enterprise", amount="999.00")
    write_csv(root / "data/subscriptions.csv", subscriptions)
    tickets = read(root / "data/tickets.csv")
    for row in tickets:
        if not row["solved"]:
            row.update(solved=str(later), cost="500.00")
    write_csv(root / "data/tickets.csv", tickets)
    accounts = read(root / "data/accounts.csv")
    for row in accounts:
        row.update(plan="enterprise", guess="z")
    write_csv(root / "data/accounts.csv", accounts)


@pytest.mark.parametrize("change", [append_later_data, change_rows_in_place])
def test_past_days_stay_as_they_were(project: Project, change: object) -> None:
    project.update(RunOptions(today=TODAY))
    before = snapshots(project)
    assert callable(change)
    change(project.root)
    project.update(RunOptions(today=TODAY))
    now = project.latest()
    assert now.as_of == LAST_DAY + timedelta(days=9)
    after = snapshots(project)
    for day in DAYS:
        assert after[day][0].equals(before[day][0]), day
        assert after[day][1] == before[day][1]
    newest = now.accounts.arrow()
    assert not newest.select(["mrr_cents"]).equals(before[LAST_DAY][0].select(["mrr_cents"]))


def test_undated_facts_are_unknown_before_they_were_first_loaded(project: Project) -> None:
    project.update(RunOptions(today=TODAY))
    earlier = snapshots(project)[DAYS[0]][0]
    assert earlier["segment_guess"].null_count == earlier.num_rows
    assert earlier["acquisition_channel"].null_count == 0
    assert snapshots(project)[LAST_DAY][0]["segment_guess"].null_count == 0


def test_customers_exist_from_their_sign_up(project: Project) -> None:
    project.update(RunOptions(today=TODAY))
    for day, (accounts, _) in snapshots(project).items():
        created = [date.fromisoformat(str(r["created"])) for r in read(project.root / "data/accounts.csv")]
        assert accounts.num_rows == sum(d <= day for d in created)


def test_joined_and_left_compare_with_an_earlier_day(project: Project) -> None:
    project.update(RunOptions(today=TODAY))
    project.update(RunOptions(as_of=DAYS[0], today=TODAY, allow_loss=True))
    first = project.as_of(DAYS[0]).segments["paying"]
    assert first.about.joined is None
    for _ in range(2):  # also when the day is computed again
        project.update(RunOptions(today=TODAY))
        second = project.as_of(LAST_DAY).segments["paying"]
        assert second.about.joined == len(ids(second) - ids(first)) > 0
        assert second.about.left == len(ids(first) - ids(second))


def ids(segment: SegmentMembers) -> set[object]:
    return set(segment.members()["account_id"].to_pylist())
