"""A project whose names and types were checked: what a run will compute, and all that is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from beachhead.customers.catalog import (
    Catalog,
    KnownTexts,
    clashing_key_events,
    own_attribute,
    source_catalog,
    taken_names,
)
from beachhead.customers.mentions import mentioned_customers
from beachhead.customers.value_diagnostics import double_reversals
from beachhead.errors import Diagnostic, Place, Severity
from beachhead.project import Project, check_files, load, matching_files
from beachhead.project.definitions import AttributeDefinition, Retention, ScoreInput
from beachhead.rules import (
    Checked,
    Node,
    ValueType,
    attribute_order,
    attributes_used,
    check_expression,
    segments_used,
    walk,
)
from beachhead.rules.ast import Meant
from beachhead.rules.check_forms import EVENT, never_in_data
from beachhead.segments.evaluate import CompiledSegment
from beachhead.service.doubt import Doubt, doubt_of
from beachhead.service.known_texts import KnownEvents
from beachhead.service.metric_definitions import project_metrics
from beachhead.service.rule_texts import lacks_all, parsed_text
from beachhead.service.segment_names import remarked
from beachhead.service.segment_rules import check_segmentation, check_segments, english

_ANY_DAY = date(2000, 1, 1)


@dataclass(frozen=True)
class OwnAttribute:
    """An attribute that the project defines: its checked expression and type."""

    definition: AttributeDefinition
    node: Node
    type: ValueType


@dataclass(frozen=True, repr=False)
class Plan:
    """What a run computes. `own` and `segments` come in an order in which each follows what it uses.

    `broken`: segments whose rule, or a segment they name, has errors. `waiting`: segments that look at attributes and
    tables of which none has data, with the reason. Both are not evaluated. `score_inputs`: ingredients that have data.
    """

    project: Project
    catalog: Catalog
    own: tuple[OwnAttribute, ...]
    segments: tuple[CompiledSegment, ...]
    broken: Mapping[str, tuple[Diagnostic, ...]]
    waiting: Mapping[str, str]
    score_inputs: tuple[ScoreInput, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def unsound(self) -> frozenset[str]:
        """Segments that cannot be evaluated as they are."""
        return frozenset({*self.broken, *self.waiting})

    @property
    def made_by(self) -> str:
        """A text that changes with the definitions that records are made by: all but segments and metrics."""
        project = self.project
        settings = project.settings.model_copy(update={"name": "", "headline": None, "keep": Retention()})
        parts = [settings, *project.sources.values(), *project.attributes.values(), project.value, project.matching]
        text = "\n".join(part.model_dump_json() if part else "" for part in parts)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def attributes_used(self) -> frozenset[str]:
        """Attributes that a segment, an own attribute or the recipe of the score names."""
        nodes = [*(s.node for s in self.segments), *(o.node for o in self.own)]
        families = {s.definition.for_each for s in self.segments if s.definition.for_each}
        return frozenset[str]().union(families, *map(attributes_used, nodes), (i.attribute for i in self.score_inputs))

    @property
    def previously(self) -> dict[str, str]:
        """The names that segments had before, by their present ones."""
        return {name: d.previously for name, d in self.project.segments.items() if d.previously}

    def english(self, node: Node) -> str:
        """A checked rule in words, with the titles of attributes and segments."""
        return english(self.project, self.catalog, node)

    def knowing(self, known: KnownTexts) -> Plan:
        """The same with texts that rules are compared with while somebody writes them."""
        return replace(self, catalog=replace(self.catalog, known=known))

    def after(self, event_names: Collection[str]) -> Plan:
        """The same when there are further names of events, which are missed no longer."""
        found = {never_in_data(EVENT, name) for name in event_names}
        left = (d for d in self.diagnostics if d.code != "unknown-value" or d.message not in found)
        return replace(self, diagnostics=tuple(left))

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.is_error)

    def __repr__(self) -> str:
        counts = f"{len(self.project.sources)} sources, {len(self.own)} own attributes, {len(self.segments)} segments"
        return f"<plan of {self.project.settings.name}: {len(self.errors)} errors; {counts}>"

    @property
    def blocking(self) -> tuple[Diagnostic, ...]:
        """Errors that stop a run: all but those of single segments and metrics, which are left out instead."""
        of_segments = {d for found in self.broken.values() for d in found}
        return tuple(d for d in self.errors if d not in of_segments and not _is_left_out(d))


_LEFT_OUT = ("segments/", "metrics/", "segmentation.")


def _is_left_out(diagnostic: Diagnostic) -> bool:
    """Whether it is of a definition that an update can do without: a segment, a metric."""
    return diagnostic.place is not None and diagnostic.place.file.startswith(_LEFT_OUT)


def make_plan(folder: Path) -> Plan:
    """Load and check a project folder. Never raises for what a definition says; look at `diagnostics`."""
    return plan_of(load(folder))


def plan_of(project: Project) -> Plan:
    """Check a project that was loaded, or one that says something else than its folder. Never raises.

    Names of events are compared with those of the newest update.
    """
    said: list[Diagnostic] = [*project.diagnostics, *check_files(project)]
    for source, name, remedy in taken_names(project.settings, project.sources):
        said.append(_name_taken(name, project.place("sources", source, "extra", name), remedy))
    for n, name in clashing_key_events(project.settings):
        remedy = "Give the event another name with `values:` in its source."
        said.append(_name_taken(name, project.place("settings", "", "key_events", n), remedy))
    present = {
        n: s
        for n, s in project.sources.items()
        if not s.optional or s.database.url or s.is_in_the_engine or matching_files(project.root, s)
    }
    mentioned = {f"{n} (customers)": m for n, s in present.items() if (m := mentioned_customers(s))}
    catalog = replace(
        source_catalog(project.settings, {**present, **mentioned}), known=KnownEvents(project.root)
    )  # fmt: skip
    doubt = doubt_of(project)
    catalog, own = _check_own(project, catalog, doubt, said)
    doubt = doubt.plus(name for name in project.attributes if name not in catalog.attributes)
    catalog = replace(catalog, segments=frozenset(project.segments), lists=frozenset(project.lists))
    segments, broken, waiting = check_segments(project, catalog, doubt, said)
    said += check_segmentation(project)
    inputs = _check_value(project, catalog, own, doubt, said)
    said += project_metrics(project, _ANY_DAY).diagnostics
    unsound = {*broken, *waiting}

    def shown(diagnostic: Diagnostic) -> Diagnostic:
        return without_secrets(remarked(diagnostic, unsound), project)

    clean = tuple(dict.fromkeys(map(shown, said)))
    broken = {name: tuple(map(shown, found)) for name, found in broken.items()}
    return Plan(project, catalog, own, segments, broken, waiting, inputs, clean)


def without_secrets(diagnostic: Diagnostic, project: Project) -> Diagnostic:
    """The diagnostic without values that came from the environment; rules and mappings may quote them."""
    if not project.secrets:
        return diagnostic
    why, remedy, nearest = diagnostic.why, diagnostic.remedy, diagnostic.nearest
    return replace(
        diagnostic,
        message=project.redact(diagnostic.message),
        why=project.redact(why) if why else None,
        remedy=project.redact(remedy) if remedy else None,
        nearest=project.redact(nearest) if nearest else None,
    )


def _check_own(
    project: Project, catalog: Catalog, doubt: Doubt, said: list[Diagnostic]
) -> tuple[Catalog, tuple[OwnAttribute, ...]]:
    parsed: dict[str, Node] = {}
    for name, definition in project.attributes.items():
        place = project.place("attributes", name)
        if name in catalog.attributes:
            said.append(_name_taken(name, place, "Choose another name."))
        elif node := parsed_text(project, said, "attributes", name, "expression", definition.expression):
            parsed[name] = node
    ordered = attribute_order(parsed)
    said.extend(ordered.diagnostics)
    own: list[OwnAttribute] = []
    attributes, missing = dict(catalog.attributes), dict(catalog.missing)
    for name in ordered.names:
        known = replace(catalog, attributes=attributes, missing=missing)
        checked = check_expression(parsed[name], known)
        found = [d for d in checked.diagnostics if d.severity is not Severity.WARNING]
        lost = doubt.plus(n for n in project.attributes if n not in attributes)
        said.extend(lost.without_guesses(found, parsed[name], known))
        if not checked.ok or checked.type is None:
            continue
        if wrong := _needs_more_than_a_record(name, checked):
            said.append(wrong.at(project.place("attributes", name, "expression")))
            continue
        definition = project.attributes[name]
        attributes[name] = own_attribute(definition, checked.type)
        if lacking := lacks_all(checked.node, known):
            missing[name] = lacking
        else:
            own.append(OwnAttribute(definition, checked.node, checked.type))
    return replace(catalog, attributes=attributes, missing=missing), tuple(own)


def _name_taken(name: str, place: Place, remedy: str) -> Diagnostic:
    return Diagnostic("name-taken", f"'{name}' is an attribute that exists already", place=place, remedy=remedy)


def _needs_more_than_a_record(name: str, checked: Checked) -> Diagnostic | None:
    """Why an attribute cannot be computed from the other attributes of a customer; None when it can."""
    if segments_used(checked.node):
        message = f"attribute '{name}' asks for a segment"
        remedy = "Segments are computed from attributes; put the condition itself here."
        return Diagnostic("segment-in-attribute", message, remedy=remedy)
    if checked.core is not None and any(isinstance(part, Meant) for part in walk(checked.core)):
        message = f"attribute '{name}' asks for more than the attributes of a customer"
        remedy = "Such forms have their place in the rules of segments; put the condition there."
        return Diagnostic("form-in-attribute", message, remedy=remedy)
    return None


def _check_value(
    project: Project, catalog: Catalog, own: tuple[OwnAttribute, ...], doubt: Doubt, said: list[Diagnostic]
) -> tuple[ScoreInput, ...]:
    if project.value is None:
        return ()
    place_of_inputs = project.place("value", "value", "inputs")
    said.extend(
        Diagnostic(
            "reversed-twice",
            f"the thresholds of '{name}' fall, and `direction: low` turns them round again",
            Severity.WARNING,
            place_of_inputs,
            remedy="Use one of the two: falling thresholds, or direction: low.",
        )
        for name in double_reversals(project.value)
    )
    usable: list[ScoreInput] = []
    after_score = _after_score(own)
    for n, score_input in enumerate(project.value.inputs):
        name = score_input.attribute
        place = project.place("value", "value", "inputs", n, "attribute")
        kind = catalog.attribute_type(name)
        if kind is None:
            if not doubt.covers(name):
                said.append(Diagnostic.unknown_name("attribute", name, catalog.attribute_names(), place))
        elif name in after_score:
            said.append(
                Diagnostic(
                    "score-uses-itself",
                    f"'{name}' is computed from the score, so it cannot be part of it",
                    place=place,
                    remedy="Take this ingredient out.",
                )
            )
        elif kind in (ValueType.TEXT, ValueType.LIST, ValueType.DATE, ValueType.TIMESTAMP):
            said.append(
                Diagnostic(
                    "not-a-number",
                    f"'{name}' is a {kind}, the score needs a number or yes/no",
                    place=place,
                    remedy="Define an attribute that turns it into a number, such as days since.",
                )
            )
        elif reason := catalog.missing.get(name):
            said.append(
                Diagnostic(
                    "waiting-for-data",
                    f"the score is computed without '{name}': {reason}",
                    Severity.INFO,
                    place,
                    remedy="Map the missing table to let it count.",
                )
            )
        else:
            usable.append(score_input)
    return tuple(usable)


SCORE_ATTRIBUTES = frozenset({"value_score", "value_rank", "tier"})


def _after_score(own: tuple[OwnAttribute, ...]) -> frozenset[str]:
    """Attributes that can be computed only once the score is there."""
    after = set(SCORE_ATTRIBUTES)
    for attribute in own:
        if attributes_used(attribute.node) & after:
            after.add(attribute.definition.name)
    return frozenset(after)


def split_at_score(own: tuple[OwnAttribute, ...]) -> tuple[tuple[OwnAttribute, ...], tuple[OwnAttribute, ...]]:
    """Own attributes that the score may use, and those that use the score; order kept."""
    after = _after_score(own)
    return (
        tuple(a for a in own if a.definition.name not in after),
        tuple(a for a in own if a.definition.name in after),
    )
