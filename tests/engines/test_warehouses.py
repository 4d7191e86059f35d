"""What rules are printed with, in the SQL of warehouses: run where there is one to run on, read back everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from ruamel.yaml import YAML

from beachhead.engines.base import DIALECTS, Dialect
from beachhead.engines.catalogue import BY_NAME
from beachhead.engines.dialect import emit
from beachhead.engines.warehouses import ENTRIES, SPELLINGS, WAREHOUSES
from beachhead.errors import DefinitionError
from beachhead.rules import ValueType
from rule_engines import ClickHouse, RuleEngine, Snowflake

CASES: dict[str, list[dict[str, Any]]] = YAML(typ="safe").load(Path(__file__).with_name("catalogue.yml").read_text())
# Rules are not printed like this: numbers are added to dates only where these are cast, and so on.
NOT_PRINTED = ("cast(d as text)", "cast(f as text)", "select d + b", "in (select", "filter (")
EACH = [
    pytest.param(case["sql"], case["expect"], id=f"{name}-{i}")
    for name in sorted(ENTRIES)
    for i, case in enumerate(CASES[name])
    if not any(part in case["sql"] for part in NOT_PRINTED)
]
COLUMNS = {
    "n": ValueType.INTEGER, "a": ValueType.INTEGER, "b": ValueType.INTEGER, "x": ValueType.NUMBER, "s": ValueType.TEXT,
    "d": ValueType.DATE, "ts": ValueType.TIMESTAMP, "f": ValueType.BOOLEAN,
}  # fmt: skip
ROWS = [
    {"n": 1, "a": 7, "b": 2, "x": 2.5, "s": "Éa@b", "d": date(2024, 1, 31), "ts": datetime(2024, 1, 31, 10), "f": True},
    {
        "n": 2, "a": -7, "b": 3, "x": -2.5, "s": "b", "d": date(2024, 2, 29), "ts": datetime(2024, 2, 29, 23, 59, 59),
        "f": False,
    },
    {"n": 3, "b": 0},
]  # fmt: skip


def whole(sql: str, expected: list[Any]) -> str:
    if len(expected) == 3:
        return f"{sql} from t order by n"
    return sql if " from t where " in sql else f"{sql} from t"


@pytest.fixture(scope="module")
def snowflake() -> Iterator[RuleEngine]:
    pytest.importorskip("fakesnow", reason="no Snowflake here: it is played by fakesnow, which ./dev installs")
    yield from loaded(Snowflake())


@pytest.fixture(scope="module")
def clickhouse() -> Iterator[RuleEngine]:
    pytest.importorskip("chdb", reason="no ClickHouse: `uv sync --group clickhouse` installs chdb")
    yield from loaded(ClickHouse())


def loaded(engine: RuleEngine) -> Iterator[RuleEngine]:
    engine.load("t", COLUMNS, ROWS)
    yield engine
    engine.close()


def plain(value: object) -> object:
    """A value as engines without our types give it: a text for a day, 1 for true, any number for a number."""
    match value:
        case datetime() | date():
            text = value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
            return text.removesuffix(" 00:00:00")
        case str():
            return value.removesuffix(".000000").removesuffix(" 00:00:00")
        case int() | Decimal():
            return float(value)
        case _:
            return value


def listed(rows: list[Any]) -> list[tuple[object, ...]]:
    return [tuple(plain(v) for v in (row if isinstance(row, list | tuple) else (row,))) for row in rows]


def unquoted_spans(sql: str) -> str:
    return re.sub(r"INTERVAL '(\d+)'", r"INTERVAL \1", sql)


@pytest.mark.parametrize("warehouse", ["snowflake", "clickhouse"])
@pytest.mark.parametrize(("sql", "expected"), EACH)
def test_a_warehouse_gives_the_expected_values(
    sql: str, expected: list[Any], warehouse: str, request: pytest.FixtureRequest
) -> None:
    engine: RuleEngine = request.getfixturevalue(warehouse)
    assert listed(engine.query(emit(whole(sql, expected), engine.dialect))) == listed(expected)


@pytest.mark.parametrize("dialect", WAREHOUSES)
@pytest.mark.parametrize(("sql", "expected"), EACH)
def test_what_is_printed_is_read_back_as_it_is(sql: str, expected: list[Any], dialect: Dialect) -> None:
    if dialect == "bigquery" and "rows between" in sql:
        pytest.skip("never: BigQuery cannot say there that nulls come last; rules order what is never null")
    made = emit(whole(sql, expected), dialect)
    again = sqlglot.parse_one(made, read=dialect).sql(dialect)
    assert unquoted_spans(again) == unquoted_spans(made)


@pytest.mark.parametrize("dialect", WAREHOUSES)
@pytest.mark.parametrize("name", sorted(set(BY_NAME) - ENTRIES))
def test_what_was_not_tried_on_warehouses_is_refused(name: str, dialect: Dialect) -> None:
    case = CASES[name][0]
    with pytest.raises(DefinitionError, match="only statements of rules were tried on it"):
        emit(whole(case["sql"], case["expect"]), dialect)


def test_every_dialect_is_an_engine_s_or_a_warehouse_s() -> None:
    assert set(SPELLINGS) == set(WAREHOUSES)
    assert not set(DIALECTS) & set(WAREHOUSES)
    assert set(BY_NAME) >= ENTRIES


@pytest.mark.parametrize(
    ("sql", "dialect", "expected"),
    [
        ("select f is not true from t", "snowflake", 'SELECT NOT COALESCE(("f"), FALSE) FROM "t"'),
        ("select f is false from t", "snowflake", 'SELECT COALESCE(NOT ("f"), FALSE) FROM "t"'),
        (
            "select add_months(d, 1) from t", "snowflake",
            'SELECT CAST(DATEADD(MONTH, 1, CAST("d" AS DATE)) AS DATE) FROM "t"',
        ),
        ("select s = 'it''s\\\n' from t", "bigquery", "SELECT `s` = 'it\\'s\\\\\\n' FROM `t`"),
        (
            "select greatest(a, b) from t", "bigquery",
            "SELECT (SELECT MAX(`item`) FROM UNNEST([`a`, `b`]) AS `item`) FROM `t`",
        ),
        ("select contains(s, 'a') from t", "bigquery", "SELECT (INSTR(`s`, 'a') > 0) FROM `t`"),
        ("select ts + interval 3 day from t", "bigquery", "SELECT `ts` + INTERVAL 3 DAY FROM `t`"),
        (
            "select md5(s) from t", "clickhouse",
            'SELECT LOWER(HEX(MD5("s"))) FROM "t" SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1',
        ),
        (
            "select least(a, cast(x as double) - cast(b as double)) from t", "clickhouse",
            'SELECT LEAST(CAST("a" AS Nullable(Float64)), CAST(CAST("x" AS Nullable(Float64)) - '
            'CAST("b" AS Nullable(Float64)) AS Nullable(Float64))) FROM "t" '
            "SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1",
        ),
        ("select cast(d as date) - 7 from t", "spark", "SELECT CAST(DATE_ADD(CAST(`d` AS DATE), -7) AS DATE) FROM `t`"),
    ],
)  # fmt: skip
def test_how_a_warehouse_spells_it(sql: str, dialect: Dialect, expected: str) -> None:
    assert emit(sql, dialect) == expected
