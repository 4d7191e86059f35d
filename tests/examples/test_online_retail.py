"""The example on real transactions: every line is accounted for, to the penny."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from readme_commands import Command, assert_tells_the_size, commands_of, printed_by, run_example

from beachhead.service.results import Run

EXAMPLE = Path(__file__).parents[2] / "examples" / "online_retail"
LAST_DAY = date(2011, 12, 9)


@dataclass
class ByHand:
    """A customer's invoices, added up without Beachhead: pennies and last day by invoice number."""

    pennies: Counter[str] = field(default_factory=Counter)
    days: dict[str, date] = field(default_factory=dict)

    @property
    def standing(self) -> list[str]:
        return [i for i, p in self.pennies.items() if p >= 0]

    @property
    def cancelled(self) -> int:
        return len(self.pennies) - len(self.standing)

    @property
    def days_away(self) -> int:
        return (LAST_DAY - max(self.days[i] for i in self.standing)).days

    @property
    def average(self) -> float:
        return sum(self.pennies[i] for i in self.standing) / max(1, len(self.standing))


@pytest.fixture(scope="module")
def lines(real_data: Path) -> pa.Table:
    return pq.read_table(real_data / "online_retail_uci" / "online_retail.parquet")


@pytest.fixture(scope="module")
def values(lines: pa.Table) -> list[Decimal]:
    """Quantity × price of each line, exactly."""
    prices = {p: Decimal(repr(p)) for p in pc.unique(lines["UnitPrice"]).to_pylist()}
    both = zip(lines["Quantity"].to_pylist(), lines["UnitPrice"].to_pylist(), strict=True)
    return [q * prices[p] for q, p in both]


@pytest.fixture(scope="module")
def pennies(values: list[Decimal]) -> list[int]:
    return [int((v * 100).quantize(Decimal(1), ROUND_HALF_UP)) for v in values]


@pytest.fixture(scope="module")
def by_hand(lines: pa.Table, pennies: list[int]) -> dict[str, ByHand]:
    found: dict[str, ByHand] = {}
    columns = (lines[c].to_pylist() for c in ("CustomerID", "InvoiceNo", "InvoiceDate"))
    for customer, invoice, moment, value in zip(*columns, pennies, strict=True):
        if customer is not None:
            one = found.setdefault(str(customer), ByHand())
            one.pennies[invoice] += value
            one.days[invoice] = moment.date()
    return found


@pytest.fixture(scope="module")
def run(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_example(EXAMPLE, tmp_path_factory.mktemp("retail"), real_data)


@pytest.fixture(scope="module")
def landed(run: Run) -> pa.Table:
    landing = run.snapshot.directory.parents[1] / "landing" / "lines"
    (path,) = [p for p in landing.glob("*.parquet") if "rejects" not in p.name]
    return pq.read_table(path)


def test_lines_read_are_lines_used_and_set_aside_and_left_out(run: Run, lines: pa.Table) -> None:
    (source,) = run.about.sources
    (file,) = source.files
    assert file.rows_read == lines.num_rows == 541_909
    assert (file.rows_used, file.rows_set_aside, file.rows_left_out) == (406_829, 135_080, 0)


def test_each_line_without_a_customer_is_listed_with_its_place(run: Run, lines: pa.Table) -> None:
    (problem,) = [p for p in run.problems if p.code == "no-customer"]
    assert problem.count == lines["CustomerID"].null_count == 135_080
    listed = run.set_aside.arrow()
    assert set(listed["code"].to_pylist()) == {"no-customer"}
    without = [n for n, c in enumerate(lines["CustomerID"].to_pylist(), start=1) if c is None]
    assert sorted(listed["line"].to_pylist()) == without


def test_total_over_all_lines_is_the_published_one(landed: pa.Table, values: list[Decimal]) -> None:
    assert pc.sum(landed["amount"]).as_py() == 974_774_793
    assert sum(values) == Decimal("9747747.934")


def test_four_lines_of_a_tenth_of_a_penny_are_all_that_rounding_takes(
    values: list[Decimal], pennies: list[int]
) -> None:
    lost = [v - Decimal(p) / 100 for v, p in zip(values, pennies, strict=True) if v * 100 != p]
    assert lost == [Decimal("0.001")] * 4


def test_each_line_is_worth_what_it_is_by_hand(landed: pa.Table, pennies: list[int]) -> None:
    assert landed["amount"].to_pylist() == pennies


def test_cancellation_lines_lower_the_revenue(landed: pa.Table) -> None:
    cancelled = landed.filter(pc.starts_with(landed["order_id"], pattern="C"))
    assert cancelled.num_rows == 9_288
    assert pc.sum(cancelled["amount"]).as_py() == -89_681_249
    assert pc.max(cancelled["quantity"]).as_py() < 0


def test_records_and_lines_without_a_customer_add_up_to_all(run: Run, lines: pa.Table, pennies: list[int]) -> None:
    nobody = sum(p for p, c in zip(pennies, lines["CustomerID"].to_pylist(), strict=True) if c is None)
    assert nobody == 144_768_212
    assert pc.sum(run.accounts["revenue_cents_total"]).as_py() == 830_006_581 == 974_774_793 - nobody


def test_each_record_equals_adding_up_by_hand(run: Run, by_hand: dict[str, ByHand]) -> None:
    names = ("account_id", "revenue_cents_total", "order_count_total", "cancelled_order_count")
    records = zip(*(run.accounts[n].to_pylist() for n in names), strict=True)
    assert {i: tuple(rest) for i, *rest in records} == {
        i: (sum(c.pennies.values()), len(c.standing), c.cancelled) for i, c in by_hand.items()
    }
    assert len(by_hand) == 4_372


def test_segments_equal_counting_by_hand(run: Run, by_hand: dict[str, ByHand]) -> None:
    again = {i: c.days_away for i, c in by_hand.items() if len(c.standing) >= 2}
    expected = {
        "first_time": {i for i, c in by_hand.items() if len(c.standing) == 1},
        "repeat": {i for i, away in again.items() if away <= 90},
        "lapsing": {i for i, away in again.items() if 91 <= away <= 180},
        "gone_quiet": {i for i, away in again.items() if away > 180},
        "wholesale_like": {i for i, c in by_hand.items() if len(c.standing) >= 3 and c.average >= 99_999.5},
        "returns_heavy": {i for i, c in by_hand.items() if c.cancelled >= 3 and c.cancelled / len(c.pennies) >= 0.3},
    }
    assert {n: set(s.members()["account_id"].to_pylist()) for n, s in run.segments.items()} == expected
    assert {n: len(s) for n, s in expected.items()} == {
        "first_time": 1_494, "repeat": 2_243, "lapsing": 362, "gone_quiet": 240,
        "wholesale_like": 85, "returns_heavy": 218,
    }  # fmt: skip


def test_everyone_with_an_order_that_stands_is_in_one_of_four_segments(run: Run, by_hand: dict[str, ByHand]) -> None:
    four = ("first_time", "repeat", "lapsing", "gone_quiet")
    members = Counter(i for s in four for i in run.segments[s].members()["account_id"].to_pylist())
    assert members == {i: 1 for i, c in by_hand.items() if c.standing}
    assert len(members) == 4_339


def test_tiers_are_one_ten_and_ten_per_cent_of_those_with_an_order(run: Run) -> None:
    assert Counter(run.accounts["tier"].to_pylist()) == {
        "best": 44, "next_best": 390, "middle": 3_471, "worst": 434, None: 33
    }  # fmt: skip


def test_repeated_lines_are_told_and_kept(run: Run, lines: pa.Table) -> None:
    (problem,) = [p for p in run.problems if p.code == "repeated-rows"]
    used = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")
    different = set(zip(*(lines[c].to_pylist() for c in used), strict=True))
    assert problem.count == lines.num_rows - len(different) == 5_270


def test_readme_counts_segments_and_problems(run: Run) -> None:
    assert_tells_the_size(EXAMPLE, run)


@pytest.mark.parametrize("command", commands_of(EXAMPLE), ids=lambda c: c.arguments[0])
def test_readme_prints_what_the_command_prints(command: Command, run: Run, real_data: Path) -> None:
    assert printed_by(command, run, real_data) == command.output
