"""Random worlds with rows, earlier days, lists and moves, and random core trees that look at all of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Literal as OneOf
from typing import get_args

from rule_generator import SEGMENTS, TEXTS, TYPES, Generator, random_day, random_value
from rule_world import AS_OF, MODEL, Columns, Row, World, table_columns

from beachhead.rules import Node, ValueType
from beachhead.rules import ast as tree
from beachhead.rules.ast import (
    Aggregate,
    Call,
    Chain,
    Day,
    InList,
    Moved,
    Ranking,
    Rows,
    Sample,
    Unit,
    Was,
)

TABLES: Mapping[str, Columns] = {
    "events": table_columns("events", {"size": ValueType.NUMBER}),
    "users": table_columns("users"),
    "tickets": table_columns("tickets"),
    "orders": table_columns("orders"),
    "deals": table_columns("deals"),
}
OF_PEOPLE = ("events", "tickets")
LISTS = {"partners": [1, 2, 4, 7], "empty": []}
NUMBERS = (ValueType.INTEGER, ValueType.NUMBER, ValueType.MONEY)
Level = OneOf["customer", "person", "row"]


def random_world(
    random: Random, count: int, types: Columns = TYPES, tables: Mapping[str, Columns] = TABLES,
    segments: Sequence[str] = tuple(SEGMENTS), words: Sequence[str] = TEXTS,
) -> World:  # fmt: skip
    """A world of some customers; texts of rows are `words`, so that a rule's words are often met."""
    numbers = range(1, count + 1)
    part = random_rows(random, types)
    some = {name: [n for n in numbers if random.random() < 0.3] for name in segments}
    moves = [(s, n, random.random() < 0.5, random_day(random)) for s in segments for n in numbers for _ in range(2)]
    return World(
        types,
        part(numbers),
        some,
        columns=tables,
        tables={table: _rows_of(random, table, columns, numbers, words) for table, columns in tables.items()},
        earlier={AS_OF - timedelta(days=d): part(n for n in numbers if random.random() < 0.8) for d in (400, 30, 3)},
        lists=LISTS,
        moves=moves,
    )


def random_rows(random: Random, types: Columns) -> Callable[..., list[Row]]:
    return lambda numbers: [{"id": n, **{c: random_value(random, k) for c, k in types.items()}} for n in numbers]


def _rows_of(random: Random, table: str, columns: Columns, numbers: range, words: Sequence[str]) -> list[Row]:
    made: list[Row] = []
    required = {c.name for c in MODEL[table].columns if c.required}
    for n in numbers:
        for i in range(random.choice([0, 1, 2, 4])):
            moment = datetime.combine(random_day(random), time(random.choice([0, 0, 12, 23])))
            dated = moment if table != "users" or random.random() < 0.8 else None
            row = {c: _exact(random, k, words) for c, k in columns.items()}
            row |= {c: random.choice(words) for c in required if columns.get(c) is ValueType.TEXT}
            own: dict[str, object] = {"account_no": n, "moment": dated, "day": dated and dated.date()}
            if (known_at := MODEL[table].known_at) in columns:
                own[str(known_at)] = dated
            user = f"u{n}-{i}" if table == "users" else random.choice([None, f"u{n}-0", f"u{n}-1", "u1-0"])
            made.append({**row, **own, "user_id": user})  # type: ignore[dict-item]
    return made


def _exact(random: Random, kind: ValueType, words: Sequence[str]) -> str | float | None:
    """A value of a row; sums of such fractions are the same in any order."""
    if kind is ValueType.NUMBER and random.random() < 0.8:
        return random.randint(-12, 12) / 4
    if kind is ValueType.TEXT and random.random() < 0.8:
        return random.choice(words)
    found = random_value(random, kind)
    return None if kind is ValueType.NUMBER else found  # type: ignore[return-value]


class CoreGenerator(Generator):
    """Core trees. `level`: of a customer; of a person, whose rows may be looked at; or of a row, which has none."""

    def __init__(self, seed: int, types: Columns = TYPES, level: Level = "customer") -> None:
        super().__init__(seed, types)
        self.level = level

    def number(self, depth: int) -> Node:
        depth = min(depth, 3)  # beyond, products leave the numbers that there are
        if self.level == "row" or self.random.random() < 0.6:
            return super().number(depth)
        return self._one_of(
            lambda: self._measure(depth, "count", "distinct", "sum", "avg", "min", "max", "earliest", "latest"),
            lambda: self._measure(depth, "count"),
            lambda: self._only_customers(lambda: self._ranking(depth), lambda: self._measure(depth, "distinct")),
            lambda: self._then("number", depth),
        )

    def text(self, depth: int) -> Node:
        if self.level == "row" or self.random.random() < 0.7:
            return super().text(depth)
        if self.random.random() < 0.5:
            return self._then("text", depth)
        return self._extreme(depth, "min", "max", "earliest", "latest", kinds=(ValueType.TEXT,))

    def moment(self, depth: int) -> Node:
        if self.level == "row" or self.random.random() < 0.7:
            return super().moment(depth)
        if self.random.random() < 0.3:
            return self._then("moment", depth)
        rows = self._rows(depth)
        return Aggregate(self.random.choice(["min", "max"]), rows, "day")

    def condition(self, depth: int) -> Node:
        if self.level == "row" or self.random.random() < 0.5:
            return super().condition(depth)
        return self._one_of(
            lambda: self._chain(depth),
            lambda: self._then("condition", depth),
            lambda: self._only_customers(
                lambda: InList(self.random.choice(list(LISTS))),
                lambda: Sample(self.random.choice([0.001, 0.1, 0.5, 0.99, 1.0]), self.random.choice(["a", "é'", ""])),
                self._moved,
                otherwise=lambda: self._chain(depth),
            ),
            lambda: Call(">", (self._measure(depth, "count"), tree.number(self.random.choice([0, 1, 2])))),
            lambda: self._only_customers(self._latest_answer, otherwise=lambda: self._chain(depth)),
        )

    def _latest_answer(self) -> Node:
        function: OneOf["earliest", "latest"] = self.random.choice(["earliest", "latest"])
        return Aggregate(function, self._rows(0, "deals"), "is_won")

    def _only_customers(self, *choices: Callable[[], Node], otherwise: Callable[[], Node] | None = None) -> Node:
        return self._one_of(*choices) if self.level == "customer" else (otherwise or choices[-1])()

    def _segment(self) -> Node:
        return super()._segment() if self.level == "customer" else Call("is null", (self._attribute(ValueType.TEXT),))

    def _attribute(self, *kinds: ValueType) -> Node:
        if any(kind in kinds for kind in self.types.values()):
            return super()._attribute(*kinds)
        if ValueType.BOOLEAN in kinds:
            return Call("is null", (super()._attribute(*self.types.values()),))
        if ValueType.NUMBER in kinds:
            return self._number_literal()
        return self._date_literal() if ValueType.DATE in kinds else self._text_literal()

    def _days_moved(self, sign: str, day: Node, days: Node) -> Node:
        return Call(f"date {sign} days", (day, days))

    def _days_apart(self, later: Node, earlier: Node) -> Node:
        return Call("date - date", (later, earlier))

    def _then(self, name: str, depth: int) -> Node:
        """A value (of the method `name`) as of an earlier day; of a person, who has none, a plain one of now."""
        if self.level != "customer" or depth <= 0:
            plain: Node = getattr(Generator, name)(self, max(depth - 1, 0))
            return plain
        ago = self.random.choice([1, 3, 4, 30, 31])
        days = [Day(amount=-ago), Day(amount=-1, unit="month"), Day(random_day(self.random)), Day()]
        return Was(getattr(self, name)(depth - 1), self.random.choice(days))

    def _window(self) -> tuple[Day | None, Day | None]:
        choose = self.random.choice
        days = [name for name, kind in self.types.items() if kind in (ValueType.DATE, ValueType.TIMESTAMP)]
        last = Day(amount=-choose([0, 1, 7, 29]), plus=choose([0, 0, 1]))
        base = Day(choose(days), choose([0, 0, 1, 2]), choose(get_args(Unit)), choose([0, -1]))
        until = Day(random_day(self.random))
        return choose(
            [(None, None), (last, None), (last, Day()), (Day(choose(days)), base), (base, None), (None, until)]
        )

    def _rows(self, depth: int, *tables: str) -> Rows:
        table = self.random.choice(tables or (list(TABLES) if self.level == "customer" else OF_PEOPLE))
        where = None
        if depth > 0 and self.random.random() < 0.6:
            columns = {**TABLES[table], "day": ValueType.DATE}
            inner = CoreGenerator(self.random.getrandbits(32), columns, "person" if table == "users" else "row")
            where = inner.condition(depth - 1)
        return Rows(table, where, *self._window())

    def _measure(self, depth: int, *functions: str) -> Node:
        function = self.random.choice(functions)
        if function == "count":
            return Aggregate("count", self._rows(depth))
        if function == "distinct":
            rows = self._rows(depth)
            return Aggregate("distinct", rows, self.random.choice([*TABLES[rows.table], "day", "week", "week"]))
        return self._extreme(depth, function, kinds=NUMBERS)

    def _extreme(self, depth: int, *functions: str, kinds: Sequence[ValueType]) -> Node:
        tables = [t for t in (TABLES if self.level == "customer" else OF_PEOPLE) if self._columns(t, kinds)]
        rows = self._rows(depth, *tables)
        column = self.random.choice(self._columns(rows.table, kinds))
        return Aggregate(self.random.choice(functions), rows, column)  # type: ignore[arg-type]

    def _columns(self, table: str, kinds: Sequence[ValueType]) -> list[str]:
        return [name for name, kind in TABLES[table].items() if kind in kinds]

    def _chain(self, depth: int) -> Node:
        if self.random.random() < 0.3:
            steps = (self._rows(depth), self._rows(depth))
            return Chain(steps, self.random.choice([1, 2, 30]), is_broken=True)
        made = tuple(self._rows(depth) for _ in range(self.random.randint(2, 3)))
        return Chain(made, self.random.choice([None, 1, 7, 30]), self.random.choice([None, None, 1, 7]))

    def _ranking(self, depth: int) -> Node:
        item = self.random.choice([self._measure(0, "count", "sum"), Generator.number(self, min(depth, 1))])
        by = self.random.choice([None, self._attribute(ValueType.TEXT)])
        return Ranking(self.random.choice(["percentile", "rank"]), item, by)

    def _moved(self) -> Node:
        segment = self.random.choice(list(SEGMENTS))
        return Moved(segment, self.random.random() < 0.5, Day(amount=-self.random.choice([1, 7, 30])), Day())


def parts_of(node: Node) -> list[Node]:
    """All nodes, those within rows too."""
    found: list[Node] = []
    for part in tree.walk(node):
        found.append(part)
        all_rows = (part.rows,) if isinstance(part, Aggregate) else part.steps if isinstance(part, Chain) else ()
        for rows in all_rows:
            found += parts_of(rows.where) if rows.where else []
    return found


def names_of(node: Node) -> set[str]:
    """The names of what is in a tree: kinds of nodes, and functions of aggregates."""
    made = {type(part).__name__ for part in parts_of(node)}
    return made | {part.function for part in parts_of(node) if isinstance(part, Aggregate)}
