"""The core path gives the same on DuckDB and on a real PostgreSQL."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from model_world import make_world

from beachhead.customers.ledger import ENTRIES, LINES, MOVEMENTS
from beachhead.customers.record import AREAS, PERIODS, area_sql
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine
from beachhead.engines.postgres import PostgresEngine

D = date(2026, 3, 31)


def _world(seed: int) -> dict[str, list[dict[str, object]]]:
    rng = random.Random(seed)

    def day() -> date | None:
        return rng.choice([None, D - timedelta(days=rng.randint(-40, 900))])

    accounts = [
        {
            "account_no": n,
            "signed_up_at": D - timedelta(days=rng.randint(0, 900)),
            "trial_ends_at": day(),
            "churned_at": day() if n % 3 == 0 else None,
            "is_churned": rng.choice([None, False, True]) if n % 3 == 1 else None,
            "status": rng.choice(["Active", "Lost"]) if n % 3 == 2 else None,
        }
        for n in range(1, 301)
    ]
    subscriptions = [
        {
            "account_no": rng.randint(1, 280),
            "subscription_id": f"s{n % 500}",
            "started_at": D - timedelta(days=rng.randint(-30, 900)),
            "valid_from": D - timedelta(days=n % 7 * 100 - 20),
            "ended_at": day(),
            "cancelled_at": day(),
            "trial_ends_at": day(),
            "amount": rng.choice([0, 999, 4900, 120001, 10**14]),
            "interval": rng.choice(["month", "year", "quarter", "week", "day"]),
            "interval_count": rng.choice([None, 1, 2]),
            "quantity": rng.choice([None, 1, 7]),
            "discount_percent": rng.choice([None, 12.5, 33.3333]),
            "discount": rng.choice([None, 100]),
            "plan": rng.choice([None, "Pro", "free", "Ältere"]),
        }
        for n in range(700)
    ]
    charges = [
        {
            "account_no": rng.randint(1, 300),
            "charged_at": D - timedelta(days=rng.randint(-30, 400)),
            "amount": rng.randint(0, 90000),
            "refunded": rng.choice([None, 100]),
            "refunded_at": day(),
            "status": rng.choice([None, "paid", "failed"]),
        }
        for _ in range(900)
    ]
    orders = [
        {
            "account_no": rng.randint(1, 300),
            "order_id": f"o{n}",
            "ordered_at": D - timedelta(days=rng.randint(-30, 400)),
            "revenue": rng.randint(-500, 90000),
            "discount": rng.choice([None, 0, 50]),
            "cancelled_at": day(),
        }
        for n in range(600)
    ]
    deals = [
        {"account_no": rng.randint(1, 300), "created_at": D - timedelta(days=rng.randint(0, 900)), "closed_at": day(),
         "is_won": rng.choice([None, True, False]), "amount": rng.randint(0, 9999)}
        for _ in range(200)
    ]  # fmt: skip
    return {"accounts": accounts, "subscriptions": subscriptions, "charges": charges, "orders": orders, "deals": deals}


def test_areas_are_equal_on_duckdb_and_postgresql(tmp_path: Path, postgres: str) -> None:
    rows = _world(seed=11)
    accounts = list(range(1, 301))
    with DuckEngine(tmp_path) as duck, PostgresEngine(postgres) as pg:
        make_world(duck, D, accounts, rows)
        make_world(pg, D, accounts, rows)
        for name in AREAS:
            ours, theirs = (e.query(f"SELECT * FROM area_{name} ORDER BY account_no") for e in (duck, pg))
            assert ours.column_names == theirs.column_names
            assert ours.to_pylist() == theirs.to_pylist(), name
        for name in ("churned_but_paying", "charged_and_ordered"):
            ours, theirs = (e.query(emit(area_sql(name), e.dialect)) for e in (duck, pg))
            assert ours.to_pylist() == theirs.to_pylist(), name
            assert ours.num_rows > 20
        assert duck.query("SELECT count(*) AS n FROM area_subscriptions")["n"][0].as_py() > 200


@pytest.mark.parametrize("source", ["subscriptions", "charges"])
def test_the_ledger_is_equal_on_duckdb_and_postgresql(tmp_path: Path, postgres: str, source: str) -> None:
    rows = _world(seed=12)
    for n, row in enumerate(rows[source]):
        row["currency"] = (None, "USD", "JPY")[n % 3]
        if source == "charges":
            row.update(interval=("month", "year", "week")[n % 5 % 3], native_net=row["amount"], is_prorated=n % 9 == 0)
            row.update({"period_start": row["charged_at"], "period_end": D} if n % 7 == 0 else {})
    with DuckEngine(tmp_path) as duck, PostgresEngine(postgres) as pg:
        for engine in (duck, pg):
            make_world(engine, D, list(range(1, 301)), {source: rows[source]}, rates={"USD": 0.9137, "JPY": 0.006})
        for name in (LINES, PERIODS, ENTRIES, MOVEMENTS):
            ours, theirs = (e.query(f"SELECT * FROM {name}") for e in (duck, pg))
            assert ours.column_names == theirs.column_names
            assert sorted(map(repr, ours.to_pylist())) == sorted(map(repr, theirs.to_pylist())), name
            assert ours.num_rows > 100, name
