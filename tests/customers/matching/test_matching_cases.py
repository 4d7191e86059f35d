"""What is told to be one customer, by cases that a person can check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from companies import Row
from matching_world import groups, match_rows
from ruamel.yaml import YAML

from beachhead.project.definitions import MatchingDefinition

CASES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("cases.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    settings = MatchingDefinition(same=case.get("decided_same", ()), different=case.get("different", ()))
    matching = match_rows(case["records"], tmp_path, settings)
    assert groups(matching) == sorted(map(sorted, case["same"]))
    asked = {frozenset((row["left_id"], row["right_id"])) for row in matching.doubtful.to_pylist()}
    assert asked == set(map(frozenset, case.get("ask", ())))
    assert [note for note in matching.notes if not note.startswith("There are too few")] == case.get("notes", [])


def test_each_merge_says_how_and_why(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"account_id": "crm:1", "name": "Acme Corp", "website": "acme.com", "postcode": "10115"},
        {"account_id": "cus:1", "name": "ACME Corporation", "email": "ap@acme.com", "postcode": "10115"},
        {"account_id": "app:1", "name": "Acme", "same_as": ["cus:1"]},
    ]
    matching = match_rows(rows, tmp_path)
    assert [tuple(row.values()) for row in matching.pairs.to_pylist()] == [
        ("cus:1", "app:1", "stated", 1.0, "stated in the data"),
        ("crm:1", "cus:1", "domain", pytest.approx(0.99, abs=0.01),
         "same web address acme.com, name Acme Corp ~ ACME Corporation, same postcode"),
    ]  # fmt: skip


def test_what_speaks_against_a_doubtful_pair_is_said(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"account_id": "crm:1", "name": "Fern Florist", "email": "books@tallyhouse.com"},
        {"account_id": "cus:1", "name": "Quarry Gym", "email": "books@tallyhouse.com"},
    ]
    (asked,) = match_rows(rows, tmp_path).doubtful.to_pylist()
    assert asked["why"] == (
        "same e-mail books@tallyhouse.com, same web address tallyhouse.com; "
        "but different names Fern Florist and Quarry Gym"
    )


def test_the_first_listed_account_represents_its_customer(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"account_id": "survey:1", "email": "joe@initech.com", "listed": False, "person": True},
        {"account_id": "cus:1", "name": "Initech", "email": "ap@initech.com"},
        {"account_id": "crm:1", "name": "Initech", "website": "initech.com"},
    ]
    assert {row["customer_id"] for row in match_rows(rows, tmp_path).customers.to_pylist()} == {"cus:1"}


def test_thresholds_decide_what_is_merged_and_what_is_asked(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"account_id": "crm:1", "name": "Kestrel Robotics", "postcode": "10115"},
        {"account_id": "cus:1", "name": "Kestrel Robotics", "postcode": "10115"},
    ]
    assert groups(match_rows(rows, tmp_path)) == [["crm:1", "cus:1"]]
    strict = match_rows(rows, tmp_path, MatchingDefinition(merge_from=1, ask_from=0.5))
    assert (groups(strict), strict.doubtful.num_rows) == ([], 1)
    silent = match_rows(rows, tmp_path, MatchingDefinition(merge_from=1, ask_from=1))
    assert (groups(silent), silent.doubtful.num_rows) == ([], 0)
