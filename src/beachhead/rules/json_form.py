"""The tree as JSON, for the page: `{"kind": "and", "items": […]}`. Reading gives back an equal tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import cast, get_args

from beachhead.errors import DefinitionError, Diagnostic
from beachhead.rules import ast
from beachhead.rules.ast import (
    MAX_DEPTH,
    And,
    Attribute,
    Call,
    Case,
    Duration,
    InSegment,
    Invoke,
    Literal,
    Node,
    Not,
    Or,
    RelativeDate,
    Unit,
)
from beachhead.rules.forms import invoke
from beachhead.rules.operators import OPERATORS
from beachhead.rules.types import Value, ValueType

JsonObject = dict[str, object]


def to_json(node: Node) -> JsonObject:
    """The tree as JSON-ready dictionaries; dates in ISO form, places left out. TypeError for a core tree."""
    match node:
        case And() | Or():
            return {"kind": "and" if isinstance(node, And) else "or", "items": [to_json(item) for item in node.items]}
        case Not():
            return {"kind": "not", "item": to_json(node.item)}
        case Call():
            arguments = [to_json(argument) for argument in node.arguments]
            return {"kind": "call", "operator": node.operator, "arguments": arguments}
        case Case():
            whens = [{"when": to_json(condition), "then": to_json(value)} for condition, value in node.whens]
            otherwise = None if node.otherwise is None else to_json(node.otherwise)
            return {"kind": "case", "whens": whens, "otherwise": otherwise}
        case InSegment():
            return {"kind": "in_segment", "name": node.name}
        case Attribute():
            return {"kind": "attribute", "name": node.name}
        case RelativeDate():
            return {"kind": "relative_date", "amount": node.amount, "unit": node.unit}
        case Literal():
            value = node.value.isoformat() if isinstance(node.value, date) else node.value
            return {"kind": "literal", "type": node.type and str(node.type), "value": value}
        case Duration():
            return {"kind": "duration", "amount": node.amount, "unit": node.unit}
        case Invoke():
            arguments = [to_json(argument) for argument in node.arguments]
            options = {name: to_json(option) for name, option in node.options}
            return {"kind": "invoke", "name": node.name, "arguments": arguments, "options": options}
        case _:
            raise TypeError(f"this is not written: {node}")


def from_json(value: object) -> Node:
    """The tree that `to_json` wrote. Raises DefinitionError (code `bad-tree`) for anything else."""
    try:
        return _read(value, 1)
    except (KeyError, TypeError, ValueError) as error:
        why = f"{type(error).__name__}: {error}"
        message, remedy = "this is not the JSON form of a rule", "Send the form that the service gives for a rule."
        raise DefinitionError(Diagnostic("bad-tree", message, why=why, remedy=remedy)) from None


def _read(value: object, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
    if not isinstance(value, Mapping):
        raise TypeError("a node is an object")
    match value["kind"]:
        case "and" | "or" as kind:
            items = [_read(item, depth + 1) for item in _sequence(value["items"])]
            return ast.all_of(items) if kind == "and" else ast.any_of(items)
        case "not":
            return Not(_read(value["item"], depth + 1))
        case "call":
            return _call(_text(value["operator"]), [_read(a, depth + 1) for a in _sequence(value["arguments"])])
        case "case":
            whens = tuple(
                (_read(when["when"], depth + 1), _read(when["then"], depth + 1))
                for when in cast(Sequence[Mapping[str, object]], _sequence(value["whens"]))
            )
            if not whens:
                raise ValueError("a case needs at least one condition")
            otherwise = value["otherwise"]
            return Case(whens, None if otherwise is None else _read(otherwise, depth + 1))
        case "in_segment":
            return InSegment(_text(value["name"]))
        case "attribute":
            return Attribute(_text(value["name"]))
        case "relative_date":
            return _relative(value["amount"], value["unit"])
        case "literal":
            return _literal(value["type"], value["value"])
        case "duration":
            return _duration(value["amount"], value["unit"])
        case "invoke":
            arguments = [_read(argument, depth + 1) for argument in _sequence(value["arguments"])]
            options = value["options"]
            if not isinstance(options, Mapping):
                raise TypeError("options are an object")
            given = [(_text(name), _read(option, depth + 1)) for name, option in options.items()]
            return invoke(_text(value["name"]), arguments, given)
        case kind:
            raise ValueError(f"there is no kind of node {kind!r}")


def _call(operator: str, arguments: list[Node]) -> Node:
    row = OPERATORS[operator]
    least, most = row.arity
    if len(arguments) < least or (most is not None and len(arguments) > most):
        raise ValueError(f"{operator} cannot have {len(arguments)} arguments")
    if operator == "negate":
        return ast.negate(arguments[0])
    return Call(operator, tuple(arguments))


def _relative(amount: object, unit: object) -> RelativeDate:
    if not isinstance(amount, int) or isinstance(amount, bool) or abs(amount) > 100_000:
        raise ValueError("the amount of a relative date is a whole number")
    if unit not in get_args(Unit):
        raise ValueError(f"there is no unit of time {unit!r}")
    return ast.relative(amount, cast(Unit, unit))


def _duration(amount: object, unit: object) -> Duration:
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= 100_000:
        raise ValueError("the amount of a span of time is a whole number from 1")
    if unit not in get_args(Unit):
        raise ValueError(f"there is no unit of time {unit!r}")
    return Duration(amount, cast(Unit, unit))


def _literal(kind: object, value: object) -> Literal:
    if kind is None:
        if value is not None:
            raise ValueError("a literal without type is null")
        return ast.NULL
    match ValueType(_text(kind)):
        case ValueType.TEXT:
            return ast.text(_text(value))
        case ValueType.BOOLEAN if isinstance(value, bool):
            return ast.boolean(value)
        case ValueType.DATE:
            return ast.day(date.fromisoformat(_text(value)))
        case ValueType.TIMESTAMP:
            return ast.day(datetime.fromisoformat(_text(value)))
        case ValueType.INTEGER | ValueType.NUMBER if isinstance(value, int | float) and not isinstance(value, bool):
            if not abs(value) < 1e300 or (isinstance(value, int) and abs(value) > 2**63 - 1):
                raise ValueError("a number is out of range")
            return ast.number(value)
    raise ValueError(f"{value!r} is not a literal of type {kind}")


def _sequence(value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise TypeError("a list was expected")
    return cast(Sequence[Value], value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value
