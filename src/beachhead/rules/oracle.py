"""The language, said once more as an interpreter: one row at a time, slow, and plain enough to be believed.

Production evaluates rules elsewhere; what it computes must equal this.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date

from beachhead.rules.ast import And, Attribute, Call, Case, InSegment, Literal, Node, Not, Or, RelativeDate
from beachhead.rules.days import resolve
from beachhead.rules.operators import OPERATORS, and_
from beachhead.rules.types import Value, ValueType


def evaluate(node: Node, row: Mapping[str, Value], as_of: date, in_segment: Callable[[str], bool]) -> bool | None:
    """Whether a customer fulfils a checked rule: true, false or null (Kleene, 1938); a member is true only.

    `row` holds the customer's attributes; one that is absent is null. `in_segment` says whether the customer is in a
    segment. Raises TypeError when the node is not a condition.
    """
    result = evaluate_value(node, row, as_of, in_segment)
    if result is not None and not isinstance(result, bool):
        raise TypeError(f"not a condition: {node}")
    return result


def evaluate_value(node: Node, row: Mapping[str, Value], as_of: date, in_segment: Callable[[str], bool]) -> Value:
    """The value of a checked expression for one customer, None for null; arithmetic is in double precision."""

    def value(part: Node) -> Value:
        return evaluate_value(part, row, as_of, in_segment)

    def condition(part: Node) -> bool | None:
        return evaluate(part, row, as_of, in_segment)

    match node:
        case Literal():
            return node.value
        case Attribute():
            return row.get(node.name)
        case RelativeDate():
            return resolve(node, as_of)
        case InSegment():
            return in_segment(node.name)
        case Not():
            return _not(condition(node.item))
        case And():
            result: bool | None = True
            for item in node.items:
                result = and_(result, condition(item))
            return result
        case Or():
            result = True
            for item in node.items:
                result = and_(result, _not(condition(item)))
            return _not(result)
        case Case():
            for when, then in node.whens:
                if condition(when) is True:
                    return value(then)
            return None if node.otherwise is None else value(node.otherwise)
        case Call():
            operator = OPERATORS[node.operator]
            arguments = [value(argument) for argument in node.arguments]
            if operator.strict and any(argument is None for argument in arguments):
                return None
            arguments += operator.defaults[len(arguments) - operator.arity[0] :]
            return operator.evaluate(*arguments, *([as_of] if operator.needs_as_of else []))


def stored_value(value: Value, result: ValueType) -> Value:
    """The value of a user-defined attribute as it is stored: money and whole numbers rounded half up, if they fit."""
    if value is None or isinstance(value, str | date):
        return value
    if result in (ValueType.MONEY, ValueType.INTEGER):
        number = float(value) + 0.5
        return math.floor(number) if -(2.0**63) <= number < 2.0**63 else None
    return float(value) if result is ValueType.NUMBER else value


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
