"""Each case of `cases/*.yml`, answered in each way; the expected answers were worked out by hand."""

from __future__ import annotations

from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from rule_ways import Way
from rule_world import World, load_yaml

from beachhead.rules import (
    OPERATORS,
    attribute_sql,
    check_expression,
    evaluate,
    parse,
    stored_value,
    value_type,
    walk,
)
from beachhead.rules.ast import Call
from beachhead.rules.oracle import value_of

DOCUMENTS = {path.stem: load_yaml(path) for path in sorted(Path(__file__).parent.glob("cases/*.yml"))}
CASES = [
    pytest.param(stem, case, id=f"{stem}: {case['name']}")
    for stem, document in DOCUMENTS.items()
    for case in document.get("cases", [])
]
VALUES = [pytest.param(case, id=case["expression"]) for case in DOCUMENTS["values"]["values"]]


@cache
def world_of(stem: str) -> World:
    return World.read(DOCUMENTS[stem])


def _split(world: World, answers: list[bool | None]) -> tuple[list[Any], list[Any]]:
    pairs = list(zip(world.rows, answers, strict=True))
    return [row["id"] for row, a in pairs if a], [row["id"] for row, a in pairs if a is None]


@pytest.mark.parametrize(("stem", "case"), CASES)
def test_case_is_answered_as_expected(stem: str, case: dict[str, Any], way: Way) -> None:
    _answers_as_expected(stem, case, way)


@pytest.mark.parametrize(("stem", "case"), CASES[::6])
def test_snowflake_answers_a_sixth_of_the_cases(stem: str, case: dict[str, Any], way_snowflake: Way) -> None:
    """Not all: fakesnow reads a statement slowly."""
    _answers_as_expected(stem, case, way_snowflake)


@pytest.mark.long
@pytest.mark.parametrize(("stem", "case"), CASES)
def test_snowflake_answers_all_cases(stem: str, case: dict[str, Any], way_snowflake: Way) -> None:
    _answers_as_expected(stem, case, way_snowflake)


def _answers_as_expected(stem: str, case: dict[str, Any], way: Way) -> None:
    world = world_of(stem)
    rule = world.checked(case["rule"])
    assert way.members(world, rule) == case["expected"]
    answers = way.answers(world, [rule])
    assert answers is None or _split(world, answers[0]) == (case["expected"], case.get("unknown", []))


@pytest.mark.parametrize("stem", [stem for stem, document in DOCUMENTS.items() if "cases" in document])
def test_all_rules_of_a_document_may_stand_in_one_statement(stem: str, way: Way) -> None:
    world, cases = world_of(stem), DOCUMENTS[stem]["cases"]
    answers = way.answers(world, [world.checked(case["rule"]) for case in cases])
    if answers is not None:
        found = {case["rule"]: _split(world, a) for case, a in zip(cases, answers, strict=True)}
        assert found == {case["rule"]: (case["expected"], case.get("unknown", [])) for case in cases}


@pytest.mark.long
@pytest.mark.parametrize("stem", [stem for stem, document in DOCUMENTS.items() if "cases" in document])
def test_spark_answers_as_expected(stem: str, way_spark: Way) -> None:
    """Some rules in one statement: Spark takes long for each, and cannot hold the plan of all."""
    world, cases = world_of(stem), DOCUMENTS[stem]["cases"]
    rules = [world.checked(case["rule"]) for case in cases]
    parts = [way_spark.answers(world, rules[start : start + 8]) or [] for start in range(0, len(rules), 8)]
    found = {case["rule"]: _split(world, a) for case, a in zip(cases, chain(*parts), strict=True)}
    assert found == {case["rule"]: (case["expected"], case.get("unknown", [])) for case in cases}


@pytest.mark.parametrize("case", VALUES)
def test_expression_has_its_type_and_values(case: dict[str, Any]) -> None:
    world = World.read(DOCUMENTS["values"])
    checked = check_expression(parse(case["expression"]), world.catalog)
    assert value_type(parse(case["expression"]), world.catalog) == case["type"]
    assert checked.type is not None
    assert checked.core is not None
    interpreted = [stored_value(value_of(checked.core, customer), checked.type) for customer in world.customers()]
    sql = attribute_sql(checked.core, checked.type, world.as_of, world.segment_sql)
    with world.table() as connection:
        rows = connection.execute(f"select {sql} from accounts order by id").fetchall()
    assert interpreted == case["expected"]
    assert [row[0] for row in rows] == case["expected"]
    assert [type(row[0]) for row in rows] == [type(value) for value in interpreted]


def test_every_operator_has_a_case_with_null() -> None:
    seen: set[str] = set()
    for document in DOCUMENTS.values():
        world = World.read(document)
        customers = world.customers()
        for case in document.get("cases", []):
            for part in walk(world.checked(case["rule"])):
                if isinstance(part, Call):
                    arguments = [value_of(argument, c) for c in customers for argument in part.arguments]
                    seen |= {part.operator} if None in arguments else set()
    assert seen == set(OPERATORS)


def test_interpreter_refuses_a_value_as_a_condition() -> None:
    with pytest.raises(TypeError, match="not a condition"):
        evaluate(parse("seats"), {"seats": 3}, World.read(DOCUMENTS["logic"]).as_of, bool)
