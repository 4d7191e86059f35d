"""Tests of a project's definitions: what passes, what differs and how it is told, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_world import make_company, write_definitions

import beachhead
from beachhead.errors import DefinitionError, UsageError
from beachhead.service.data_tests import Outcome, run_tests

UPGRADE = """
- name: an upgrade is expansion
  rows:
    accounts: [{account_id: a, signed_up_at: 2024-01-10, acquisition_channel: seo}]
    subscriptions:
      - {account_id: a, subscription_id: s1, plan: pro, started_at: 2024-01-10, amount: 30}
      - {account_id: a, subscription_id: s1, plan: team, started_at: 2024-01-10, valid_from: 2024-02-15, amount: 50}
    events:
      - {account_id: a, user_id: u1, event: export, occurred_at: 2024-02-20 10:00}
      - {account_id: a, user_id: u2, event: export, occurred_at: 2024-02-20 23:30}
    tickets: [{account_id: a, created_at: 2024-02-01, solved_at: 2024-02-03, cost: 12.5}]
  expect:
    movements: {2024-01: {new: 30}, 2024-02: {expansion: 20}}
    mrr: {2024-01: 30, 2024-02: 50, 2024-Q1: 50, 2024: 50}
    metrics:
      nrr: {2024-02: 1.667}
      quick_ratio: {2024-02: null}
      mau: {2024-02: 2}
      support_cost: {2024-02: 12.5}
      tickets: {2024-01-29: 1}
  as_of: 2024-03-01
"""
RECORD = """
- name: the record says what is running
  as_of: 2024-02-29
  rows:
    subscriptions: [{account_id: a, subscription_id: s1, plan: team, started_at: 2024-02-15, amount: 50}]
    tickets: [{account_id: a, created_at: 2024-02-01, solved_at: 2024-02-03, cost: 12.5}]
    events: [{account_id: a, user_id: u1, event: export, occurred_at: 2024-02-20}]
  expect:
    attributes:
      a: {mrr_cents: 5000, plan: team, support_cost_cents_90d: 1250, cost_share: 0.25, export_count_30d: 1}
"""

SEGMENTS = """
- name: who exports and pays is in the segments that say so
  as_of: 2024-02-29
  rows:
    accounts:
      - {account_id: a, signed_up_at: 2024-01-10, plan: pro, segment_guess: x}
      - {account_id: b, signed_up_at: 2024-01-10, plan: team, segment_guess: y}
      - {account_id: c, signed_up_at: 2024-02-20, plan: pro}
    subscriptions:
      - {account_id: a, subscription_id: s1, plan: team, started_at: 2024-02-15, amount: 50}
      - {account_id: b, subscription_id: s2, plan: pro, started_at: 2024-02-15, amount: 50}
    tickets: [{account_id: b, created_at: 2024-02-01, solved_at: 2024-02-03, cost: 12.5}]
    events:
      - {account_id: a, user_id: u1, event: export, occurred_at: 2024-02-20}
      - {account_id: a, user_id: u1, event: export, occurred_at: 2024-02-29 23:59}
      - {account_id: b, user_id: u2, event: export, occurred_at: 2024-01-30 23:59}
      - {account_id: b, user_id: u2, event: export, occurred_at: 2024-02-29}
    users: [{user_id: u1, account_id: a, role: admin}, {user_id: u2, account_id: b, role: user}]
  expect:
    segments:
      paying: [a, b]
      exporters: [a]
      asked: [b]
      admins: [a]
      listed: [c]
      by_plan/pro: [b]
      by_plan/team: [a]
      guessed: [a]
      chosen: [b, c]
      latest: [a]
"""
SEGMENT_FILES = {
    "segments/asked.yml": "title: A\nwhere: tickets(last => '30 days') > 0\n",
    "segments/admins.yml": (
        "title: A\nwhere: >-\n  users(role = 'admin' and events('export', last => '30 days') >= 2) > 0\n"
    ),
    "segments/listed.yml": "title: L\nwhere: in_list('some')\n",
    "segments/by_plan.yml": "title: P\nwhere: in_segment('paying')\nfor_each: plan\n",
    "segments/guessed.yml": "title: G\nwhere: segment_guess = 'x'\n",
    "segments/chosen.yml": "title: C\nwhere: in_segment('exporters')\ninclude: [b, c]\nexclude: [a]\n",
    "segments/latest.yml": "title: L\nwhere: \"events('export', latest => occurred_at) > '2024-02-29 12:00'\"\n",
    "segments/came.yml": "title: C\nwhere: entered('paying', last => '7 days')\n",
    "segments/grew.yml": 'title: G\nwhere: "was(mrr_cents, at => 30 days ago) > 0"\n',
    "segments/best.yml": "title: B\nwhere: value_score > 50\n",
    "lists/some.csv": "c\nz\n",
}


def outcomes(root: Path, **files: str) -> list[Outcome]:
    make_company(root, accounts=5, changes={f"tests/{name}.yml": text for name, text in files.items()})
    return run_tests(beachhead.open(root).check())


def test_movements_metrics_and_attributes_are_compared(tmp_path: Path) -> None:
    found = outcomes(tmp_path, upgrade=UPGRADE, record=RECORD)
    assert [(o.name, o.differences) for o in found] == [
        ("the record says what is running", ()),
        ("an upgrade is expansion", ()),
    ]


def test_what_differs_is_told_with_both_numbers(tmp_path: Path) -> None:
    wrong = (
        UPGRADE.replace("expansion: 20", "expansion: 21")
        .replace("1.667", "1.67")
        .replace("mau: {2024-02: 2}", "mau: {2024-02: 3}")
    )
    (found,) = outcomes(tmp_path, upgrade=wrong)
    assert found.differences == ("2024-02 expansion: 20.00, expected 21.00", "2024-02 mau: 2, expected 3")
    assert str(found.place) == "tests/upgrade.yml:2:3"


def test_movements_of_months_that_are_not_listed_must_be_none(tmp_path: Path) -> None:
    (found,) = outcomes(tmp_path, upgrade=UPGRADE.replace("2024-01: {new: 30}, ", ""))
    assert found.differences == ("2024-01 new: 30.00, expected 0.00",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("subscriptions:", "subscription:"), "there is no table 'subscription'"),
        (("plan: pro", "pln: pro"), "there is no column of subscriptions 'pln'"),
        (("amount: 30", "amount: thirty"), "subscriptions.amount: 'thirty' is not of the type money"),
        (("started_at: 2024-01-10, amount: 30", "started_at: soon, amount: 30"), "'soon' is not of the type timestamp"),
        (("nrr:", "nr:"), "there is no metric 'nr'"),
        (("quick_ratio: {2024-02: null}", "quick_ratio: {March: null}"), "'March' is no period"),
        (("new: 30", "gained: 30"), "there is no movement 'gained'"),
    ],
)
def test_a_mistake_in_a_test_fails_it_in_words(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    (found,) = outcomes(tmp_path, upgrade=UPGRADE.replace(*change))
    assert any(said in line for line in found.differences), found.differences


@pytest.mark.parametrize(
    ("text", "code"),
    [("name: no list\n", "wrong-type"), ("- rows: {}\n", "wrong-test"), ("- name: [\n", "yaml-syntax"),
     ("- {name: x, rows: {}, expect: {mr: {}}}\n", "wrong-test")],
)  # fmt: skip
def test_a_file_that_is_no_test_is_told_with_its_place(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as raised:
        outcomes(tmp_path, broken=text)
    assert raised.value.diagnostics[0].code == code
    assert str(raised.value.diagnostics[0].place).startswith("tests/broken.yml:")


def test_members_are_compared(tmp_path: Path) -> None:
    write_definitions(tmp_path, SEGMENT_FILES)
    (found,) = outcomes(tmp_path, segments=SEGMENTS)
    assert found.differences == ()


def test_who_is_in_another_segment_than_expected_is_named(tmp_path: Path) -> None:
    write_definitions(tmp_path, SEGMENT_FILES)
    changed = SEGMENTS.replace("paying: [a, b]", "paying: [a, c]").replace("by_plan/pro: [b]", "by_plan/free: [b]")
    changed = changed.replace("exporters: [a]", "exporter: [a]").replace(
        "admins: [a]", "came: []\n      grew: [a, b]\n      best: []"
    )
    (found,) = outcomes(tmp_path, segments=changed)
    assert found.differences == (
        "b is in paying",
        "c is not in paying",
        "there is no segment 'exporter'",
        "came: a test has no history: nothing was published before",
        "there is no segment 'by_plan/free'",
    )


def test_a_project_without_tests_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no tests"):
        outcomes(tmp_path)
