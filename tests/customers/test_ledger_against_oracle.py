"""The ledger of the product against histories worked by hand and against its slow second implementation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_world import Kind, disagreements

from beachhead.engines.duck import DuckEngine
from beachhead.engines.postgres import PostgresEngine
from beachhead.errors import Place
from beachhead.service.data_tests import DataTest, read_tests, run_test
from beachhead.service.plan import Plan, make_plan

HISTORIES = Path(__file__).parent / "histories"
TESTS = [(p.stem, *pair) for p in sorted(HISTORIES.glob("*.yml")) for pair in read_tests(HISTORIES, [p])]
LONG_WORLDS = {"subscriptions": 60, "charges": 40}
"""Of 100 customers each: 10,000."""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("project")
    (folder / "beachhead.yml").write_text("name: Histories\n")
    return make_plan(folder)


@pytest.fixture(scope="module")
def spill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spill")


@pytest.mark.parametrize("theme", sorted({theme for theme, _, _ in TESTS}))
def test_histories_worked_by_hand_come_out_on_duckdb(theme: str, plan: Plan, spill: Path) -> None:
    assert _differences(theme, plan, spill, None) == []


@pytest.mark.parametrize("theme", ["basics", "currencies", "discounts", "charges", "calendar", "pauses"])
def test_histories_worked_by_hand_come_out_on_postgresql(theme: str, plan: Plan, spill: Path, postgres: str) -> None:
    assert _differences(theme, plan, spill, postgres) == []


def _differences(theme: str, plan: Plan, spill: Path, postgres: str | None) -> list[str]:
    found = []
    for test, place in _of(theme):
        with DuckEngine(spill) as embedded:
            if postgres is None:
                outcome = run_test(test, place, plan, embedded, embedded)
            else:
                with PostgresEngine(postgres) as engine:
                    outcome = run_test(test, place, plan, engine, embedded)
        found += [f"{outcome.name}: {line}" for line in outcome.differences]
    return found


def _of(theme: str) -> Iterator[tuple[DataTest, Place]]:
    return ((test, place) for name, test, place in TESTS if name == theme)


@pytest.mark.parametrize("kind", ["subscriptions", "charges"])
def test_random_histories_come_out_as_by_the_oracle(kind: Kind, tmp_path: Path) -> None:
    compared, differing = disagreements(kind, range(1000, 1003), 40, None, tmp_path)
    assert differing == []
    assert compared > 150


@pytest.mark.parametrize("kind", ["subscriptions", "charges"])
def test_random_histories_come_out_as_by_the_oracle_on_postgresql(kind: Kind, tmp_path: Path, postgres: str) -> None:
    compared, differing = disagreements(kind, [2000], 40, lambda: PostgresEngine(postgres), tmp_path)
    assert differing == []
    assert compared > 50


@pytest.mark.long
@pytest.mark.parametrize("kind", ["subscriptions", "charges"])
def test_ten_thousand_random_histories_come_out_as_by_the_oracle(kind: Kind, tmp_path: Path) -> None:
    compared, differing = disagreements(kind, range(LONG_WORLDS[kind]), 100, None, tmp_path)
    print(f"{kind}: {LONG_WORLDS[kind] * 100:,} customers, {compared:,} movements, {len(differing)} customers differ")
    assert differing == []
