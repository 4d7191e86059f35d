"""Which values go together: what can be compared, what the type of a result is, and how to write what does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Literal as OneOf

from beachhead.rules.ast import Attribute, Literal, Node
from beachhead.rules.operators import Operands, Operator, Result
from beachhead.rules.types import NUMERIC, TEMPORAL, ValueType


@dataclass(frozen=True, slots=True)
class Typed:
    """A checked node with the type of its value, None when that is unknown."""

    node: Node
    type: ValueType | None


class Family(Enum):
    """What can be compared with each other; the value is the word for it."""

    TEXT = "text"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    DATE = "a date"
    LIST = "a list"


_FAMILIES = {
    ValueType.TEXT: Family.TEXT,
    ValueType.BOOLEAN: Family.BOOLEAN,
    ValueType.LIST: Family.LIST,
    **dict.fromkeys(NUMERIC, Family.NUMBER),
    **dict.fromkeys(TEMPORAL, Family.DATE),
}
OPERAND_FAMILIES = {
    Operands.NUMBERS: Family.NUMBER,
    Operands.TEXTS: Family.TEXT,
    Operands.BOOLEANS: Family.BOOLEAN,
    Operands.DATES: Family.DATE,
    Operands.LIST: Family.LIST,
}


def family(value: ValueType | None) -> Family | None:
    return None if value is None else _FAMILIES[value]


def word(value: ValueType | None) -> str:
    """The word for a type: "a number"."""
    found = family(value)
    return found.value if found else "unknown"


def common(values: Iterable[Typed]) -> ValueType | None:
    """The type that holds all values: money with whole numbers is money, anything with a fraction is a number."""
    types = {value.type for value in values}
    if None in types or len({family(t) for t in types}) != 1:
        return None
    if len(types) == 1:
        return next(iter(types))
    if types <= TEMPORAL:
        return ValueType.TIMESTAMP
    return ValueType.MONEY if types == {ValueType.MONEY, ValueType.INTEGER} else ValueType.NUMBER


def result(row: Operator, arguments: Sequence[Typed]) -> ValueType | None:
    """The type that an operator gives, None when it cannot be known."""
    types = [argument.type for argument in arguments]
    if row.operands is Operands.NUMBERS and not NUMERIC.issuperset(types):
        return None
    match row.result:
        case Result.BOOLEAN:
            return ValueType.BOOLEAN
        case Result.INTEGER:
            return ValueType.INTEGER
        case Result.TEXT:
            return ValueType.TEXT
        case Result.DATE:
            return ValueType.DATE
        case Result.FIRST:
            return types[0]
        case Result.COMMON:
            return common([argument for argument in arguments if argument.type is not None])
        case Result.WHOLE:
            return ValueType.MONEY if types[0] is ValueType.MONEY else ValueType.INTEGER
        case Result.ROUNDED if len(types) == 1:
            return ValueType.MONEY if types[0] is ValueType.MONEY else ValueType.INTEGER
        case Result.ROUNDED:
            return ValueType.NUMBER
        case Result.SUM:
            return common(arguments)
        case Result.PRODUCT:
            if types.count(ValueType.MONEY) == 1:
                return ValueType.MONEY
            return ValueType.INTEGER if types == [ValueType.INTEGER] * 2 else ValueType.NUMBER
        case Result.QUOTIENT:
            return ValueType.MONEY if types[0] is ValueType.MONEY and types[1] is not types[0] else ValueType.NUMBER


def conversion(value: Typed, other: Typed) -> str:
    """How to write `value` so that it fits beside `other`."""
    written = value.node.value if isinstance(value.node, Literal) else None
    match family(other.type):
        case Family.NUMBER if isinstance(written, str) and written.replace(".", "", 1).isdigit():
            return f"Write the number without quotes: {written}."
        case Family.TEXT if isinstance(written, int | float) and not isinstance(written, bool):
            return f"Write it in single quotes: '{written}'."
        case Family.BOOLEAN if isinstance(written, str) and written.lower() in ("true", "false"):
            return f"Write it without quotes: {written.lower()}."
        case Family.BOOLEAN if isinstance(other.node, Attribute):
            return f"'{other.node.name}' is true or false; write it alone, or 'not {other.node.name}'."
        case Family.DATE:
            return "Write a date as '2026-01-31', today, or 30 days ago."
        case Family.LIST if isinstance(other.node, Attribute):
            return f"Ask for one item of the list: contains({other.node.name}, 'value')."
        case found:
            return f"Compare it with {found.value if found else 'another value'}."


def read_date(value: str) -> date:
    """A written day, or with a time of day a moment. ValueError for anything else."""
    form: OneOf["date", "timestamp"] = "date" if len(value.strip()) <= len("2026-01-31") else "timestamp"
    if form == "date":
        if len(value.strip()) != len("2026-01-31"):
            raise ValueError(value)
        return date.fromisoformat(value.strip())
    found = datetime.fromisoformat(value.strip())
    if found.tzinfo is not None:
        raise ValueError(value)
    return found
