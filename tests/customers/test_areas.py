"""Each area of the customer record, from rows written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from model_world import area, make_world

from beachhead.engines.duck import DuckEngine

D = date(2026, 3, 31)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckEngine]:
    with DuckEngine(tmp_path) as opened:
        yield opened


def subscription(**values: object) -> dict[str, object]:
    return {
        "account_no": 1,
        "subscription_id": "s1",
        "started_at": date(2026, 1, 1),
        "amount": 10000,
        "interval": "month",
        "plan": "pro",
        **values,
    }


@pytest.mark.parametrize(
    ("values", "mrr"),
    [
        ({}, 10000),
        ({"interval": "year", "amount": 120000}, 10000),
        ({"interval": "year", "amount": 100000}, 8333),
        ({"interval": "quarter", "amount": 10001}, 3334),
        ({"interval": "week", "amount": 1000}, 4333),
        ({"interval": "day", "amount": 100}, 3042),
        ({"interval_count": 3}, 3333),
        ({"quantity": 5}, 50000),
        ({"discount_percent": 25.0}, 7500),
        ({"discount_percent": 33.3333, "amount": 9999}, 6666),
        ({"discount": 1500, "quantity": 2}, 18500),
        ({"amount": 5, "interval": "year", "quantity": 6}, 3),
        ({"ended_at": date(2026, 3, 31)}, 0),
        ({"ended_at": date(2026, 4, 1)}, 10000),
        ({"trial_ends_at": date(2026, 4, 1)}, 0),
        ({"trial_ends_at": date(2026, 3, 31)}, 10000),
        ({"amount": 0}, 0),
    ],
)
def test_mrr_of_one_subscription(engine: DuckEngine, values: dict[str, object], mrr: int) -> None:
    make_world(engine, D, [1], {"subscriptions": [subscription(**values)]})
    assert area(engine, "subscriptions")[1]["mrr_cents"] == mrr


def test_later_version_replaces_earlier_one(engine: DuckEngine) -> None:
    versions = [
        subscription(valid_from=date(2026, 1, 1)),
        subscription(valid_from=date(2026, 3, 1), amount=25000, plan="team"),
        subscription(valid_from=date(2026, 4, 1), amount=99900, plan="later"),
    ]
    make_world(engine, D, [1], {"subscriptions": versions})
    found = area(engine, "subscriptions")[1]
    assert (found["mrr_cents"], found["plan"], found["mrr_first_cents"]) == (25000, "team", 10000)
    assert found["mrr_change_cents_90d"] == 25000 - 0
    assert found["subscription_count_total"] == 1


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_versions_of_one_day_the_later_counts(engine: DuckEngine, turned: bool) -> None:
    rows = [
        subscription(valid_from=datetime(2026, 2, 1, hour), valid_from_day=date(2026, 2, 1), amount=amount)
        for hour, amount in ((9, 1000), (15, 2000))
    ]
    make_world(engine, D, [1], {"subscriptions": rows[::-1] if turned else rows})
    assert area(engine, "subscriptions")[1]["mrr_cents"] == 2000


def test_change_of_mrr_looks_back_ninety_days(engine: DuckEngine) -> None:
    versions = [
        subscription(started_at=date(2025, 6, 1), valid_from=date(2025, 6, 1)),
        subscription(started_at=date(2025, 6, 1), valid_from=date(2026, 3, 1), amount=25000),
    ]
    make_world(engine, D, [1], {"subscriptions": versions})
    assert area(engine, "subscriptions")[1]["mrr_change_cents_90d"] == 15000


def test_subscription_that_ends_after_the_day_is_not_known_to_end(engine: DuckEngine) -> None:
    make_world(engine, D, [1], {"subscriptions": [subscription(ended_at=date(2026, 5, 1))]})
    assert area(engine, "lifecycle")[1]["account_status"] == "active_customer"


def test_renewals_count_terms_that_ended_while_it_ran_on(engine: DuckEngine) -> None:
    rows = [subscription(started_at=date(2024, 1, 1), interval="year", amount=120000)]
    make_world(engine, D, [1], {"subscriptions": rows})
    found = area(engine, "subscriptions")[1]
    assert found["renewal_count"] == 2
    assert found["next_renewal_on"] == date(2026, 12, 31)


def test_cancelled_but_running_is_cancelling(engine: DuckEngine) -> None:
    rows = [subscription(cancelled_at=date(2026, 3, 20), ended_at=date(2026, 4, 1))]
    make_world(engine, D, [1], {"subscriptions": rows})
    assert area(engine, "subscriptions")[1]["is_cancelling"] is True


def test_leading_plan_is_that_of_the_highest_mrr(engine: DuckEngine) -> None:
    rows = [subscription(), subscription(subscription_id="s2", plan="add-on", amount=500)]
    make_world(engine, D, [1], {"subscriptions": rows})
    found = area(engine, "subscriptions")[1]
    assert (found["plan"], found["mrr_cents"], found["subscription_count"]) == ("pro", 10500, 2)


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ({}, "prospect"),
        ({"subscriptions": [subscription()]}, "active_customer"),
        ({"subscriptions": [subscription(ended_at=date(2026, 2, 1))]}, "churned"),
        ({"subscriptions": [subscription(cancelled_at=date(2026, 1, 5), ended_at=date(2026, 2, 1))]}, "churned"),
        (
            {
                "subscriptions": [subscription(amount=None, ended_at=date(2026, 2, 1))],
                "charges": [{"account_no": 1, "charged_at": date(2026, 1, 1), "amount": 1000}],
            },
            "churned",
        ),
        ({"subscriptions": [subscription(trial_ends_at=date(2026, 4, 9))]}, "active_trial"),
        (
            {"subscriptions": [subscription(trial_ends_at=date(2026, 1, 15), ended_at=date(2026, 1, 15))]},
            "expired_trial",
        ),
        ({"subscriptions": [subscription(amount=0)]}, "free"),
        ({"accounts": [{"account_no": 1, "trial_ends_at": date(2026, 4, 9)}]}, "active_trial"),
        ({"accounts": [{"account_no": 1, "trial_ends_at": date(2026, 3, 9)}]}, "expired_trial"),
        ({"accounts": [{"account_no": 1, "mrr": 500}]}, "active_customer"),
        ({"accounts": [{"account_no": 1, "mrr": 500, "is_churned": True}]}, "churned"),
        ({"accounts": [{"account_no": 1, "churned_at": date(2026, 3, 1)}]}, "churned"),
        ({"accounts": [{"account_no": 1, "mrr": 500, "churned_at": date(2026, 5, 1)}]}, "active_customer"),
        ({"accounts": [{"account_no": 1, "status": "Trial"}]}, "active_trial"),
        ({"orders": [{"account_no": 1, "order_id": "o", "ordered_at": D, "revenue": 100}]}, "active_customer"),
        ({"orders": [{"account_no": 1, "order_id": "o", "ordered_at": date(2026, 4, 1), "revenue": 1}]}, "prospect"),
    ],
)
def test_status_from_what_is_known(engine: DuckEngine, rows: dict[str, list[dict[str, object]]], status: str) -> None:
    make_world(engine, D, [1], rows)
    assert area(engine, "lifecycle")[1]["account_status"] == status


def test_tenure_ends_when_the_customer_left(engine: DuckEngine) -> None:
    make_world(engine, D, [1], {"subscriptions": [subscription(ended_at=date(2026, 2, 1))]})
    found = area(engine, "lifecycle")[1]
    assert (found["tenure_days"], found["churned_on"]) == (31, date(2026, 2, 1))


def test_deal_before_first_payment_means_sales_led(engine: DuckEngine) -> None:
    deals = [
        {"account_no": 1, "deal_id": "d", "created_at": date(2025, 12, 1)},
        {"account_no": 2, "deal_id": "e", "created_at": date(2026, 2, 1)},
    ]
    rows = [subscription(), subscription(account_no=2, subscription_id="s2")]
    make_world(engine, D, [1, 2], {"subscriptions": rows, "deals": deals})
    found = area(engine, "lifecycle")
    assert [found[n]["buying_motion"] for n in (1, 2)] == ["sales_led", "self_serve"]


@pytest.mark.parametrize("stated", [{"is_churned": True}, {"status": "churned"}])
@pytest.mark.parametrize(("left", "is_churned"), [(None, True), (date(2026, 3, 31), True), (date(2026, 4, 1), False)])
def test_who_leaves_later_is_not_churned_yet(
    engine: DuckEngine, stated: dict[str, object], left: date | None, is_churned: bool
) -> None:
    make_world(engine, D, [1], {"accounts": [{"account_no": 1, "churned_at": left, **stated}]})
    assert area(engine, "lifecycle")[1]["is_churned"] == is_churned


def test_revenue_counts_refunds_on_their_day_and_no_failed_payment(engine: DuckEngine) -> None:
    charges = [
        {"account_no": 1, "charged_at": date(2026, 3, 1), "amount": 1000},
        {"account_no": 1, "charged_at": date(2026, 1, 31), "amount": 5000, "status": "paid"},
        {"account_no": 1, "charged_at": date(2026, 3, 5), "amount": 700, "status": "failed"},
        {
            "account_no": 1,
            "charged_at": date(2025, 12, 1),
            "amount": 900,
            "refunded": 400,
            "refunded_at": date(2026, 3, 30),
        },
        {
            "account_no": 1,
            "charged_at": date(2025, 1, 1),
            "amount": 60,
            "refunded": 60,
            "refunded_at": date(2026, 4, 2),
        },
    ]
    make_world(engine, D, [1], {"charges": charges})
    found = area(engine, "revenue")[1]
    assert found["revenue_cents_total"] == 1000 + 5000 + 900 - 400 + 60
    assert found["revenue_cents_30d"] == -400
    assert found["revenue_cents_90d"] == 1000 + 5000 - 400
    assert found["refund_cents_total"] == 400
    assert area(engine, "payments")[1]["failed_payment_count_90d"] == 1


def test_window_of_thirty_days_begins_twenty_nine_days_before(engine: DuckEngine) -> None:
    charges = [
        {"account_no": 1, "charged_at": date(2026, 3, 2), "amount": 1},
        {"account_no": 1, "charged_at": date(2026, 3, 1), "amount": 10},
    ]
    make_world(engine, D, [1], {"charges": charges})
    assert area(engine, "revenue")[1]["revenue_cents_30d"] == 1


def test_orders_of_a_repeat_buyer(engine: DuckEngine) -> None:
    orders = [
        {"account_no": 1, "order_id": "a", "ordered_at": date(2025, 1, 10), "revenue": 1000, "discount": 100},
        {"account_no": 1, "order_id": "b", "ordered_at": date(2026, 1, 10), "revenue": 2001},
        {"account_no": 1, "order_id": "c", "ordered_at": date(2026, 3, 11), "revenue": -500},
        {"account_no": 2, "order_id": "d", "ordered_at": date(2026, 3, 31), "revenue": 10},
    ]
    make_world(engine, D, [1, 2], {"orders": orders})
    found = area(engine, "orders")
    first = found[1]
    assert (first["order_count_total"], first["order_count_90d"], first["cancelled_order_count"]) == (2, 1, 1)
    assert (first["average_order_cents"], first["days_to_second_order"]) == (1501, 365)
    assert (first["is_repeat_buyer"], first["discounted_order_share"]) == (True, 0.5)
    assert (found[2]["days_since_last_order"], found[2]["days_to_second_order"]) == (0, None)
    assert found[2]["days_between_orders"] is None


@pytest.mark.parametrize(("refunded_at", "revenue"), [(None, 0), (date(2026, 3, 31), 0), (date(2026, 4, 1), 1000)])
def test_payment_that_is_given_back_later_still_counts(
    engine: DuckEngine, refunded_at: date | None, revenue: int
) -> None:
    charge = {"account_no": 1, "charged_at": date(2026, 3, 1), "amount": 1000, "status": "refunded"}
    given_back = {"refunded": 1000, "refunded_at": refunded_at}
    paid = {"account_no": 1, "charged_at": date(2026, 3, 1), "amount": 5, "status": "paid"}
    make_world(engine, D, [1], {"charges": [{**charge, **given_back}, paid]})
    assert area(engine, "revenue")[1]["revenue_cents_total"] == revenue + 5


def test_margin_leaves_out_lines_without_a_cost(engine: DuckEngine) -> None:
    lines = [
        {"account_no": 1, "order_id": "a", "product_id": "p", "quantity": 3.0, "amount": 900, "line_order": 2},
        {"account_no": 1, "order_id": "a", "product_id": "q", "quantity": 1.0, "amount": 500, "line_order": 1},
    ]
    products = [{"product_id": "p", "unit_cost": 150, "name": "Pen"}]
    make_world(engine, D, [1], {"order_lines": lines, "products": products})
    found = area(engine, "baskets")[1]
    assert (found["margin_cents_total"], found["first_product"], found["product_count"]) == (450, "q", 2)


def test_margin_leaves_out_cancelled_orders(engine: DuckEngine) -> None:
    order = {"account_no": 1, "ordered_at": date(2026, 3, 1), "revenue": 500}
    line = {"account_no": 1, "quantity": 1.0, "amount": 500}
    rows = {
        "orders": [
            {**order, "order_id": "a", "cancelled_at": date(2026, 3, 2)},
            {**order, "order_id": "b", "cancelled_at": date(2026, 4, 1)},
        ],
        "order_lines": [
            {**line, "order_id": "a", "product_id": "p", "line_order": 1},
            {**line, "order_id": "b", "product_id": "q", "line_order": 2},
        ],
        "products": [{"product_id": "p", "unit_cost": 100}, {"product_id": "q", "unit_cost": 200}],
    }
    make_world(engine, D, [1], rows)
    found = area(engine, "baskets")[1]
    assert (found["margin_cents_total"], found["first_product"], found["product_count"]) == (300, "q", 1)


def test_ticket_solved_later_is_open_and_its_cost_unknown(engine: DuckEngine) -> None:
    tickets = [
        {"account_no": 1, "created_at": date(2026, 3, 1), "solved_at": date(2026, 4, 2), "cost": 5000},
        {
            "account_no": 1,
            "created_at": datetime(2026, 1, 1, 8),
            "created_day": date(2026, 1, 1),
            "first_replied_at": datetime(2026, 1, 1, 9, 30),
            "first_replied_day": date(2026, 1, 1),
            "solved_at": date(2026, 1, 5),
            "cost": 700,
        },
    ]
    make_world(engine, D, [1], {"tickets": tickets})
    found = area(engine, "tickets")[1]
    assert (found["open_ticket_count"], found["support_cost_cents_total"]) == (1, 700)
    assert found["first_reply_hours"] == 1.5


def test_nps_is_the_latest_answer(engine: DuckEngine) -> None:
    responses = [
        {"account_no": 1, "survey": "NPS", "score": 10.0, "responded_at": date(2026, 1, 1)},
        {"account_no": 1, "survey": "nps", "score": 3.0, "responded_at": date(2026, 2, 1)},
        {"account_no": 1, "survey": "nps", "score": 9.0, "responded_at": date(2026, 4, 1)},
        {"account_no": 1, "survey": "csat", "score": 4.0, "responded_at": date(2026, 2, 1)},
    ]
    make_world(engine, D, [1], {"responses": responses})
    found = area(engine, "responses")[1]
    assert (found["nps_score"], found["nps_class"], found["csat_score"]) == (3.0, "detractor", 4.0)


def test_deal_closed_later_is_neither_won_nor_lost(engine: DuckEngine) -> None:
    deals = [
        {"account_no": 1, "created_at": date(2026, 1, 1), "closed_at": date(2026, 4, 5), "is_won": True, "amount": 900},
        {"account_no": 1, "created_at": date(2026, 1, 1), "closed_at": date(2026, 2, 5), "is_won": False, "amount": 50},
    ]
    make_world(engine, D, [1], {"deals": deals})
    found = area(engine, "deals")[1]
    assert (found["won_deal_count"], found["lost_deal_count"], found["open_deal_cents"]) == (0, 1, 900)


def test_facts_without_a_day_of_their_own_count_with_their_row(engine: DuckEngine) -> None:
    rows = {
        "deals": [{"account_no": 1, "created_at": date(2026, 1, 1), "is_won": True, "amount": 900}],
        "charges": [{"account_no": 1, "charged_at": date(2026, 3, 2), "amount": 1000, "refunded": 400}],
        "tickets": [{"account_no": 1, "created_at": date(2026, 3, 1), "cost": 700}],
    }
    mapped = {
        "deals": ["account_id", "created_at", "is_won", "amount"],
        "charges": ["account_id", "charged_at", "amount", "refunded"],
        "tickets": ["account_id", "created_at", "cost"],
    }
    make_world(engine, D, [1], rows, mapped)
    deals = area(engine, "deals")[1]
    assert (deals["won_deal_count"], deals["won_deal_cents"], deals["open_deal_cents"]) == (1, 900, 0)
    assert area(engine, "revenue")[1]["revenue_cents_30d"] == 600
    assert area(engine, "tickets")[1]["support_cost_cents_total"] == 700


def test_first_mrr_is_that_of_the_first_paid_version(engine: DuckEngine) -> None:
    rows = [
        subscription(valid_from=date(2026, 1, 1), trial_ends_at=date(2026, 1, 15), quantity=3),
        subscription(valid_from=date(2026, 1, 15), trial_ends_at=date(2026, 1, 15), quantity=9),
    ]
    make_world(engine, D, [1], {"subscriptions": rows})
    found = area(engine, "subscriptions")[1]
    assert found["mrr_first_cents"] == found["mrr_cents"] == 90000


def test_cancellation_that_was_withdrawn_is_forgotten(engine: DuckEngine) -> None:
    rows = [
        subscription(valid_from=date(2026, 1, 1), cancelled_at=date(2026, 2, 1), ended_at=date(2026, 3, 1)),
        subscription(valid_from=date(2026, 2, 15)),
    ]
    make_world(engine, D, [1], {"subscriptions": rows})
    found = area(engine, "subscriptions")[1]
    assert (found["is_cancelling"], found["is_running"], found["mrr_cents"]) == (False, True, 10000)


def test_later_version_changes_nothing_of_an_earlier_day(engine: DuckEngine, tmp_path: Path) -> None:
    now = [subscription(valid_from=date(2026, 1, 1), ended_at=date(2026, 3, 10))]
    later = subscription(valid_from=date(2026, 6, 1), ended_at=date(2026, 7, 20), amount=99900)
    make_world(engine, D, [1], {"subscriptions": now})
    with DuckEngine(tmp_path / "later") as other:
        make_world(other, D, [1], {"subscriptions": [*now, later]})
        assert area(other, "subscriptions") == area(engine, "subscriptions")


@pytest.mark.parametrize(
    ("word", "mrr"), [("Monthly", 12000), (None, 12000), ("annual", 1000), ("quarterly", 4000), ("fortnight", None)]
)
def test_words_for_intervals(engine: DuckEngine, word: str | None, mrr: int | None) -> None:
    make_world(engine, D, [1], {"subscriptions": [subscription(interval=word, amount=12000)]})
    assert area(engine, "subscriptions")[1]["mrr_cents"] == (mrr or 0)
    periods = engine.query("SELECT mrr_cents FROM subscription_periods")["mrr_cents"].to_pylist()
    assert periods == [mrr]


def test_refund_of_a_cancelled_order_takes_nothing_more_away(engine: DuckEngine) -> None:
    order = {"account_no": 1, "order_id": "o", "ordered_at": date(2026, 3, 1), "revenue": 10000, "refunded": 10000}
    make_world(
        engine, D, [1], {"orders": [{**order, "cancelled_at": date(2026, 3, 2), "refunded_at": date(2026, 3, 3)}]}
    )
    assert area(engine, "revenue").get(1, {}).get("revenue_cents_total", 0) in (0, None)


def test_orders_that_are_sums_of_lines_know_no_later_line(engine: DuckEngine) -> None:
    line = {"account_no": 1, "order_id": "o", "ordered_at": date(2026, 3, 1), "amount": 10000}
    later = {**line, "ordered_at": date(2026, 5, 1), "amount": -10000}
    mapped = {"order_lines": ["order_id", "account_id", "ordered_at", "amount"]}
    make_world(engine, D, [1], {"order_lines": [line, later]}, mapped)
    assert area(engine, "revenue")[1]["revenue_cents_total"] == 10000
