"""Generated core trees, and generated rules by their text, over generated worlds: interpreter and DuckDB agree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from random import Random
from typing import Any

import pytest
from behaviour_generator import CoreGenerator, names_of, random_world
from form_catalog import CATALOG
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_generator import TEXTS
from rule_ways import InSql, Oracle, Way
from rule_world import World
from test_form_properties import Writer

from beachhead.rules import FORMS, Node, ValueType, check_expression, parse
from rule_engines import Duck

seeds = st.integers(0, 2**32)
few = settings(deadline=None, max_examples=15)
DUCKDB = InSql(Duck())
FORM_ROWS = list(FORMS.values())
WORDS = [*TEXTS, "export", "share", "free", "low"]


def _comparable(value: Any) -> Any:  # noqa: ANN401  (any value of the language)
    """A day as its midnight: where days and times mix, DuckDB gives times."""
    return datetime.combine(value, time()) if isinstance(value, date) and not isinstance(value, datetime) else value


def _agree(world: World, values: Sequence[Node], one: Way, other: Way) -> None:
    expected, found = (way.answers(world, values) or [] for way in (one, other))
    for node, a, b in zip(values, found, expected, strict=True):
        assert (node, [_comparable(v) for v in a]) == (node, [_comparable(v) for v in b])


def _core(seed: int, depth: int, count: int) -> list[Node]:
    generator = CoreGenerator(seed)
    makers = (generator.condition, generator.condition, generator.number, generator.text, generator.moment)
    return [makers[i % len(makers)](depth) for i in range(count)]


def _written(seed: int, depth: int, count: int, *, conditions: bool = False) -> list[Node]:
    """Core trees of what was written with forms, or of conditions only."""
    made: list[Node] = []
    writer = Writer(seed, 0.0)
    for _ in range(20 * count):
        checked = check_expression(parse(writer.form(writer.random.choice(FORM_ROWS), depth)), CATALOG)
        if checked.core is not None and (not conditions or checked.type is ValueType.BOOLEAN):
            made.append(checked.core)
    return made[:count]


def _world_of_forms(seed: int) -> World:
    types, tables, segments = CATALOG.attributes, CATALOG.tables, tuple(CATALOG.segments)
    return random_world(Random(seed), 8, types, tables, segments, WORDS)


@few
@given(seeds)
def test_interpreter_and_duckdb_agree_on_core_trees(seed: int) -> None:
    _agree(random_world(Random(seed), 8), _core(seed, 3, 20), Oracle(), DUCKDB)


@few
@given(seeds)
def test_interpreter_and_duckdb_agree_on_written_rules(seed: int) -> None:
    _agree(_world_of_forms(seed), _written(seed, 2, 20), Oracle(), DUCKDB)


def test_generator_makes_every_node_and_function() -> None:
    made: set[str] = set()
    for seed in range(60):
        made = made.union(*map(names_of, _core(seed, 3, 10)))
    functions = {"count", "distinct", "sum", "avg", "min", "max", "earliest", "latest"}
    nodes = {
        "Aggregate",
        "Chain",
        "Was",
        "Ranking",
        "InList",
        "Sample",
        "Moved",
        "InSegment",
        "Case",
        "Not",
        "And",
        "Or",
    }
    assert made >= functions | nodes


@pytest.mark.long
@pytest.mark.parametrize("name", ["compiled", "duckdb", "postgres", "clickhouse"])
@pytest.mark.parametrize("start", range(0, 640, 40))
def test_all_ways_agree_on_deep_rules(start: int, name: str, request: pytest.FixtureRequest) -> None:
    """640 seeds × 40 rules × 4 ways: 102,400 rules compared with the interpreter, each on 8 or 12 customers."""
    way: Way = request.getfixturevalue(f"way_{name}")
    for seed in range(start, start + 40):
        generator = CoreGenerator(seed)
        _agree(random_world(Random(seed), 12), [generator.condition(6) for _ in range(20)], Oracle(), way)
        _agree(_world_of_forms(seed), _written(seed, 4, 20, conditions=True), Oracle(), way)
