"""What a rule demands, in a form that is the same for rules of the same meaning: where it is true, and nothing else.

A rule is a conjunction of demands on single terms (an attribute, a number of rows) and of disjunctions. A demand is the
set of values for which it is true. What cannot be said so is a term of its own that must be true, so that nothing is
lost and nothing is guessed: two rules with one form have the same members, but not all such rules have one form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from beachhead.errors import Place
from beachhead.rules.ast import (
    Aggregate,
    And,
    Attribute,
    Call,
    Chain,
    InList,
    InSegment,
    Literal,
    Moved,
    Node,
    Not,
    Or,
    Ranking,
    RelativeDate,
    Rows,
    Sample,
)
from beachhead.rules.types import Catalog, ValueType
from beachhead.rules.value_sets import (
    EVERYTHING,
    FALSE,
    KNOWN,
    NULL,
    TRUE,
    Ordered,
    Values,
    above,
    below,
    exactly,
    ordered,
    union,
)

_FLIPPED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDERED = frozenset(_FLIPPED)

Term = int
"""The number of an expression, given by `Canon`; one whose values are compared with days counted from today has
another one for these, since they have an order of their own."""


@dataclass(frozen=True)
class Demand:
    """A conjunction: each term has one of its values, and one of each `choices` is fulfilled.

    `is_never`: this contradicts itself. Without terms and choices it is always true.
    """

    terms: frozenset[tuple[Term, Values]] = frozenset()
    choices: frozenset[Choice] = frozenset()
    is_never: bool = False
    clash: Node | None = field(default=None, compare=False)
    place: Place | None = field(default=None, compare=False)

    @property
    def is_always(self) -> bool:
        return not (self.terms or self.choices or self.is_never)


@dataclass(frozen=True)
class Choice:
    """A disjunction of two or more, none of them always or never true."""

    items: frozenset[Demand]


@dataclass(frozen=True, slots=True)
class _Truth:
    """For which values of one term a condition is true, and for which it is false; unknown for the rest."""

    term: Term
    true: Values
    false: Values


class Canon:
    """Makes the forms. With a catalog it knows which attributes are whole numbers: `> 5` is `>= 6`."""

    def __init__(self, catalog: Catalog | None = None) -> None:
        self.catalog = catalog
        self._numbers: dict[tuple[Node, str], Term] = {}
        self._terms: list[tuple[Node, str]] = []
        self._possible: list[Values] = []

    def _term(self, node: Node, kind: str = "") -> Term:
        number = self._numbers.setdefault((node, kind), len(self._terms))
        if number == len(self._terms):
            self._terms.append((node, kind))
            self._possible.append(_possible_values(node))
        return number

    def demand(self, node: Node, wanted: bool = True) -> Demand:
        """What must hold for a core tree to be true (or, not `wanted`, false)."""
        match node:
            case Literal():
                return Demand() if node.value is wanted else Demand(is_never=True)
            case Not():
                return self.demand(node.item, not wanted)
            case And() | Or():
                parts = [(self.demand(item, wanted), item) for item in node.items]
                if isinstance(node, And) is wanted:
                    return self.all_of(parts)
                return self.any_of([part for part, _ in parts])
            case Call(operator="is true") if wanted:
                return self.demand(node.arguments[0])
            case Call(operator="is false") if wanted:
                return self.demand(node.arguments[0], wanted=False)
            case _:
                truth = self._truth(node)
                return self._demand_of(truth.term, truth.true if wanted else truth.false, _place(node))

    def all_of(self, parts: Iterable[tuple[Demand, Node | None]]) -> Demand:
        """The conjunction of demands; each comes with the node that says it."""
        terms: dict[Term, Values] = {}
        choices: set[Choice] = set()
        for part, node in parts:
            if part.is_never:
                return part
            choices |= part.choices
            for term, values in part.terms:
                terms[term] = terms[term] & values if term in terms else values
                if terms[term].is_empty:
                    return Demand(is_never=True, clash=self._terms[term][0], place=_place(node))
        held = Demand(frozenset(terms.items()))
        if clash := self._unknown_and_known(terms):
            return Demand(is_never=True, clash=clash)
        left: set[Choice] = set()
        for choice in choices:
            if any(implies(held, item) for item in choice.items):
                continue
            fitting = [item for item in choice.items if not _clash(terms, item)]
            if not fitting:
                return Demand(is_never=True)
            if len(fitting) == 1:
                rest = Demand(held.terms, frozenset(choices - {choice}))
                return self.all_of([(rest, None), (fitting[0], None)])
            left.add(Choice(frozenset(fitting)))
        return replace(held, choices=frozenset(left))

    def any_of(self, parts: Iterable[Demand]) -> Demand:
        """The disjunction of demands; those on one term alone are one."""
        alone: dict[Term, list[Values]] = {}
        others: set[Demand] = set()
        for part in parts:
            if part.is_never:
                continue
            if part.is_always:
                return part
            is_choice = len(part.choices) == 1 and not part.terms
            for item in next(iter(part.choices)).items if is_choice else (part,):
                if len(item.terms) == 1 and not item.choices:
                    ((term, values),) = item.terms
                    alone.setdefault(term, []).append(values)
                else:
                    others.add(item)
        for term, sets in alone.items():
            demand = self._demand_of(term, union(sets), None)
            if demand.is_always:
                return demand
            others.add(demand)
        if len(others) < 2:
            return others.pop() if others else Demand(is_never=True)
        return Demand(choices=frozenset({Choice(frozenset(others))}))

    def _demand_of(self, term: Term, values: Values, place: Place | None) -> Demand:
        possible = self._possible[term]
        values &= possible
        if values.is_empty:
            return Demand(is_never=True, clash=self._terms[term][0], place=place)
        return Demand() if possible <= values else Demand(frozenset({(term, values)}))

    def _unknown_and_known(self, terms: Mapping[Term, Values]) -> Node | None:
        """What must be unknown, while days counted from today say that it is known."""
        for term, values in terms.items():
            node, kind = self._terms[term]
            plain = self._numbers.get((node, "")) if kind and not values.has_null else None
            if plain is not None and plain in terms and not terms[plain].cuts:
                return node
        return None

    def _truth(self, node: Node) -> _Truth:
        """A condition as one on a single term."""
        match node:
            case Call(operator="is null", arguments=(item,)):
                return _Truth(self._term(item), NULL, KNOWN)
            case Call(operator=operator, arguments=(left, right)) if operator in _ORDERED:
                return self._comparison(node, operator, left, right)
            case Call(operator="in", arguments=(item, *values)):
                found = self._among(item, values)
            case Call(operator="between", arguments=(item, low, high)):
                found = self._between(item, low, high)
            case _:
                found = None
        return found or _Truth(self._term(node), TRUE, FALSE)

    def _comparison(self, node: Call, operator: str, left: Node, right: Node) -> _Truth:
        if isinstance(left, Literal | RelativeDate):
            left, right, operator = right, left, _FLIPPED[operator]
        written = _written(right)
        if written is None or isinstance(left, Literal | RelativeDate):
            return self._of_two(node, operator, left, right)
        kind, value = written
        item, null_as = _without_default(left)
        is_whole = self._is_whole(item) and not kind
        true = _fulfilling(operator, value, is_whole)
        if null_as is None:
            return _Truth(self._term(item, kind), true, true.known_others())
        given = _written(null_as)
        if given is None or given[0] != kind or type(given[1]) is not type(value):
            return _Truth(self._term(left, kind), true, true.known_others())
        fits = not (exactly([given[1]], is_whole) & true).is_empty
        true = Values(true.cuts, fits)
        return _Truth(self._term(item, kind), true, true.others())

    def _of_two(self, node: Call, operator: str, left: Node, right: Node) -> _Truth:
        """A comparison of two expressions: one term for both of its directions."""
        first, second = (left, right) if operator in ("<", ">=") else (right, left)
        key = "<"
        if operator in ("=", "!="):
            first, second = sorted((left, right), key=repr)
            key = "="
        term = Call(key, (first, second), node.span)
        is_positive = operator in ("=", "<", ">")
        number = self._term(term)
        return _Truth(number, TRUE, FALSE) if is_positive else _Truth(number, FALSE, TRUE)

    def _among(self, item: Node, values: Iterable[Node]) -> _Truth | None:
        written = [_written(value) for value in values]
        kinds = {found[0] if found else None for found in written}
        if len(kinds) != 1 or None in kinds:
            return None
        kind = written[0][0] if written and written[0] else ""
        true = exactly([found[1] for found in written if found], self._is_whole(item) and not kind)
        return _Truth(self._term(item, kind), true, true.known_others())

    def _between(self, item: Node, low: Node, high: Node) -> _Truth | None:
        first, last = _written(low), _written(high)
        if first is None or last is None or first[0] != last[0]:
            return None
        is_whole = self._is_whole(item) and not first[0]
        true = above(first[1], True, is_whole) & below(last[1], True, is_whole)
        return _Truth(self._term(item, first[0]), true, true.known_others())

    def _is_whole(self, node: Node) -> bool:
        match node:
            case Attribute():
                found = self.catalog.attribute_type(node.name) if self.catalog else None
                return found in (ValueType.INTEGER, ValueType.MONEY)
            case Aggregate():
                return node.function in ("count", "distinct")
            case Ranking():
                return node.function == "rank"
            case Call():
                return node.operator in ("days_since", "days_between", "date - date", "length")
            case _:
                return False


def implies(narrow: Demand, wide: Demand) -> bool:
    """Whether whoever fulfils the first fulfils the second. False where it cannot be seen."""
    return all(_gives(narrow, term, values) for term, values in wide.terms) and all(
        choice in narrow.choices
        or any(implies(narrow, item) for item in choice.items)
        or any(all(any(implies(a, b) for b in choice.items) for a in own.items) for own in narrow.choices)
        for choice in wide.choices
    )


def _gives(demand: Demand, term: Term, values: Values) -> bool:
    """Whether a term has one of these values wherever a demand is fulfilled."""
    return any(own == term and given <= values for own, given in demand.terms) or any(
        all(_gives(item, term, values) for item in choice.items) for choice in demand.choices
    )


def _clash(terms: Mapping[Term, Values], item: Demand) -> bool:
    return any(term in terms and (terms[term] & values).is_empty for term, values in item.terms)


def _possible_values(node: Node) -> Values:
    """The values that an expression may have at all."""
    match node:
        case Aggregate(function="count" | "distinct"):
            return Values(above(0, True, True).cuts, _has_unknown_day(node.rows))
        case Ranking(function="percentile"):
            return Values((above(0, True) & below(100, True)).cuts, True)
        case Ranking():
            return Values(above(1, True, True).cuts, True)
        case Call(operator="length"):
            return Values(above(0, True, True).cuts, True)
        case InSegment() | InList() | Sample() | Moved():
            return KNOWN
        case Chain():
            return EVERYTHING if any(map(_has_unknown_day, node.steps)) else KNOWN
        case _:
            return EVERYTHING


def _fulfilling(operator: str, value: Ordered, is_whole: bool) -> Values:
    match operator:
        case "=":
            return exactly([value], is_whole)
        case "!=":
            return exactly([value], is_whole).known_others()
        case "<" | "<=":
            return below(value, operator == "<=", is_whole)
        case _:
            return above(value, operator == ">=", is_whole)


def _written(node: Node) -> tuple[str, Ordered] | None:
    """A written value and its kind; days and months from today are kinds of their own."""
    match node:
        case Literal() if node.value is not None:
            return "", ordered(node.value)
        case RelativeDate(unit="day" | "week"):
            return "day", node.amount * (7 if node.unit == "week" else 1)
        case RelativeDate():
            return "month", node.amount * (12 if node.unit == "year" else 1)
        case _:
            return None


def _without_default(node: Node) -> tuple[Node, Node | None]:
    """The expression of `coalesce(x, 0)`, and what stands for unknown."""
    match node:
        case Call(operator="coalesce", arguments=(item, Literal() as default)):
            return item, default
        case _:
            return node, None


def _has_unknown_day(rows: Rows) -> bool:
    return any(day is not None and isinstance(day.base, str) for day in (rows.first, rows.last))


def _place(node: Node | None) -> Place | None:
    return node.span.place if node is not None and node.span else None
