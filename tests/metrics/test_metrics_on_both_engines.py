"""Every metric gives the same whether its facts come from DuckDB or from PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

import beachhead
from beachhead.engines.postgres import PostgresEngine
from beachhead.metrics.catalogue import BUILT_IN
from beachhead.metrics.table import MetricTable
from beachhead.service import metrics
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
    metrics.MetricQuery(("mrr", "nrr"), by="product_line"),
])  # fmt: skip
def test_every_metric_is_the_same_on_both(
    published: Run, postgres: str, monkeypatch: pytest.MonkeyPatch, query: metrics.MetricQuery
) -> None:
    asked: list[str] = []
    settings = published.snapshot.home.parent / "beachhead.yml"
    plain = settings.read_text()
    ours = metrics.ask(published, query)
    monkeypatch.setattr(PostgresEngine, "query", _noted(PostgresEngine.query, asked))
    settings.write_text(f"{plain}\nengine: {postgres}\n")
    try:
        theirs = metrics.ask(published, query)
    finally:
        settings.write_text(plain)
    assert asked
    assert cells(ours) == cells(theirs)
    known = [c for c in ours.cells if c.value is not None]
    assert len(known) > len(ours.periods)


def _noted(
    query: Callable[[PostgresEngine, str], pa.Table], asked: list[str]
) -> Callable[[PostgresEngine, str], pa.Table]:
    def noted(engine: PostgresEngine, sql: str) -> pa.Table:
        asked.append(sql)
        return query(engine, sql)

    return noted


def cells(table: MetricTable) -> list[tuple[object, ...]]:
    """What stands in each cell, to nine digits."""

    def digits(value: float | None) -> float | None:
        return None if value is None else float(f"{value:.9g}")

    return [
        (c.metric, c.group, c.period.label, digits(c.value), c.n, digits(c.low), digits(c.high), c.young, c.reason)
        for c in table.cells
    ]
