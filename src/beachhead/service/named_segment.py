"""A segment by its name as it is evaluated, also one of a family; and who names it."""

from __future__ import annotations

from collections.abc import Iterator

from beachhead.errors import DataError, DefinitionError, Diagnostic, UsageError
from beachhead.rules import ValueType, segments_used
from beachhead.segments.evaluate import CompiledSegment
from beachhead.segments.families import members_of_family, value_shown
from beachhead.service.plan import Plan


def named_segment(plan: Plan, name: str) -> CompiledSegment:
    """The segment of that name; `family/value` is the one of a family for a value, whoever has it.

    Raises `UsageError` with the nearest name, or for a value that the family's attribute cannot have; `DefinitionError`
    for a segment that has errors, `DataError` for one that waits for data.
    """
    compiled = {s.name: s for s in plan.segments}
    if name in compiled:
        return compiled[name]
    family, _, word = name.partition("/")
    if family in plan.broken:
        raise DefinitionError(plan.broken[family])
    if family in plan.waiting:
        message = f"segment '{family}' has no data yet"
        raise DataError(Diagnostic("segment-without-data", message, why=plan.waiting[family]))
    found = compiled.get(family)
    if found is None or found.definition.for_each is None:
        raise UsageError(Diagnostic.unknown_name("segment", name, compiled))
    attribute = plan.catalog.attributes[found.definition.for_each]
    value = value_shown(word, ValueType(attribute.type))
    if value is None:
        message = f"'{attribute.name}', for whose values '{family}' has segments, is never '{word}'"
        remedy = f"Write {family}/true or {family}/false." if attribute.type == "boolean" else "Write a whole number."
        raise UsageError(Diagnostic("not-a-value", message, remedy=remedy))
    (one,) = members_of_family(found, attribute.title, [value])
    return one


def users_of(plan: Plan, name: str) -> Iterator[str]:
    """Who names a segment or one of its family: other segments, and the segmentation."""
    for segment in plan.segments:
        if segment.name != name and any(n.partition("/")[0] == name for n in segments_used(segment.node)):
            yield segment.name
    segmentation = plan.project.segmentation
    if segmentation and any(group.segment == name for group in segmentation.groups):
        yield "segmentation.yml"
