"""Each case of `cases/*.yml`, answered by the interpreter and by DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rule_world import World, load_yaml

from beachhead.rules import (
    OPERATORS,
    attribute_sql,
    check_expression,
    evaluate,
    evaluate_value,
    parse,
    stored_value,
    value_type,
    walk,
)
from beachhead.rules.ast import Call

DOCUMENTS = {path.stem: load_yaml(path) for path in sorted(Path(__file__).parent.glob("cases/*.yml"))}
CASES = [
    pytest.param(stem, case, id=f"{stem}: {case['name']}")
    for stem, document in DOCUMENTS.items()
    for case in document.get("cases", [])
]
VALUES = [pytest.param(case, id=case["expression"]) for case in DOCUMENTS["values"]["values"]]


def _split(world: World, answers: list[bool | None]) -> tuple[list[Any], list[Any]]:
    pairs = list(zip(world.rows, answers, strict=True))
    return [row["id"] for row, a in pairs if a is True], [row["id"] for row, a in pairs if a is None]


@pytest.mark.parametrize(("stem", "case"), CASES)
def test_interpreter_answers_as_expected(stem: str, case: dict[str, Any]) -> None:
    world = World.read(DOCUMENTS[stem])
    answers = world.interpreted(world.checked(case["rule"]))
    assert _split(world, answers) == (case["expected"], case.get("unknown", []))


@pytest.mark.parametrize("stem", [stem for stem, document in DOCUMENTS.items() if "cases" in document])
def test_duckdb_answers_as_expected(stem: str) -> None:
    document = DOCUMENTS[stem]
    world = World.read(document)
    answers = world.in_duckdb(*(world.checked(case["rule"]) for case in document["cases"]))
    found = {case["rule"]: _split(world, a) for case, a in zip(document["cases"], answers, strict=True)}
    assert found == {case["rule"]: (case["expected"], case.get("unknown", [])) for case in document["cases"]}


@pytest.mark.parametrize("case", VALUES)
def test_expression_has_its_type_and_values(case: dict[str, Any]) -> None:
    world = World.read(DOCUMENTS["values"])
    checked = check_expression(parse(case["expression"]), world.catalog)
    assert value_type(parse(case["expression"]), world.catalog) == case["type"]
    assert checked.type is not None
    interpreted = [
        stored_value(evaluate_value(checked.node, row, world.as_of, bool), checked.type) for row in world.rows
    ]
    sql = attribute_sql(checked.node, checked.type, world.as_of, world.segment_sql)
    with world.table() as connection:
        rows = connection.execute(f"select {sql} from accounts order by id").fetchall()
    assert interpreted == case["expected"]
    assert [row[0] for row in rows] == case["expected"]
    assert [type(row[0]) for row in rows] == [type(value) for value in interpreted]


def test_every_operator_has_a_case_with_null() -> None:
    seen: set[str] = set()
    for document in DOCUMENTS.values():
        world = World.read(document)
        for case in document.get("cases", []):
            for part in walk(world.checked(case["rule"])):
                if isinstance(part, Call):
                    arguments = [
                        evaluate_value(argument, row, world.as_of, lambda name: False)
                        for row in world.rows
                        for argument in part.arguments
                    ]
                    seen |= {part.operator} if None in arguments else set()
    assert seen == set(OPERATORS)


def test_interpreter_refuses_a_value_as_a_condition() -> None:
    with pytest.raises(TypeError, match="not a condition"):
        evaluate(parse("seats"), {"seats": 3}, World.read(DOCUMENTS["logic"]).as_of, bool)
