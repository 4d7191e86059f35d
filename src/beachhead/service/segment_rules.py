"""Segments with their rules checked: in order, compiled, in words; what is wrong or odd with each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from beachhead.analysis.display import money_text
from beachhead.customers.catalog import Catalog
from beachhead.errors import Diagnostic, Severity
from beachhead.project import Project
from beachhead.project.customer_lists import read_list
from beachhead.project.definitions import SegmentDefinition
from beachhead.rules import (
    Checked,
    Node,
    ValueType,
    check_rule,
    explain,
    lint,
    segment_order,
    segments_used,
    uses,
    version,
)
from beachhead.rules.ast import InList, Not, all_of, any_of
from beachhead.segments.evaluate import CompiledSegment
from beachhead.service.doubt import Doubt
from beachhead.service.rule_texts import lacking_of, lacks_all, parsed_text

NO_DATA = ("unavailable-attribute", "unavailable-table")
"""Told of all segments together: those that wait, and what is lacking of others."""


def check_segments(
    project: Project, catalog: Catalog, doubt: Doubt, said: list[Diagnostic]
) -> tuple[tuple[CompiledSegment, ...], dict[str, tuple[Diagnostic, ...]], dict[str, str]]:
    """The segments that can be evaluated, each after those it names; those that are broken; those that wait for data,
    with the reason. What is to be said of them goes to `said`."""
    checked: dict[str, Checked] = {}
    guessed: set[str] = set()
    broken: dict[str, tuple[Diagnostic, ...]] = {
        name: tuple(d for d in project.errors if d.place and d.place.file == project.place("segments", name).file)
        for kind, name in sorted(project.broken)
        if kind == "segments"
    }
    for name, definition in project.segments.items():
        found: list[Diagnostic] = []
        node, result = parsed_text(project, found, "segments", name, "where", definition.where), None
        if node is not None:
            result = check_rule(node, catalog)
            found.extend(_family_mistakes(project, definition, catalog))
            found.extend(_named_families(project, node))
            found.extend(d for d in result.diagnostics if d.code not in NO_DATA)
            shown = doubt.without_guesses(found, node, catalog)
            said.extend(shown)
            if shown != found:
                guessed.add(name)
        else:
            said.extend(found)
        if result is None or result.core is None or any(d.is_error for d in found):
            broken[name] = tuple(d for d in found if d.is_error)
        else:
            checked[name] = result
    ordered = segment_order({name: result.node for name, result in checked.items()})
    said.extend(ordered.diagnostics)
    compiled: list[CompiledSegment] = []
    versions: dict[str, str] = {}
    waiting: dict[str, str] = {}
    broken |= {name: (circle,) for name, circle in ordered.circles.items()}
    for name in ordered.names:
        node, core = checked[name].node, checked[name].core
        assert core is not None
        used = segments_used(node)
        place = project.place("segments", name)
        if culprits := sorted(used & broken.keys()):
            why = Diagnostic(
                "needs-broken-segment",
                f"segment '{name}' is left out, since '{culprits[0]}' has errors",
                place=place,
                remedy=f"Mend '{culprits[0]}'.",
            )
            broken[name] = (why,)
            if guessed.issuperset(culprits):
                guessed.add(name)
            else:
                said.append(why)
        elif reason := lacks_all(core, catalog) or next((waiting[s] for s in sorted(used) if s in waiting), None):
            waiting[name] = reason
            said.append(
                Diagnostic(
                    "waiting-for-data",
                    f"segment '{name}' has no data yet: {reason}",
                    Severity.INFO,
                    place,
                    remedy="Map the missing table, or remove the segment.",
                )
            )
        else:
            lacking = tuple(sorted(n for n, why in lacking_of(core, catalog).items() if why))
            told = english(project, catalog, node)
            definition = project.segments[name]
            core = _with_those_by_hand(definition, core)
            versions[name] = _version(definition, node, {n: versions[n] for n in sorted(used)})
            compiled.append(CompiledSegment(definition, core, versions[name], told, lacking))
    said += _odd_rules(compiled, catalog, project)
    return tuple(compiled), broken, waiting


def _version(definition: SegmentDefinition, node: Node, named: Mapping[str, str]) -> str:
    """That of the rule, and another one with customers who are in or out by hand. `named`: the versions of segments
    that it names."""
    of_rule = version(node, named)
    if not definition.include and not definition.exclude:
        return of_rule
    by_hand = f"{of_rule} {definition.include} {definition.exclude}"
    return hashlib.sha256(by_hand.encode()).hexdigest()[:12]


def _as_verb(name: str, title: str) -> str:
    """What is true of a customer, as part of a sentence where that can be seen: `is a customer now`, `is at risk`."""
    words = title if title[1:2].isupper() else title[:1].lower() + title[1:]
    if words.startswith(("is ", "has ")):
        return words
    verb, _, rest = name.partition("_")
    return f"is {words}" if verb == "is" and words.startswith(rest.partition("_")[0]) else title


def english(project: Project, catalog: Catalog, node: Node) -> str:
    """A checked rule in words, with the titles of attributes and segments."""

    def label(attribute: str) -> str:
        found = catalog.attributes.get(attribute)
        if found is None:
            return attribute
        return found.title if found.type != "boolean" else _as_verb(attribute, found.title)

    def money(minor: float) -> str:
        return money_text(minor, project.settings.currency, exact=True)

    def title(segment: str) -> str:
        found = project.segments.get(segment)
        return found.title if found else segment

    return explain(node, label, money, catalog, title)


INCLUDED, EXCLUDED = "include of", "exclude of"
"""Lists that stand in a segment's own file: their names in a core rule, before the segment's."""


def _with_those_by_hand(definition: SegmentDefinition, core: Node) -> Node:
    if definition.include:
        core = any_of([core, InList(f"{INCLUDED} {definition.name}")])
    if definition.exclude:
        core = all_of([core, Not(InList(f"{EXCLUDED} {definition.name}"))])
    return core


def ids_of_list(project: Project, name: str) -> tuple[str, ...]:
    """The ids on a list: of a file in `lists/`, or of a segment's own `include` and `exclude`. Raises `DataError`."""
    kind, _, segment = name.rpartition(" ")
    if not kind:
        return read_list(project.lists[name], project.root)
    definition = project.segments[segment]
    return definition.include if kind == INCLUDED else definition.exclude


def _family_mistakes(project: Project, definition: SegmentDefinition, catalog: Catalog) -> Iterator[Diagnostic]:
    attribute = definition.for_each
    if attribute is None:
        if "{value}" in definition.title:
            place = project.place("segments", definition.name, "title")
            message = "'{value}' in the title stands for nothing without 'for_each'"
            remedy = "Take it out of the title, or add a line `for_each: …` with an attribute."
            yield Diagnostic("value-without-family", message, Severity.WARNING, place, remedy=remedy)
        return
    place = project.place("segments", definition.name, "for_each")
    kind = catalog.attribute_type(attribute)
    if kind is None:
        yield Diagnostic.unknown_name("attribute", attribute, catalog.attribute_names(), place)
    elif kind not in (ValueType.TEXT, ValueType.BOOLEAN, ValueType.INTEGER):
        message = f"'{attribute}' is a {kind}, and a family needs a text, a whole number or yes/no"
        yield Diagnostic("not-a-category", message, place=place, remedy="Take an attribute such as country or plan.")


def _named_families(project: Project, node: Node) -> Iterator[Diagnostic]:
    """A rule asks who is in one segment; a family is many."""
    for use in uses(node):
        named = project.segments.get(use.name) if use.kind == "segment" else None
        if named and named.for_each:
            message = f"'{use.name}' is a family of segments, not one"
            remedy = "Write its rule here, or make it a segment of its own."
            yield Diagnostic("family-not-segment", message, place=use.place, remedy=remedy)


def _odd_rules(
    segments: Sequence[CompiledSegment], catalog: Catalog, project: Project
) -> Iterator[Diagnostic]:  # fmt: skip
    """What is odd about rules that are correct, each in its file."""
    for name, found in lint({s.name: s.node for s in segments}, catalog).items():
        place = project.text_place("segments", name, "where").place
        yield from (d.at(place) for d in found)


def check_segmentation(project: Project) -> Iterator[Diagnostic]:
    """What is wrong with `segmentation.yml` beside its form."""
    for n, group in enumerate(project.segmentation.groups if project.segmentation else ()):
        place = project.place("segmentation", "", "groups", n, "segment")
        if group.segment not in project.segments:
            yield Diagnostic.unknown_name("segment", group.segment, project.segments, place)
        elif project.segments[group.segment].for_each:
            message = f"'{group.segment}' is a family, not one segment"
            yield Diagnostic("family-in-segmentation", message, place=place, remedy="Name single segments.")
