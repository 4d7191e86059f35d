"""Random rules and customers, drawn from few values so that conditions are often met, missed, and unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import get_args

from rule_world import AS_OF, World

from beachhead.rules import Node, Value, ValueType
from beachhead.rules import ast as tree
from beachhead.rules.ast import Attribute, Call, Case, InSegment, Not, Unit

TYPES = {
    "plan": ValueType.TEXT,
    "country": ValueType.TEXT,
    "seats": ValueType.INTEGER,
    "users": ValueType.INTEGER,
    "mrr_cents": ValueType.MONEY,
    "growth": ValueType.NUMBER,
    "score": ValueType.NUMBER,
    "is_free_mail": ValueType.BOOLEAN,
    "is_paying": ValueType.BOOLEAN,
    "signed_up_on": ValueType.DATE,
    "first_paid_on": ValueType.DATE,
    "last_seen_at": ValueType.TIMESTAMP,
    "tags": ValueType.LIST,
}
SEGMENTS = {"some": [1, 3, 5, 8, 13], "none": []}
TEXTS = ["a", "A", "b", "ab", "aB", "Ab", "", "é", "É", "%", "it's", "a\nb"]
LISTS = ["a", "a;b", "ab;A", "é", "%;it's"]
ITEMS = ["a", "b", "A", "ab", "é", "%", "it's"]
PATTERNS = ["a", "a%", "%b", "_", "A_", "%", "", "É", "%é%", "__", "%'%", "a._", "_%b"]
COMPARISONS = ["=", "!=", "<", "<=", ">", ">="]

Maker = Callable[[int], Node]


def random_day(random: Random) -> date:
    """A day at an edge of some window."""
    return AS_OF + timedelta(days=random.choice([-365, -31, -30, -7, -2, -1, 0, 0, 1, 2]))


def random_value(random: Random, kind: ValueType) -> Value:
    """A value of a type, sometimes unknown."""
    if random.random() < 0.2:
        return None
    match kind:
        case ValueType.TEXT:
            return random.choice(TEXTS)
        case ValueType.LIST:
            return random.choice(LISTS)
        case ValueType.BOOLEAN:
            return random.choice([True, False])
        case ValueType.NUMBER:
            return random.choice([random.randint(-12, 12) / 4, round(random.uniform(-3, 3), 2), 1e9])
        case ValueType.DATE:
            return random_day(random)
        case ValueType.TIMESTAMP:
            return datetime.combine(random_day(random), time(random.choice([0, 0, 12])))
        case _:
            return random.choice([random.randint(-3, 3), random.randint(-3, 3), 10**12])


class Generator:
    """Trees whose types fit, over the attributes of `types`; `depth` bounds how far a tree may still grow."""

    def __init__(self, seed: int, types: Mapping[str, ValueType] = TYPES) -> None:
        self.random = Random(seed)
        self.types = types

    def customers(self, count: int) -> World:
        rows = [
            {"id": i, **{name: random_value(self.random, kind) for name, kind in TYPES.items()}}
            for i in range(1, count + 1)
        ]
        return World(TYPES, rows, SEGMENTS)

    def _one_of(self, *choices: Callable[[], Node]) -> Node:
        return self.random.choice(choices)()

    def _attribute(self, *kinds: ValueType) -> Node:
        return Attribute(self.random.choice([name for name, kind in self.types.items() if kind in kinds]))

    def text(self, depth: int) -> Node:
        return self._one_of(
            lambda: self._attribute(ValueType.TEXT),
            lambda: self._attribute(ValueType.TEXT),
            self._text_literal,
            lambda: Call("lower", (self._attribute(ValueType.TEXT),)),
            lambda: self._same(self.text, depth),
        )

    def _text_literal(self) -> Node:
        return tree.text(self.random.choice(TEXTS))

    def moment(self, depth: int) -> Node:
        return self._one_of(
            lambda: self._attribute(ValueType.DATE, ValueType.TIMESTAMP),
            lambda: self._attribute(ValueType.DATE, ValueType.TIMESTAMP),
            self._date_literal,
            lambda: self._same(self.moment, depth),
            lambda: self._other_day(depth),
        )

    def _other_day(self, depth: int) -> Node:
        """A day so many days from another one."""
        if depth <= 0:
            return self._attribute(ValueType.DATE, ValueType.TIMESTAMP)
        return self._days_moved(self.random.choice("+-"), self._known_moment(depth), self.number(depth - 1))

    def _days_moved(self, sign: str, day: Node, days: Node) -> Node:
        return Call(sign, (day, days))

    def _days_apart(self, later: Node, earlier: Node) -> Node:
        return Call("-", (later, earlier))

    def _known_moment(self, depth: int) -> Node:
        """A moment of which it is seen without its neighbours that it is one."""
        return self._one_of(
            lambda: self._attribute(ValueType.DATE, ValueType.TIMESTAMP),
            lambda: tree.relative(self.random.randint(-3, 3), "day"),
            lambda: self._other_day(depth - 1),
        )

    def _date_literal(self) -> Node:
        if self.random.random() < 0.5:
            return tree.day(random_day(self.random))
        return tree.relative(self.random.randint(-3, 3), self.random.choice(get_args(Unit)))

    def number(self, depth: int) -> Node:
        plain = [
            lambda: self._attribute(ValueType.INTEGER, ValueType.MONEY, ValueType.NUMBER),
            lambda: self._attribute(ValueType.INTEGER, ValueType.MONEY, ValueType.NUMBER),
            self._number_literal,
        ]
        if depth <= 0:
            return self._one_of(*plain)
        less = depth - 1
        return self._one_of(
            *plain,
            lambda: Call(self.random.choice("+-*/"), (self.number(less), self.number(less))),
            lambda: Call(self.random.choice("+-*/"), (self.number(less), self.number(less))),
            lambda: Call(self.random.choice(["floor", "ceil", "round", "abs"]), (self.number(less),)),
            lambda: Call("round", (self.number(less), tree.number(self.random.randint(0, 2)))),
            lambda: tree.negate(self.number(less)),
            lambda: Call("length", (self.text(less),)),
            lambda: Call("days_since", (self.moment(less),)),
            lambda: Call("days_between", (self.moment(less), self.moment(less))),
            lambda: self._days_apart(self._known_moment(less), self._known_moment(less)),
            lambda: self._same(self.number, depth),
        )

    def _number_literal(self) -> Node:
        whole, fraction = self.random.randint(-3, 3), self.random.choice([0.1, 0.5, -2.5, 1.25, 1e12])
        return tree.number(self.random.choice([whole, whole, fraction]))

    def _same(self, make: Maker, depth: int) -> Node:
        """A function or case that gives the kind of value that `make` makes."""
        if depth <= 0:
            return make(0)
        less = depth - 1
        name = self.random.choice(["coalesce", "least", "greatest", "nullif", "case"])
        if name == "case":
            whens = tuple((self.condition(less), make(less)) for _ in range(self.random.randint(1, 2)))
            return Case(whens, self.random.choice([None, make(less)]))
        count = 2 if name == "nullif" else self.random.randint(2, 3)
        return Call(name, tuple(make(less) for _ in range(count)))

    def condition(self, depth: int) -> Node:
        if depth <= 0:
            return self._one_of(lambda: self._attribute(ValueType.BOOLEAN), lambda: self._comparison(0))
        less = depth - 1
        return self._one_of(
            lambda: self._comparison(less),
            lambda: self._comparison(less),
            lambda: self._test(less),
            lambda: self._test(less),
            lambda: tree.all_of(self.condition(less) for _ in range(self.random.randint(2, 3))),
            lambda: tree.any_of(self.condition(less) for _ in range(self.random.randint(2, 3))),
            lambda: Not(self.condition(less)),
            lambda: Not(self._test(less)),
            self._segment,
            lambda: Call(self.random.choice(["=", "!="]), (self.condition(less), self.condition(less))),
            lambda: Call("coalesce", (self.condition(less), tree.boolean(self.random.random() < 0.5))),
        )

    def _segment(self) -> Node:
        return InSegment(self.random.choice(list(SEGMENTS)))

    def _kind(self) -> tuple[Maker, Callable[[], Node]]:
        return self.random.choice(
            [
                (self.text, self._text_literal),
                (self.number, self._number_literal),
                (self.moment, self._date_literal),
            ]
        )

    def _comparison(self, depth: int) -> Node:
        make, literal = self._kind()
        right = literal() if self.random.random() < 0.4 else make(depth)
        return Call(self.random.choice(COMPARISONS), (make(depth), right))

    def _test(self, depth: int) -> Node:
        make, literal = self._kind()
        pattern = tree.text(self.random.choice(PATTERNS))
        return self._one_of(
            lambda: Call("between", (make(depth), make(depth), make(depth))),
            lambda: Call("in", (make(depth), *(literal() for _ in range(self.random.randint(1, 3))))),
            lambda: Call(self.random.choice(["like", "ilike"]), (self.text(depth), pattern)),
            lambda: Call("is null", (make(depth),)),
            lambda: Call("contains", (self._attribute(ValueType.LIST), tree.text(self.random.choice(ITEMS)))),
            lambda: Call(self.random.choice(["is null", "is true", "is false"]), (self.condition(depth),)),
        )
