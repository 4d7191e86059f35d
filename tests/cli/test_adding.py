"""Files added, matched, tied out and exported by commands, and the documents that they print."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from beachhead.cli.main import main
from three_exports import EXPORTS


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["beachhead", *arguments])
        try:
            main()
            code = 0
        except SystemExit as e:
            code = int(e.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("exports")
    for name, text in EXPORTS.items():
        (folder / name).write_text(text)
    return [str(folder / name) for name in EXPORTS]


@pytest.fixture(scope="module")
def project(exports: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("made") / "little")
    with pytest.MonkeyPatch.context() as patch:
        for arguments in (["add", *exports, "--project", folder, "--yes"], ["run", folder]):
            patch.setattr(sys, "argv", ["beachhead", *arguments])
            with pytest.raises(SystemExit) as end:
                main()
            assert not end.value.code
    return folder


def test_files_become_a_project_that_gives_a_result(project, capsys):
    code, said, _ = call(capsys, "matches", "--project", project, "--json")
    rates = {r["source"]: (r["records"], r["matched"]) for r in json.loads(said)["matches"]}
    assert code == 0
    assert {n for n, _ in rates.values()} == {40, 35, 30}
    assert all(matched >= 30 for _, matched in rates.values())


def test_without_a_word_of_consent_nothing_is_added(exports, tmp_path, capsys):
    code, said, wrong = call(capsys, "add", *exports, "--project", str(tmp_path / "new"))
    assert (code, "Nothing was added." in said, "say --yes" in wrong) == (0, True, True)
    assert not list((tmp_path / "new").rglob("sources/*.yml"))
    assert not list((tmp_path / "new").rglob("inbox/*/*"))


def test_each_file_is_told_with_its_columns_and_reasons(exports, tmp_path, capsys):
    _, said, _ = call(capsys, "add", *exports, "--project", str(tmp_path / "new"), "--json")
    files = json.loads(said)["added"]["files"]
    assert [(f["file"], f["state"]) for f in files] == [(name, "recognised") for name in EXPORTS]
    columns = files[1]["recognition"]["proposals"][0]["columns"]
    assert all(c["reason"] for c in columns)
    assert json.loads(said)["added"]["added"] == []


def test_a_file_that_is_not_there_and_one_that_is_no_table(tmp_path, capsys):
    assert call(capsys, "add", str(tmp_path / "none.csv"))[0] == 2
    picture = tmp_path / "logo.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 64)
    code, said, _ = call(capsys, "add", str(picture), "--project", str(tmp_path / "p"), "--yes")
    assert (code, "an image" in said) == (1, True)


def test_a_decision_is_written_and_forgotten(project, capsys):
    written = Path(project) / "matching.yml"
    assert call(capsys, "matches", "--same", "001", "002", "--project", project)[0] == 0
    assert "[001, 002]" in written.read_text().replace("'", "")
    assert call(capsys, "matches", "--undo", "002", "001", "--project", project)[0] == 0
    assert "001" not in written.read_text()
    assert call(capsys, "matches", "--same", "001", "001", "--project", project)[0] == 2


@pytest.mark.parametrize(
    ("arguments", "noun"),
    [
        (["matches", "--doubtful"], "doubtful"),
        (["matches", "--unmatched"], "unmatched"),
        (["matches", "--all"], "matches"),
        (["sight"], "sight"),
        (["tie-out", "--total", "100.00", "--measure", "revenue"], "tie_out"),
    ],
)
def test_each_command_prints_one_document(project, capsys, arguments, noun):
    code, said, _ = call(capsys, *arguments, "--project", project, "--json")
    assert (code, noun in json.loads(said)) == (0, True)


def test_what_is_filled_into_a_workbook_comes_back_as_attributes(project, tmp_path, capsys):
    path = tmp_path / "result.xlsx"
    assert call(capsys, "export", "--to", str(path), "--project", project)[0] == 0
    book = load_workbook(path)
    sheet = book["All customers"]
    heading = next(row for row in sheet.iter_rows() if any(cell.value == "Customer id" for cell in row))
    header, first = {cell.value: cell.column for cell in heading}, heading[0].row + 1
    sheet.cell(first, header["Good customer?"]).value = "yes"
    sheet.cell(first, header["Your note"]).value = "pays late, stays long"
    customer = sheet.cell(first, header["Customer id"]).value
    sheet.cell(first + 1, header["Customer id"]).value = "nobody"
    sheet.cell(first + 1, header["Your note"]).value = "who?"
    book.save(path)
    for _ in range(2):
        code, said, wrong = call(capsys, "fill", str(path), "--project", project)
        assert (code, bool(said), "nobody" in wrong) == (0, True, True)
    assert call(capsys, "run", project)[0] == 0
    record = json.loads(call(capsys, "customer", str(customer), "--project", project, "--json")[1])["customer"]
    assert (record["your_label"], record["your_note"]) == ("yes", "pays late, stays long")


def test_a_workbook_that_is_none_of_ours_is_refused(project, exports, tmp_path, capsys):
    from xlsxwriter import Workbook

    with Workbook(tmp_path / "other.xlsx") as book:
        book.add_worksheet().write_row(0, 0, ["a", "b"])
    code, _, wrong = call(capsys, "fill", str(tmp_path / "other.xlsx"), "--project", project)
    assert (code, "not-a-form" in wrong) == (2, True)
