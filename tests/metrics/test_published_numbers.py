"""Every published example of a metric comes out of the public API at the digits that its source prints."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

import beachhead
from beachhead.stats.nps import nps_of_counts

END = date(2006, 12, 31)


@pytest.fixture(scope="module")
def examples(reference: Path) -> dict[str, dict[str, dict[str, float]]]:
    listed = json.loads((reference / "saas_metric_examples.json").read_text())["examples"]
    return {e["metric"]: e for e in listed}


def test_no_published_example_is_left_out(examples: dict[str, object]) -> None:
    of_histories = {
        "mrr_annual_normalisation", "mrr_additional_subscription", "mrr_cancel_one_of_several", "mrr_cancel_last",
        "mrr_resubscribe", "mrr_quarterly", "mrr_portfolio", "mrr_forever_coupon",
    }  # fmt: skip
    here = {
        "gross_mrr_churn_standard", "net_mrr_churn_standard", "gross_mrr_churn_daily_shopify_form",
        "customer_churn_standard", "ltv_arpa_over_churn", "trial_to_paid_cohort", "trial_conversion", "quick_ratio",
        "cac_payback_months", "cac_payback_months_churn_adjusted", "activation_rate", "nps",
    }  # fmt: skip
    assert set(examples) == of_histories | here


@pytest.mark.parametrize(("metric", "example"), [("gross_mrr_churn", "gross_mrr_churn_standard"),
                                                 ("net_mrr_churn", "net_mrr_churn_standard")])  # fmt: skip
def test_mrr_churn_is_as_published(metric: str, example: str, examples: dict[str, dict[str, dict[str, float]]]) -> None:
    given, expected = examples[example]["in"], examples[example]["expect"]
    value = beachhead.metric(metric).value(
        opening_mrr=given["start"], churned_mrr=given["churn"], contraction_mrr=given["contraction"],
        expansion_mrr=given["expansion"], reactivated_mrr=given["reactivation"],
    )  # fmt: skip
    assert value == pytest.approx(expected["rate"])


def test_a_day_of_gross_churn_is_as_published(examples: dict[str, dict[str, dict[str, float]]]) -> None:
    e = examples["gross_mrr_churn_daily_shopify_form"]
    lost = e["in"]["day_start"] - e["in"]["day_end"]
    value = beachhead.metric("gross_mrr_churn").value(
        opening_mrr=e["in"]["day_start"], churned_mrr=lost, contraction_mrr=0
    )
    assert value == pytest.approx(e["expect"]["day_rate"])


def test_customer_churn_leaves_out_who_joined_or_came_back(examples: dict[str, dict[str, dict[str, float]]]) -> None:
    e = examples["customer_churn_standard"]
    left = e["in"]["churned"] - e["in"]["of_which_reactivated_in_period"] - e["in"]["of_which_joined_in_period"]
    churn = beachhead.metric("customer_churn")
    assert churn.value(lost_customers=left, opening_customers=e["in"]["start_customers"]) == e["expect"]["rate"]
    stripe = churn.as_defined_by("stripe").value(churned_customers=12, opening_customers=100, new_customers=20)
    assert stripe == 0.1


def test_ltv_is_arpa_over_churn_where_that_is_chosen(examples: dict[str, dict[str, dict[str, float]]]) -> None:
    e = examples["ltv_arpa_over_churn"]
    ltv = beachhead.metric("ltv").as_defined_by("arpa_over_churn")
    assert ltv.value(arpa=e["in"]["arpa"], trailing_churn=e["in"]["churn"]) == e["expect"]["ltv"]
    assert ltv.value(arpa=100, trailing_churn=0) is None


def test_ltv_with_a_horizon_is_finite_without_churn() -> None:
    undiscounted = beachhead.metric("ltv").value(arpa=100, trailing_churn=0, discount_rate=0, horizon_months=36)
    assert undiscounted == pytest.approx(3600)
    one = beachhead.metric("ltv").value(arpa=100, trailing_churn=1, horizon_months=36)
    assert one == pytest.approx(100)


def test_trials_convert_as_published(examples: dict[str, dict[str, dict[str, float]]]) -> None:
    cohort, rolling = examples["trial_to_paid_cohort"], examples["trial_conversion"]
    value = beachhead.metric("trial_to_paid").value(
        converted_trials=cohort["in"]["ever_converted"], mature_trials=cohort["in"]["trials_started_in_month"]
    )
    assert value == cohort["expect"]["rate"]
    value = beachhead.metric("trial_to_paid_rolling").value(
        paid_trials=rolling["in"]["converted"], ended_trials=rolling["in"]["eligible_trials"]
    )
    assert value == rolling["expect"]["rate"]


def test_the_quick_ratio_is_as_published(examples: dict[str, dict[str, dict[str, float]]]) -> None:
    e = examples["quick_ratio"]
    moved = {"new_mrr": e["in"]["new"], "expansion_mrr": e["in"]["expansion"],
             "churned_mrr": e["in"]["churned"], "contraction_mrr": e["in"]["contraction"]}  # fmt: skip
    ratio = beachhead.metric("quick_ratio").value(**moved)
    assert ratio is not None
    assert round(ratio, 2) == e["expect"]["ratio"]
    assert beachhead.metric("net_new_mrr").value(**moved, reactivated_mrr=0) == e["expect"]["net_new_mrr"]
    assert beachhead.metric("quick_ratio").value(**{**moved, "churned_mrr": 0, "contraction_mrr": 0}) is None


def test_cac_payback_is_as_published(examples: dict[str, dict[str, dict[str, float]]]) -> None:
    payback = beachhead.metric("cac_payback")
    plain, adjusted = examples["cac_payback_months"], examples["cac_payback_months_churn_adjusted"]
    months = payback.as_defined_by("per_customer").value(**{k: plain["in"][k] for k in ("cac", "arpa", "gross_margin")})
    assert months is not None
    assert round(months, 2) == plain["expect"]["months"]
    given = {k: adjusted["in"][k] for k in ("cac", "arpa", "gross_margin")}
    months = payback.as_defined_by("churn_adjusted").value(**given, trailing_churn=adjusted["in"]["monthly_churn"])
    assert months is not None
    assert round(months, 2) == adjusted["expect"]["months"]


def test_activation_is_as_published(examples: dict[str, dict[str, dict[str, float]]]) -> None:
    e = examples["activation_rate"]
    value = beachhead.metric("activation_rate").value(
        activated_signups=e["in"]["activated"], mature_signups=e["in"]["signups"]
    )
    assert value == e["expect"]["rate"]


def test_nps_and_its_variance_are_as_published(examples: dict[str, dict[str, dict[str, str | float]]]) -> None:
    e = examples["nps"]
    shares = [Fraction(str(e["in"][k])) for k in ("p_promoter", "p_passive", "p_detractor")]
    promoters, passives, detractors = (int(s * 600) for s in shares)
    value = beachhead.metric("nps").value(promoters=promoters, passives=passives, detractors=detractors)
    assert value == pytest.approx(100 * float(e["expect"]["nps"]))
    counted = nps_of_counts(promoters, passives, detractors)
    assert counted is not None
    assert counted.variance == pytest.approx(float(e["expect"]["variance"]))


def test_rfm_scores_and_segments_are_those_of_the_r_package(reference: Path, tmp_path: Path) -> None:
    """995 customers as orders in a project: as many as published, the last on the published day, the published sum."""
    with (reference / "rfm_scored.csv").open(newline="") as file:
        published = {row["customer_id"]: row for row in csv.DictReader(file)}
    (tmp_path / "sources").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "beachhead.yml").write_text("name: Published\ntemplate: shop\n")
    (tmp_path / "sources" / "orders.yml").write_text(
        "files: data/orders.csv\ntable: orders\ncolumns: {order_id: id, account_id: customer, ordered_at: day, "
        "revenue: amount}\n"
    )
    with (tmp_path / "data" / "orders.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "customer", "day", "amount"])
        for customer, row in published.items():
            count, last = int(row["transaction_count"]), END - timedelta(days=int(row["recency_days"]))
            for n in range(count):
                amount = row["amount"] if n == 0 else 0
                writer.writerow([f"{customer}-{n}", customer, (last - timedelta(days=n)).isoformat(), amount])
    accounts = beachhead.open(tmp_path).run(as_of=END).accounts.arrow().to_pylist()
    assert len(accounts) == 995
    for found in accounts:
        expected = published[found["account_id"]]
        scores = [found[f"rfm_{part}_score"] for part in ("recency", "frequency", "monetary")]
        assert [int(expected[f"{part}_score"]) for part in ("recency", "frequency", "monetary")] == scores
        assert found["rfm_segment"] == expected["segment"]
    champions = [a for a in accounts if a["rfm_segment"] == "Champions"]
    revenue = sum(a["revenue_cents_total"] for a in champions) // 100
    assert (len(champions), sum(a["order_count_total"] for a in champions), revenue) == (35, 316, 31646)
