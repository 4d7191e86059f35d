"""Formulas of metrics: arithmetic over measures, parameters and other metrics, evaluated on arrays of cells.

Names, numbers, `+ - * /`, parentheses, and the functions of `FUNCTIONS`. A cell whose operand is null, or whose
divisor is 0, is null (NaN). The last axis of an array is time.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beachhead.errors import DefinitionError, Diagnostic, Place

Cells = NDArray[np.float64]
"""Values by group and period; NaN is null."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of formulas: how it is written, what it gives, how many arguments it takes."""

    usage: str
    meaning: str
    arguments: int


FUNCTIONS: Mapping[str, Function] = {
    "before": Function("before(x)", "x of the period before", 1),
    "trailing": Function("trailing(x, months)", "sum of x over the periods of so many months before this one", 2),
    "annuity": Function(
        "annuity(churn, discount, months)",
        "Σ ((1 − churn) / (1 + discount)^(1/12))^t over so many months t = 0, 1, …; discount is per year",
        3,
    ),
    "least": Function("least(x, y)", "the smaller of both", 2),
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula. `names`: what it reads, in order of appearance."""

    text: str
    tree: ast.expr
    names: tuple[str, ...]

    def evaluate(self, values: Mapping[str, Cells | float], periods_per_month: float = 1.0) -> Cells | float:
        """The value of every cell; `values` has one for each name. `periods_per_month` turns months into periods."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return _Evaluation(values, periods_per_month).value(self.tree)

    @property
    def lookback_months(self) -> float:
        """How many months before a period it reads; any part of a period is a whole one."""
        return max((_months(node) for node in ast.walk(self.tree) if isinstance(node, ast.Call)), default=0.0)

    @property
    def division(self) -> tuple[Formula, Formula] | None:
        """Numerator and denominator, where the whole is one division."""
        if isinstance(self.tree, ast.BinOp) and isinstance(self.tree.op, ast.Div):
            return _formula_of(self.tree.left), _formula_of(self.tree.right)
        return None

    @property
    def is_sum(self) -> bool:
        """Whether the values of exclusive groups add up to that of all: only sums and differences of names."""
        return all(
            isinstance(n, ast.Name | ast.UnaryOp | ast.USub | ast.Add | ast.Sub | ast.Load)
            or (isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add | ast.Sub))
            or (isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult) and isinstance(n.left, ast.Constant))
            or isinstance(n, ast.Mult | ast.Constant)
            for n in ast.walk(self.tree)
        )


def parse_formula(text: str, place: Place | None = None) -> Formula:
    """The formula of a text. Raises `DefinitionError` that says where and what is wrong."""
    place = place or Place("formula", 1, 1)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as e:
        column = place.column + (getattr(e, "offset", None) or 1) - 1
        where = Place(place.file, place.line, column if place.column else 0)
        raise DefinitionError(
            Diagnostic("formula-syntax", "this formula cannot be read", place=where, remedy=_ALLOWED)
        ) from e
    for node in ast.walk(tree):
        if told := _objection(node):
            column = place.column + getattr(node, "col_offset", 0) if place.column else 0
            raise DefinitionError(
                Diagnostic("formula-syntax", told, place=Place(place.file, place.line, column), remedy=_ALLOWED)
            )
    return _formula_of(tree)


_ALLOWED = f"Write names, numbers, + - * /, parentheses, and {', '.join(f.usage for f in FUNCTIONS.values())}."
_OPERATORS: Mapping[type[ast.operator], Callable[[Cells, Cells], Cells]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
}


def _formula_of(tree: ast.expr) -> Formula:
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called]
    names = [n.id for n in sorted(found, key=lambda n: n.col_offset)]
    return Formula(ast.unparse(tree), tree, tuple(dict.fromkeys(names)))


def _objection(node: ast.AST) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            known = FUNCTIONS.get(name)
            if known is None:
                return f"there is no function '{name}' in formulas"
            if len(arguments) != known.arguments:
                return f"{name} is written {known.usage}"
            if name == "trailing" and not (isinstance(arguments[1], ast.Constant) and _is_months(arguments[1].value)):
                return "the months of trailing are a whole number from 1 to 120"
            return None
        case ast.Constant(value=bool() | str() | bytes() | complex()) | ast.Constant(value=None):
            return "a formula has numbers and names only"
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()) | ast.UnaryOp(op=ast.USub()):
            return None
        case ast.Name() | ast.Constant() | ast.Load() | ast.operator() | ast.USub():
            return None
    return f"'{ast.unparse(node)[:40]}' is not possible in a formula"


def _is_months(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 120


def _months(call: ast.Call) -> float:
    assert isinstance(call.func, ast.Name)
    if call.func.id == "before":
        return 0.1  # one period, however long
    if call.func.id == "trailing":
        months = call.args[1]
        assert isinstance(months, ast.Constant)
        assert isinstance(months.value, int | float)
        return float(months.value)
    return 0.0


class _Evaluation:
    def __init__(self, values: Mapping[str, Cells | float], periods_per_month: float) -> None:
        self._values = values
        self._per_month = periods_per_month

    def value(self, node: ast.expr) -> Cells | float:
        match node:
            case ast.Name(id=name):
                return self._values[name]
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.UnaryOp(operand=operand):
                return -self.value(operand)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                divisor = np.asarray(self.value(right), np.float64)
                quotient = np.asarray(self.value(left), np.float64) / np.where(divisor == 0, np.nan, divisor)
                return quotient if quotient.ndim else float(quotient)
            case ast.BinOp(left=left, op=operator, right=right):
                made = _OPERATORS[type(operator)](np.asarray(self.value(left)), np.asarray(self.value(right)))
                return made if made.ndim else float(made)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, [self.value(a) for a in arguments])
        raise AssertionError(ast.dump(node))

    def _call(self, name: str, given: list[Cells | float]) -> Cells | float:
        match name:
            case "before":
                return _earlier(given[0], 1)
            case "trailing":
                periods = round(float(np.max(given[1])) * self._per_month)
                earlier = [_earlier(given[0], n + 1, 0.0) for n in range(max(periods, 1))]
                total = sum(earlier[1:], start=earlier[0])
                return total if periods else total * np.nan  # less than a period
            case "annuity":
                step = np.asarray((1 - given[0]) / (1 + given[1]) ** (1 / 12), np.float64)
                months = np.asarray(given[2], np.float64)
                return np.where(step == 1, months, (1 - step**months) / np.where(step == 1, np.nan, 1 - step))
            case _:
                return np.fmin(given[0], given[1])


def _earlier(values: Cells | float, periods: int, fill: float = np.nan) -> Cells | float:
    """Values of so many periods before; a number is the same in all periods."""
    if not isinstance(values, np.ndarray) or not values.ndim:
        return values
    shifted = np.full(values.shape, fill)
    if periods < values.shape[-1]:
        shifted[..., periods:] = values[..., :-periods]
    return shifted
