"""One rule and an attribute make a segment for each value."""

from __future__ import annotations

import pytest
from coded import rules_of

from beachhead.project.definitions import SegmentDefinition
from beachhead.rules import Value, ValueType, format_rule
from beachhead.segments.evaluate import CompiledSegment
from beachhead.segments.families import MOST_VALUES, members_of_family, too_large, version_in_family


def family(title: str = "Firms in {value}") -> CompiledSegment:
    definition = SegmentDefinition(name="by_place", title=title, where="n > 5", for_each="place", owner="Ann")
    node = rules_of({"r": "n > 5"}, {"n": ValueType.INTEGER})["r"]
    return CompiledSegment(definition, node, "0123456789ab", "n is more than 5")


def test_each_value_makes_a_segment_of_its_own() -> None:
    germany, spain = members_of_family(family(), "Place", ["Germany", "Spain"])
    assert (germany.name, germany.definition.title, germany.definition.owner) == (
        "by_place/Germany", "Firms in Germany", "Ann"
    )  # fmt: skip
    assert format_rule(spain.node) == "n > 5 and place = 'Spain'"
    assert spain.english == "n is more than 5, and Place is Spain"
    assert germany.definition.for_each is None


def test_a_title_without_a_place_for_the_value_is_followed_by_it() -> None:
    (one,) = members_of_family(family("Firms"), "Place", ["Germany"])
    assert one.definition.title == "Firms: Germany"


@pytest.mark.parametrize(
    ("value", "name", "rule"),
    [
        (True, "by_place/true", "place = true"),
        (12, "by_place/12", "place = 12"),
        ("it's", "by_place/it's", "place = 'it''s'"),
        ("Köln/Bonn", "by_place/Köln/Bonn", "place = 'Köln/Bonn'"),
    ],
)
def test_values_of_any_kind(value: Value, name: str, rule: str) -> None:
    (one,) = members_of_family(family(), "Place", [value])
    assert (one.name, format_rule(one.node)) == (name, f"n > 5 and {rule}")


def test_a_version_belongs_to_its_value_and_changes_with_the_rule() -> None:
    before = {s.name: s.version for s in members_of_family(family(), "Place", ["Germany", "Spain"])}
    after = {s.name: s.version for s in members_of_family(family(), "Place", ["France", "Germany"])}
    assert before["by_place/Germany"] == after["by_place/Germany"] == version_in_family("0123456789ab", "Germany")
    assert len({*before.values(), *after.values(), version_in_family("other", "Germany")}) == 4


def test_a_family_is_too_large_with_more_than_2000_values() -> None:
    assert too_large(family(), list(range(MOST_VALUES))) is None
    wrong = too_large(family(), list(range(MOST_VALUES + 1)))
    assert wrong is not None
    assert (wrong.code, "2,001 values" in wrong.message) == ("family-too-large", True)
