"""The example on IBM's telco files: five of them merged into one record for each customer."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pytest
from readme_commands import Command, assert_tells_the_size, commands_in, commands_of, printed_by, run_example

from beachhead.service.results import Run

EXAMPLE = Path(__file__).parents[2] / "examples" / "telco"
PAGE = Path(__file__).parents[2] / "docs" / "segments.md"
ON_THE_PAGE = [command for command in commands_in(PAGE) if "examples/telco" in command.arguments]

Rows = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def run(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_example(EXAMPLE, tmp_path_factory.mktemp("telco"), real_data)


@pytest.fixture(scope="module")
def main_file(real_data: Path) -> Rows:
    return rows_by(real_data, "telco_customer_churn.csv", "CustomerID")


@pytest.fixture(scope="module")
def services(real_data: Path) -> Rows:
    return rows_by(real_data, "telco_customer_churn_services.csv", "Customer ID")


@pytest.fixture(scope="module")
def status(real_data: Path) -> Rows:
    return rows_by(real_data, "telco_customer_churn_status.csv", "Customer ID")


def rows_by(real_data: Path, name: str, key: str) -> Rows:
    with (real_data / "telco_ibm_extended" / name).open(encoding="utf-8", newline="") as file:
        return {r[key]: r for r in csv.DictReader(file)}


def cents(amount: str) -> int:
    return round(float(amount) * 100)


def days(row: dict[str, str]) -> int:
    """A tenure in months as days, at 365.25 days a year."""
    return int(int(row["Tenure Months"]) * 365.25 / 12 + 0.5)


def test_everybody_is_there_and_those_who_left_have_left(run: Run, main_file: Rows) -> None:
    assert set(run.accounts["account_id"].to_pylist()) == set(main_file)
    assert len(run.accounts) == 7_043
    assert pc.sum(run.accounts["is_churned"].cast("int64")).as_py() == 1_869
    assert pc.sum(run.accounts["is_customer"].cast("int64")).as_py() == 5_174


def test_all_rows_of_the_five_files_are_used(run: Run) -> None:
    assert {s.name: sum(f.rows_read for f in s.files) for s in run.about.sources} == dict.fromkeys(
        ("demographics", "location", "main", "services", "status"), 7_043
    )
    assert all(f.rows_used == f.rows_read for s in run.about.sources for f in s.files)
    assert len(run.set_aside) == 0
    assert {(p.code, p.column) for p in run.problems} == {("constant-column", "country"), ("constant-column", "region")}


def test_mrr_of_those_who_stay_adds_up_to_the_cent(run: Run, main_file: Rows) -> None:
    by_hand = sum(cents(r["Monthly Charges"]) for r in main_file.values() if r["Churn Value"] == "0")
    stay = run.accounts.arrow().filter(run.accounts["is_customer"])
    assert pc.sum(stay["mrr_cents"]).as_py() == by_hand == 31_698_575


def test_revenue_adds_up_to_the_cent(run: Run, services: Rows) -> None:
    by_hand = sum(cents(r["Total Revenue"]) for r in services.values())
    assert pc.sum(run.accounts["revenue_cents_total"]).as_py() == by_hand == 2_137_113_169


def test_columns_of_all_files_are_in_one_record(run: Run) -> None:
    record = run.customer("8779-QRDMV")
    assert (record["age"], record["city"], record["satisfaction_score"]) == (78, "Los Angeles", 3)
    assert (record["churn_category"], record["plan"]) == ("Competitor", "Month-to-month")
    assert (record["revenue_cents_total"], record["tenure_days"]) == (5_965, 30)


def test_segments_equal_counting_by_hand(run: Run, main_file: Rows, services: Rows, status: Rows) -> None:
    stays = {i for i, r in main_file.items() if r["Churn Value"] == "0"}
    fibre = {i for i, r in main_file.items() if r["Internet Service"] == "Fiber optic"}
    monthly = {i for i, r in main_file.items() if r["Contract"] == "Month-to-month"}
    helpless = {i for i in fibre if main_file[i]["Tech Support"] == main_file[i]["Online Security"] == "No"}
    tiers = dict(zip(run.accounts["account_id"].to_pylist(), run.accounts["tier"].to_pylist(), strict=True))
    by_hand = {
        "advocates": {i for i in stays if int(services[i]["Number of Referrals"]) >= 5},
        "best_at_risk": {i for i in stays & monthly if tiers[i] in ("best", "next_best")},
        "first_months": {i for i in stays if days(main_file[i]) <= 91},
        "left_for_competitor": {i for i, r in status.items() if r["Churn Category"] == "Competitor"},
        "loyal_two_year": {i for i in stays if main_file[i]["Contract"] == "Two year" and days(main_file[i]) > 1_095},
        "month_to_month_fibre": {i for i in monthly & fibre if days(main_file[i]) <= 365},
        "telephone_only": {i for i in stays if main_file[i]["Internet Service"] == "No"},
        "unprotected_fibre": stays & helpless,
    }
    assert {n: set(s.members()["account_id"].to_pylist()) for n, s in run.segments.items()} == by_hand


def test_tiers_are_one_ten_and_ten_per_cent(run: Run) -> None:
    assert Counter(run.accounts["tier"].to_pylist()) == {"best": 71, "next_best": 634, "middle": 5_633, "worst": 705}


def test_what_is_known_only_afterwards_is_marked(run: Run) -> None:
    late = {n for n, a in run.attributes.items() if a.known_from == "outcome" and a.area == "extra"}
    assert late == {
        "churn_score", "cltv", "churn_category", "churn_reason", "customer_status", "satisfaction_score"
    }  # fmt: skip


def test_satisfaction_gives_the_end_away(status: Rows) -> None:
    low = Counter(r["Churn Value"] for r in status.values() if r["Satisfaction Score"] in "12")
    high = Counter(r["Churn Value"] for r in status.values() if r["Satisfaction Score"] in "45")
    assert (low, high) == ({"1": 1_440}, {"0": 2_938})


def test_files_contradict_each_other_as_the_readme_says(main_file: Rows, services: Rows, status: Rows) -> None:
    contract = sum(r["Contract"].lower() != services[i]["Contract"].lower() for i, r in main_file.items())
    tenure = sum(r["Tenure Months"] != services[i]["Tenure in Months"] for i, r in main_file.items())
    reason = sum(r["Churn Reason"] != status[i]["Churn Reason"] for i, r in main_file.items())
    assert (contract, tenure, reason) == (265, 11, 519)


def test_readme_counts_segments_and_problems(run: Run) -> None:
    assert_tells_the_size(EXAMPLE, run)


@pytest.mark.parametrize("command", commands_of(EXAMPLE), ids=lambda c: c.arguments[0])
def test_readme_prints_what_the_command_prints(command: Command, run: Run, real_data: Path) -> None:
    assert printed_by(command, run, real_data) == command.output


def without_days(text: str) -> str:
    """A text without days: the files know none, so that everything is as of the day of the update."""
    return re.sub(r"\d{1,2}\s[A-Z][a-z]{2}\s\d{4}", "DAY", text)


@pytest.mark.parametrize("command", ON_THE_PAGE, ids=lambda c: c.arguments[0])
def test_the_page_about_segments_prints_what_the_command_prints(command: Command, run: Run, real_data: Path) -> None:
    assert without_days(printed_by(command, run, real_data)) == without_days(command.output)
