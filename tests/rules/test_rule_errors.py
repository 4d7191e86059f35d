"""What is said of rules that are wrong: the cases of `errors/*.yml`, positions, and limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rule_world import load_yaml

from beachhead.errors import DefinitionError, Diagnostic, Place
from beachhead.rules import FixedCatalog, ValueType, check_expression, check_rule, from_json, parse, value_type

HERE = Path(__file__).parent
SYNTAX = load_yaml(HERE / "errors/syntax.yml")
MEANING = load_yaml(HERE / "errors/meaning.yml")
FORMS = load_yaml(HERE / "errors/forms.yml")
KNOWN_VALUES = load_yaml(HERE / "errors/known_values.yml")


def _types(columns: dict[str, str]) -> dict[str, ValueType]:
    return {name: ValueType(kind) for name, kind in columns.items()}


def _catalog(document: dict[str, Any]) -> FixedCatalog:
    return FixedCatalog(
        _types(document["attributes"]),
        document["segments"],
        document.get("missing", {}),
        document.get("values", {}),
        {table: _types(columns) for table, columns in document.get("tables", {}).items()},
        document.get("lists", ()),
        {(t, c): known for t, columns in document.get("column_values", {}).items() for c, known in columns.items()},
    )


CATALOG = _catalog(MEANING)
CASES = [
    pytest.param(case, _catalog(d), id=case["rule"]) for d in (MEANING, FORMS, KNOWN_VALUES) for case in d["cases"]
]


def _error(text: str, place: Place | None = None, indent: int = 0) -> Diagnostic:
    with pytest.raises(DefinitionError) as caught:
        parse(text, place, indent)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize("case", SYNTAX, ids=lambda case: repr(case["rule"]))
def test_bad_text_is_explained_at_its_place(case: dict[str, Any]) -> None:
    found = _error(case["rule"])
    assert (found.code, found.place) == (case["code"], Place("rule", case["line"], case["column"]))
    assert case["remedy"] in (found.remedy or "")
    assert found.nearest == case.get("nearest")


@pytest.mark.parametrize(("case", "catalog"), CASES)
def test_bad_meaning_is_explained_at_its_place(case: dict[str, Any], catalog: FixedCatalog) -> None:
    checked = check_rule(parse(case["rule"]), catalog)
    (found,) = checked.diagnostics
    assert (found.code, found.severity) == (case["code"], case["severity"])
    assert found.place == Place("rule", 1, case["column"])
    assert case["remedy"] in (found.remedy or "")
    assert found.nearest == case.get("nearest")
    assert checked.ok == (case["severity"] != "error") == (checked.core is not None)


def test_all_wrong_names_are_reported_at_once() -> None:
    checked = check_rule(parse("plna = 'pro' and saets > 3 and in_segment('at_rsk')"), CATALOG)
    assert [d.nearest for d in checked.diagnostics] == ["plan", "seats", "at_risk"]


def test_unknown_that_was_thought_of_is_not_mentioned() -> None:
    assert check_rule(parse("plan != 'free' or plan is null"), CATALOG).diagnostics == ()
    assert check_rule(parse("coalesce(plan, '') != 'free'"), CATALOG).diagnostics == ()


def test_expression_that_is_always_null_has_no_type() -> None:
    (found,) = check_expression(parse("case when is_free_mail then null end"), CATALOG).diagnostics
    assert found.code == "no-type"
    assert value_type(parse("nullif(null, null)"), CATALOG) is None


@pytest.mark.parametrize("text", ["seats = 'x'", "plan + 1", "nowhere"])
def test_wrong_expression_has_no_type(text: str) -> None:
    assert value_type(parse(text), CATALOG) is None


def test_place_counts_from_where_the_text_begins() -> None:
    found = _error("a > > 3", Place("segments/x.yml", 7, 8))
    assert found.place == Place("segments/x.yml", 7, 12)


def test_place_on_later_lines_counts_the_indent() -> None:
    found = _error("a > 3\nand b = = 3\n", Place("segments/x.yml", 7, 3), indent=2)
    assert found.place == Place("segments/x.yml", 8, 11)


def test_place_without_line_stays_without_line() -> None:
    assert _error("a > > 3", Place("segments/x.yml")).place == Place("segments/x.yml")


@pytest.mark.parametrize("depth", [200, 5_000])
def test_brackets_nest_without_end(depth: int) -> None:
    assert parse("(" * depth + "a = 1" + ")" * depth) == parse("a = 1")


@pytest.mark.parametrize(
    "text", ["not " * 200 + "a", "-" * 1 + "(-" * 300 + "a" + ")" * 300 + " > 1", "a + " * 300 + "a > 1"]
)
def test_deep_rule_is_refused_with_a_remedy(text: str) -> None:
    found = _error(text)
    assert found.code == "rule-too-deep"
    assert "own segment" in (found.remedy or "")


def test_ten_thousand_conditions_are_possible() -> None:
    node = parse(" or ".join(f"seats = {i}" for i in range(10_000)))
    assert check_rule(node, CATALOG).diagnostics == ()


def test_forms_that_multiply_are_refused() -> None:
    text = "seats > 3"
    for _ in range(40):
        text = f"changed({text}, last => '3 days')"
    checked = check_rule(parse(text), CATALOG)
    assert [d.code for d in checked.diagnostics] == ["rule-too-large"]
    assert checked.core is None


def test_too_long_rule_is_refused() -> None:
    assert _error("a" * 1_000_001).code == "rule-too-long"


@pytest.mark.parametrize(
    "value",
    [
        None, [], {}, {"kind": "nonsense"}, {"kind": "and", "items": []}, {"kind": "and", "items": 3},
        {"kind": "call", "operator": "drop", "arguments": []}, {"kind": "call", "operator": "=", "arguments": []},
        {"kind": "literal", "type": "date", "value": "2026-02-30"},
        {"kind": "literal", "type": "integer", "value": "1"},
        {"kind": "literal", "type": None, "value": 1}, {"kind": "literal", "type": "number", "value": float("nan")},
        {"kind": "literal", "type": "money", "value": 1}, {"kind": "attribute", "name": 5},
        {"kind": "relative_date", "amount": 1, "unit": "hour"}, {"kind": "relative_date", "amount": 0.5, "unit": "day"},
        {"kind": "case", "whens": [], "otherwise": None}, {"kind": "not"},
    ],
)  # fmt: skip
def test_wrong_json_is_a_diagnostic(value: object) -> None:
    with pytest.raises(DefinitionError, match="bad-tree"):
        from_json(value)


def test_deep_json_is_a_diagnostic() -> None:
    tree: object = {"kind": "attribute", "name": "a"}
    for _ in range(500):
        tree = {"kind": "not", "item": tree}
    with pytest.raises(DefinitionError, match="levels deep"):
        from_json(tree)


@pytest.mark.parametrize("rule", KNOWN_VALUES["fine"])
def test_texts_that_occur_or_need_not_occur_are_not_mentioned(rule: str) -> None:
    found = check_rule(parse(rule), _catalog(KNOWN_VALUES)).diagnostics
    assert [d for d in found if d.code == "unknown-value"] == []
