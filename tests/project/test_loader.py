"""Loading a project folder: what is read, and where each key, value and rule stands."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from beachhead.errors import Place, UsageError
from beachhead.project import Project, check_files, find_root, load, matching_files
from beachhead.project import definition_files as reading

SOURCE = """\
files: [data/accounts.csv, data/more*.csv]
table: accounts
columns:
  account_id: id
  mrr: {column: Amount, unit: minor}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    _write(tmp_path, "beachhead.yml", "name: Acme\ntimezone: Europe/Berlin\n")
    _write(tmp_path, "sources/accounts.yml", SOURCE)
    return tmp_path


def _write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def _loaded(root: Path, **environment: str) -> Project:
    project = load(root, environment)
    assert project.diagnostics == ()
    return project


def test_every_kind_of_definition_is_read(root: Path) -> None:
    _write(root, "attributes/own.yml", "ratio:\n  expression: a / b\nflag:\n  expression: a > 1\n")
    _write(root, "attributes/more.yaml", "third: {expression: a, addressable: yes}\n")
    _write(root, "segments/pro.yml", "title: Pro\nwhere: plan = 'pro'\n")
    _write(root, "segments/basic.yaml", "title: Basic\nwhere: plan = 'basic'\n")
    _write(root, "value.yml", "inputs:\n  - {attribute: mrr, theme: revenue}\n")
    project = _loaded(root)
    assert project.settings.timezone == "Europe/Berlin"
    assert project.sources["accounts"].name == "accounts"
    assert project.sources["accounts"].columns["mrr"].unit == "minor"
    assert list(project.attributes) == ["third", "ratio", "flag"]
    assert project.attributes["flag"].name == "flag"
    assert project.attributes["third"].addressable is True
    assert {n: s.title for n, s in project.segments.items()} == {"basic": "Basic", "pro": "Pro"}
    assert project.value is not None
    assert project.value.inputs[0].attribute == "mrr"
    assert project.broken == frozenset()


def test_project_without_value_has_none(root: Path) -> None:
    assert _loaded(root).value is None


def test_no_stays_text_and_codes_keep_their_zeros(root: Path) -> None:
    text = "files: a.csv\ntable: accounts\ncolumns:\n  account_id: id\n"
    text += "  country: {column: land, values: {NO: NO, 047: 047, 1: yes, 2: 2024-01-31}}\n"
    _write(root, "sources/more.yml", text)
    values = _loaded(root).sources["more"].columns["country"].values
    assert values == {"NO": "NO", "047": "047", "1": "yes", "2": "2024-01-31"}


def test_aliases_and_merges_are_resolved(root: Path) -> None:
    text = "title: &t Pro\nwhere: plan = 'pro'\ndescription: *t\n"
    _write(root, "segments/pro.yml", text)
    _write(root, "attributes/own.yml", "one: &base {expression: a, title: One}\ntwo: {<<: *base, title: Two}\n")
    project = _loaded(root)
    assert project.segments["pro"].description == "Pro"
    assert (project.attributes["two"].expression, project.attributes["two"].title) == ("a", "Two")
    assert project.place("attributes", "two", "expression") == Place("attributes/own.yml", 1, 25)


def test_byte_order_mark_and_carriage_returns_do_no_harm(root: Path) -> None:
    _write(root, "segments/pro.yml", "\ufefftitle: Pro\r\nwhere: |\r\n  plan = 'pro'\r\n  and a > 1\r\n")
    project = _loaded(root)
    assert project.segments["pro"].where == "plan = 'pro'\n  and a > 1".replace("  ", "")
    assert project.place("segments", "pro", "where") == Place("segments/pro.yml", 2, 8)


def test_places_of_values_keys_and_entries(root: Path) -> None:
    _write(root, "attributes/own.yml", "ratio:\n  expression: a / b\n")
    _write(
        root, "value.yml", "inputs:\n  - {attribute: mrr, theme: revenue}\n  - attribute: nps\n    theme: advocacy\n"
    )
    project = _loaded(root)
    assert project.place("sources", "accounts", "table") == Place("sources/accounts.yml", 2, 8)
    assert project.place("sources", "accounts", "files", 1) == Place("sources/accounts.yml", 1, 28)
    assert project.place("sources", "accounts", "columns", "mrr", "unit") == Place("sources/accounts.yml", 5, 31)
    assert project.key_place("sources", "accounts", "columns", "mrr") == Place("sources/accounts.yml", 5, 3)
    assert project.place("attributes", "ratio") == Place("attributes/own.yml", 1, 1)
    assert project.place("attributes", "ratio", "expression") == Place("attributes/own.yml", 2, 15)
    assert project.place("value", "value", "inputs", 1, "attribute") == Place("value.yml", 3, 16)
    assert project.place("settings", "", "timezone") == Place("beachhead.yml", 2, 11)


def test_place_of_what_is_not_written_is_the_nearest_around_it(root: Path) -> None:
    project = _loaded(root)
    assert project.place("sources", "accounts", "columns", "mrr", "decimal") == Place("sources/accounts.yml", 5, 8)
    assert project.place("segments", "nowhere", "where") == Place("beachhead.yml")


@pytest.mark.parametrize(
    ("written", "line", "column", "indent"),
    [
        ("where: plan = 'pro'", 2, 8, 0),
        ("where:   plan = 'pro'", 2, 10, 0),
        ("where: \"plan = 'pro'\"", 2, 9, 0),
        ("where: \"  plan = 'pro'\"", 2, 11, 0),
        ("where:\n  plan = 'pro'", 3, 3, 0),
        ("where: |\n  plan = 'pro'\n  and a > 1", 3, 3, 2),
        ("where: |-   # why\n      plan = 'pro'\n", 3, 7, 6),
        ("where: |\n\n\n  plan = 'pro'\n", 5, 3, 2),
        ("where: |2\n    plan = 'pro'\n  and a > 1\n", 3, 5, 2),
        ("where: >\n    plan = 'pro'\n    and a > 1\n", 3, 5, 4),
        ("? where\n: |\n   plan = 'pro'\n", 4, 4, 3),
    ],
)
def test_text_place_is_where_the_rule_starts(root: Path, written: str, line: int, column: int, indent: int) -> None:
    _write(root, "segments/pro.yml", f"title: Pro\n{written}\nowner: growth\n")
    project = _loaded(root)
    assert project.segments["pro"].where.startswith("plan = 'pro'")
    found = project.text_place("segments", "pro", "where")
    assert (found.place, found.indent) == (Place("segments/pro.yml", line, column), indent)


def test_environment_fills_settings_and_sources_but_not_rules(root: Path) -> None:
    _write(root, "beachhead.yml", "name: ${COMPANY} of ${CITY:-Berlin}\nkeep: {daily: '${DAYS}'}\n")
    _write(root, "sources/more.yml", SOURCE.replace("data/accounts.csv", "'${DIR}/a.csv'").replace("Amount", "'$${x}'"))
    _write(root, "segments/pro.yml", "title: Pro ${x}\nwhere: plan = '${x}'\n")
    project = _loaded(root, COMPANY="Acme Industries", DIR="/data", DAYS="14")
    assert project.settings.name == "Acme Industries of Berlin"
    assert project.settings.keep.daily == 14
    assert project.sources["more"].files[0] == "/data/a.csv"
    assert project.sources["more"].columns["mrr"].column == "${x}"
    assert project.segments["pro"].where == "plan = '${x}'"
    assert project.secrets == {"Acme Industries", "/data", "14"}


def test_secrets_do_not_show_in_the_representation(root: Path) -> None:
    _write(root, "beachhead.yml", "name: ${COMPANY}\n")
    _write(root, "sources/more.yml", "files: ${WHERE}.csv\ntable: accounts\ncolumns: {account_id: id}\n")
    project = _loaded(root, COMPANY="hunter2", WHERE="s3cr3t-folder/x")
    assert "hunter2" not in repr(project)
    assert "2 sources" in repr(project)
    assert project.redact("cannot open s3cr3t-folder/x.csv") == "cannot open •••.csv"
    said = " ".join(map(str, check_files(project)))
    assert "no file matches '${WHERE}" not in said
    assert "s3cr3t" not in said


def test_nearest_file_does_not_give_a_secret_away(root: Path) -> None:
    _write(root, "s3cr3t_a.csv", "id\n1\n")
    _write(root, "sources/accounts.yml", "files: ${WHERE}.csv\ntable: accounts\ncolumns: {account_id: id}\n")
    (missing,) = check_files(_loaded(root, WHERE="s3cr3t_b"))
    assert missing.nearest is None
    assert "s3cr3t" not in str(missing)


def test_unreadable_file_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(root, "segments/pro.yml", "title: Pro\nwhere: a > 1\n")
    real = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "pro.yml":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(reading.Path, "read_bytes", refuse)
    (told,) = load(root, {}).diagnostics
    assert (told.code, told.place, told.why) == ("unreadable-file", Place("segments/pro.yml"), "Permission denied")


def test_editor_leftovers_and_notes_are_left_alone(root: Path) -> None:
    for name in (".pro.yml.swp", ".#pro.yml", "#pro.yml#", "pro.yml~", "README.md", ".DS_Store", ".pro.yml"):
        _write(root, f"segments/{name}", "nothing: of interest: here")
    (root / "segments/pictures").mkdir()
    assert _loaded(root).segments == {}


def test_root_is_the_nearest_folder_above_with_a_project(root: Path) -> None:
    (root / "data" / "raw").mkdir(parents=True)
    assert find_root(root / "data" / "raw") == root
    assert find_root(root) == root


def test_no_project_anywhere_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="beachhead init"):
        find_root(tmp_path)
    (tmp_path / "acme").mkdir()
    with pytest.raises(UsageError, match="beachhead init acme"):
        load(tmp_path / "acme", {})
    with pytest.raises(UsageError, match="Did you mean 'acme'"):
        load(tmp_path / "amce", {})
    (tmp_path / "note.txt").write_text("x")
    with pytest.raises(UsageError, match="is not a folder"):
        load(tmp_path / "note.txt", {})


def test_folder_below_a_project_names_the_project_above(root: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load(root / "sources", {})
    assert str(root) in str(raised.value.diagnostics[0].remedy)


def test_terminal_codes_in_keys_do_not_reach_the_output(root: Path) -> None:
    _write(root, "segments/pro.yml", 'title: Pro\nwhere: a > 1\n"\\e[31m\\0red": 1\n')
    (told,) = load(root, {}).diagnostics
    assert told.message == "a segment has no key ' [31m red'"


def test_files_are_matched_in_natural_order_each_once(root: Path) -> None:
    for name in ("more10.csv", "more2.csv", "accounts.csv", ".more3.csv", "~$more4.csv"):
        _write(root, f"data/{name}", "id\n1\n")
    (root / "data" / "more5.csv").mkdir()
    _write(root, "sources/accounts.yml", SOURCE.replace("data/more*", "data/*"))
    project = _loaded(root)
    found = matching_files(root, project.sources["accounts"])
    assert [p.name for p in found] == ["accounts.csv", "more2.csv", "more10.csv"]
    assert check_files(project) == ()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("data/a[1].csv", ["data/a[1].csv"]),
        ("data/a[0-9].csv", ["data/a1.csv"]),
        ("data/**/*.csv", ["data/a[1].csv", "data/a1.csv", "data/deep/er/b.csv"]),
        ("data/./deep/er/../er/b.csv", ["data/deep/er/b.csv"]),
        ("data", []),
        ("data/*/none.csv", []),
        ("nowhere/*.csv", []),
    ],
)
def test_patterns(root: Path, pattern: str, expected: list[str]) -> None:
    for name in ("data/a1.csv", "data/a[1].csv", "data/deep/er/b.csv", "data/.cache/c.csv"):
        _write(root, name, "id\n1\n")
    outside = root.parent / f"{root.name}_outside"
    outside.mkdir()
    (outside / "d.csv").write_text("id\n1\n")
    (root / "data/link").symlink_to(outside)
    _write(root, "sources/accounts.yml", f"files: '{pattern}'\ntable: accounts\ncolumns: {{account_id: id}}\n")
    source = _loaded(root).sources["accounts"]
    found = [Path(os.path.relpath(p.resolve(), root)).as_posix() for p in matching_files(root, source)]
    assert sorted(found) == sorted(expected)
    absolute = source.model_copy(update={"files": (str(root / pattern),)})
    assert len(matching_files(root, absolute)) == len(expected)


def test_missing_files_are_errors_with_the_nearest_name(root: Path) -> None:
    _write(root, "data/account.csv", "id\n1\n")
    missing, more = check_files(_loaded(root))
    assert (missing.code, missing.place) == ("missing-file", Place("sources/accounts.yml", 1, 9))
    assert missing.remedy == "Did you mean 'data/account.csv'?"
    assert more.place == Place("sources/accounts.yml", 1, 28)
    assert more.is_error


def test_missing_files_of_an_optional_source_are_a_note(root: Path) -> None:
    _write(root, "sources/accounts.yml", SOURCE + "optional: true\n")
    assert [d.severity for d in check_files(_loaded(root))] == ["info", "info"]


def test_folder_instead_of_files_is_told(root: Path) -> None:
    (root / "data").mkdir()
    _write(root, "sources/accounts.yml", SOURCE.replace("[data/accounts.csv, data/more*.csv]", "data/"))
    (told,) = check_files(_loaded(root))
    assert told.remedy == "Name its files: data/*.csv."


def test_many_segments_load_quickly(root: Path) -> None:
    for n in range(300):
        text = (
            f"title: Segment {n}\nowner: growth\nwhere: |\n  plan = 'p{n}'\n  and mrr_cents > {n}\nprofile: >\n  They\n"
        )
        _write(root, f"segments/s{n}.yml", text)
    start = time.process_time()
    project = _loaded(root)
    assert len(project.segments) == 300
    # 2,000 take about a second; the margin is for slow machines.
    assert time.process_time() - start < 1.5
