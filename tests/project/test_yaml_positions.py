"""The YAML 1.2 core schema, and that no text makes the reader stumble."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.project.yaml_positions import Plain, core_value, plain, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("False", False), ("yes", "yes"), ("NO", "NO"),
        ("on", "on"), ("12", 12), ("-3", -3), ("0x1F", 31), ("0o17", 15), ("017", "017"), ("00", "00"), ("0", 0),
        ("1.5", 1.5),
        (".5", 0.5), ("1e3", 1000.0), ("1_000", "1_000"), ("12:30", "12:30"), ("2024-01-31", "2024-01-31"),
        ("-.inf", -math.inf), ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_plain_values_mean_what_yaml_1_2_says(text: str, value: Plain) -> None:
    found = core_value(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: c, d: [1, 2]}",
        "a:\n- 1\n- b: 2\n",
        "'a': \"x\\ty\"",
        "a: !!str 5",
        "# only\n",
        "",
        "%YAML 1.2\n---\na: 1",
    ],
)
def test_good_yaml_has_no_diagnostics(text: str) -> None:
    assert read_yaml(text, "f.yml").diagnostics == ()


def test_quoted_numbers_and_string_tags_are_text() -> None:
    document = read_yaml("a: '5'\nb: !!str 5\nc: 5\n", "f.yml")
    assert document.root is not None
    assert plain(document.root) == {"a": "5", "b": "5", "c": 5}


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:-,?#&*!|>'\"%@`{}[] \n\t\\0~<.=", max_size=60) | st.text(max_size=40))
def test_any_text_gives_a_tree_or_a_diagnostic_with_place_and_remedy(text: str) -> None:
    document = read_yaml(text, "f.yml")
    for diagnostic in document.diagnostics:
        assert diagnostic.remedy
        assert diagnostic.place is not None
        assert 1 <= diagnostic.place.line <= text.count("\n") + text.count("\r") + len(text.splitlines()) + 2
        assert diagnostic.place.column >= 1
