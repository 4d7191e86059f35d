"""Hand-worked histories against the oracle of the ledger: two ways to the same figures, neither the product's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from ledger_generator import LAST_DAY, random_charges, random_history, random_settings
from ledger_oracle import Movement, OracleSettings, movements

from beachhead.project.currency import minor_digits
from beachhead.project.definitions import Settings
from beachhead.project.model import BY_NAME
from beachhead.service.data_tests import DataTest, read_tests

HISTORIES = Path(__file__).parent / "histories"
THEMES = {path.stem: read_tests(HISTORIES, [path]) for path in sorted(HISTORIES.glob("*.yml"))}
TESTS = [(theme, test) for theme, tests in THEMES.items() for test, _ in tests]


def settings_of(test: DataTest) -> Settings:
    return Settings.model_validate({"name": "histories", **test.settings})


def oracle_settings(settings: Settings) -> OracleSettings:
    return OracleSettings(settings.currency, settings.rates, settings.mrr.churn_on, settings.mrr.discounts)


def _minor(value: object, digits: int) -> int:
    return int(Decimal(str(value)).scaleb(digits).quantize(Decimal(1), ROUND_HALF_UP))


def _typed(table: str, row: Mapping[str, object], digits: int) -> dict[str, object]:
    """A row in the form of the oracle: moments stay in local time."""
    typed: dict[str, object] = {}
    for name, value in row.items():
        column = BY_NAME[table].column(name)
        assert column is not None, f"{table} has no column {name}"
        if value is not None and column.type == "timestamp":
            day, _, hour = str(value).partition(" ")
            typed[name] = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour or "00:00"))
        elif value is not None and column.type == "money":
            typed[name] = _minor(value, digits)
        else:
            typed[name] = value
    return typed


def _last_day(month: str) -> date:
    year, number = map(int, month.split("-"))
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)


def _by_oracle(test: DataTest, digits: int) -> list[Movement]:
    until = test.as_of or _last_day(max([*(test.expect.movements or ()), *test.expect.mrr]))
    rows = {table: [_typed(table, row, digits) for row in listed] for table, listed in test.rows.items()}
    return movements(rows, oracle_settings(settings_of(test)), until)


@pytest.mark.parametrize("test", [pytest.param(t, id=f"{theme}: {t.name}") for theme, t in TESTS])
def test_oracle_agrees_with_hand_worked_histories(test: DataTest) -> None:
    digits = minor_digits(settings_of(test).currency)
    found = _by_oracle(test, digits)
    by_month: dict[str, Counter[str]] = defaultdict(Counter)
    for m in found:
        by_month[f"{m.day:%Y-%m}"][m.kind] += m.amount_minor
    assert test.expect.movements is not None
    expected = {
        month: {kind: _minor(amount, digits) for kind, amount in kinds.items()}
        for month, kinds in test.expect.movements.items()
        if kinds
    }
    assert {month: dict(kinds) for month, kinds in by_month.items()} == expected
    closing = {month: sum(m.amount_minor for m in found if m.day <= _last_day(month)) for month in test.expect.mrr}
    assert closing == {month: _minor(mrr, digits) for month, mrr in test.expect.mrr.items()}


def test_histories_explain_opening_and_closing_mrr() -> None:
    """Within the hand-worked figures themselves: the movements up to a month add up to its MRR."""
    for theme, test in TESTS:
        moved = {m: sum(Decimal(str(v)) for v in kinds.values()) for m, kinds in (test.expect.movements or {}).items()}
        for month, mrr in test.expect.mrr.items():
            assert sum(v for m, v in moved.items() if m <= month) == Decimal(str(mrr)), f"{theme}: {test.name}, {month}"


def test_histories_are_many_and_each_has_a_name_of_its_own() -> None:
    names = Counter(test.name for _, test in TESTS)
    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) >= 200
    assert len(THEMES) == 16


@pytest.mark.parametrize("make", [random_history, random_charges])
def test_random_customers_have_every_movement_and_each_follows_from_the_one_before(
    make: Callable[[Random], dict[str, list[dict[str, object]]]],
) -> None:
    kinds: Counter[str] = Counter()
    for seed in range(80):
        rng = Random(seed)
        settings = random_settings(rng)
        rows = make(rng)
        found = movements(rows, settings, LAST_DAY)
        kinds.update(m.kind for m in found)
        assert [m.kind for m in found if m.kind == "new"] == [m.kind for m in found[:1]]
        assert [m.day for m in found] == sorted(m.day for m in found)
        for before, after in pairwise(found):
            assert after.after_minor == before.after_minor + after.amount_minor
        assert all((m.after_minor == 0) == (m.kind == "churn") for m in found)
    assert set(kinds) == {"new", "expansion", "contraction", "churn", "reactivation", "fx"}
    assert min(kinds.values()) >= 5


def test_same_seed_makes_the_same_customer() -> None:
    assert random_history(Random(7)) == random_history(Random(7)) != random_history(Random(8))
    assert random_charges(Random(7)) == random_charges(Random(7)) != random_charges(Random(8))
