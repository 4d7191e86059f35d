"""What a tree uses: attributes, segments, lists and tables. For trees as written and for core trees alike.

Names in the condition of rows are columns, not attributes; but a customer's date from which a window counts is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

from beachhead.errors import Place
from beachhead.rules import ast
from beachhead.rules.ast import (
    Aggregate,
    Attribute,
    Chain,
    Day,
    InList,
    InSegment,
    Invoke,
    Literal,
    Moved,
    Node,
    Rows,
    Was,
)
from beachhead.rules.forms import FORMS, SIGNED_UP, Kind, Takes, events_named


@dataclass(frozen=True, slots=True)
class Use:
    """One mention of a name. `is_day`: of an attribute that only says from or until which day rows are meant."""

    kind: OneOf["attribute", "segment", "list", "table"]
    name: str
    place: Place | None
    is_day: bool = False


def uses(node: Node) -> Iterator[Use]:
    """All that a tree uses, in the order in which it is written, at any depth; a name may come several times."""
    stack: list[tuple[Node, bool]] = [(node, True)]
    while stack:
        part, is_of_customer = stack.pop()
        place = part.span.place if part.span else None
        below: list[tuple[Node, bool]] = []
        match part:
            case Attribute() if is_of_customer:
                yield Use("attribute", part.name, place)
            case InSegment():
                yield Use("segment", part.name, place)
            case Moved():
                yield Use("segment", part.segment, place)
            case InList():
                yield Use("list", part.name, place)
            case Invoke():
                yield from _of_form(part, is_of_customer, place)
                below = _below_form(part, is_of_customer)
            case Aggregate(rows=rows):
                yield from _of_rows(rows, is_of_customer, place)
                below = [(rows.where, False)] if rows.where is not None else []
            case Chain(steps=steps):
                for rows in steps:
                    yield from _of_rows(rows, is_of_customer, place)
                    below += [(rows.where, False)] if rows.where is not None else []
            case Was():
                yield from _of_day(part.at, place)
                below = [(part.item, is_of_customer)]
            case _:
                below = [(child, is_of_customer) for child in ast.children(part)]
        stack.extend(reversed(below))


def attributes_used(node: Node) -> frozenset[str]:
    """The names of all attributes of the customer in the tree."""
    return _names(node, "attribute")


def segments_used(node: Node) -> frozenset[str]:
    """The names of all segments in the tree."""
    return _names(node, "segment")


def lists_used(node: Node) -> frozenset[str]:
    """The names of all lists in the tree."""
    return _names(node, "list")


def tables_used(node: Node) -> frozenset[str]:
    """The names of all tables of whose rows the tree speaks."""
    return _names(node, "table")


def _names(node: Node, kind: str) -> frozenset[str]:
    return frozenset(use.name for use in uses(node) if use.kind == kind)


def _of_rows(rows: Rows, is_of_customer: bool, place: Place | None) -> Iterator[Use]:
    yield Use("table", rows.table, place)
    for day in (rows.first, rows.last):
        if day is not None and is_of_customer:
            yield from _of_day(day, place)


def _of_day(day: Day, place: Place | None) -> Iterator[Use]:
    if isinstance(day.base, str):
        yield Use("attribute", day.base, place, is_day=True)


def _of_form(form: Invoke, is_of_customer: bool, place: Place | None) -> Iterator[Use]:
    row = FORMS[form.name]
    if row.table:
        yield Use("table", row.table, place)
    if is_of_customer and any(name == "first" for name, _ in form.options):
        yield Use("attribute", SIGNED_UP, place, is_day=True)
    for argument in form.arguments:
        if isinstance(argument, Literal) and isinstance(argument.value, str):
            if row.takes is Takes.SEGMENT:
                yield Use("segment", argument.value, place)
            elif row.takes is Takes.LIST:
                yield Use("list", argument.value, place)


def _below_form(form: Invoke, is_of_customer: bool) -> list[tuple[Node, bool]]:
    row = FORMS[form.name]
    arguments: list[Node] = list(form.arguments)
    if row.takes in (Takes.ROWS, Takes.STEPS):
        arguments = [events_named(a) for a in arguments]
    of_customer = is_of_customer and row.table is None
    below = [(a, of_customer) for a in arguments]
    for name, value in form.options:
        option = row.option(name)
        if option is not None and option.kind is not Kind.COLUMN:
            below.append((value, is_of_customer))
    return below
