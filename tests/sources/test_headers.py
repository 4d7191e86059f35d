"""`check` reads the headers of the files that sources name, and says what an update would say."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

import beachhead
from beachhead.errors import DataError, DefinitionError, Diagnostic
from beachhead.sources.headers import _HEAD_BYTES

SOURCE = """files: data/customers{ending}
table: accounts
columns:
  account_id: id
  signed_up_at: {{column: Since, format: "%Y-%m-%d"}}
extra:
  team: Team size
"""
ROWS = [{"id": f"a{n}", "Since": "2026-01-02", "Team Size": "3"} for n in range(3)]


def _text(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\n" for row in [list(rows[0]), *(r.values() for r in rows)])


def _excel(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(2, 0, list(ROWS[0]))
        for n, row in enumerate(ROWS, 3):
            sheet.write_row(n, 0, list(row.values()))


FORMATS: dict[str, Callable[[Path], object]] = {
    ".csv": lambda path: path.write_text(_text(ROWS)),
    ".csv.gz": lambda path: path.write_bytes(gzip.compress(_text(ROWS).encode("utf-16"))),
    ".tsv": lambda path: path.write_text(_text(ROWS, "\t")),
    ".xlsx": _excel,
    ".parquet": lambda path: pq.write_table(pa.Table.from_pylist(ROWS), path),
    ".json": lambda path: path.write_text(json.dumps({"items": ROWS})),
    ".ndjson": lambda path: path.write_text("".join(json.dumps(r) + "\n" for r in ROWS)),
}


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., beachhead.Project]:
    def make(ending: str = ".csv", source: str = SOURCE) -> beachhead.Project:
        for folder in ("sources", "data"):
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / "beachhead.yml").write_text("name: Acme\n")
        (tmp_path / "sources" / "customers.yml").write_text(source.format(ending=ending))
        return beachhead.open(tmp_path)

    return make


def _errors(project: beachhead.Project) -> list[Diagnostic]:
    return list(project.check().errors)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_column_that_the_file_lacks_is_found_in_every_format(
    ending: str, project: Callable[..., beachhead.Project]
) -> None:
    made = project(ending)
    FORMATS[ending](made.root / f"data/customers{ending}")
    (found,) = _errors(made)
    assert found.code == "unknown-source-column"
    assert found.message == f"data/customers{ending} has no column 'Team size'"
    assert str(found.place) == "sources/customers.yml:7:9"
    assert found.remedy == "Did you mean 'Team Size'?"
    with pytest.raises(DataError) as stopped:
        made.run()
    assert list(stopped.value.diagnostics) == [found]


@pytest.mark.parametrize("ending", FORMATS)
def test_nothing_is_said_of_a_file_that_has_them_all(ending: str, project: Callable[..., beachhead.Project]) -> None:
    made = project(ending, SOURCE.replace("Team size", "Team Size"))
    FORMATS[ending](made.root / f"data/customers{ending}")
    assert _errors(made) == []
    assert not (made.root / ".beachhead").exists()


def test_a_file_that_is_not_there_yet_is_no_mistake_of_the_mapping(project: Callable[..., beachhead.Project]) -> None:
    made = project(source=SOURCE + "optional: true\n")
    assert [d.code for d in made.check().diagnostics if d.is_error] == []


def test_each_file_of_a_source_is_looked_at(project: Callable[..., beachhead.Project]) -> None:
    made = project("*.csv", SOURCE.replace("Team size", "Team Size"))
    (made.root / "data/customers1.csv").write_text(_text(ROWS))
    (made.root / "data/customers2.csv").write_text("id;Since;Team\n")
    (made.root / "data/customers3.csv").write_text("")
    assert [(d.code, d.message) for d in _errors(made)] == [
        ("unknown-source-column", "data/customers2.csv has no column 'Team Size'"),
        ("empty-file", "data/customers3.csv is empty"),
    ]


def test_the_head_of_a_file_is_enough(project: Callable[..., beachhead.Project]) -> None:
    """So a file that is damaged further on passes; the update tells."""
    made = project(".csv.gz", SOURCE.replace("Team size", "Team Size"))
    many = [{**row, "id": f"{n}-{n * n}"} for n in range(20_000) for row in ROWS]
    (made.root / "data/customers.csv.gz").write_bytes(gzip.compress(_text(many).encode())[:-1000])
    assert _errors(made) == []
    with pytest.raises(DataError) as stopped:
        made.run()
    assert [d.code for d in stopped.value.diagnostics] == ["broken-gzip"]


def test_a_key_that_only_later_records_have_is_looked_for_in_all(project: Callable[..., beachhead.Project]) -> None:
    made = project(".ndjson")
    lines = [json.dumps({"id": str(n), "Since": "2026-01-02"}) for n in range(_HEAD_BYTES // 20)]
    lines.append(json.dumps({"id": "last", "Since": "2026-01-02", "Team size": 3}))
    (made.root / "data/customers.ndjson").write_text("\n".join(lines))
    assert _errors(made) == []


def test_a_header_told_far_below_is_found(project: Callable[..., beachhead.Project]) -> None:
    made = project(".xlsx", SOURCE.replace("Team size", "Team Size") + "excel: {{header_row: 100}}\n")
    with xlsxwriter.Workbook(made.root / "data/customers.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(99, 0, list(ROWS[0]))
        sheet.write_row(100, 0, list(ROWS[0].values()))
    assert _errors(made) == []


def test_mistakes_in_expressions_and_filters_are_found_without_a_file(
    project: Callable[..., beachhead.Project],
) -> None:
    made = project(source=SOURCE.replace("team: Team size", "team: {{expression: sise + 1}}") + "where: acount = 'x'\n")
    said = [d for d in _errors(made) if d.code == "unknown-attribute"]
    assert [str(d.place) for d in said] == ["sources/customers.yml:7:22", "sources/customers.yml:8:8"]
    assert said[1].nearest == "account_id"
    (made.root / "data/customers.csv").write_text(_text(ROWS))
    with pytest.raises((DataError, DefinitionError)) as stopped:
        made.run()
    assert list(stopped.value.diagnostics) == said
