"""Commands about segments: JSON for scripts, exit codes, and what is said when something is wrong."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from beachhead.cli.main import main
from segment_company import make_segment_company


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("company")
    make_segment_company(root)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "company"))


_KEYS = {"who": "members_on", "segments-of": "segments_of", "verify": "verified", "back-fill": "sizes"}


class Cli:
    def __init__(self, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capture = capture
        self._patch = patch

    def __call__(self, root: Path, *arguments: str) -> tuple[int, str, str]:
        """The exit code, and what is printed to standard output and standard error."""
        self._patch.setattr(sys, "argv", ["beachhead", *arguments, "--project", str(root)])
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capture.readouterr()
        assert "Traceback" not in out + err
        return int(ended.value.code or 0), out, err

    def data(self, root: Path, *arguments: str) -> Any:  # noqa: ANN401  (JSON is whatever it is)
        code, out, _ = self(root, *arguments, "--json")
        assert code == 0
        return json.loads(out)[_KEYS.get(arguments[0], arguments[0])]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    return Cli(capsys, monkeypatch)


def rewrite(root: Path, name: str, where: str) -> None:
    (root / f"segments/{name}.yml").write_text(f"title: {name}\nwhere: {where}\n", encoding="utf-8")


def test_why_as_json(made: Path, cli: Cli) -> None:
    found = cli.data(made, "why", "10", "busy")
    assert (found["is_member"], found["since"], found["title"]) == (False, None, "Busy")
    assert [(c["text"], c["holds"], c["value"]) for c in found["conditions"]] == [
        ("mrr_cents >= 10000", True, 10_000), ("events('export', last => '30 days') >= 3", False, 2)
    ]  # fmt: skip
    assert found["to_change"] == [{"text": "events('export', last => '30 days') >= 3", "to": True}]
    assert cli.data(made, "why", "12", "busy")["since"] == "2026-03-31"
    assert cli.data(made, "why", "12", "busy", "--as-of", "2026-02-28")["is_member"] is False


def test_segments_of_as_json(made: Path, cli: Cli) -> None:
    assert cli.data(made, "segments-of", "24")["segments"] == ["busy", "by_sector/Retail", "large", "top"]
    assert cli.data(made, "segments-of", "1")["segments"] == ["gone"]


def test_plan_and_apply_as_json(root: Path, cli: Cli) -> None:
    rewrite(root, "large", "mrr_cents >= 23000")
    found = cli.data(root, "plan")
    (change,) = found["changes"]
    assert (change["segment"], change["kind"], change["before"], change["after"]) == ("large", "changed", 5, 2)
    assert change["joined"] == {"count": 0, "money": {"minor": 0, "currency": "EUR"}, "notable": []}
    assert (change["left"]["count"], change["left"]["money"]["minor"]) == (3, 63_000)
    assert [n["account_id"] for n in change["left"]["notable"]] == ["22", "21", "20"]
    assert (found["unchanged"], found["needs_update"], found["money_of"]) == (6, False, "mrr_cents")
    assert cli.data(root, "apply") == {"snapshot": "2026-03-31-r3"}
    assert cli.data(root, "plan")["changes"] == []


def test_what_is_wrong_is_told_and_the_exit_code_is_1(root: Path, cli: Cli) -> None:
    rewrite(root, "large", "mrr_cents >=")
    rewrite(root, "never_valid", "mrr_cents >")
    code, out, _ = cli(root, "plan")
    assert (code, "segments/large.yml:2:20: error: the rule ends too early" in out) == (1, True)
    code, out, err = cli(root, "apply")
    said = "published 2026-03-31-r3: 7 segments; 1 failed and keeps its last members; 1 failed and has no members\n"
    assert (code, out.replace("\xa0", " ")) == (1, said)
    assert "segments/large.yml:2:20: error: the rule ends too early" in err
    code, out, err = cli(root, "verify")
    assert (code, "6 segments have exactly" in out.replace("\xa0", " ")) == (1, True)
    code, out, err = cli(root, "why", "24", "large")
    assert (code, out, "the rule ends too early" in err) == (1, "", True)
    told = {s["segment"]: (s["customers"], s["stale"], s["note"]) for s in cli.data(root, "segments")}
    assert (told["large"], told["never_valid"], told["top"]) == (
        (5, True, "the rule ends too early"), (None, None, "the rule ends too early"), (7, False, None)
    )  # fmt: skip
    for command in (("who",), ("who", "--as-of", "2026-03-31"), ("history",), ("overlap",)):
        code, _, err = cli(root, *command, "never_valid")
        assert (code, err) == (
            1,
            "error: segment 'never_valid' has no data [segment-without-data]\n  why: the rule ends too early\n",
        ), command


_OF_ONE = {
    "why": ("why", "12"),
    "segments": ("segments",),
    "overlap": ("overlap",),
    "who": ("who",),
    "who on a day": ("who", "--as-of", "2026-03-31"),
    "history": ("history",),
    "back-fill": ("back-fill", "--from", "2026-01"),
    "sql": ("sql",),
    "sql --write": ("sql", "--write", "t", "--to", "postgresql://nowhere/x"),
    "metrics": ("metrics", "mrr", "--segment"),
}


@pytest.mark.parametrize("command", _OF_ONE)
def test_a_family_and_a_value_that_nobody_has_are_told_alike(made: Path, cli: Cli, command: str) -> None:
    assert cli(made, *_OF_ONE[command], "by_sector")[::2] == (
        2,
        "error: 'by_sector' is a family of segments, not one [family-not-segment]\n"
        "  what to do: Name one of it: by_sector/Retail, by_sector/Software.\n",
    )
    assert cli(made, *_OF_ONE[command], "by_sector/softwear")[::2] == (
        2,
        "error: 'by_sector' has no segment for 'softwear', a value that nobody has now [unknown-segment]\n"
        "  what to do: The nearest: by_sector/Software, by_sector/Retail.\n",
    )


def test_an_option_or_day_that_is_wrong_says_what_to_write(made: Path, cli: Cli) -> None:
    assert cli(made, "back-fill", "gone")[::2] == (
        2, "error: Missing option '--from'. [usage]\n  what to do: See --help.\n"
    )  # fmt: skip
    for arguments in (
        ("who", "gone", "--as-of"), ("why", "1", "gone", "--as-of"), ("sql", "gone", "--as-of"), ("run", "--as-of"),
        ("tie-out", "--total", "1", "--on"),
    ):  # fmt: skip
        for day in ("nonsense", "2026-13-45"):
            assert cli(made, *arguments, day)[::2] == (
                2, f"error: '{day}' is not a day [not-a-day]\n  what to do: Write it as 2026-03-15.\n"
            ), arguments  # fmt: skip
    code, _, err = cli(made, "back-fill", "gone", "--from", "2026-13-45")
    assert (code, "Write 2026, 2026-Q1, 2026-03 or 2026-03-15." in err) == (2, True)


def test_one_is_not_told_as_many(root: Path, cli: Cli) -> None:
    rewrite(root, "large", "mrr_cents >= 24000")
    rewrite(root, "one", "mrr_cents >= 24000")
    (root / "segments/gone.yml").unlink()
    lines = cli(root, "plan")[1].replace("\xa0", " ").splitlines()
    assert [line for line in lines if line.startswith(("large", "one", "gone", "  +"))] == [
        "large: other rule; 5 → 1 customer",
        "one: new; 1 customer",
        "  +1 joins, €240: Company 24",
        "gone: removed; it had 3 customers",
    ]
    cli(root, "apply")
    assert cli(root, "history", "one")[1] == "2026-03-31          1 customer\n"


def test_more_than_rules_changed(root: Path, cli: Cli) -> None:
    (root / "attributes").mkdir()
    (root / "attributes/own.yml").write_text("double: {expression: mrr_cents * 2}\n")
    code, out, _ = cli(root, "plan")
    assert (code, "`beachhead run` computes the customers again" in out) == (0, True)
    code, _, err = cli(root, "apply")
    assert code != 0
    assert "Run `beachhead run`." in err


def test_verify_as_json(made: Path, cli: Cli) -> None:
    assert cli.data(made, "verify") == {"equal": 7, "drifted": [], "other_rule": [], "moved_on": []}


def test_sql_in_every_form(made: Path, cli: Cli) -> None:
    code, out, _ = cli(made, "sql", "large", "--schema", "crm")
    assert (code, out) == (
        0, 'SELECT "c"."account_id" AS "account_id" FROM "crm"."accounts" AS "c" WHERE "c"."mrr_cents" >= 20000\n'
    )  # fmt: skip
    found = cli.data(made, "sql", "by_sector/Retail", "--dialect", "bigquery")
    assert (found["segment"], found["dialect"]) == ("by_sector/Retail", "bigquery")
    assert "`c`.`sector` = 'Retail'" in found["sql"]
    for arguments, said in [
        (("sql", "large", "--dialect", "oracle"), "there is no dialect 'oracle'"),
        (("sql", "large", "--write", "segments"), "--write needs a database"),
        (("sql", "larg"), "Did you mean 'large'?"),
    ]:
        code, _, err = cli(made, *arguments)
        assert (code, said in err) == (2, True)


def test_back_fill_as_json_and_its_mistakes(root: Path, cli: Cli) -> None:
    sizes = cli.data(root, "back-fill", "gone", "--from", "2026-01")
    assert [(s["day"], s["size"], s["stale"]) for s in sizes] == [
        ("2026-01-31", 0, False), ("2026-02-28", 3, False), ("2026-03-31", 3, False)
    ]  # fmt: skip
    for arguments, said in [
        (("gon", "--from", "2026-01"), "Did you mean 'gone'?"),
        (("gone", "--from", "2026-04"), "is not before the newest update"),
        (("gone", "--from", "soon"), "soon"),
        (("gone", "--from", "2026-01", "--every", "day"), "day"),
    ]:
        code, _, err = cli(root, "back-fill", *arguments)
        assert (code, said in err) == (2, True), err


def test_segmentation_as_json(root: Path, cli: Cli) -> None:
    code, _, err = cli(root, "segmentation")
    assert (code, "List your segments in segmentation.yml" in err) == (2, True)
    (root / "segmentation.yml").write_text("groups: [{segment: busy, status: target}, {segment: large}]\n")
    groups = cli.data(root, "segmentation")
    assert [(g["group"], g["customers"], g["in_segment"]) for g in groups] == [
        ("busy", 13, 13), ("large", 0, 5), ("everyone_else", 11, None)
    ]  # fmt: skip


def test_history_and_who_was_in_on_a_day(root: Path, cli: Cli) -> None:
    cli.data(root, "back-fill", "gone", "--from", "2026-01")
    found = cli.data(root, "history", "gone")
    assert [(s["day"], s["size"]) for s in found["sizes"]] == [
        ("2026-01-31", 0), ("2026-02-28", 3), ("2026-03-31", 3)
    ]  # fmt: skip
    assert (found["turnover"]["joined"], found["turnover"]["left"], found["turnover"]["days"]) == (3, 0, 59)
    assert (found["inside"]["count"], found["inside"]["median"], found["ended"]["count"]) == (3, 32, 0)
    assert found["returns"]["left"] == 0
    assert "3\xa0members have been in for 32 days at the median\n" in cli(root, "history", "gone")[1]
    assert cli(root, "history", "gon")[::2] == (
        2, "error: there is no segment 'gon' [unknown-segment]\n  what to do: Did you mean 'gone'?\n"
    )  # fmt: skip
    then = cli.data(root, "who", "gone", "--as-of", "2026-01-31")
    assert (then["asked"], then["day"], then["members"], then["unknown"]) == ("2026-01-31", "2026-01-31", [], 0)
    between = cli.data(root, "who", "gone", "--as-of", "2026-03-15")
    assert (between["asked"], between["day"], len(between["members"])) == ("2026-03-15", "2026-02-28", 3)
    assert cli(root, "who", "gone", "--as-of", "2025-01-31")[0] == 2


def test_overlap_of_all_and_of_one(made: Path, cli: Cli) -> None:
    found = cli.data(made, "overlap")
    assert found["in_none"] + found["in_one"] + found["in_several"] == 24
    pairs = {(p["segment"], p["other"]): p for p in found["pairs"]}
    assert [p["jaccard"] for p in found["pairs"]] == sorted((p["jaccard"] for p in found["pairs"]), reverse=True)
    both = pairs["busy", "large"]
    assert (both["customers"], both["share"], both["other_share"]) == (5, 5 / 13, 1.0)
    assert found["alone"] is None
    one = cli.data(made, "overlap", "large")
    assert {p["segment"] for p in one["pairs"]} == {"large"}
    assert one["pairs"][0]["jaccard"] >= one["pairs"][-1]["jaccard"]
    assert one["alone"] == 0
    code, _, err = cli(made, "overlap", "larg")
    assert (code, "Did you mean 'large'?" in err) == (2, True)
    code, out, err = cli(made, "overlap", "large", "--limit", "1")
    assert (code, "of 24" in err.replace("\xa0", " "), "and" in out) == (0, True, True)


def test_back_fill_follows_the_rules_of_segments_that_are_named(root: Path, cli: Cli) -> None:
    assert cli.data(root, "back-fill", "top", "--from", "2026-02")[0]["size"] == 0
    rewrite(root, "busy", "is_customer")
    cli.data(root, "apply")
    february, march = cli.data(root, "back-fill", "top", "--from", "2026-02")
    assert (february["size"] > 0, march["size"] > 0) == (True, True)


def test_who_says_of_which_day_the_members_are(root: Path, cli: Cli) -> None:
    _, _, err = cli(root, "who", "gone", "--as-of", "2026-03-30")
    assert err == (
        "in it on 2026-02-28, the last published day up to 2026-03-30, with what is known of them as of 2026-03-31\n"
    )
    code, _, err = cli(root, "sql", "gone", "--write", "t", "--to", "postgresql://nowhere/x", "--as-of", "2026-03-01")
    assert (code, "do not go together" in err) == (2, True)


def test_segments_are_proposed_or_a_rule_is_tried_or_it_is_said_why_not(made: Path, cli: Cli) -> None:
    code, _, err = cli(made, "discover", "segments")
    assert (code, "and no difference could be seen" in err, "beachhead sight" in err) == (2, True, True)
    code, _, err = cli(made, "discover", "segments", "--score", "lfit")
    assert (code, "Did you mean 'lift'?" in err) == (2, True)
    code, _, err = cli(made, "discover", "segments", "--outcome", "nsp")
    assert (code, "Did you mean 'nps'?" in err) == (2, True)
    code, _, err = cli(made, "discover", "segments", "--try", "mrr_cents >")
    assert (code, "--json" in err) == (2, False)
