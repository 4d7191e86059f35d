"""The example of a file of 1997: columns parted by blanks, no ids, no list of customers."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from readme_commands import Command, assert_tells_the_size, commands_of, printed_by, run_example

from beachhead.service.results import Run

EXAMPLE = Path(__file__).parents[2] / "examples" / "cdnow"


@pytest.fixture(scope="module")
def run(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_example(EXAMPLE, tmp_path_factory.mktemp("cdnow"), real_data)


def test_every_purchase_counts_once_for_its_customer_to_the_cent(run: Run, real_data: Path) -> None:
    rows = [line.split() for line in (real_data / "cdnow" / "CDNOW_master.txt").read_text().splitlines()[1:]]
    bought, paid = Counter(r[0] for r in rows), Counter[str]()
    for customer, _, _, dollars in rows:
        paid[customer] += int(Decimal(dollars) * 100)
    accounts = run.accounts.arrow()
    ids = accounts["account_id"].to_pylist()
    assert len(rows) == 69_659
    assert dict(zip(ids, accounts["order_count_total"].to_pylist(), strict=True)) == bought
    assert dict(zip(ids, accounts["revenue_cents_total"].to_pylist(), strict=True)) == paid


def test_readme_tells_the_size(run: Run) -> None:
    assert_tells_the_size(EXAMPLE, run)


@pytest.mark.parametrize("command", commands_of(EXAMPLE), ids=lambda c: c.arguments[0])
def test_readme_shows_what_is_printed(command: Command, run: Run, real_data: Path) -> None:
    assert printed_by(command, run, real_data) == command.output
