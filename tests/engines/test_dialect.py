"""What catalogue SQL may say, and how it is refused or spelt."""

from datetime import date, datetime
from pathlib import Path

import pytest

from beachhead.engines.base import DIALECTS, Dialect, Parameter
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine
from beachhead.errors import DefinitionError

REFUSED = {
    "select a / b from t": "write NULLIF",
    "select a // 0 from t": "write NULLIF",
    "select sum(a) from t": "CAST(sum(…) AS BIGINT)",
    "select cast(sum(a) as integer) from t": "CAST(sum(…) AS BIGINT)",
    "select try_cast(a as bigint) from t": "parsed at ingest",
    "select round(a) from t": "round_half_up",
    "select current_date": "a parameter such as $as_of",
    "select a not in (1, null) from t": "NULL in a list",
    "select s like x from t": "a LIKE pattern is a literal",
    r"select s like 'a\_b' from t": "backslash",
    "select s ilike 'a%' from t": "lower(a) LIKE",
    "select string_agg(s, ',') from t": "without ORDER BY the order is arbitrary",
    "select date_diff('hour', a, b) from t": "'hour' is not allowed here",
    "select date_trunc('day', a) from t": "'day' is not allowed here",
    "select extract(dow from a) from t": "'dow' is not allowed here",
    "select a + interval (b) day from t": "the length of an INTERVAL is a literal",
    "select substr(a, 0, 2) from t": "the start of substr",
    "select quantile_cont(a, b) from t": "the fraction is a literal",
    "select cast(a as decimal(10, 2)) from t": "casts go to",
    "select cast(a > 1 as bigint) from t": "CASE WHEN",
    "select trim(a, 'x') from t": "trim takes spaces only",
    "select accountNo from t": "lower case, or quote them",
    f"select a as {'a' * 64} from t": "is cut by PostgreSQL",
    "select a from t qualify row_number() over (order by a) = 1": "QUALIFY is not allowed here",
    "select a, count(*) from t group by all": "ALL is not allowed here",
    "select distinct on (a) a from t": "ON is not allowed here",
    "select * exclude (a) from t": "EXCEPT is not allowed here",
    "select 1 from t semi join u on t.a = u.a": "SEMI JOIN is not allowed",
    "select 1 from t asof join u on t.a >= u.a": "METHOD is not allowed here",
    "select [1, 2]": "array is not in the catalogue",
    "select lowr(a) from t": "Did you mean 'lower'?",
    "select round_half_up_div(a) from t": "takes 2 arguments, not 1",
    "create or replace table x as select 1 as a": "REPLACE is not allowed here",
    "create view x as select 1 as a": "only tables are made and dropped",
    "insert into t values (1)": "insert is not in the catalogue",
    "select * from 'file.csv'; delete from t": "delete is not in the catalogue",
    "select * from read_csv('x.csv')": "is not in the catalogue",
    "select $as_off": "Did you mean 'as_of'?",
    "select (": "sql-syntax",
    "": "there is no SQL statement",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sql", REFUSED)
def test_what_engines_do_not_share_is_refused_on_each_of_them(sql: str, dialect: Dialect) -> None:
    with pytest.raises(DefinitionError) as raised:
        emit(sql, dialect, {"as_of": date(2024, 1, 31)})
    assert REFUSED[sql].lower() in str(raised.value).lower()


def test_all_objections_are_told_at_once() -> None:
    with pytest.raises(DefinitionError) as raised:
        emit("select sum(a), round(b) from t where c / d > 1", "duckdb")
    assert len(raised.value.diagnostics) == 3


def test_what_an_engine_declares_as_lacking_is_refused_with_its_reason() -> None:
    with pytest.raises(DefinitionError, match="this engine lacks lower: no ICU here"):
        emit("select lower(a) from t", "postgres", unsupported={"lower": "no ICU here"})


def test_nulls_come_last_on_every_engine() -> None:
    assert emit("select a from t order by a desc", "postgres") == 'SELECT "a" FROM "t" ORDER BY "a" DESC NULLS LAST'


def test_several_statements_stay_several() -> None:
    sql = "create temp table x as select 1 as a; drop table if exists x"
    assert emit(sql, "postgres") == 'CREATE TEMPORARY TABLE "x" AS SELECT 1 AS "a";\nDROP TABLE IF EXISTS "x"'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (-3, -3),
        (0.1, 0.1),
        (-1e-7, -1e-7),
        ("it's; drop table t --", "it's; drop table t --"),
        (date(2024, 2, 29), date(2024, 2, 29)),
        (datetime(2024, 2, 29, 12, 30), datetime(2024, 2, 29, 12, 30)),
    ],
)
def test_parameters_arrive_as_they_are(value: Parameter, expected: object, tmp_path: Path) -> None:
    with DuckEngine(tmp_path) as engine:
        assert engine.query(emit("select $p as v", "duckdb", {"p": value}))["v"].to_pylist() == [expected]
