"""The example on IBM's telco files: five of them merged into one record for each customer."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pytest

import beachhead
from beachhead.service.results import Run

EXAMPLE = Path(__file__).parents[2] / "examples" / "telco"


@pytest.fixture(scope="module")
def raw(real_data: Path) -> list[dict[str, str]]:
    with (real_data / "telco_ibm_extended" / "telco_customer_churn.csv").open(encoding="utf-8") as f:
        return list(csv.DictReader(f))


@pytest.fixture(scope="module")
def run(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("telco") / "project"
    shutil.copytree(EXAMPLE, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BEACHHEAD_DATA", str(real_data))
        return beachhead.open(folder).run()


def test_everybody_is_there_and_those_who_left_have_left(run: Run, raw: list[dict[str, str]]) -> None:
    assert len(run.accounts) == len(raw) == 7_043
    assert pc.sum(run.accounts["is_churned"].cast("int64")).as_py() == 1_869
    assert len(run.set_aside) == 0


def test_monthly_charges_add_up_to_the_cent(run: Run, raw: list[dict[str, str]]) -> None:
    by_hand = sum(round(float(r["Monthly Charges"]) * 100) for r in raw)
    assert pc.sum(run.accounts["mrr_cents"]).as_py() == by_hand == 45_611_660


def test_columns_of_all_files_are_in_one_record(run: Run) -> None:
    record = run.customer("8779-QRDMV")
    assert (record["age"], record["city"], record["csat_score"]) == (78, "Los Angeles", 3.0)
    assert (record["churn_category"], record["plan"]) == ("Competitor", "Month-to-month")


def test_segments_equal_counting_by_hand(run: Run, raw: list[dict[str, str]]) -> None:
    newcomers = sum(
        r["Contract"] == "Month-to-month"
        and r["Internet Service"] == "Fiber optic"
        and round(int(r["Tenure Months"]) * 365.25 / 12) <= 365
        for r in raw
    )
    assert len(run.segments["month_to_month_fibre"]) == newcomers == 916
    assert len(run.segments["left_for_competitor"]) == 841


def test_what_is_known_only_afterwards_is_marked(run: Run) -> None:
    late = {n for n, a in run.attributes.items() if a.known_from == "outcome"}
    assert {"churn_score", "churn_reason", "churn_category"} <= late
