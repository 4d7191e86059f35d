"""Checked rules as one program: the values they read, the distinct conditions on them, and how each rule combines them.

Negation is pushed down to the conditions: "not a" holds where `a` is false, which is another set of codes than where it
is unknown. So a rule needs one bit for each customer: whether it is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from beachhead.rules.ast import And, Call, Case, InSegment, Literal, Node, Not, Or, RelativeDate, children
from beachhead.rules.days import resolve
from beachhead.rules.operators import OPERATORS, Form
from beachhead.rules.oracle import evaluate
from beachhead.rules.types import Value
from beachhead.segments import kernels
from beachhead.segments.columns import Column, runs

_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_MOST_RUNS = 8
_ON_TEXTS = frozenset({"like", "ilike", "contains"})


HOLDS = "holds"
"""The operator of a test whose value is a condition itself: true where that is, unknown where that is."""

Range = tuple[int, int]
"""Codes from the first to the second, both included."""


@dataclass(frozen=True, slots=True)
class Test:
    """One condition: an operator between a value and written ones."""

    value: Node
    operator: str
    constants: tuple[Value, ...] = ()


def test_of(node: Node, as_of: date) -> Test:
    """The test that a condition is; one that compares two values is a value of its own."""
    if not isinstance(node, Call):
        return Test(node, HOLDS)
    row, (first, *others) = OPERATORS[node.operator], node.arguments
    if row.form is Form.TEST:
        return Test(first, node.operator)
    if row.form is Form.COMPARISON and _is_written(first):
        first, others, key = others[0], [first], _MIRRORED[node.operator]
    else:
        key = node.operator
    is_test = row.form in (Form.COMPARISON, Form.LIST, Form.RANGE) or key in _ON_TEXTS
    if is_test and not _is_written(first) and all(map(_is_written, others)):
        return Test(first, key, tuple(_written(o, as_of) for o in others))
    return Test(node, HOLDS)


def conditions_of(node: Node) -> Iterator[Node]:
    """The conditions that "and", "or" and "not" combine, in the order in which they are written."""
    match node:
        case And() | Or():
            for item in node.items:
                yield from conditions_of(item)
        case Not():
            yield from conditions_of(node.item)
        case InSegment():
            return
        case _:
            yield node


def tests_of(rules: Iterable[Node], as_of: date) -> dict[Node, list[Test]]:
    """The values that rules read, each with its tests."""
    found: dict[Node, dict[Test, None]] = {}
    for condition in dict.fromkeys(c for rule in rules for c in conditions_of(rule)):
        test = test_of(condition, as_of)
        if not _is_constant(test.value):
            found.setdefault(test.value, {})[test] = None
    return {value: list(tests) for value, tests in found.items()}


def codes_where(test: Test, column: Column, holds: bool) -> tuple[Range, ...]:
    """The codes for which a test is true (`holds`) or false; unknown, code 0, is among them only for `is`."""
    last = len(column.known)
    if not last:  # unknown for everybody, whatever its type would be
        is_true = test.operator == "is null"
        return ((0, 0),) if test.operator.startswith("is ") and holds is is_true else ()
    if test.operator.startswith("is "):
        wanted = (0, 0) if test.operator == "is null" else _equal(column, test.operator == "is true")
        return _some(wanted) if holds else _others(wanted, 0, last)
    if test.operator == HOLDS:
        return _some(_equal(column, holds))
    if test.operator in _ON_TEXTS:
        evaluate_one = OPERATORS[test.operator].evaluate
        return runs([n for n, v in enumerate(column.values(), 1) if evaluate_one(v, *test.constants) is holds])
    if test.operator == "in":
        equal = sorted(code for c in test.constants for code in _span(_equal(column, c)))
        found = runs(sorted(set(equal)))
        return found if holds else _without(found, last)
    inside = _range(test, column)
    if test.operator == "!=":
        holds = not holds
    return _some(inside) if holds else _others(inside, 1, last)


def _range(test: Test, column: Column) -> Range:
    first, *others = test.constants
    last = len(column.known)
    match test.operator:
        case "=" | "!=":
            return _equal(column, first)
        case "<":
            return 1, column.before(first)
        case "<=":
            return 1, column.up_to(first)
        case ">":
            return column.up_to(first) + 1, last
        case ">=":
            return column.before(first) + 1, last
        case _:
            return column.before(first) + 1, column.up_to(others[0])


def _equal(column: Column, value: Value) -> Range:
    return column.before(value) + 1, column.up_to(value)


def _span(codes: Range) -> range:
    return range(codes[0], codes[1] + 1)


def _some(codes: Range) -> tuple[Range, ...]:
    return (codes,) if codes[0] <= codes[1] else ()


def _others(codes: Range, first: int, last: int) -> tuple[Range, ...]:
    if codes[0] > codes[1]:
        return _some((first, last))
    return (*_some((first, codes[0] - 1)), *_some((codes[1] + 1, last)))


def _without(taken: Sequence[Range], last: int) -> tuple[Range, ...]:
    left: list[Range] = []
    start = 1
    for low, high in taken:
        left += _some((start, low - 1))
        start = high + 1
    return (*left, *_some((start, last)))


def _is_written(node: Node) -> bool:
    return isinstance(node, RelativeDate) or (isinstance(node, Literal) and node.value is not None)


def _written(node: Node, as_of: date) -> Value:
    assert isinstance(node, Literal | RelativeDate)
    return resolve(node, as_of) if isinstance(node, RelativeDate) else node.value


def _is_constant(node: Node) -> bool:
    """Whether it is the same for everybody: made of written values only."""
    return isinstance(node, Literal | RelativeDate | Call | Case) and all(map(_is_constant, children(node)))


@dataclass(frozen=True, slots=True)
class _Leaf:
    """What is put on the stack: the operation that pushes it, and whose."""

    push: int
    operand: int = 0


@dataclass(frozen=True, slots=True)
class _Joined:
    is_and: bool
    items: tuple[_Formula, ...]


_Formula = _Leaf | _Joined
_NOBODY, _ALL = _Leaf(kernels.PUSH_NOBODY), _Leaf(kernels.PUSH_ALL)


@dataclass(frozen=True, eq=False)
class Program:
    """What the kernel runs. `values`: what the columns hold, in the order of `starts`; see `kernels.evaluate_rows`."""

    names: tuple[str, ...]
    values: tuple[Node, ...]
    starts: NDArray[np.int64]
    low: NDArray[np.uint32]
    span: NDArray[np.uint32]
    tables: NDArray[np.uint8]
    table_of: NDArray[np.int64]
    rules: NDArray[np.int64]
    operations: NDArray[np.int32]


def compile_rules(rules: Mapping[str, Node], columns: Mapping[Node, Column], as_of: date) -> Program:
    """The program of rules, given so that each comes after those it names in `in_segment`; KeyError for another.

    `columns` has every value of `tests_of`.
    """
    made = _Conditions(columns, as_of)
    formulas = [made.rule(name, rule) for name, rule in rules.items()]
    values = tuple(columns)
    order, new_place = made.by_column()
    starts = np.searchsorted([made.ranges[c][0] for c in order], np.arange(len(values) + 1)).astype(np.int64)
    operations: list[int] = []
    ends = [0]
    for formula in formulas:
        _emit(formula, operations, new_place)
        ends.append(len(operations))
    low = np.array([made.ranges[c][1] for c in order], np.uint32)
    high = np.array([made.ranges[c][2] for c in order], np.uint32)
    table_of = np.full(len(order), -1, np.int64)
    for condition, start in made.table_of.items():
        table_of[new_place[condition]] = start
    tables = np.concatenate(made.tables) if made.tables else np.zeros(1, np.uint8)
    return Program(
        tuple(rules), values, starts, low, high - low, tables, table_of, np.array(ends, np.int64),
        np.array(operations or [0], np.int32),
    )  # fmt: skip


class _Conditions:
    """Collects distinct conditions while rules become formulas."""

    def __init__(self, columns: Mapping[Node, Column], as_of: date) -> None:
        self._columns = columns
        self._as_of = as_of
        self._number_of: dict[str, int] = {}
        self._place = {value: n for n, value in enumerate(columns)}
        self._known: dict[tuple[int, tuple[Range, ...]], _Formula] = {}
        self._of_conditions: dict[tuple[Node, bool], _Formula] = {}
        self.ranges: list[tuple[int, int, int]] = []  # column, first code, last code
        self.tables: list[NDArray[np.uint8]] = []
        self.table_of: dict[int, int] = {}
        self._table_end = 0

    def rule(self, name: str, node: Node) -> _Formula:
        """For whom the next rule is true; those that follow may name it."""
        found = self.formula(node, True)
        self._number_of[name] = len(self._number_of)
        return found

    def formula(self, node: Node, holds: bool) -> _Formula:
        """For whom a condition is true (or false)."""
        match node:
            case And() | Or():
                items = [self.formula(item, holds) for item in node.items]
                return _joined(isinstance(node, And) is holds, items)
            case Not():
                return self.formula(node.item, not holds)
            case InSegment():
                return _Leaf(kernels.PUSH_SEGMENT if holds else kernels.PUSH_OTHERS, self._number_of[node.name])
        key = (node, holds)
        if key not in self._of_conditions:
            self._of_conditions[key] = self._of_condition(node, holds)
        return self._of_conditions[key]

    def _of_condition(self, node: Node, holds: bool) -> _Formula:
        test = test_of(node, self._as_of)
        if _is_constant(test.value):
            return _ALL if evaluate(node, {}, self._as_of, bool) is holds else _NOBODY
        column = self._columns[test.value]
        return self._in_codes(self._place[test.value], codes_where(test, column, holds), len(column.known))

    def _in_codes(self, column: int, codes: tuple[Range, ...], last: int) -> _Formula:
        if not codes:
            return _NOBODY
        key = (column, codes)
        if key not in self._known:
            if len(codes) > _MOST_RUNS:
                self._known[key] = self._table(column, codes, last)
            else:
                self._known[key] = _joined(False, [self._condition(column, low, high) for low, high in codes])
        return self._known[key]

    def _condition(self, column: int, low: int, high: int) -> _Leaf:
        key = (column, ((low, high),))
        found = self._known.get(key)
        if not isinstance(found, _Leaf):
            found = _Leaf(kernels.PUSH_CONDITION, len(self.ranges))
            self.ranges.append((column, low, high))
            self._known[key] = found
        return found

    def _table(self, column: int, codes: tuple[Range, ...], last: int) -> _Leaf:
        table = np.zeros(last + 1, np.uint8)
        for low, high in codes:
            table[low : high + 1] = 1
        leaf = _Leaf(kernels.PUSH_CONDITION, len(self.ranges))
        self.ranges.append((column, 0, 0))
        self.table_of[leaf.operand] = self._table_end
        self.tables.append(table)
        self._table_end += len(table)
        return leaf

    def by_column(self) -> tuple[list[int], list[int]]:
        """The conditions in the order of their columns, and the place of each in that order."""
        order = sorted(range(len(self.ranges)), key=lambda c: self.ranges[c])
        place = [0] * len(order)
        for n, condition in enumerate(order):
            place[condition] = n
        return order, place


def _joined(is_and: bool, items: Sequence[_Formula]) -> _Formula:
    decides, says_nothing = (_NOBODY, _ALL) if is_and else (_ALL, _NOBODY)
    if any(item is decides for item in items):
        return decides
    left = tuple(item for item in items if item is not says_nothing)
    if len(left) < 2:
        return left[0] if left else says_nothing
    return _Joined(is_and, left)


def _emit(formula: _Formula, out: list[int], place: Sequence[int]) -> None:
    """Operations that leave the formula's bits on top of the stack; single conditions are combined where they lie."""
    if isinstance(formula, _Leaf):
        out += formula.push, _operand(formula, place)
        return
    first, *others = sorted(formula.items, key=lambda item: isinstance(item, _Leaf))
    _emit(first, out, place)
    for item in others:
        if isinstance(item, _Leaf) and item.push < kernels.AND:
            out += item.push - (2 if formula.is_and else 1), _operand(item, place)
        else:
            _emit(item, out, place)
            out += kernels.AND if formula.is_and else kernels.OR, 0


def _operand(leaf: _Leaf, place: Sequence[int]) -> int:
    return place[leaf.operand] if leaf.push == kernels.PUSH_CONDITION else leaf.operand
