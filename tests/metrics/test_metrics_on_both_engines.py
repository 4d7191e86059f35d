"""Every metric gives the same whether its facts come from DuckDB or from PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

import beachhead
from beachhead.customers.model_tables import hand_over
from beachhead.customers.record import MODEL_TABLES, make_known
from beachhead.engines.postgres import PostgresEngine
from beachhead.metrics.catalogue import BUILT_IN
from beachhead.metrics.facts import Facts
from beachhead.metrics.table import MetricTable
from beachhead.service import metrics
from beachhead.service.metric_facts import facts_of
from beachhead.service.results import Run
from beachhead.service.run import run
from beachhead.service.setup import make_synthetic


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("company")
    make_synthetic(folder, 300, 4)
    run(folder)
    return beachhead.open(folder).latest()


@pytest.mark.parametrize("query", [
    metrics.MetricQuery(tuple(BUILT_IN)),
    metrics.MetricQuery(tuple(BUILT_IN), every="quarter", by="plan", today=True),
    metrics.MetricQuery(("tickets", "first_response"), by="tickets.channel"),
])  # fmt: skip
def test_every_metric_is_the_same_on_both(
    published: Run, postgres: str, monkeypatch: pytest.MonkeyPatch, query: metrics.MetricQuery
) -> None:
    asked: list[str] = []

    class Counted(PostgresEngine):
        def query(self, sql: str):  # type: ignore[no-untyped-def]
            asked.append(sql)
            return super().query(sql)

    @contextmanager
    def from_postgres(run: Run, activation_event: str | None) -> Iterator[Facts]:
        with facts_of(run, activation_event) as facts, Counted(postgres) as engine:
            given = ("spend", "spine", "activations", "first_payments")
            hand_over(facts.embedded, engine, [*MODEL_TABLES, *given])
            make_known(engine, {}, run.about.mapped)
            asked.clear()
            yield replace(facts, engine=engine)

    ours = metrics.ask(published, query)
    monkeypatch.setattr(metrics, "facts_of", from_postgres)
    theirs = metrics.ask(published, query)
    assert asked
    assert cells(ours) == cells(theirs)
    known = [c for c in ours.cells if c.value is not None]
    assert len(known) > len(ours.periods)


def cells(table: MetricTable) -> list[tuple[object, ...]]:
    """What stands in each cell, to nine digits."""

    def digits(value: float | None) -> float | None:
        return None if value is None else float(f"{value:.9g}")

    return [
        (c.metric, c.group, c.period.label, digits(c.value), c.n, digits(c.low), digits(c.high), c.young, c.reason)
        for c in table.cells
    ]
