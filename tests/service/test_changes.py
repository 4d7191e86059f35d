from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from project_world import LAST_DAY, TODAY, company_tables, make_company, write_csv

from beachhead.service.project import Project
from beachhead.service.run import RunOptions, run


def test_an_update_tells_who_is_new_who_is_gone_and_who_moved_between_segments(tmp_path: Path) -> None:
    make_company(tmp_path, 30)
    first = RunOptions(as_of=LAST_DAY - timedelta(days=30), today=TODAY)
    run(tmp_path, first)
    assert Project(tmp_path).changes() is None
    before = set(Project(tmp_path).latest().accounts["account_id"].to_pylist())
    customers = company_tables(30)["accounts"]
    write_csv(tmp_path / "data/accounts.csv", [c for c in customers if c["id"] != "a001"])
    run(tmp_path, RunOptions(today=TODAY))
    latest = Project(tmp_path).latest()
    changed = Project(tmp_path).changes()
    assert changed is not None
    after = set(latest.accounts["account_id"].to_pylist())
    assert (changed.new, changed.gone) == (len(after - before), len(before - after))
    assert changed.gone_names == ("a001",)  # its name was not known yet on that day
    moved = {s.name: (s.joined, s.left) for s in changed.segments}
    assert moved == {
        s.name: (s.joined, s.left) for s in latest.about.segments if s.joined is not None and (s.joined or s.left)
    }
    assert changed.lines("teams")[0].startswith(f"since {first.as_of}: {changed.new} teams are new: ")
