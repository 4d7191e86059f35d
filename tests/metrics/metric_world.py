"""Random companies of subscriptions, and their metrics, in any engine."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from beachhead.engines.base import Engine
from beachhead.engines.duck import DuckEngine
from beachhead.metrics.catalogue import BUILT_IN
from beachhead.metrics.counting import Counted, Question, walked
from beachhead.metrics.evaluate import Definitions, evaluate
from beachhead.metrics.grouping import Grouping, everybody
from beachhead.metrics.measures import BUILT_IN as MEASURES
from beachhead.metrics.periods import Every, periods_between
from beachhead.metrics.table import Cell
from beachhead.project.definitions import Settings
from beachhead.service.made_rows import Plain, Rows, make_rows
from beachhead.service.made_world import MadeWorld

FIRST, LAST = date(2024, 1, 1), date(2025, 12, 31)
SETTINGS = Settings.model_validate(
    {"name": "Random", "rates": {"USD": {"2024-01-01": 0.9, "2024-06-01": 0.95, "2025-03-01": 0.88}}}
)
DEFINITIONS = Definitions(BUILT_IN, MEASURES)


def random_company(seed: int, customers: int = 40) -> dict[str, list[dict[str, Plain]]]:
    """Subscriptions with upgrades, pauses, discounts, trials, two currencies; some customers have several."""
    rng = random.Random(seed)

    def day(low: int = -30, high: int = 700) -> str:
        return (FIRST + timedelta(days=rng.randint(low, high))).isoformat()

    rows: list[dict[str, Plain]] = []
    for customer in range(customers):
        for number in range(rng.randint(0, 3)):
            start = day()
            rows += [
                {
                    "account_id": f"c{customer}",
                    "subscription_id": f"c{customer}-{number}",
                    "started_at": start,
                    "valid_from": None if version == 0 else day(),
                    "ended_at": day() if rng.random() < 0.4 else None,
                    "trial_ends_at": day() if rng.random() < 0.2 else None,
                    "paused_at": day() if rng.random() < 0.15 else None,
                    "resumed_at": day() if rng.random() < 0.1 else None,
                    "amount": rng.choice([0, 9.99, 49, 120, 1234.56]),
                    "interval": rng.choice(["month", "year", "quarter", "week"]),
                    "quantity": rng.choice([None, 1, 3]),
                    "discount_percent": rng.choice([None, None, 25, 33.3333]),
                    "discount_starts_at": day() if rng.random() < 0.2 else None,
                    "discount_ends_at": day() if rng.random() < 0.3 else None,
                    "currency": rng.choice([None, "EUR", "USD"]),
                    "product_line": rng.choice(["core", "extra"]),
                }
                for version in range(rng.randint(1, 4))
            ]
    return {"subscriptions": rows}


@contextmanager
def duck_world(rows: Rows, folder: Path) -> Iterator[MadeWorld]:
    """The rows in an embedded engine."""
    with DuckEngine(folder) as engine:
        yield world(rows, engine, engine)


def world(rows: Rows, engine: Engine, embedded: DuckEngine) -> MadeWorld:
    return MadeWorld(make_rows(rows, SETTINGS), SETTINGS, LAST, engine, embedded)


def question(made: MadeWorld, every: Every = "month", grouping: Grouping | None = None) -> Question:
    periods = periods_between(FIRST - timedelta(days=31), LAST, every)
    return Question(periods, every, grouping or everybody(len(periods), len(made.rows.numbers)), {})


def mrr_measures(made: MadeWorld, asked: Question) -> Mapping[str, Counted]:
    return walked(made.movements, LAST, asked)


def cells(made: MadeWorld, names: Sequence[str], asked: Question) -> list[Cell]:
    metrics = [replace(BUILT_IN[n], minimum=0) for n in names]
    return evaluate(metrics, DEFINITIONS, made.facts(None), asked, len(asked.periods))


def random_partition(made: MadeWorld, seed: int, periods: int, groups: int = 3) -> Grouping:
    """Every customer in exactly one of some groups, which changes from period to period."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, groups, (periods, len(made.rows.numbers) + 1)).astype(np.int32)
    return Grouping("part", tuple(f"g{n}" for n in range(groups)), codes)
