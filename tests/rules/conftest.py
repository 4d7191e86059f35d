"""The ways to run a rule, each made once for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from compiled_way import Compiled
from rule_ways import InSql, Oracle, Way

from postgres_server import PostgresServer
from rule_engines import ClickHouse, Duck, Postgres, RuleEngine, Snowflake, SparkSql

WAYS = ("oracle", "compiled", "duckdb", "postgres", "clickhouse")
"""Each is the name of a way; a further one is a fixture `way_NAME` and a name here."""


@pytest.fixture(scope="session")
def way_oracle() -> Way:
    return Oracle()


@pytest.fixture(scope="session")
def way_compiled() -> Way:
    return Compiled()


@pytest.fixture(scope="session")
def way_duckdb() -> Iterator[Way]:
    yield from _in_sql(Duck())


@pytest.fixture(scope="session")
def way_postgres(postgres_server: PostgresServer) -> Iterator[Way]:
    yield from _in_sql(Postgres(postgres_server.new_database()))


@pytest.fixture(scope="session")
def way_snowflake() -> Iterator[Way]:
    pytest.importorskip("fakesnow", reason="no Snowflake here: it is played by fakesnow, which ./dev installs")
    yield from _in_sql(Snowflake())


@pytest.fixture(scope="session")
def way_clickhouse() -> Iterator[Way]:
    pytest.importorskip("chdb", reason="no ClickHouse: `uv sync --group clickhouse` installs chdb")
    yield from _in_sql(ClickHouse())


@pytest.fixture(scope="session")
def way_spark() -> Iterator[Way]:
    pytest.importorskip("pyspark", reason="no Spark: `uv sync --group spark` installs it, and it needs Java")
    yield from _in_sql(SparkSql())


def _in_sql(engine: RuleEngine) -> Iterator[Way]:
    yield InSql(engine)
    engine.close()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """Each of the ways, one after the other."""
    found: Way = request.getfixturevalue(f"way_{request.param}")
    return found
