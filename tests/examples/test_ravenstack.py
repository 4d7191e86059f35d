"""The example in which nothing depends on anything: its planted faults are found, and nothing else is claimed."""

from __future__ import annotations

from pathlib import Path

import pytest
from readme_commands import Command, assert_tells_the_size, commands_of, printed_by, run_example

from beachhead.service.results import Run

EXAMPLE = Path(__file__).parents[2] / "examples" / "ravenstack"


@pytest.fixture(scope="module")
def run(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_example(EXAMPLE, tmp_path_factory.mktemp("ravenstack"), real_data)


@pytest.mark.parametrize(
    ("code", "count", "of"), [("duplicate-key", 21, 25_000), ("event-before-start", 19_142, 25_000)]
)
def test_planted_faults_of_product_use_are_told(run: Run, code: str, count: int, of: int) -> None:
    assert [(p.count, p.out_of) for p in run.problems if p.code == code] == [(count, of)]


def test_days_are_read_day_first(run: Run) -> None:
    known = {str(d) for d in run.accounts["signed_up_on"].to_pylist()}
    assert {"2024-10-16", "2023-08-17"} <= known


def test_a_subscription_is_another_name_of_its_customer_so_that_all_use_is_somebodys(run: Run) -> None:
    assert not [p for p in run.problems if p.code in ("orphan-key", "no-customer", "nothing-used")]


def test_nobody_left_is_told_instead_of_a_reason_for_leaving(run: Run) -> None:
    assert {"only-current-customers", "churned-but-paying"} <= {p.code for p in run.problems}


def test_readme_tells_the_size(run: Run) -> None:
    assert_tells_the_size(EXAMPLE, run)


@pytest.mark.parametrize("command", commands_of(EXAMPLE), ids=lambda c: c.arguments[0])
def test_readme_shows_what_is_printed(command: Command, run: Run, real_data: Path) -> None:
    assert printed_by(command, run, real_data) == command.output
