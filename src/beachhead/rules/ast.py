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


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time that is written out: '30 days'. Only an option of an `Invoke` can be one."""

    amount: int
    unit: Unit
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Invoke:
    """A form of the table `FORMS` with its arguments and named options: `events('export', last => '30 days')`.

    What it means is said by `expand`, which replaces it by the nodes below that are never written.
    """

    name: str
    arguments: tuple[Node, ...]
    options: tuple[tuple[str, Node], ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Day:
    """A day: `amount` units after its base, and `plus` days more.

    `base`: None is the as-of day, a date itself, a text the date attribute of that name (of the person, where rows of a
    person are meant). Unknown where that is null.
    """

    base: date | str | None = None
    amount: int = 0
    unit: Unit = "day"
    plus: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a table that belong to a customer (or person), fulfil `where`, and lie in the days from `first` to
    `last`, both included; None is open.

    In `where`, `Attribute` names a column of the table. Of people (`users`) it may hold an `Aggregate` or a `Chain`:
    over rows of that person.
    """

    table: str
    where: Node | None = None
    first: Day | None = None
    last: Day | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One value of rows. `count` has no column; `distinct` counts the different known values of a column, which may
    also be `day` or `week` (of 7 days, counted back from the last day); `sum` of nothing is 0; `avg`, `min`, `max` of
    nothing are null, as are `earliest` and `latest`: the value of the first or last row that has one (of several at one
    moment the smallest, the largest). All are null where a day of `rows` is unknown.
    """

    function: OneOf["count", "distinct", "sum", "avg", "min", "max", "earliest", "latest"]
    rows: Rows
    column: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """Whether rows happened one after the other, each strictly later than the one before; never null, but null where a
    day is unknown. All steps lie in the days of their own `Rows`; others may come between.

    `within_days`: 24 hours times so many at most from the first to the last; `gap_days`: from each to the next.
    `is_broken`: there are two steps, and it is whether some first one was not followed by a second within
    `within_days`, of those firsts for which this time was over at the end of the as-of day.
    """

    steps: tuple[Rows, ...]
    within_days: int | None = None
    gap_days: int | None = None
    is_broken: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Was:
    """The value that `item` had as of an earlier day, with what was known then; null for whom nobody knew then."""

    item: Node
    at: Day
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ranking:
    """`percentile`: 100 × the share of customers with a smaller value; `rank`: one more than how many have a larger
    value. Among all customers whose value is known, or those of the same `by` (unknown is a group too); null where
    unknown itself."""

    function: OneOf["percentile", "rank"]
    item: Node
    by: Node | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InList:
    """Whether the customer is on a list that is kept in a file: true or false."""

    name: str
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """Whether the customer is in a random share (0 to 1) of all, always the same for one `salt`: true or false.

    The first 8 hexadecimal digits of the MD5 of `salt:account_id` are below `share` of their range.
    """

    share: float
    salt: str
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Moved:
    """Whether the customer joined a segment (or left it) on one of the days from `first` to `last`: true or false, by
    the memberships that were published."""

    segment: str
    has_joined: bool
    first: Day
    last: Day
    span: Span | None = field(default=None, compare=False, repr=False)


Written = Attribute | Literal | RelativeDate | Duration | Call | Case | InSegment | Invoke | Not | And | Or
Meant = Aggregate | Chain | Was | Ranking | InList | Sample | Moved
Node = Written | Meant


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
    """The nodes directly below, in the order in which they are written; not the conditions of `Rows`, whose names are
    those of another table."""
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
        case Invoke():
            return (*node.arguments, *(value for _, value in node.options))
        case Was() | Ranking():
            by = node.by if isinstance(node, Ranking) else None
            return (node.item,) if by is None else (node.item, by)
        case _:
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
