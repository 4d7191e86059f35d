"""Every command on a small company: text for people, one document for programs, the exit code."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from beachhead.cli import start
from beachhead.cli.main import main
from beachhead.errors import UsageError
from beachhead.service.explanation import explain_customer, explanation_lines
from beachhead.service.project import Project, open_project
from beachhead.synth import generate


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "acme"
    generate(folder, 300, 7)
    assert call_in(["run", str(folder)]) == 0
    return folder


def call_in(arguments: list[str]) -> int:
    patch = pytest.MonkeyPatch()
    patch.setattr(sys, "argv", ["beachhead", *arguments])
    try:
        main()
    except SystemExit as e:
        return int(e.code or 0)
    finally:
        patch.undo()
    return 0


class Caller:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *arguments: str, code: int = 0) -> str:
        assert call_in([arguments[0], "--project", str(self.folder), *arguments[1:]]) == code
        return self._capsys.readouterr().out

    def document(self, *arguments: str, code: int = 0) -> dict[str, object]:
        found = json.loads(self(*arguments, "--json", code=code))
        assert isinstance(found, dict)
        return found


@pytest.fixture
def call(published: Path, capsys: pytest.CaptureFixture[str]) -> Caller:
    return Caller(published, capsys)


@pytest.mark.parametrize(
    ("arguments", "noun"),
    [
        (["check"], "project"),
        (["status"], "status"),
        (["segments"], "segments"),
        (["segments", "advocates"], "segment"),
        (["who", "not_fully_onboarded"], "members"),
        (["count", "plan"], "counts"),
        (["value"], "value"),
        (["value", "--explain", "acc_1000001"], "explanation"),
        (["customer", "acc_1000001"], "customer"),
        (["quality"], "problems"),
        (["quality", "--rows"], "set_aside"),
        (["query", "select count(*) as n from accounts"], "rows"),
    ],
)
def test_each_command_prints_one_document(call: Caller, arguments: list[str], noun: str) -> None:
    document = call.document(*arguments)
    assert document["schema"] == f"beachhead/{noun}/1"
    assert set(document) == {"schema", "as_of", "snapshot", "diagnostics", noun}
    if noun != "project":
        assert (document["as_of"], document["snapshot"]) == ("2026-10-31", "2026-10-31-r1")


def test_money_has_a_unit_and_a_currency(call: Caller) -> None:
    customers = call.document("value")["value"]
    assert isinstance(customers, list)
    paying = next(c["mrr_cents"] for c in customers if c["mrr_cents"]["minor"])
    assert paying["currency"] == "EUR"
    assert isinstance(paying["minor"], int)


def test_totals_are_the_planted_ones(call: Caller) -> None:
    truth = json.loads((call.folder / "truth.json").read_text())["totals"]
    rows = call.document(
        "query",
        "select count(*) as accounts, sum(mrr_cents) as mrr, sum(revenue_cents_total) as revenue, "
        "sum(event_count_total) as events, sum(user_count) as users, sum(is_churned::int) as churned from accounts",
    )["rows"]
    assert rows == [
        {
            "accounts": truth["accounts"],
            "mrr": truth["mrr_cents"],
            "revenue": truth["revenue_cents"],
            "events": truth["events"],
            "users": truth["users"],
            "churned": truth["churned"],
        }
    ]


def test_people_see_titles_and_sizes(call: Caller) -> None:
    text = call("segments")
    assert "Advocates" in text
    assert "At risk of leaving" in text
    assert "customers" in call("status")


def test_one_customer_is_told_with_yes_and_no(call: Caller) -> None:
    text = call("customer", "acc_1000001")
    assert re.search(r"is_churned +(yes|no)\b", text)
    assert "True" not in text
    assert "False" not in text


def test_people_see_titles_and_words_and_programs_see_names(call: Caller) -> None:
    text = call("value", "--limit", "3")
    assert "mrr_cents" not in text
    assert "MRR" in text
    assert "active customer" in text
    assert "more; --limit 0 shows all" in text
    assert "mrr_cents" in call("value", "--format", "csv").splitlines()[0]
    assert "mrr_cents" in call("query", "select mrr_cents from accounts")
    assert "100000" not in call("segments", "advocates")


def test_explanation_has_targets_only_within_reach(call: Caller) -> None:
    rows = call.document("query", "select tier, min(account_id) as id from accounts group by tier")["rows"]
    assert isinstance(rows, list)
    ids = {r["tier"]: r["id"] for r in rows}
    assert "better than 100\N{NO-BREAK SPACE}%" not in call("value", "--explain", ids["best"])
    assert "to be among the best" not in call("value", "--explain", ids["worst"])
    latest = open_project(call.folder).latest()
    nearly = replace(explain_customer(latest, ids["worst"]), tier="next_best")
    assert any(line.startswith("to be among the best") for line in explanation_lines(nearly, latest))


def test_lists_are_written_as_files(call: Caller, tmp_path: Path) -> None:
    target = tmp_path / "members.xlsx"
    call("who", "not_fully_onboarded", "--format", "xlsx", "--out", str(target))
    members = call.document("who", "not_fully_onboarded")["members"]
    assert isinstance(members, list)
    assert load_workbook(target).active.max_row >= len(members) + 1
    target = tmp_path / "members.parquet"
    call("who", "not_fully_onboarded", "--format", "parquet", "--out", str(target))
    assert pq.read_table(target).num_rows == len(members)
    target = tmp_path / "faults.CSV"
    assert call("quality", "--out", str(target)) == ""
    assert target.stat().st_size
    lines = call("who", "not_fully_onboarded", "--format", "csv").splitlines()
    assert len(lines) == len(members) + 1


def test_report_is_one_file(call: Caller, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    call("report", "--out", str(target))
    page = target.read_text(encoding="utf-8")
    assert "Advocates" in page
    assert "http-equiv" in page


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["who", "advocate"], "unknown-segment"),
        (["customer", "acc_100000x"], "unknown-customer"),
        (["query", "drop table accounts"], "not-a-select"),
        (["count", "plann"], "unknown-attribute"),
        (["count"], "usage"),
        (["count", "plan", "--out", "plans.csv"], "json-and-out"),
        (["report", "--out", "-"], "not-a-file-name"),
        (["segments", "advocates", "--format", "csv"], "not-a-list"),
    ],
)
def test_wrong_calls_end_with_two(call: Caller, arguments: list[str], code: str) -> None:
    document = call.document(*arguments, code=2)
    diagnostics = document["diagnostics"]
    assert isinstance(diagnostics, list)
    assert diagnostics[0]["code"] == code
    assert diagnostics[0]["remedy"]


def test_the_ending_of_a_file_must_be_known(call: Caller, tmp_path: Path) -> None:
    for target, more in (("plans.ods", ()), ("plans", ()), ("plans.csv", ("--format", "table"))):
        call("count", "plan", "--out", str(tmp_path / target), *more, code=2)
    assert list(tmp_path.iterdir()) == []


def test_init_makes_a_project_that_checks(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert call_in(["init", str(folder), "--template", "shop"]) == 0
    assert call_in(["check", str(folder)]) == 0
    assert call_in(["init", str(folder), "--template", "shop"]) == 2


def test_version_and_a_path_with_a_blank(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call_in(["--version"]) == 0
    assert capsys.readouterr().out.startswith("beachhead 0.")
    assert call_in(["init", str(tmp_path / "Mein Projekt")]) == 0
    assert f"beachhead run '{tmp_path / 'Mein Projekt'}'" in capsys.readouterr().out


def test_texts_are_days_paths_and_names_in_python(published: Path, tmp_path: Path) -> None:
    project = Project(published)
    assert project.report(str(tmp_path / "x.html")) == tmp_path / "x.html"
    assert project.as_of("2026-10-31").name == "2026-10-31-r1"
    assert project.count("plan").as_arrow().equals(project.count(["plan"]).as_arrow())
    for wrong in ("31.10.2026", 5):
        with pytest.raises(UsageError):
            project.run(wrong)  # type: ignore[arg-type]
    assert len(repr(project.check())) < 150


def test_ctrl_c_ends_in_words(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    call = Caller(folder, capsys)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("beachhead.service.run._run", stop)
        patch.setattr(sys, "argv", ["beachhead", "run", str(folder)])
        with pytest.raises(SystemExit) as ended:
            start.main()
        assert (ended.value.code, capsys.readouterr().err.strip()) == (130, "Stopped; nothing was published.")
        document = call.document("run", code=130)
    assert document["diagnostics"]
    assert [line.split()[2] for line in call("status").splitlines()[-3:]] == ["interrupted", "interrupted", "published"]


def test_status_says_why_an_update_failed(published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    assert call_in(["run", str(folder), "--as-of", "2001-01-01"]) == 1
    capsys.readouterr()
    assert "failed no customers are known as of 2001-01-01" in Caller(folder, capsys)("status")


def test_without_a_project_there_is_a_hint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call_in(["status", "--project", str(tmp_path)]) == 2
    assert "beachhead init" in capsys.readouterr().err


def test_segment_with_an_error_is_left_out_and_marked(published: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    (folder / "segments/advocates.yml").write_text("title: Advocates\nwhere: nps_scor >= 9\n", encoding="utf-8")
    assert call_in(["run", str(folder)]) == 1
    import beachhead

    segments = beachhead.open(folder).latest().segments
    assert segments["advocates"].about.stale
    assert "nps_scor" in (segments["advocates"].about.why or "")
    assert not segments["at_risk"].about.stale


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("title: Advocates\nwhere: nps_score >= 9\nonwer: Marketing\n", "a segment has no key 'onwer'"),
        ("title: [Advocates\n", "a bracket or brace is opened and not properly closed"),
    ],
)
def test_segment_whose_file_cannot_be_used_keeps_its_members(
    published: Path, tmp_path: Path, text: str, why: str
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    import beachhead

    project = beachhead.open(folder)
    last = project.latest().segments["advocates"]
    (folder / "segments/advocates.yml").write_text(text, encoding="utf-8")
    (folder / "segments/never_read.yml").write_text(text, encoding="utf-8")
    for _ in range(2):
        segments = project.run().segments
        about = segments["advocates"].about
        assert (about.stale, about.joined, about.left) == (True, None, None)
        assert why in (about.why or "")
        assert (about.title, about.where, about.size) == (last.about.title, last.about.where, last.about.size)
        assert len(segments["advocates"].members()) == last.about.size
        assert list(segments) == sorted(segments)
        assert "never_read" not in segments


def test_segment_file_that_cannot_be_read_is_told_wherever_segments_are(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    (folder / "segments/advocates.yml").write_text("title: [Advocates\n", encoding="utf-8")
    import beachhead

    latest = beachhead.open(folder).run()
    assert any("advocates.yml" in str(w) for w in latest.warnings)
    assert ".warnings" in repr(latest)
    capsys.readouterr()
    assert call_in(["status", "--project", str(folder)]) == 0
    assert "segments/advocates.yml:1:8: error: " in capsys.readouterr().err
    assert call_in(["segments", "--project", str(folder)]) == 0
    line = "1\N{NO-BREAK SPACE}error in segments/advocates.yml; see `beachhead status`\n"
    assert capsys.readouterr().err == line


def test_segment_is_told_with_its_profile(published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    text = "title: Advocates\nwhere: nps_score >= 9\nprofile: They tell their friends.\n"
    (folder / "segments/advocates.yml").write_text(text, encoding="utf-8")
    assert call_in(["run", str(folder)]) == 0
    assert call_in(["segments", "advocates", "--project", str(folder)]) == 0
    assert "profile: They tell their friends." in capsys.readouterr().out


def test_commands_do_without_pandas(published: Path) -> None:
    script = (
        "import sys; from beachhead.cli.start import main\n"
        f"sys.argv = ['beachhead', 'status', '--project', {str(published)!r}]\n"
        "try: main()\nexcept SystemExit as e: assert not e.code\n"
        "assert 'pyarrow' in sys.modules and 'pandas' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("target", "name"), [("slack", "message.txt"), ("notion", "page.txt"), (None, "result.docx")])
def test_export_writes_the_file_that_is_asked_for(call, tmp_path, target, name):
    options = ["--for", target] if target else []
    written = call.document("export", "--to", str(tmp_path / name), *options)["export"]
    assert written == {"file": str(tmp_path / name)}
    assert (tmp_path / name).stat().st_size > 500


def test_an_export_without_a_clear_ending_is_a_wrong_call(call, tmp_path):
    found = call.document("export", "--to", str(tmp_path / "result.odt"), code=2)
    assert [d["code"] for d in found["diagnostics"]] == ["unknown-ending"]


def test_a_workbook_in_which_nothing_is_written_changes_nothing(call, published, tmp_path):
    call("export", "--to", str(tmp_path / "r.xlsx"))
    assert call("fill", str(tmp_path / "r.xlsx")).strip() == "Nothing new was filled in."
    assert not (published / "data/filled").exists()
