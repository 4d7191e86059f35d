"""What a small company's data proposes, what it does not, and what is said where it can say nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from project_world import LAST_DAY, TODAY, company_tables, write_csv, write_definitions

from beachhead.discovery.segments import Settings
from beachhead.errors import DefinitionError, UsageError
from beachhead.service.discovering import (
    Discovered,
    Tried,
    discover_segments,
    discovered_json,
    discovered_lines,
    tried_json,
    tried_lines,
    try_rule,
)
from beachhead.service.outcomes import OUTCOMES, outcome_of
from beachhead.service.plan import make_plan
from beachhead.service.project import Project
from beachhead.service.published_world import population_of_run
from beachhead.service.results import Run
from beachhead.service.run import RunOptions, run


def company(root: Path, accounts: int, *, planted: bool) -> Run:
    """Of those who came by search and guess x nearly all left, of the others few; without it nobody differs."""
    write_definitions(root)
    tables = company_tables(accounts)
    by_id = {row["id"]: row for row in tables["accounts"]}
    for n, row in enumerate(tables["subscriptions"]):
        about = by_id[row["account"]]
        leaves = (about["guess"], about["channel"]) == ("x", "seo") if planted else n % 4 == 0
        end = row["start"] + timedelta(days=2)
        row["end"] = end if leaves and n % 9 and end <= LAST_DAY else ""
    for name, rows in tables.items():
        write_csv(root / "data" / f"{name}.csv", rows)
    run(root, RunOptions(today=TODAY))
    return Project(root).latest()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return company(tmp_path_factory.mktemp("planted"), 400, planted=True)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return company(tmp_path_factory.mktemp("nothing"), 200, planted=False)


def said(found: Discovered, of: Run) -> list[str]:
    return [line.replace("\xa0", " ") for line in discovered_lines(found, of, make_plan(of.snapshot.home.parent))]


def tried(of: Run, rule: str, outcome: str = "kept") -> Tried:
    plan = make_plan(of.snapshot.home.parent)
    with population_of_run(of, plan) as population:
        return try_rule(of, plan, population, outcome, rule)


def test_what_was_planted_is_confirmed(planted: Run) -> None:
    found = discover_segments(planted, "kept", Settings(direction="lower"))
    first = found.confirmed[0]
    assert set(first.rule.split(" and ")) == {"acquisition_channel = 'seo'", "segment_guess = 'x'"}
    assert first.tested.mean < 0.3
    assert first.tested.others > 0.9
    lines = said(found, planted)
    assert lines[0].startswith("Still a customer: ")
    assert lines[2] == "confirmed:"
    assert "set aside: days_since_signup, since it says how much time somebody had for it" in lines
    told = discovered_json(found)
    assert isinstance(told, dict)
    assert [f["rule"] for f in told["findings"]] == [p.rule for p in found.confirmed]  # type: ignore[index, union-attr]
    assert told["protocol"]["test"] == "permutations"  # type: ignore[index, call-overload]


def test_where_nobody_differs_nothing_is_confirmed_and_what_to_do_is_said(nothing: Run) -> None:
    found = discover_segments(nothing, "kept", Settings())
    assert found.confirmed == []
    assert any(line.startswith("nothing is confirmed") for line in said(found, nothing))
    assert any("--try" in line for line in said(found, nothing))


def test_a_rule_is_tried_alone(planted: Run, nothing: Run) -> None:
    found = tried(planted, "segment_guess = 'x' and acquisition_channel = 'seo'")
    assert (found.verdict, found.needed) == ("holds", None)
    assert found.tested.p < 0.001
    open_ = tried(nothing, "segment_guess = 'x'")
    assert open_.verdict == "cannot_tell"
    assert open_.needed is None or open_.needed > 50
    plan = make_plan(planted.snapshot.home.parent)
    assert next(tried_lines(found, planted, plan)) == "it holds"
    assert isinstance(tried_json(found), dict)
    assert tried(planted, "mrr_cents > 9000", "value_score").verdict == "holds"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("kpet", "unknown-outcome"),
        ("nps", "no-outcome"),
        ("repeat", "no-outcome"),
        ("acquisition_channel", "unknown-outcome"),
        ("open_ticket_count", None),
        ("churned_90d", None),
        ("converted", None),
        ("expansion", None),
        ("value_score", None),
    ],
)
def test_each_outcome_is_known_or_said_to_be_unknown(planted: Run, outcome: str, code: str | None) -> None:
    if code is None:
        assert len(outcome_of(planted, outcome).values) == len(planted.accounts)
        return
    with pytest.raises(UsageError) as caught:
        outcome_of(planted, outcome)
    assert caught.value.diagnostics[0].code == code
    assert "kept" in OUTCOMES


def test_too_few_and_all_the_same_are_said(tmp_path: Path, planted: Run) -> None:
    few = company(tmp_path, 20, planted=True)
    with pytest.raises(UsageError, match="only, and no difference could be seen"):
        discover_segments(few, "kept", Settings())
    with pytest.raises(UsageError, match="is the same for all"):
        discover_segments(planted, "is_free_mail", Settings())


def test_a_rule_that_is_wrong_or_holds_for_nobody_is_said(planted: Run) -> None:
    with pytest.raises(DefinitionError, match="Did you mean"):
        tried(planted, "segment_gues = 'x'")
    with pytest.raises(UsageError, match="0 of"):
        tried(planted, "segment_guess = 'z'")
