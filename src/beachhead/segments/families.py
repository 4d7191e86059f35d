"""Families: one rule and an attribute make a segment for each value that customers have there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from beachhead.errors import Diagnostic
from beachhead.rules import ast
from beachhead.rules.types import Value, ValueType
from beachhead.segments.evaluate import CompiledSegment

MOST_VALUES = 2_000


def members_of_family(family: CompiledSegment, label: str, values: Iterable[Value]) -> tuple[CompiledSegment, ...]:
    """The segments of a family for the known values of its attribute, which people call `label`.

    Each is named `family/value`, and has the values' own version, so that it goes on while others come and go.
    """
    return tuple(_one(family, label, value) for value in values)


def too_large(family: CompiledSegment, values: Sequence[Value]) -> Diagnostic | None:
    """Why a family cannot be made; None when it can."""
    if len(values) <= MOST_VALUES:
        return None
    message = (
        f"'{family.definition.for_each}' has {len(values):,} values; a family makes at most {MOST_VALUES:,} segments"
    )
    remedy = "Take an attribute that groups customers, such as country, plan or size_band."
    return Diagnostic("family-too-large", message, remedy=remedy)


def shown(value: Value) -> str:
    """A value as the name of a segment has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def value_shown(word: str, kind: ValueType) -> Value:
    """The value of which the name of a segment has `word`; None where it is none of that type."""
    if kind is ValueType.BOOLEAN:
        return {"true": True, "false": False}.get(word)
    if kind is ValueType.INTEGER:
        return int(word) if re.fullmatch(r"-?[0-9]+", word) else None
    return word


def version_in_family(version: str, word: str) -> str:
    """The version of a family's segment for the value that is shown as `word`."""
    return hashlib.sha256(f"{version} {word}".encode()).hexdigest()[:12]


def _one(family: CompiledSegment, label: str, value: Value) -> CompiledSegment:
    assert family.definition.for_each and isinstance(value, str | bool | int | float)
    word = shown(value)
    written = {str: ast.text, bool: ast.boolean}.get(type(value), ast.number)
    condition = ast.Call("=", (ast.Attribute(family.definition.for_each), written(value)))  # type: ignore[operator]
    title = family.definition.title
    named = title.replace("{value}", word) if "{value}" in title else f"{title}: {word}"
    earlier = family.definition.previously
    definition = family.definition.model_copy(
        update={
            "name": f"{family.name}/{word}",
            "title": named[:200],
            "for_each": None,
            "previously": f"{earlier}/{word}" if earlier else None,
        }
    )
    return replace(
        family,
        definition=definition,
        node=ast.all_of([family.node, condition]),
        version=version_in_family(family.version, word),
        english=f"{family.english}, and {label} is {word}",
    )
