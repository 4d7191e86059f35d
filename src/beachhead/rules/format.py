"""The canonical text of a tree, and the version of a rule.

`parse(format_rule(x)) == x` for every tree that the parser gives; spacing, keyword case, redundant brackets and
comments do not matter, so two rules that differ only in these have one version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from enum import IntEnum
from types import MappingProxyType

from beachhead.rules.ast import (
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
)
from beachhead.rules.operators import OPERATORS, Form


class _Level(IntEnum):
    """How tightly a form binds, loosest first; the same order as in the grammar."""

    OR = 1
    AND = 2
    NOT = 3
    PREDICATE = 4
    SUM = 5
    PRODUCT = 6
    SIGN = 7
    PRIMARY = 8


_FORM_LEVELS = {
    Form.SUM: _Level.SUM,
    Form.PRODUCT: _Level.PRODUCT,
    Form.SIGN: _Level.SIGN,
    Form.FUNCTION: _Level.PRIMARY,
}


def format_rule(node: Node) -> str:
    """The rule on one line in canonical form. TypeError for a core tree, which has none."""
    match node:
        case Or():
            return " or ".join(_at(item, _Level.AND) for item in node.items)
        case And():
            return " and ".join(_at(item, _Level.NOT) for item in node.items)
        case Not(item=Call() as call) if OPERATORS[call.operator].negated_inside:
            return _call(call, negated=True)
        case Not():
            return f"not {_at(node.item, _Level.NOT)}"
        case Call():
            return _call(node, negated=False)
        case Case():
            whens = " ".join(f"when {format_rule(condition)} then {format_rule(v)}" for condition, v in node.whens)
            otherwise = "" if node.otherwise is None else f" else {format_rule(node.otherwise)}"
            return f"case {whens}{otherwise} end"
        case InSegment():
            return f"in_segment({quoted(node.name)})"
        case Attribute():
            return node.name
        case RelativeDate():
            return relative(node)
        case Literal():
            return literal(node)
        case Duration():
            return quoted(duration(node))
        case Invoke():
            options = (f"{name} => {format_rule(value)}" for name, value in node.options)
            return f"{node.name}({', '.join([*map(format_rule, node.arguments), *options])})"
        case _:
            raise TypeError(f"this is not written: {node}")


def short(node: Node) -> str:
    """The rule as it is quoted in a message: cut where it is long."""
    text = format_rule(node)
    return text if len(text) <= 40 else text[:39] + "…"


def version(node: Node, named: Mapping[str, str] = MappingProxyType({})) -> str:
    """A short, stable hash of the canonical rule: 12 hexadecimal digits. The versions of segments that it names stand
    in the place of their names, so that it is another one when their rules are, and not when only their names are."""
    text = format_rule(node)
    for name, version_of_named in named.items():
        text = text.replace(quoted(name), quoted(version_of_named))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def quoted(value: str) -> str:
    """A text as the language (and SQL) writes it."""
    return "'" + value.replace("'", "''") + "'"


def relative(node: RelativeDate) -> str:
    """`today`, `yesterday`, `30 days ago`, `1 week from now`."""
    if node.amount == 0:
        return "today"
    if node.amount == -1 and node.unit == "day":
        return "yesterday"
    count = abs(node.amount)
    return f"{count} {node.unit}{'' if count == 1 else 's'} {'ago' if node.amount < 0 else 'from now'}"


def duration(node: Duration) -> str:
    """`30 days`, `1 week`."""
    return f"{node.amount} {node.unit}{'' if node.amount == 1 else 's'}"


def literal(node: Literal) -> str:
    """A written value."""
    match node.value:
        case None:
            return "null"
        case bool():
            return "true" if node.value else "false"
        case str():
            return quoted(node.value)
        case datetime():
            return quoted(node.value.isoformat(sep=" "))
        case date():
            return quoted(node.value.isoformat())
        case _:
            return repr(node.value)


def _call(node: Call, negated: bool) -> str:
    row = OPERATORS[node.operator]
    word = "not " if negated else ""
    arguments = node.arguments
    match row.form:
        case Form.FUNCTION:
            return f"{row.key}({', '.join(format_rule(argument) for argument in arguments)})"
        case Form.SIGN:
            return f"-{_at(arguments[0], _Level.PRIMARY)}"
        case Form.SUM:
            return f"{_at(arguments[0], _Level.SUM)} {row.written} {_at(arguments[1], _Level.PRODUCT)}"
        case Form.PRODUCT:
            return f"{_at(arguments[0], _Level.PRODUCT)} {row.key} {_at(arguments[1], _Level.SIGN)}"
        case _:
            first, *rest = (_at(argument, _Level.SUM) for argument in arguments)
    match row.form:
        case Form.LIST:
            return f"{first} {word}in ({', '.join(rest)})"
        case Form.RANGE:
            return f"{first} {word}between {rest[0]} and {rest[1]}"
        case Form.TEST:
            return f"{first} is {word}{row.key.removeprefix('is ')}"
        case _:
            return f"{first} {word}{row.key} {rest[0]}"


def _level(node: Node) -> _Level:
    match node:
        case Or():
            return _Level.OR
        case And():
            return _Level.AND
        case Not(item=Call() as call) if OPERATORS[call.operator].negated_inside:
            return _Level.PREDICATE
        case Not():
            return _Level.NOT
        case Call():
            return _FORM_LEVELS.get(OPERATORS[node.operator].form, _Level.PREDICATE)
        case _:
            return _Level.PRIMARY


def _at(node: Node, level: _Level) -> str:
    text = format_rule(node)
    return text if _level(node) >= level else f"({text})"
