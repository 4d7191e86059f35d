"""A criterion's conditions hold for whom the rules that they are written as hold."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.customers.attributes import Attribute
from beachhead.discovery.criteria import Criterion, criterion, cut_points
from beachhead.rules import expand, parse
from beachhead.rules.oracle import evaluate

AS_OF = date(2026, 3, 31)


def made(values: list[object], kind: str = "integer", least: int = 1) -> Criterion:
    arrow = {"integer": pa.int64(), "number": pa.float64(), "money": pa.int64(), "text": pa.string(),
             "boolean": pa.bool_(), "date": pa.date32()}[kind]  # fmt: skip
    found = criterion(pa.table({"it": pa.array(values, arrow)}), Attribute("it", kind, "It", "extra"), least)
    assert found is not None
    return found


def is_so(found: Criterion, values: list[object]) -> bool:
    """Whether each condition, as it is searched and in the finest levels, holds for whom its rule says."""
    for condition in [*map(found.finely, found.column.conditions), *found.finest.conditions]:
        rule = expand(parse(found.rule(condition)))
        said = [evaluate(rule, {"it": value}, AS_OF, bool) is True for value in values]
        if said != found.holds(condition).tolist():
            return False
    return True


@given(st.lists(st.none() | st.integers(-300, 3_000), min_size=2, max_size=60))
@settings(max_examples=60, deadline=None)
def test_of_whole_numbers(values: list[object]) -> None:
    if len({v for v in values if v is not None}) > 1:
        assert is_so(made(values), values)


@given(st.lists(st.none() | st.sampled_from([0.0, 0.5, 1.0, 2.5, 10.0, -3.0, 47.11, 1e6]), min_size=2, max_size=40))
@settings(max_examples=60, deadline=None)
def test_of_numbers(values: list[object]) -> None:
    if len({v for v in values if v is not None}) > 1:
        assert is_so(made(values, "number"), values)


def test_of_texts_and_of_yes_and_no() -> None:
    texts: list[object] = ["Agency", "Dentist's", None, "Agency", "", None]
    assert is_so(made(texts, "text"), texts)
    truths: list[object] = [True, False, None, True]
    assert is_so(made(truths, "boolean"), truths)


@pytest.mark.parametrize(
    ("kind", "values", "rules"),
    [
        ("integer", [0, 0, 1, 1, 2, 2], {"it = 0", "it <= 1", "it = 1", "it >= 1", "it >= 2"}),
        ("number", [0.0, 0.0, 0.5, 3.0], {"it <= 0", "it > 0"}),
        ("money", [10_000, 20_000, 50_000, 70_000], {"it >= 50000"}),
        ("text", ["a", "a", "b", "b"], {"it = 'a'", "it = 'b'"}),
        ("boolean", [True, False, True, False], {"it", "not it"}),
        ("date", [date(2025, 1, 5), date(2025, 2, 5)], {"it >= '2025-02-01'", "it < '2025-02-01'"}),
    ],
)
def test_rules_are_written_as_people_would(kind: str, values: list[object], rules: set[str]) -> None:
    found = made(values, kind)
    assert rules <= {found.rule(condition) for condition in found.finest.conditions}


def test_round_cut_points_are_there_whatever_the_quantiles_are() -> None:
    values = np.random.default_rng(1).lognormal(4, 2, 5_000).round()
    cuts = cut_points(values)
    assert {10, 11, 50, 51, 200, 201} <= set(cuts.tolist())


def test_levels_that_few_have_are_no_conditions() -> None:
    found = made(["a"] * 20 + ["b"] * 20 + ["c", None], "text", least=5)
    assert [found.rule(c) for c in found.finest.conditions] == ["it = 'a'", "it = 'b'"]
    assert found.finest.codes[-2:].tolist() == [2, 2]


@pytest.mark.parametrize("values", [[None, None], [7, 7, 7], [3]])
def test_what_is_the_same_for_all_is_no_criterion(values: list[object]) -> None:
    table = pa.table({"it": pa.array(values, pa.int64())})
    assert criterion(table, Attribute("it", "integer", "It", "extra"), 1) is None


def test_infinite_numbers_have_no_cut_points_of_their_own() -> None:
    values: list[object] = [float("inf"), float("-inf"), 1.0, 2.0, 3.0]
    found = made(values, "number")
    assert np.isfinite(found.cuts).all()
    assert is_so(found, values)
