"""Turns that metrics must not take: into the future, into another metric's parameters, into exchange rates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from beachhead.engines.duck import DuckEngine
from beachhead.metrics.catalogue import BUILT_IN
from beachhead.metrics.counting import Question
from beachhead.metrics.evaluate import Definitions, evaluate
from beachhead.metrics.grouping import everybody
from beachhead.metrics.measures import BUILT_IN as MEASURES
from beachhead.metrics.metric import Metric
from beachhead.metrics.periods import Every, periods_between
from beachhead.metrics.table import Cell
from beachhead.project.definitions import Settings
from beachhead.service.made_rows import Rows, make_rows
from beachhead.service.made_world import MadeWorld

MARCH = date(2024, 3, 31)


def cells(
    folder: Path, rows: Rows, metrics: list[Metric], *, as_of: date = MARCH, every: Every = "month",
    first: date = date(2024, 1, 1), event: str | None = None, rates: dict[str, object] | None = None,
) -> list[Cell]:  # fmt: skip
    settings = Settings.model_validate({"name": "x", "rates": rates or {}})
    definitions = Definitions({**BUILT_IN, **{m.name: m for m in metrics}}, MEASURES)
    with DuckEngine(folder) as engine:
        made = MadeWorld(make_rows(rows, settings), settings, as_of, engine, engine)
        periods = periods_between(first, as_of, every)
        question = Question(periods, every, everybody(len(periods), len(made.rows.numbers)), {})
        return evaluate(
            [replace(m, minimum=0) for m in metrics], definitions, made.facts(event), question, len(periods)
        )


def test_a_payment_after_the_day_does_not_convert_a_trial(tmp_path: Path) -> None:
    rows: Rows = {"subscriptions": [{"account_id": "a", "subscription_id": "s", "started_at": "2024-03-01",
                                     "trial_ends_at": "2024-03-15", "amount": 10}],
                  "accounts": [{"account_id": "a", "signed_up_at": "2024-03-01"}]}  # fmt: skip
    late = [{**rows["subscriptions"][0], "amount": 0}, {**rows["subscriptions"][0], "valid_from": "2024-05-10"}]
    early = cells(tmp_path, {**rows, "subscriptions": late}, [BUILT_IN["trial_to_paid"]])
    assert early[-1].value == 0
    assert cells(tmp_path / "paid", rows, [BUILT_IN["trial_to_paid"]])[-1].value == 1


def test_rates_neither_keep_nor_lose_revenue_of_who_left(tmp_path: Path) -> None:
    rows: Rows = {"subscriptions": [{"account_id": "a", "subscription_id": "s", "started_at": "2024-01-10",
                                     "ended_at": "2024-03-20", "amount": 100, "currency": "USD"}]}  # fmt: skip
    for worth in (0.9, 1.1):
        rates: dict[str, object] = {"USD": {"2024-01-01": 1.0, "2024-03-10": worth}}
        found = cells(tmp_path / str(worth), rows, [BUILT_IN["nrr"], BUILT_IN["grr"]], rates=rates)
        assert [c.value for c in found if c.period.label == "2024-03"] == [0, 0]


def test_each_metric_has_its_own_parameters(tmp_path: Path) -> None:
    rows: Rows = {
        "accounts": [{"account_id": f"a{n}", "signed_up_at": "2024-02-01"} for n in range(4)],
        "events": [{"account_id": f"a{n}", "event": "go", "occurred_at": f"2024-02-0{n + 2}"} for n in range(4)],
    }
    quick = replace(BUILT_IN["activation_rate"], name="quick", parameters={"activation_days": 2.0})
    for order in ([quick, BUILT_IN["activation_rate"]], [BUILT_IN["activation_rate"], quick]):
        found = cells(tmp_path / order[0].name, rows, order, event="go")
        assert {c.metric: c.value for c in found if c.period.label == "2024-02"} == {
            "quick": 0.5,
            "activation_rate": 1.0,
        }


def test_who_did_it_before_and_after_signing_up_is_activated(tmp_path: Path) -> None:
    rows: Rows = {
        "accounts": [{"account_id": "a", "signed_up_at": "2024-02-10"}],
        "events": [{"account_id": "a", "event": "go", "occurred_at": d} for d in ("2024-02-09", "2024-02-11")],
    }
    assert cells(tmp_path, rows, [BUILT_IN["activation_rate"]], event="go")[1].value == 1


def test_an_order_of_unknown_value_is_no_order_of_nothing(tmp_path: Path) -> None:
    rows: Rows = {"orders": [{"account_id": "a", "order_id": "1", "ordered_at": "2024-02-01", "revenue": 100},
                             {"account_id": "a", "order_id": "2", "ordered_at": "2024-02-02"}]}  # fmt: skip
    found = {c.metric: c.value for c in cells(tmp_path, rows, [BUILT_IN["aov"], BUILT_IN["orders"]])
             if c.period.label == "2024-02"}  # fmt: skip
    assert found == {"aov": 10_000, "orders": 2}


@pytest.mark.parametrize("every", ["month", "quarter", "year"])
def test_churn_of_six_months_is_monthly_or_null(every: Every, tmp_path: Path) -> None:
    rows: Rows = {"subscriptions": [
        {"account_id": f"a{n}", "subscription_id": f"s{n}", "started_at": "2022-01-10",
         "ended_at": "2023-08-15" if n == 0 else None, "amount": 10} for n in range(10)]}  # fmt: skip
    found = cells(tmp_path, rows, [BUILT_IN["trailing_churn"]], every=every, first=date(2022, 1, 1))
    last = [c for c in found if c.value is not None and c.period.start >= date(2024, 1, 1)]
    if every == "year":
        assert last == []
    else:
        assert last[0].value == pytest.approx(1 / 57 if every == "month" else 1 / 19 / 3, rel=0.05)
