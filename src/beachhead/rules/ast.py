"""The tree of a rule: frozen nodes, equal when they mean the same text, whatever their place.

Conditions and values are one family, because a boolean is a value: `case when plan = 'pro' then 1 else 0 end`.
"Not in", "is not null" and the like are `Not` around the plain operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal as OneOf

from beachhead.errors import Place
from beachhead.rules.types import Value, ValueType

Unit = OneOf["day", "week", "month", "year"]

MAX_DEPTH = 100
"""Deepest nesting of a rule; everything that walks a tree may recurse this far."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a node was written: its place in the file, and its characters `start` up to `end` of the rule text."""

    place: Place
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """The value of an attribute."""

    name: str
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written out. `type` is None for null only.

    A date in a rule text is a text until the checker has seen what it is compared with.
    """

    value: Value
    type: ValueType | None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RelativeDate:
    """A day counted from the as-of day: amount -30 is 30 units earlier, 0 is today."""

    amount: int
    unit: Unit
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function of the table (`operators.py`) on its arguments; a list's items are arguments."""

    operator: str
    arguments: tuple[Node, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first condition that is true, else `otherwise` (None means null)."""

    whens: tuple[tuple[Node, Node], ...]
    otherwise: Node | None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InSegment:
    """Whether the customer is a member of another segment: true or false, never null."""

    name: str
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene negation: null stays null."""

    item: Node
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """Kleene conjunction of two or more, none of them an `And`; build it with `all_of`."""

    items: tuple[Node, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Kleene disjunction of two or more, none of them an `Or`; build it with `any_of`."""

    items: tuple[Node, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


Node = Attribute | Literal | RelativeDate | Call | Case | InSegment | Not | And | Or


def all_of(items: Iterable[Node], span: Span | None = None) -> Node:
    """The conjunction of one or more conditions, nested conjunctions flattened. ValueError when there are none."""
    flat = [part for item in items for part in (item.items if isinstance(item, And) else (item,))]
    if not flat:
        raise ValueError("a conjunction needs at least one condition")
    return flat[0] if len(flat) == 1 else And(tuple(flat), span)


def any_of(items: Iterable[Node], span: Span | None = None) -> Node:
    """The disjunction of one or more conditions, nested disjunctions flattened. ValueError when there are none."""
    flat = [part for item in items for part in (item.items if isinstance(item, Or) else (item,))]
    if not flat:
        raise ValueError("a disjunction needs at least one condition")
    return flat[0] if len(flat) == 1 else Or(tuple(flat), span)


def negate(item: Node, span: Span | None = None) -> Node:
    """The number with its sign turned; a written number simply changes its sign."""
    if isinstance(item, Literal) and isinstance(item.value, int | float) and not isinstance(item.value, bool):
        return number(-item.value, span)
    return Call("negate", (item,), span)


def number(value: int | float, span: Span | None = None) -> Literal:
    """A written number; one without fraction is an integer, so that 1 and 1.0 are the same rule."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return Literal(value, ValueType.INTEGER if isinstance(value, int) else ValueType.NUMBER, span)


def text(value: str, span: Span | None = None) -> Literal:
    """A written text."""
    return Literal(value, ValueType.TEXT, span)


def boolean(value: bool, span: Span | None = None) -> Literal:
    """A written true or false."""
    return Literal(value, ValueType.BOOLEAN, span)


def day(value: date, span: Span | None = None) -> Literal:
    """A written date, or with a time of day a timestamp."""
    return Literal(value, ValueType.TIMESTAMP if isinstance(value, datetime) else ValueType.DATE, span)


def relative(amount: int, unit: Unit, span: Span | None = None) -> RelativeDate:
    """A day counted from the as-of day; nothing of any unit is today."""
    return RelativeDate(amount, unit if amount else "day", span)


NULL = Literal(None, None)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order in which they are written."""
    match node:
        case Call():
            return node.arguments
        case And() | Or():
            return node.items
        case Not():
            return (node.item,)
        case Case():
            last = () if node.otherwise is None else (node.otherwise,)
            return (*(part for pair in node.whens for part in pair), *last)
        case Attribute() | Literal() | RelativeDate() | InSegment():
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order in which they are written, at any depth."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def too_deep(node: Node) -> Node | None:
    """A node that is nested deeper than `MAX_DEPTH`, None when there is none."""
    stack = [(node, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            return node
        stack.extend((child, depth + 1) for child in reversed(children(node)))
    return None
