"""The result as files: the workbook's values are the snapshot's to the cent, no text is a formula, all of them open."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import openpyxl
import project_world as world
import pytest
from openpyxl.workbook import Workbook

from beachhead.errors import UsageError
from beachhead.reports.workbook import ANSWERS, FILL_IN
from beachhead.service.export import ENDINGS, KINDS, export, export_bytes, kind_of
from beachhead.service.project import Project, open_project

NAMES = {
    "a001": '=HYPERLINK("http://x")',
    "a002": "+49 30",
    "a003": "-5",
    "a004": "@cmd",
    "a005": "日本 🚀",
    "a006": "שלום",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("export") / "little"
    world.make_company(root)
    rows = world.company_tables()["accounts"]
    world.write_csv(root / "data/accounts.csv", [{**r, "name": NAMES.get(str(r["id"]), r["name"])} for r in rows])
    opened = open_project(root)
    opened.run(world.LAST_DAY)
    return opened


@pytest.fixture(scope="module")
def book(project: Project) -> Iterator[Workbook]:
    yield openpyxl.load_workbook(export(project, project.root / "out" / "result.xlsx"))


def cells(book: Workbook, sheet: str) -> list[dict[str, object]]:
    header, *rows = [[c.value for c in row] for row in book[sheet].iter_rows(min_row=4)]
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_the_sheets_are_in_the_order_of_reading(book):
    assert book.sheetnames == [
        "Answer", "Best and worst", "All customers", "Segments", "What they share", "Problems", "Set aside",
    ]  # fmt: skip


def test_every_sheet_says_what_its_rows_are_of_and_from_when(book):
    for sheet in book.worksheets[1:]:
        assert sheet["A1"].value == sheet.title
        assert sheet["A2"].value.startswith("n = ")
        assert sheet["A2"].value.endswith("data as of 31 Mar 2026 (2026-03-31-r1)")
        assert sheet.freeze_panes[1:] == "5"
        assert sheet.auto_filter.ref.startswith("A4:")


def test_the_answer_tells_number_day_and_snapshot(book, project):
    said = {r[0]: r[1] for r in book["Answer"].iter_rows(values_only=True) if r[0]}
    assert said["n"].replace("\u00a0", " ").startswith("60 customers on record")
    assert said["Data as of"].replace("\u00a0", " ") == "31 Mar 2026"
    assert said["Snapshot"] == project.latest().name


def test_every_customer_is_there_with_money_to_the_cent(book, project):
    accounts = project.latest().accounts.arrow()
    expected = dict(zip(accounts["account_id"].to_pylist(), accounts["mrr_cents"].to_pylist(), strict=True))
    found = {r["Customer id"]: r["MRR (EUR)"] for r in cells(book, "All customers")}
    assert {i: None if m is None else round(float(m) * 100) for i, m in found.items()} == expected
    assert sum(m or 0 for m in found.values()) == pytest.approx(sum(m or 0 for m in expected.values()) / 100, abs=0.001)


def test_formats_are_those_of_money_shares_and_days(book):
    titles = [c.value for c in book["All customers"][4]]
    row = book["All customers"][5]
    assert row[titles.index("MRR (EUR)")].number_format == "#,##0.00"
    assert row[titles.index("Signed up on")].number_format == "yyyy-mm-dd"
    assert book["Segments"]["C5"].number_format == "0.0%"


def test_no_text_is_a_formula(book):
    texts = {r["Customer id"]: r["Name"] for r in cells(book, "All customers")}
    assert {i: texts[i] for i in NAMES} == NAMES
    assert [c.coordinate for s in book.worksheets for row in s.iter_rows() for c in row if c.data_type == "f"] == []


def test_customers_can_be_filled_in_beside_their_names(book):
    for name in ("Best and worst", "All customers"):
        sheet = book[name]
        assert [c.value for c in sheet[4]][:4] == ["Customer id", "Name", *FILL_IN]
        (offered,) = sheet.data_validations.dataValidation
        assert offered.formula1 == f'"{",".join(ANSWERS)}"'
        assert str(offered.sqref) == f"C5:C{sheet.max_row}"


def test_segments_have_their_size_and_who_is_in_them(book, project):
    found = {r["Name in rules"]: (r["Customers"], r["Who is in it"]) for r in cells(book, "Segments")}
    assert {n: size for n, (size, _) in found.items()} == {n: len(s) for n, s in project.latest().segments.items()}
    assert found["paying"][1] == "Status is 'active_customer'"


def test_the_word_of_the_project_names_its_sheet(tmp_path):
    changes = {"beachhead.yml": "name: Little\ncustomers_are: households\ncurrency: JPY\n", "value.yml": "inputs: []\n"}
    world.make_company(tmp_path / "p", 12, changes=changes)
    (tmp_path / "p/value.yml").unlink()
    opened = open_project(tmp_path / "p")
    opened.run(world.LAST_DAY)
    book = openpyxl.load_workbook(export(opened, tmp_path / "r.xlsx"))
    assert "All households" in book.sheetnames
    assert cells(book, "Best and worst") == []
    assert len(cells(book, "All households")) == 12
    sheet = book["All households"]
    titles = [c.value for c in sheet[4]]
    money = [row[titles.index("MRR (JPY)")] for row in sheet.iter_rows(min_row=5)]
    assert {c.number_format for c in money if c.value is not None} == {"#,##0"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written_as_its_ending_says(project, kind, tmp_path):
    content = export_bytes(project, kind)
    assert content.startswith(b"PK") is (kind in ("xlsx", "pptx", "docx"))
    written = export(project, tmp_path / "deep" / f"r{ENDINGS[kind]}", kind)
    assert written.read_bytes()[:2] == content[:2]


def test_an_unclear_ending_says_which_there_are(tmp_path):
    with pytest.raises(UsageError, match=r"\.xlsx, \.pptx"):
        kind_of(tmp_path / "result.odt")


def test_libreoffice_opens_them(project, tmp_path):
    program = shutil.which("soffice")
    if not program:
        pytest.skip("no soffice on PATH: install LibreOffice to see whether it opens the exported files")
    paths = [export(project, tmp_path / f"{kind}.{kind}") for kind in ("xlsx", "pptx", "docx")]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    for path in paths:
        command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert all(path.with_suffix(".pdf").read_bytes().startswith(b"%PDF") for path in paths)
