"""A segment by its name as it is evaluated, also one of a family; and who names it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.compute as pc

from beachhead.errors import DataError, DefinitionError, Diagnostic, UsageError
from beachhead.rules import ValueType, segments_used
from beachhead.segments.evaluate import CompiledSegment
from beachhead.segments.families import members_of_family, shown, value_shown
from beachhead.service.plan import Plan
from beachhead.service.results import Run
from beachhead.service.segment_names import a_family, nobody_has, unknown_segment


def named_segment(plan: Plan, name: str, run: Run | None = None) -> CompiledSegment:
    """The segment of that name as the files are now; `family/value` is the one of a family for a value.

    Raises `UsageError` with the nearest name, for a family, for a value that its attribute cannot have or that nobody
    has in `run`; `DefinitionError` for a segment that has errors, `DataError` for one that waits for data.
    """
    compiled = {s.name: s for s in plan.segments}
    family, _, word = name.partition("/")
    if family in plan.broken:
        raise DefinitionError(plan.broken[family])
    if family in plan.waiting:
        message = f"segment '{family}' has no data yet"
        raise DataError(Diagnostic("segment-without-data", message, why=plan.waiting[family]))
    found = compiled.get(family)
    if found is None or ("/" in name and found.definition.for_each is None):
        unsound = plan.unsound
        raise UsageError(unknown_segment(name, {*compiled, *unsound}, unsound))
    if found.definition.for_each is None:
        return found
    attribute = plan.catalog.attributes[found.definition.for_each]
    values = _values_of(run, attribute.name) if run else None
    if not word:
        raise UsageError(a_family(family, values or ()))
    value = value_shown(word, ValueType(attribute.type))
    if value is None:
        message = f"'{attribute.name}', for whose values '{family}' has segments, is never '{word}'"
        remedy = f"Write {family}/true or {family}/false." if attribute.type == "boolean" else "Write a whole number."
        raise UsageError(Diagnostic("not-a-value", message, remedy=remedy))
    if values is not None and word not in values:
        raise UsageError(nobody_has(word, family, values))
    (one,) = members_of_family(found, attribute.title, [value])
    return one


def _values_of(run: Run, attribute: str) -> list[str] | None:
    """The values of an attribute as names of segments have them; None where the run does not know it yet."""
    if attribute not in run.attributes:
        return None
    return sorted(shown(v) for v in pc.unique(run.columns(attribute)[attribute]).to_pylist() if v is not None)


def users_of(plan: Plan, name: str) -> Iterator[str]:
    """Who names a segment or one of its family: other segments, and the segmentation."""
    for segment in plan.segments:
        if segment.name != name and any(n.partition("/")[0] == name for n in segments_used(segment.node)):
            yield segment.name
    segmentation = plan.project.segmentation
    if segmentation and any(group.segment == name for group in segmentation.groups):
        yield "segmentation.yml"
