"""Columns of lists from the file to the end: attributes, people, events, segments, counts, metrics, tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from project_world import write_csv

import beachhead
from beachhead.rules import ValueType
from beachhead.service.data_tests import run_tests
from beachhead.service.documents import rows
from beachhead.service.rule_words import ValuesTold, attribute_values, column_values, rule_words
from beachhead.service.run import RunOptions, run
from beachhead.service.segment_desk import Opened, WarmDesk
from beachhead.service.verifying import verify

TOOLS = {"a": "slack, jira", "b": "jira;teams", "c": "", "d": '["slack","jira","slack"]', "e": "teams"}
DEFINITIONS = {
    "beachhead.yml": "name: Tools\ncurrency: EUR\n",
    "sources/crm.yml": (
        "files: data/crm.csv\ntable: accounts\nstable: true\n"
        "columns: {account_id: id, signed_up_at: since, mrr: mrr}\n"
        "extra:\n  tools: {column: tools, type: list, title: Tools in use}\n"
        "  wishes: {column: wishes, type: list, separator: '|'}\n"
    ),
    "sources/people.yml": (
        "files: data/people.csv\ntable: users\ncolumns: {user_id: id, account_id: firm, signed_up_at: since}\n"
        "extra: {skills: {column: skills, type: list}}\n"
    ),
    "sources/usage.yml": (
        "files: data/usage.csv\ntable: events\n"
        "columns: {account_id: firm, user_id: who, event: what, occurred_at: day}\n"
        "extra: {labels: {column: labels, type: list}}\n"
    ),
    "attributes/own.yml": "known_tools: {expression: 'coalesce(tools, wishes)'}\n"
    "uses_jira: {expression: \"contains(tools, 'jira')\"}\n",
    "segments/chatters.yml": "title: Chatters\nwhere: contains(tools, 'slack')\n",
    "segments/others.yml": "title: Others\nwhere: not contains(tools, 'slack') or tools is null\n",
    "segments/hopeful.yml": "title: Hope\nwhere: contains(wishes, 'Fast, cheap') and contains(known_tools, 'teams')\n",
    "segments/jirans.yml": "title: Jirans\nwhere: uses_jira\n",
    "segments/skilled.yml": "title: Skilled\nwhere: users(contains(skills, 'sql')) > 0\n",
    "segments/labelled.yml": "title: B\nwhere: \"events('export', contains(labels, 'big'), last => '30 days') = 2\"\n",
    "tests/own.yml": """
- name: lists in tests
  as_of: 2026-03-31
  rows:
    accounts:
      - {account_id: x, signed_up_at: 2026-01-01, tools: [slack, jira], wishes: "Fast; cheap"}
      - {account_id: y, signed_up_at: 2026-01-01, tools: "teams, slack"}
      - {account_id: z, signed_up_at: 2026-01-01}
    users: [{user_id: u, account_id: x, signed_up_at: 2026-01-01, skills: [sql]}]
    events:
      - {account_id: y, event: export, occurred_at: 2026-03-30, labels: big}
      - {account_id: y, event: export, occurred_at: 2026-03-31, labels: [big, red]}
  expect:
    attributes: {x: {tools: [slack, jira], uses_jira: true, known_tools: slack;jira}, z: {tools: null}}
    segments: {chatters: [x, y], others: [z], skilled: [x], labelled: [y], jirans: [x]}
""",
}  # fmt: skip
WISHES = "Fast, cheap|Open"
CUSTOMERS = [
    {"id": n, "since": "2026-01-05", "mrr": 10 * k, "tools": tools, "wishes": WISHES if n in "be" else ""}
    for k, (n, tools) in enumerate(TOOLS.items(), start=1)
]
PEOPLE = [
    {"id": "u1", "firm": "a", "since": "2026-01-05", "skills": "sql, r"},
    {"id": "u2", "firm": "b", "since": "2026-01-05", "skills": "python"},
]
USAGE = [
    {"firm": firm, "who": who, "what": what, "day": f"2026-03-{day}", "labels": labels}
    for firm, who, what, day, labels in (
        ("a", "u1", "export", 20, "big,red"),
        ("a", "u1", "export", 21, "big"),
        ("b", "u2", "export", 20, "small"),
        ("b", "u2", "login", 31, "big"),
    )
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tools")
    write_files(folder)
    run(folder, RunOptions(as_of=date(2026, 3, 31)))
    return folder


def write_files(folder: Path) -> None:
    for name, text in DEFINITIONS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name, table in {"crm": CUSTOMERS, "people": PEOPLE, "usage": USAGE}.items():
        write_csv(folder / f"data/{name}.csv", table)


@pytest.fixture(scope="module")
def opened(root: Path) -> Iterator[Opened]:
    desk = WarmDesk(root)
    with desk.ask(beachhead.open(root).latest()) as found:
        yield found
    desk.close()


def members(root: Path, segment: str) -> list[str]:
    return sorted(beachhead.open(root).latest().segments[segment].members()["account_id"].to_pylist())


def test_lists_are_attributes_of_customers_own_ones_too(root: Path) -> None:
    latest = beachhead.open(root).latest()
    kinds = {name: latest.attributes[name].type for name in ("tools", "wishes", "known_tools")}
    assert kinds == {"tools": "list", "wishes": "list", "known_tools": "list"}
    told = {r["account_id"]: (r["tools"], r["known_tools"]) for r in latest.accounts.arrow().to_pylist()}
    assert told == {
        "a": ("slack;jira", "slack;jira"), "b": ("jira;teams", "jira;teams"), "c": (None, None),
        "d": ("slack;jira", "slack;jira"), "e": ("teams", "teams"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("chatters", ["a", "d"]),
        ("others", ["b", "c", "e"]),
        ("hopeful", ["b", "e"]),
        ("jirans", ["a", "b", "d"]),
        ("skilled", ["a"]),
        ("labelled", ["a"]),
    ],
)
def test_a_segment_asks_for_one_item(segment: str, expected: list[str], root: Path) -> None:
    assert members(root, segment) == expected


def test_all_ways_to_evaluate_agree(root: Path) -> None:
    project = beachhead.open(root)
    assert verify(project.latest(), project.check()).is_sound


def test_customers_count_once_for_each_item_and_once_in_all(root: Path) -> None:
    table = beachhead.open(root).count("tools", "mrr_cents")
    found = {r.labels[0]: (r.customers, r.share, r.measure_total) for r in table.rows}
    assert found == {
        "jira": (3, 3 / 5, 7000), "slack": (2, 2 / 5, 5000), "teams": (2, 2 / 5, 7000), "unknown": (1, 1 / 5, 3000),
    }  # fmt: skip
    assert (table.total.customers, table.total.measure_total) == (5, 15_000)
    assert "“Tools in use”" in table.overlap


def test_metrics_are_told_by_item(root: Path) -> None:
    table = beachhead.open(root).latest().metrics("mau", by="tools", first="2026-03-01")
    last = {c.group: c.value for c in table.cells}
    assert last == {"jira": 2.0, "slack": 1.0, "teams": 1.0, "unknown": 0.0}
    assert any("several groups" in note for note in table.notes)


def test_json_has_a_list_where_people_read_commas(root: Path) -> None:
    latest = beachhead.open(root).latest()
    found = {r["account_id"]: r["tools"] for r in rows(latest.columns("account_id", "tools"), latest.attributes, "EUR")}
    assert found["a"] == ["slack", "jira"]
    assert found["c"] is None


def test_the_page_offers_items(opened: Opened) -> None:
    def told(found: ValuesTold) -> dict[object, int]:
        return {v.value: v.count for v in found.values}

    tools = attribute_values(opened, "tools")
    assert (told(tools), tools.distinct, tools.unknown) == ({"jira": 3, "slack": 2, "teams": 2}, 3, 1)
    assert told(attribute_values(opened, "tools", "JI")) == {"jira": 3}
    assert told(column_values(opened, "users", "skills")) == {"sql": 1, "r": 1, "python": 1}
    assert told(column_values(opened, "events", "labels")) == {"big": 3, "red": 1, "small": 1}
    offered = [(o.key, o.negated) for o in rule_words(opened).operators["list"]]
    assert ("contains", False) in offered
    assert ("contains", True) in offered


def test_english_and_reasons_name_the_items(opened: Opened, root: Path) -> None:
    reading = opened.desk.read("contains(tools, 'slack')")
    assert reading.english == "Tools in use has 'slack'"
    assert opened.plan.catalog.attribute_type("known_tools") is ValueType.LIST


def test_definitions_are_tested_with_lists(root: Path) -> None:
    (outcome,) = run_tests(beachhead.open(root).check())
    assert outcome.differences == ()


def test_what_differs_in_a_test_names_the_list(tmp_path: Path) -> None:
    write_files(tmp_path)
    text = DEFINITIONS["tests/own.yml"].replace("x: {tools: [slack, jira]", "x: {tools: [slack]")
    (tmp_path / "tests/own.yml").write_text(text.replace("labels: big}", "labls: big}"), encoding="utf-8")
    (outcome,) = run_tests(beachhead.open(tmp_path).check())
    assert outcome.differences == ("there is no column of events 'labls'",)
    (tmp_path / "tests/own.yml").write_text(text, encoding="utf-8")
    (outcome,) = run_tests(beachhead.open(tmp_path).check())
    assert outcome.differences == ("x tools: slack;jira, expected slack",)


def test_a_list_makes_no_family_and_no_score(tmp_path: Path) -> None:
    write_files(tmp_path)
    more = {
        "segments/by_tool.yml": "title: By tool\nwhere: mrr_cents > 0\nfor_each: tools\n",
        "value.yml": "inputs:\n  - {attribute: tools, theme: retention}\n",
    }
    for name, text in more.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = {(d.code, d.place.file) for d in beachhead.open(tmp_path).check().errors if d.place}
    assert found == {("not-a-category", "segments/by_tool.yml"), ("not-a-number", "value.yml")}
