"""What people write into an exported workbook comes back, once, and nothing of it is lost."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import openpyxl
import project_world as world
import pytest

from beachhead.errors import DataError, UsageError
from beachhead.service.export import export
from beachhead.service.filling import Filled, fill
from beachhead.service.project import Project, open_project

DAY = date(2026, 4, 2)
Cells = Mapping[tuple[str, str], Mapping[str, object]]
"""(sheet, customer id) → title → what is written there."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("filling") / "little"
    world.make_company(root, 20)
    open_project(root).run(world.LAST_DAY)
    return root


@pytest.fixture
def project(published: Path, tmp_path: Path) -> Project:
    return open_project(shutil.copytree(published, tmp_path / "little"))


def exported(project: Project, name: str = "Q3 Team.xlsx") -> Path:
    return export(project, project.root / "out" / name)


def write(path: Path, written: Cells) -> Path:
    """As a person would: in a spreadsheet program, which saves the file anew."""
    book = openpyxl.load_workbook(path)
    for (sheet, account), words in written.items():
        titles = [c.value for c in book[sheet][4]]
        row = next(r for r in book[sheet].iter_rows(min_row=5) if r[0].value == account)
        for title, text in words.items():
            row[titles.index(title)].value = text
    book.save(path)
    return path


def said(project: Project, file: str = "q3_team.csv") -> dict[str, tuple[str, str, str]]:
    path = project.root / "data/filled" / file
    with path.open(newline="", encoding="utf-8") as f:
        return {r["account_id"]: (r["label"], r["note"], r["day"]) for r in csv.DictReader(f)}


def codes(filled: Filled) -> list[str]:
    return [d.code for d in filled.diagnostics]


ALL = "All customers"


def test_what_is_filled_in_is_an_attribute_from_the_next_update_on(project):
    note = "日本, “good”\nand loyal"
    written = {(ALL, "a001"): {"Good customer?": "Yes", "Your note": note}, (ALL, "a002"): {"Good customer?": "no"}}
    path = write(exported(project), written)
    filled = fill(project, path, DAY)
    assert (filled.file, filled.customers, filled.changed) == ("data/filled/q3_team.csv", 2, 2)
    assert said(project) == {"a001": ("yes", note, "2026-04-02"), "a002": ("no", "", "2026-04-02")}
    assert not [d for d in project.check().diagnostics if d.is_error]
    latest = project.run(world.LAST_DAY)
    record = latest.customer("a001")
    assert (record["your_label"], record["your_note"]) == ("yes", note)
    assert latest.customer("a002")["your_note"] is None
    assert len(latest.accounts) == 20
    assert latest.attributes["your_label"].title == "Good customer?"


def test_reading_it_twice_is_as_once(project):
    path = write(exported(project), {(ALL, "a001"): {"Good customer?": "yes"}})
    fill(project, path, DAY)
    again = fill(project, path, date(2026, 5, 1))
    assert (again.file, again.customers, again.changed) == (None, 1, 0)
    assert said(project) == {"a001": ("yes", "", "2026-04-02")}


def test_empty_cells_are_told_and_take_nothing_away(project):
    path = write(exported(project), {(ALL, "a001"): {"Good customer?": "yes", "Your note": "kept"}})
    fill(project, path, DAY)
    later = write(exported(project, "later.xlsx"), {(ALL, "a001"): {"Good customer?": "no"}})
    filled = fill(project, later, date(2026, 5, 1))
    assert "19 customers have nothing filled in" in filled.diagnostics[0].message.replace("\u00a0", " ")
    assert said(project, "later.csv") == {"a001": ("no", "kept", "2026-05-01")}
    assert said(project) == {}
    assert "filled-in-anew" in codes(filled)
    assert "a001,yes,kept,2026-04-02,,replaced" in (project.root / "data/filled/not_used/later.csv").read_text()


def test_an_unknown_customer_is_told_and_kept_aside(project):
    path = exported(project)
    book = openpyxl.load_workbook(path)
    sheet = book[ALL]
    name = sheet["B5"].value
    sheet["A5"], sheet["C5"] = "changed", "yes"
    sheet["A6"], sheet["B6"], sheet["C6"], sheet["D6"] = "zz9", "Nobody", "no", "who?"
    sheet["A7"], sheet["B7"], sheet["C7"] = None, None, "yes"
    book.save(path)
    filled = fill(project, path, DAY)
    assert codes(filled)[1:] == ["changed-id", "unknown-customer", "no-customer-id"]
    assert name in filled.diagnostics[1].message
    assert str(filled.diagnostics[1].place) == f"{path.name} [{ALL}]:5"
    assert (filled.file, filled.changed) == (None, 0)
    kept = (project.root / "data/filled/not_used/q3_team.csv").read_text()
    assert f"changed,yes,,,{name},unknown customer" in kept
    assert "zz9,no,who?,,Nobody,unknown customer" in kept
    assert not (project.root / "sources/filled.yml").exists()


def test_a_customer_filled_in_twice_and_differently_counts_once(project):
    path = exported(project)
    best = openpyxl.load_workbook(path)["Best and worst"]["A5"].value
    write(path, {("Best and worst", best): {"Good customer?": "yes"}, (ALL, best): {"Good customer?": "no"}})
    for changed in (1, 0):
        filled = fill(project, path, DAY)
        assert "filled-twice" in codes(filled)
        assert filled.changed == changed
    assert said(project)[best][0] == "yes"


def test_a_row_that_stands_there_twice_with_the_same_words_is_no_problem(project):
    path = write(exported(project), {(ALL, "a001"): {"Good customer?": "yes"}})
    book = openpyxl.load_workbook(path)
    book[ALL].append(["a001", "Company 1", "yes", "and a note"])
    book.save(path)
    filled = fill(project, path, DAY)
    assert "filled-twice" not in codes(filled)
    assert said(project) == {"a001": ("yes", "and a note", "2026-04-02")}


def test_a_word_that_is_no_answer_is_told_and_its_note_counts(project):
    path = write(exported(project), {(ALL, "a001"): {"Good customer?": "rather", "Your note": "call them"}})
    filled = fill(project, path, DAY)
    assert "not-an-answer" in codes(filled)
    assert said(project) == {"a001": ("", "call them", "2026-04-02")}
    assert "a001,rather" in (project.root / "data/filled/not_used/q3_team.csv").read_text()


def test_an_edit_of_one_sheet_counts_where_both_came_filled_in(project):
    path = exported(project)
    best = openpyxl.load_workbook(path)["Best and worst"]["A5"].value
    fill(project, write(path, {(ALL, best): {"Good customer?": "yes"}}), DAY)
    project.run(world.LAST_DAY)
    again = exported(project, "again.xlsx")
    assert openpyxl.load_workbook(again)["Best and worst"]["C5"].value == "yes"
    filled = fill(project, write(again, {(ALL, best): {"Good customer?": "no"}}), date(2026, 5, 1))
    assert "filled-twice" not in codes(filled)
    assert said(project, "again.csv")[best][0] == "no"


def test_an_older_workbook_counts_and_says_that_it_is_old(project):
    path = write(exported(project), {(ALL, "a001"): {"Good customer?": "yes"}})
    project.run(world.LAST_DAY, full=True)
    filled = fill(project, path, DAY)
    assert "older-workbook" in codes(filled)
    assert said(project)["a001"][0] == "yes"


def test_a_foreign_workbook_is_refused(project, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Customer id", "Something"])
    book.save(tmp_path / "foreign.xlsx")
    with pytest.raises(UsageError, match="has no columns 'Customer id', 'Good customer\\?' and 'Your note'"):
        fill(project, tmp_path / "foreign.xlsx")


def test_what_is_no_workbook_is_refused(project, tmp_path):
    (tmp_path / "note.xlsx").write_text("not a workbook")
    with pytest.raises(DataError, match="not a spreadsheet that can be read"):
        fill(project, tmp_path / "note.xlsx")


def test_a_file_in_the_folder_that_is_another_one_is_not_written_over(project):
    other = project.root / "data/filled/q3_team.csv"
    other.parent.mkdir(parents=True)
    other.write_text("my,own\n1,2\n")
    with pytest.raises(DataError, match="was not made by beachhead fill"):
        fill(project, write(exported(project), {(ALL, "a001"): {"Good customer?": "yes"}}), DAY)
    assert other.read_text() == "my,own\n1,2\n"
