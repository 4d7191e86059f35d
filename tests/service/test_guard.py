"""An update that would lose customers by accident publishes nothing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from project_world import TODAY, write_csv

from beachhead.errors import DataError
from beachhead.service.project import Project
from beachhead.service.run import RunOptions

SOURCE = (
    "files: data/customers*.csv\ntable: accounts\noptional: true\ncolumns: {account_id: id, signed_up_at: created}\n"
)
FIRST = date(2026, 1, 1)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "beachhead.yml").write_text("name: Little\ncurrency: EUR\ntemplate: blank\n")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/customers.yml").write_text(SOURCE)
    return Project(tmp_path)


def export(project: Project, customers: int) -> None:
    rows = [{"id": f"c{n}", "created": FIRST + timedelta(days=n)} for n in range(customers)]
    write_csv(project.root / "data/customers.csv", rows)


def test_a_cut_export_is_refused_although_its_last_day_is_earlier(project: Project) -> None:
    export(project, 100)
    project.update(RunOptions(today=TODAY))
    export(project, 20)
    with pytest.raises(DataError, match="80 of 100") as error:
        project.update(RunOptions(today=TODAY))
    assert "the data now reaches only to 2026-01-20, while before it reached to 2026-04-10" in str(error.value)
    assert len(project.latest().accounts) == 100
    project.update(RunOptions(today=TODAY, allow_loss=True))
    assert project.update(RunOptions(today=TODAY)).diagnostics == ()


def test_a_last_day_that_moved_back_is_said(project: Project) -> None:
    export(project, 100)
    project.update(RunOptions(today=TODAY))
    export(project, 95)
    outcome = project.update(RunOptions(today=TODAY))
    assert [d.code for d in outcome.diagnostics] == ["data-moved-back"]
    assert project.update(RunOptions(as_of=FIRST + timedelta(days=9), today=TODAY)).diagnostics == ()


def test_customers_are_new_until_an_update_with_them_is_published(project: Project) -> None:
    export(project, 10)
    with pytest.raises(DataError, match="no customers are known"):
        project.update(RunOptions(as_of=date(2025, 12, 31), today=TODAY))
    assert project.update(RunOptions(today=TODAY)).new_customers == 10
    export(project, 2)
    rows = [{"id": f"d{n}", "created": FIRST} for n in range(5)]
    write_csv(project.root / "data/customers2.csv", rows)
    with pytest.raises(DataError, match="3 of 10"):
        project.update(RunOptions(today=TODAY))
    export(project, 10)
    assert project.update(RunOptions(today=TODAY)).new_customers == 5
    assert project.update(RunOptions(today=TODAY)).new_customers == 0


def test_nothing_is_ever_published_without_customers(project: Project) -> None:
    with pytest.raises(DataError, match="no file was found") as error:
        project.update(RunOptions(today=TODAY))
    assert "data/customers*.csv" in str(error.value)
    export(project, 10)
    with pytest.raises(DataError, match="no customers are known as of 2025-12-31"):
        project.update(RunOptions(as_of=FIRST - timedelta(days=1), today=TODAY, allow_loss=True))
    assert project.history()[0].status == "failed"


def test_a_source_of_which_nothing_is_used_is_an_error(project: Project) -> None:
    export(project, 10)
    write_csv(project.root / "data/usage.csv", [{"who": f"x{n}", "what": "login", "at": FIRST} for n in range(30)])
    columns = "{account_id: who, event: what, occurred_at: at}"
    (project.root / "sources/usage.yml").write_text(f"files: data/usage.csv\ntable: events\ncolumns: {columns}\n")
    project.update(RunOptions(today=TODAY))
    worst = project.latest().problems[0]
    assert (worst.code, worst.severity, worst.source, worst.count) == ("nothing-used", "error", "usage", 30)
    assert worst.message == "0 of 30 rows of usage were used"
