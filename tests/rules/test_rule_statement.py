"""What a rule's statement looks like: how often a table is read, what is never there, and what cannot be said."""

from __future__ import annotations

from datetime import date

import pytest
import sqlglot
from rule_ways import InSql, WorldRelations
from rule_world import AS_OF, World
from sqlglot import exp

from beachhead.engines.base import DIALECTS
from beachhead.engines.dialect import emit
from beachhead.engines.warehouses import WAREHOUSES
from beachhead.rules import Node
from beachhead.rules.ast import (
    Aggregate,
    Attribute,
    Call,
    Chain,
    Day,
    Duration,
    InSegment,
    Invoke,
    Moved,
    Not,
    Ranking,
    Rows,
    Sample,
    Was,
    number,
    text,
)
from beachhead.rules.oracle import Customer, holds, value_of
from beachhead.rules.statement import MAX_COLUMNS, members_sql, values_sql
from rule_engines import Duck

DOCUMENT = {
    "attributes": {"plan": "text", "seats": "integer", "signed_up_on": "date"},
    "customers": [{"id": 1, "plan": "pro", "signed_up_on": "2026-03-01"}, {"id": 2}],
    "tables": {"events": [], "users": [], "tickets": []},
    "earlier": {date(2026, 1, 1): [{"id": 1}]},
    "segments": {"some": [1]},
    "lists": {"partners": [2]},
}
WORLD = World.read(DOCUMENT)
RELATIONS = WorldRelations(WORLD, "", as_double=False)
EVERYTHING = """
    events('a', last => '30 days') > events('b', since => signed_up_on) and events('a', latest => event) = 'a'
    and users(role = 'admin' and events('c') > 0 and sequence('a', 'b')) > 0 and tickets(distinct => week) < 3
    and sequence('a', 'b', 'c', within => '7 days', gap => '2 days') and not dropped_off('a', 'b', within => '1 day')
    and was(plan, at => 30 days ago) = 'free' and percentile(events('a'), by => plan) > 50 and rank(seats) < 3
    and in_list('partners') and in_segment('some') and entered('some', last => '7 days')
    and sample(percent => 10, salt => 'x') and was(events('a', last => '7 days'), at => 60 days ago) = 0
    and users(first => '3 days') > 0 and users(events(first => '7 days') > 0) > 0
"""


def statement(rule: str) -> exp.Expr:
    return sqlglot.parse_one(members_sql(WORLD.checked(rule), AS_OF, RELATIONS), read="duckdb")


def reads(rule: str, table: str) -> int:
    return sum(found.name == table for found in statement(rule).find_all(exp.Table))


def test_aggregates_of_a_table_share_one_scan() -> None:
    rule = (
        "events('a') > events('b', last => '7 days') and events(distinct => day) > 3 and events(max => day) > yesterday"
    )
    assert reads(rule, "events") == 1


def test_an_aggregate_is_counted_once_however_often_it_is_asked_for() -> None:
    rule = statement("events('a') > 1 and events('a') < 9 and not (events('a') = 3 and events('b') = 0)")
    assert len(list(rule.find_all(exp.Count))) == 2


def test_rows_of_people_share_one_scan_and_so_do_people() -> None:
    rule = "users(events('a') > 0) > 0 and users(events('b') > 0 and events('a') = 1) > 0"
    assert (reads(rule, "events"), reads(rule, "users")) == (1, 1)


def test_a_value_of_an_earlier_day_is_read_once() -> None:
    assert (
        reads("was(plan, at => 30 days ago) = 'a' or was(plan, at => 30 days ago) = 'b'", "customers_2026_01_01") == 1
    )


def test_one_aggregate_alone_reads_only_its_rows() -> None:
    scan = next(cte for cte in statement("events('a', last => '7 days') > 0").find_all(exp.CTE))
    assert "'a'" in scan.this.args["where"].sql()
    assert not list(scan.find_all(exp.Case))


def test_no_subquery_looks_outward() -> None:
    made = statement(EVERYTHING)
    assert not list(made.find_all(exp.Exists, exp.Lateral))
    assert not [query for query in made.find_all(exp.Subquery) if not isinstance(query.parent, exp.From | exp.Join)]
    assert not [found for found in made.find_all(exp.In) if found.args.get("query")]


@pytest.mark.parametrize("dialect", [*DIALECTS, *WAREHOUSES])
def test_every_dialect_takes_the_statement(dialect: str) -> None:
    made = emit(members_sql(WORLD.checked(EVERYTHING), AS_OF, RELATIONS), dialect)  # type: ignore[arg-type]
    assert sqlglot.parse_one(made, read=dialect).find(exp.Select)


def test_a_rule_over_attributes_is_a_plain_select() -> None:
    made = members_sql(WORLD.checked("plan = 'pro'"), AS_OF, RELATIONS)
    assert made.split() == [
        "select",
        "c.account_no",
        "as",
        "account_no",
        "from",
        "customers",
        "as",
        "c",
        "where",
        'c."plan"',
        "=",
        "'pro'",
    ]


def test_many_values_of_a_table_stand_in_several_tables() -> None:
    values = [
        Aggregate("count", Rows("events", Call("=", (Attribute("event"), text(str(i)))))) for i in range(MAX_COLUMNS)
    ]
    with_people = [*values[:-1], Call("+", (values[-1], Aggregate("count", Rows("events"))))]
    made = sqlglot.parse_one(values_sql(with_people, AS_OF, RELATIONS), read="duckdb")
    assert sorted(len(cte.this.expressions) for cte in made.find_all(exp.CTE)) == [2, MAX_COLUMNS + 1]
    with pytest.raises(ValueError, match="501 values are more than 500"):
        values_sql([*values, number(1)], AS_OF, RELATIONS)


def test_a_world_without_rows_or_customers() -> None:
    empty = World.read({**DOCUMENT, "customers": []})
    way = InSql(Duck())
    assert way.members(empty, empty.checked(EVERYTHING)) == []
    assert way.members(WORLD, WORLD.checked("events() = 0 and users() = 0")) == [1, 2]


WITHOUT_MEANING: dict[str, tuple[Node, str]] = {
    "a form": (Invoke("events", ()), "not a core node"),
    "a span of time": (Duration(3, "day"), "not a core node"),
    "a segment in rows": (Aggregate("count", Rows("events", InSegment("some"))), "means nothing"),
    "a sample in people": (Aggregate("count", Rows("users", Sample(0.1, "x"))), "means nothing"),
    "rows of a row": (
        Aggregate("count", Rows("events", Call("=", (Aggregate("count", Rows("tickets")), number(1))))),
        "has no tickets|needs more than a row",
    ),
}


@pytest.mark.parametrize("name", WITHOUT_MEANING)
@pytest.mark.parametrize("evaluate", ["oracle", "sql"])
def test_what_has_no_meaning_is_refused(name: str, evaluate: str) -> None:
    node, said = WITHOUT_MEANING[name]
    row = {"day": AS_OF, "moment": None, "user_id": "u1"}
    customer = Customer({}, AS_OF, rows={"events": [row], "users": [row]})
    with pytest.raises(TypeError, match=said):
        value_of(node, customer) if evaluate == "oracle" else values_sql([node], AS_OF, RELATIONS)


@pytest.mark.parametrize(
    "node",
    [
        Was(Attribute("plan"), Day("signed_up_on")),
        Moved("some", True, Day("signed_up_on"), Day()),
    ],
)
def test_a_day_that_differs_between_customers_is_refused_where_statements_need_one(node: Node) -> None:
    with pytest.raises(TypeError, match="not the same day for all"):
        values_sql([node], AS_OF, RELATIONS)


def test_the_interpreter_refuses_a_value_as_a_condition() -> None:
    with pytest.raises(TypeError, match="not a condition"):
        holds(Attribute("seats"), Customer({"seats": 3}, AS_OF))


def test_a_day_to_come_has_no_value_and_today_has_the_value_of_now() -> None:
    world, way = WORLD, InSql(Duck())
    today, tomorrow = (Was(Attribute("plan"), Day(amount=n)) for n in (0, 1))
    assert way.answers(world, [today, tomorrow]) == [["pro", None], [None, None]]
    assert [[value_of(v, c) for c in world.customers()] for v in (today, tomorrow)] == [["pro", None], [None, None]]


def test_an_unknown_day_makes_numbers_of_rows_and_chains_unknown() -> None:
    rows = Rows("events", None, Day("signed_up_on"))
    chain = Chain((rows, Rows("events")))
    values = [Aggregate("count", rows), Aggregate("distinct", rows, "event"), chain, Not(chain)]
    assert InSql(Duck()).answers(WORLD, values) == [[0, None], [0, None], [False, None], [True, None]]


def test_a_share_of_all_is_everybody_and_of_nothing_nobody() -> None:
    way = InSql(Duck())
    assert way.answers(WORLD, [Sample(1.0, "x"), Sample(0.0, "x"), Sample(1 - 1e-12, "x")]) == [
        [True, True], [False, False], [True, True]
    ]  # fmt: skip


def test_a_rank_of_nobody_else() -> None:
    alone = Customer({"seats": 3}, AS_OF, everyone=lambda: [alone])
    assert [value_of(Ranking(f, Attribute("seats")), alone) for f in ("rank", "percentile")] == [1, 0]
