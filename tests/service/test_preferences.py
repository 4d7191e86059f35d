"""Weights of the four themes: who would be where, kept only when saved, with comments kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_world import TODAY, make_company

from beachhead.errors import UsageError
from beachhead.project.definitions import ScoreInput
from beachhead.service.preferences import Preferences, save_weights, weighed
from beachhead.service.project import Project
from beachhead.service.run import RunOptions, run

INPUTS = tuple(
    ScoreInput(attribute=a, theme=t, weight=w)
    for a, t, w in (("tenure_days", "retention", 1.0), ("is_customer", "retention", 3.0), ("mrr_cents", "revenue", 2.0))
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("little")
    make_company(folder, 40)
    run(folder, RunOptions(today=TODAY))
    return folder


def test_inputs_of_a_theme_keep_their_proportions():
    changed = weighed(INPUTS, {"retention": 8})
    assert [i.weight for i in changed] == [2, 6, 2]


def test_a_theme_without_weight_comes_back_in_equal_parts():
    nothing = weighed(INPUTS, {"retention": 0})
    assert [i.weight for i in nothing] == [0, 0, 2]
    assert [i.weight for i in weighed(nothing, {"retention": 4})] == [2, 2, 2]


@pytest.mark.parametrize("weights", [{"revenue": -1}, {"revenue": float("nan")}, {"retention": 0, "revenue": 0}])
def test_impossible_weights_are_refused(weights):
    with pytest.raises(UsageError):
        weighed(INPUTS, weights)


def test_the_preview_is_what_an_update_then_gives(root):
    latest = Project(root).latest()
    preview = Preferences(latest).preview({"revenue": 6}, ["a001", "nobody"])
    assert [r.account_id for r in preview.followed] == ["a001"]
    before = (root / "value.yml").read_text()
    save_weights(root, {"revenue": 6})
    assert (root / "value.yml").read_text() == before.replace("weight: 2", "weight: 6")
    run(root, RunOptions(today=TODAY))
    after = Project(root).latest()
    ranks = dict(zip(after.accounts["account_id"].to_pylist(), after.accounts["value_rank"].to_pylist(), strict=True))
    assert [(r.account_id, r.rank) for r in (*preview.best, *preview.worst)] == [
        (r.account_id, ranks[r.account_id]) for r in (*preview.best, *preview.worst)
    ]


def test_customers_are_found_by_a_part_of_name_or_id_beginnings_first(root):
    found = Preferences(Project(root).latest()).search("company 3", limit=4)
    assert found["name"].to_pylist()[0] == "Company 3"
    assert Preferences(Project(root).latest()).search("A00").num_rows == 10
