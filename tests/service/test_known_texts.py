"""Texts of the newest update, with which rules are compared while somebody writes them, and names of events always."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import beachhead
from beachhead.errors import Diagnostic
from beachhead.rules import ValueType
from beachhead.service.known_texts import OWN_WORDS, KnownEvents, KnownTexts
from beachhead.service.plan import make_plan
from beachhead.service.rule_reading import read_rule
from beachhead.service.run import RunOptions, run
from beachhead.service.segment_desk import WarmDesk
from segment_company import make_segment_company

TEXT, LIST = ValueType.TEXT, ValueType.LIST
MARCH = RunOptions(as_of=date(2026, 3, 31))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("known")
    make_segment_company(folder)
    return folder


@pytest.fixture
def desk(root: Path) -> Iterator[WarmDesk]:
    found = WarmDesk(root)
    yield found
    found.close()


def unknown(diagnostics: tuple[Diagnostic, ...]) -> list[tuple[str, str | None]]:
    return [(d.message, d.nearest) for d in diagnostics if d.code == "unknown-value"]


def test_texts_are_those_of_the_newest_update(root: Path) -> None:
    known = KnownTexts(root)
    assert known.of_attribute("sector", TEXT) == {"Software", "Retail"}
    assert known.of_column("events", "event", TEXT) == {"export", "login"}
    assert known.of_column("users", "role", TEXT) == {"admin", "user"}
    assert known.of_column("tickets", "channel", TEXT) == {"e-mail", "chat"}
    assert known.of_column("charges", "status", TEXT) is None
    assert known.of_column("tickets", "priority", TEXT) == frozenset()
    assert known.of_column("events", "size", TEXT) is None
    assert known.of_attribute("nothing", TEXT) is None
    assert known.of_attribute("sector", LIST) is None
    events = KnownEvents(root)
    assert (events.of_attribute("sector", TEXT), events.of_column("users", "role", TEXT)) == (None, None)
    assert events.of_column("events", "event", TEXT) == {"export", "login"}


def test_words_that_are_worked_out_are_known_though_nobody_has_them(root: Path) -> None:
    known = KnownTexts(root).of_attribute("account_status", TEXT)
    assert known == {"active_customer", "churned", "active_trial", "expired_trial", "free", "prospect"}
    docs = (Path(__file__).parents[2] / "docs/attributes.md").read_text(encoding="utf-8")
    rows = {name: line for line in docs.splitlines() for name in OWN_WORDS if line.startswith(f"| `{name}` |")}
    assert [(name, w) for name, words in OWN_WORDS.items() for w in words if w not in rows[name]] == []


def test_without_an_update_nothing_is_known(tmp_path: Path) -> None:
    assert KnownTexts(tmp_path).of_attribute("sector", TEXT) is None
    assert KnownTexts(tmp_path).of_column("events", "event", TEXT) is None


@pytest.mark.parametrize(
    ("rule", "message", "nearest"),
    [
        ("sector = 'Retial'", "'sector' is never 'Retial' in the data", "Retail"),
        ("events('exprot') > 0", "no event is called 'exprot'", "export"),
        ("users(role = 'amdin') > 0", "'role' is never 'amdin' in the data", "admin"),
        ("tickets(channel = 'phone') > 0", "'channel' is never 'phone' in the data", None),
        ("changed(sector, to => 'Softwear', last => '9 days')", "'sector' is never 'Softwear' in the data", "Software"),
    ],
)
def test_the_page_warns_while_somebody_types(rule: str, message: str, nearest: str | None, desk: WarmDesk) -> None:
    reading = read_rule(desk.definitions.plan, rule)
    assert [(p.message, p.nearest) for p in reading.problems if p.code == "unknown-value"] == [(message, nearest)]
    assert reading.ok
    with desk.ask(beachhead.open(desk._root).latest()) as opened:
        assert unknown(opened.desk.read(rule).diagnostics) == [(message, nearest)]


def test_too_many_texts_are_not_listed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beachhead.service.known_texts._MOST_VALUES", 1)
    assert KnownTexts(root).of_attribute("sector", TEXT) is None
    assert KnownTexts(root).of_column("events", "event", TEXT) is None
    monkeypatch.setattr("beachhead.service.known_texts._MOST_VALUES", 2)
    monkeypatch.setattr("beachhead.service.known_texts._MOST_ROWS", 5)
    assert KnownTexts(root).of_column("users", "role", TEXT) is None


def test_check_knows_names_of_events_and_other_texts(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(root, folder)
    text = "title: Wrong\nwhere: events('exprot') > 0 and sector = 'Retial'\n"
    (folder / "segments/wrong.yml").write_text(text, encoding="utf-8")
    found = [d for d in beachhead.open(folder).check().diagnostics if d.code == "unknown-value"]
    assert [(d.message, d.severity.value, d.nearest, str(d.place)) for d in found] == [
        ("no event is called 'exprot'", "warning", "export", "segments/wrong.yml:2:15"),
        ("'sector' is never 'Retial' in the data", "warning", "Retail", "segments/wrong.yml:2:42"),
    ]


def test_an_update_that_brings_the_event_misses_it_no_longer(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(root, folder)
    (folder / "segments/new.yml").write_text(
        "title: New\nwhere: events('invite') > 0 or events('buy') > 0\n", encoding="utf-8"
    )
    assert unknown(make_plan(folder).diagnostics) == [
        ("no event is called 'invite'", None),
        ("no event is called 'buy'", None),
    ]
    with (folder / "data/usage.csv").open("a", encoding="utf-8") as file:
        file.write("5,invite,2026-03-30\n")
    outcome = run(folder, MARCH)
    assert unknown(outcome.diagnostics) == [("no event is called 'buy'", None)]
    assert unknown(beachhead.open(folder).latest().warnings) == [("no event is called 'buy'", None)]
    desk = WarmDesk(folder)
    assert [
        p for p in read_rule(desk.definitions.plan, "events('invite') > 0").problems if p.code == "unknown-value"
    ] == []


def test_a_newer_update_is_noticed(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(root, folder)
    known = KnownTexts(folder)
    assert known.of_attribute("sector", TEXT) == {"Software", "Retail"}
    crm = folder / "data/crm.csv"
    crm.write_text(crm.read_text("utf-8").replace("Retail", "Trade"), encoding="utf-8")
    run(folder, MARCH)
    assert known.of_attribute("sector", TEXT) == {"Software", "Trade"}
