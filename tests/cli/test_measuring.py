"""`beachhead metrics`, `movements` and `test`: text for people, one document for programs, files, exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from beachhead.cli.main import main
from beachhead.synth import generate


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "acme"
    generate(folder, 300, 7)
    assert call("run", str(folder)) == 0
    return folder


def call(*arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["beachhead", *arguments])
        try:
            main()
        except SystemExit as e:
            return int(e.code or 0)
    return 0


def document(acme: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert call(arguments[0], "--project", str(acme), *arguments[1:], "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_values_are_one_document_with_definitions(acme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(acme, capsys, "metrics", "mrr", "customer_churn", "--from", "2026-09", "--by", "industry")
    metrics = found["metrics"]
    assert isinstance(metrics, dict)
    assert (found["schema"], metrics["by"], metrics["every"]) == ("beachhead/metrics/1", "industry", "month")
    first = metrics["values"][0]
    assert first["period"] == "2026-09"
    assert first["value"] is None or first["value"]["currency"] == "EUR"
    assert [d["name"] for d in metrics["definitions"]] == ["mrr", "customer_churn"]


def test_definitions_are_told_with_formula_source_and_variants(acme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("metrics", "customer_churn", "--explain", "--project", str(acme)) == 0
    told = capsys.readouterr().out
    for text in ("lost_customers / opening_customers", "ChartMogul", "variant stripe", "lower is better"):
        assert text in told
    listed = document(acme, capsys, "metrics", "--explain")["metric_definitions"]
    assert isinstance(listed, list)
    assert len(listed) > 50


def test_values_go_to_excel_and_the_chart_to_a_file(acme: Path, tmp_path: Path) -> None:
    sheet, svg, png = tmp_path / "m.xlsx", tmp_path / "m.svg", tmp_path / "m.png"
    assert call("metrics", "mrr", "--out", str(sheet), "--chart", str(svg), "--project", str(acme)) == 0
    assert call("metrics", "mrr", "--by", "industry", "--chart", str(png), "--project", str(acme)) == 0
    rows = list(load_workbook(sheet).active.iter_rows(values_only=True))
    assert len(rows) > 13
    assert svg.read_text().startswith("<svg")
    assert png.read_bytes().startswith(b"\x89PNG")


def test_who_is_behind_a_number_is_a_list(acme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = document(acme, capsys, "metrics", "new_mrr", "--who", "2026-09")["who"]
    assert isinstance(listed, list)
    assert {"account_id", "account_name", "new_mrr_cents"} <= listed[0].keys()


def test_movements_are_listed_with_their_records(acme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = document(acme, capsys, "movements", "--from", "2026-09")["movements"]
    assert isinstance(listed, list)
    assert all(row["day"] >= "2026-09-01" and row["records"] for row in listed)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("metrics", "mrrr"), "Did you mean 'mrr'?"),
        (("metrics", "mrr", "--every", "day"), "there is no period 'day'"),
        (("metrics", "mrr", "--from", "2026-09", "--to", "2026-01"), "there is nothing from"),
        (("metrics", "mrr", "--from", "soon"), "soon"),
        (("metrics", "mrr", "--chart", "m.pdf"), "a chart is written as .svg or .png"),
        (("metrics", "mrr", "--who", "March"), "'March' is no period and no day"),
        (("metrics", "--who", "2026-09"), "of one metric"),
        (("metrics", "ltv", "--who", "2026-09"), "not a sum over customers"),
        (("metrics", "mrr", "--by", ","), "commas stand between segments"),
        (("metrics", "mrr", "--who", "2026-09", "--group", "x"), "without a breakdown there is no group"),
        (("metrics", "mrr", "--who", "2026-09", "--by", "tier", "--group", "x"), "there is no group 'x'"),
        (("movements", "nobody"), "there is no customer 'nobody'"),
        (("test",), "this project has no tests"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_to_do(
    arguments: tuple[str, ...], said: str, acme: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(arguments[0], "--project", str(acme), *arguments[1:]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


def test_failing_tests_exit_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / "acme"
    generate(project, 20, 7)
    (project / "tests").mkdir()
    row = "{account_id: a, subscription_id: s, started_at: 2024-01-01, amount: 5}"
    text = f"- name: one pays\n  rows: {{subscriptions: [{row}]}}\n"
    (project / "tests" / "a.yml").write_text(text + "  expect: {mrr: {2024-01: 5}}\n")
    assert call("test", "--project", str(project)) == 0
    assert "1 of 1 tests passed" in capsys.readouterr().out
    (project / "tests" / "a.yml").write_text(text + "  expect: {mrr: {2024-01: 6}}\n")
    assert call("test", "--project", str(project)) == 1
    assert "2024-01 mrr: 5, expected 6" in capsys.readouterr().out


def test_before_the_first_update_it_says_to_make_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate(tmp_path / "new", 20, 7)
    assert call("metrics", "--project", str(tmp_path / "new")) == 2
    assert "beachhead run" in capsys.readouterr().err
