"""PostgreSQL takes tables and gives them back exactly, and says in our words what fails."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from beachhead.engines.base import Engine
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine
from beachhead.engines.postgres import PostgresEngine
from beachhead.errors import DataError, OutsideError, Place

EXACT = pa.table(
    {
        "account_no": pa.array([0, 4_294_967_295, None], pa.uint32()),
        "mrr_cents": pa.array([-(2**63), 2**63 - 1, None], pa.int64()),
        "score": pa.array([0.1, -1.7976931348623157e308, None], pa.float64()),
        "name": pa.array(['a,"b"\nc', "", None], pa.string()),
        'Odd "name"': pa.array(["\\N", "null", " é "], pa.string()),
        "day": pa.array([date(1900, 1, 1), date(2262, 4, 12), None], pa.date32()),
        "at": pa.array([datetime(2024, 2, 29, 1, 2, 3, 456789), datetime(1969, 12, 31), None], pa.timestamp("us")),
        "won": pa.array([True, False, None], pa.bool_()),
    }
)


@pytest.fixture
def engine(postgres: str) -> Iterator[PostgresEngine]:
    with PostgresEngine(postgres) as opened:
        yield opened


def test_a_loaded_table_comes_back_exactly(engine: PostgresEngine) -> None:
    engine.load("odd", EXACT)
    wider = EXACT.set_column(0, "account_no", EXACT["account_no"].cast(pa.int64()))
    assert engine.query('SELECT * FROM "odd"').equals(wider)


def test_loading_again_replaces_the_table(engine: PostgresEngine) -> None:
    engine.load("t", EXACT)
    engine.load("t", pa.table({"a": pa.array([5], pa.int64())}))
    assert engine.query("SELECT * FROM t").to_pylist() == [{"a": 5}]


def test_an_empty_result_keeps_its_types(engine: PostgresEngine) -> None:
    engine.load("t", EXACT.slice(0, 0))
    assert engine.query("SELECT mrr_cents, day FROM t").schema == pa.schema(
        [("mrr_cents", pa.int64()), ("day", pa.date32())]
    )


def test_rows_of_one_null_column_are_kept(engine: PostgresEngine) -> None:
    found = engine.query("SELECT CAST(NULL AS bigint) AS a FROM (VALUES (1), (2)) AS v(x)")
    assert found["a"].to_pylist() == [None, None]


def test_a_column_type_without_an_exact_form_is_told(engine: PostgresEngine) -> None:
    with pytest.raises(DataError, match="result column 'a' has the type numeric"):
        engine.query("SELECT 1.5 AS a")
    with pytest.raises(DataError, match="column 'a' has the type list"):
        engine.load("t", pa.table({"a": [[1]]}))


def test_sql_errors_are_data_errors_and_the_engine_goes_on(engine: PostgresEngine) -> None:
    with pytest.raises(DataError, match='relation "nothing" does not exist'):
        engine.query("SELECT * FROM nothing")
    assert engine.query("SELECT 1 AS a")["a"].to_pylist() == [1]


@pytest.mark.parametrize("table", [
    pa.table({f"c{n}": pa.array([n]) for n in range(1_601)}),
    pa.table({f"c{n}": ["a text of fifteen"[:15]] for n in range(600)}),
])  # fmt: skip
def test_a_table_that_is_too_wide_is_told_at_the_setting(postgres: str, table: pa.Table) -> None:
    place = Place("beachhead.yml", 3, 9)
    with PostgresEngine(postgres, place) as engine, pytest.raises(DataError) as told:
        engine.load("wide", table)
    assert [(d.code, d.place) for d in told.value.diagnostics] == [("engine-limit", place)]


def test_a_text_loses_the_one_character_that_it_cannot_hold(engine: PostgresEngine) -> None:
    engine.load("t", pa.table({"a": ["x\0y", "\0", "\\.", "\n\\.\n"]}))
    assert engine.query("SELECT a FROM t")["a"].to_pylist() == ["xy", "", "\\.", "\n\\.\n"]


def test_a_server_that_does_not_answer_is_told_without_a_traceback() -> None:
    with pytest.raises(OutsideError, match="database-unreachable"):
        PostgresEngine("postgresql://nobody@127.0.0.1:1/none")


def test_a_small_account_record_is_equal_on_both_engines(engine: PostgresEngine, tmp_path: Path) -> None:
    accounts = pa.table({"account_no": pa.array([1, 2, 3], pa.uint32()), "name": ["Émile", "b", None]})
    subscriptions = pa.table(
        {
            "account_no": pa.array([1, 1, 2], pa.uint32()),
            "plan": ["team", "pro", "solo"],
            "amount_cents": pa.array([3000, 9999, None], pa.int64()),
            "interval_months": pa.array([12, 12, 1], pa.int64()),
            "started_day": pa.array([date(2023, 1, 31), date(2024, 1, 1), date(2024, 3, 1)]),
            "ended_day": pa.array([date(2024, 1, 1), None, None], pa.date32()),
        }
    )
    sql = """
        with live as (
            select account_no, plan, started_day, round_half_up_div(amount_cents, interval_months) as mrr_cents
            from subscriptions
            where started_day <= $as_of and (ended_day is null or ended_day > $as_of)
        )
        select
            a.account_no,
            lower(a.name) as name,
            coalesce(cast(sum(l.mrr_cents) as bigint), 0) as mrr_cents,
            arg_max(l.plan, l.started_day) as plan,
            date_diff('day', min(l.started_day), $as_of) as tenure_days,
            count(l.plan) as subscription_count
        from accounts as a left join live as l using (account_no)
        group by a.account_no, a.name
        order by a.account_no
    """
    results = []
    with DuckEngine(tmp_path) as duck:
        engines: tuple[Engine, ...] = (duck, engine)
        for each in engines:
            each.load("accounts", accounts.set_column(0, "account_no", accounts["account_no"].cast(pa.int64())))
            each.load("subscriptions", subscriptions)
            results.append(each.query(emit(sql, each.dialect, {"as_of": date(2024, 3, 31)}, each.unsupported)))
    assert results[0].to_pylist() == [
        {"account_no": 1, "name": "émile", "mrr_cents": 833, "plan": "pro", "tenure_days": 90, "subscription_count": 1},
        {"account_no": 2, "name": "b", "mrr_cents": 0, "plan": "solo", "tenure_days": 30, "subscription_count": 1},
        {"account_no": 3, "name": None, "mrr_cents": 0, "plan": None, "tenure_days": None, "subscription_count": 0},
    ]
    assert results[1].equals(results[0])
