"""A tree against a catalog: do the names exist, do the types fit, and what does a written date mean.

The checked tree differs from the parsed one only in its literals: a text that stands beside a date has become a date.
SQL, interpreter and evaluator take checked trees.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import Literal as OneOf

from beachhead.errors import Diagnostic, Place, Severity, nearest_name
from beachhead.rules import ast
from beachhead.rules.ast import And, Attribute, Call, Case, InSegment, Literal, Node, Not, Or, RelativeDate
from beachhead.rules.format import format_rule, quoted
from beachhead.rules.operators import OPERATORS, Form, Operands, Operator, Result
from beachhead.rules.types import NUMERIC, TEMPORAL, Catalog, ValueType


@dataclass(frozen=True, slots=True)
class Checked:
    """A tree that was checked, with the type of its value (None when unknown) and all that is to be said about it."""

    node: Node
    type: ValueType | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether it can be evaluated: there may be warnings, but no error."""
        return not any(d.is_error for d in self.diagnostics)


def check_rule(node: Node, catalog: Catalog) -> Checked:
    """The checked rule of a segment: a condition over attributes that exist. Never raises for what a user wrote."""
    checker = _Checker(catalog, _asked_for_null(node))
    typed = checker.infer(node)
    if typed.type not in (ValueType.BOOLEAN, None) or typed.node == ast.NULL:
        checker.say(
            "not-a-condition", f"'{_short(node)}' is a value, not a condition", node,
            "Compare it with something, such as: = 'pro', > 10, is not null.",
        )  # fmt: skip
    return Checked(typed.node, typed.type, tuple(checker.diagnostics))


def check_expression(node: Node, catalog: Catalog) -> Checked:
    """The checked expression of a user-defined attribute: any value whose type is known."""
    checker = _Checker(catalog, _asked_for_null(node))
    typed = checker.infer(node)
    if typed.type is None and not checker.diagnostics:
        checker.say("no-type", "this is always null, so it has no type", node, "Use an attribute or a written value.")
    return Checked(typed.node, typed.type, tuple(checker.diagnostics))


def value_type(node: Node, catalog: Catalog) -> ValueType | None:
    """The type of an expression's value, None when it has errors or is always null."""
    checked = check_expression(node, catalog)
    return checked.type if checked.ok else None


def attributes_used(node: Node) -> frozenset[str]:
    """The names of all attributes in the tree."""
    return frozenset(part.name for part in ast.walk(node) if isinstance(part, Attribute))


def segments_used(node: Node) -> frozenset[str]:
    """The names of all segments in the tree."""
    return frozenset(part.name for part in ast.walk(node) if isinstance(part, InSegment))


@dataclass(frozen=True, slots=True)
class _Typed:
    node: Node
    type: ValueType | None


class _Kind(Enum):
    """What can be compared with each other; the value is the word for it."""

    TEXT = "text"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    DATE = "a date"


_KINDS = {
    ValueType.TEXT: _Kind.TEXT,
    ValueType.BOOLEAN: _Kind.BOOLEAN,
    **dict.fromkeys(NUMERIC, _Kind.NUMBER),
    **dict.fromkeys(TEMPORAL, _Kind.DATE),
}
_OPERAND_KINDS = {
    Operands.NUMBERS: _Kind.NUMBER,
    Operands.TEXTS: _Kind.TEXT,
    Operands.BOOLEANS: _Kind.BOOLEAN,
    Operands.DATES: _Kind.DATE,
}


class _Checker:
    def __init__(self, catalog: Catalog, asked_for_null: frozenset[str]) -> None:
        self.catalog = catalog
        self.asked_for_null = asked_for_null
        self.diagnostics: list[Diagnostic] = []

    def say(
        self, code: str, message: str, node: Node, remedy: str, *, severity: Severity = Severity.ERROR,
        nearest: str | None = None,
    ) -> None:  # fmt: skip
        self.diagnostics.append(Diagnostic(code, message, severity, _place(node), remedy=remedy, nearest=nearest))

    def infer(self, node: Node) -> _Typed:
        match node:
            case Literal():
                return _Typed(node, node.type)
            case RelativeDate():
                return _Typed(node, ValueType.DATE)
            case Attribute():
                return _Typed(node, self._attribute(node))
            case InSegment():
                self._segment(node)
                return _Typed(node, ValueType.BOOLEAN)
            case Not():
                if isinstance(node.item, Call) and OPERATORS[node.item.operator].negated_inside:
                    self._lint_negation(node.item, f"not {node.item.operator}")
                return _Typed(replace(node, item=self._condition(node.item)), ValueType.BOOLEAN)
            case And() | Or():
                items = tuple(self._condition(item) for item in node.items)
                return _Typed(replace(node, items=items), ValueType.BOOLEAN)
            case Case():
                return self._case(node)
            case Call():
                return self._call(node)

    def _attribute(self, node: Attribute) -> ValueType | None:
        found = self.catalog.attribute_type(node.name)
        if found is None:
            unknown = Diagnostic.unknown_name("attribute", node.name, self.catalog.attribute_names(), _place(node))
            if unknown.nearest is None:
                unknown = replace(unknown, remedy=f"{unknown.remedy} Text is written in quotes: {quoted(node.name)}.")
            self.diagnostics.append(unknown)
        elif reason := self.catalog.unavailable(node.name):
            message = f"'{node.name}' has no data here: {reason}"
            remedy = "Add a source for it, or leave it out; until then it is unknown for everybody."
            self.say("unavailable-attribute", message, node, remedy, severity=Severity.WARNING)
        return found

    def _segment(self, node: InSegment) -> None:
        names = self.catalog.segment_names()
        if node.name not in names:
            self.diagnostics.append(Diagnostic.unknown_name("segment", node.name, names, _place(node)))

    def _condition(self, node: Node) -> Node:
        typed = self.infer(node)
        if typed.type not in (ValueType.BOOLEAN, None):
            remedy = "Compare it with something, such as: = 'pro', > 10, is not null."
            self.say("not-a-condition", f"'{_short(node)}' is {_word(typed.type)}, not a condition", node, remedy)
        return typed.node

    def _case(self, node: Case) -> _Typed:
        conditions = [self._condition(condition) for condition, _ in node.whens]
        values = [self.infer(value) for _, value in node.whens]
        if node.otherwise is not None:
            values.append(self.infer(node.otherwise))
        values, common = self._same_kind(values, node)
        otherwise = None if node.otherwise is None else values[-1].node
        whens = tuple(zip(conditions, (value.node for value in values), strict=False))
        return _Typed(replace(node, whens=whens, otherwise=otherwise), common)

    def _call(self, node: Call) -> _Typed:
        row = OPERATORS[node.operator]
        arguments = [self.infer(argument) for argument in node.arguments]
        if row.operands in (Operands.SAME, Operands.ORDERED):
            before = len(self.diagnostics)
            arguments, common = self._same_kind(arguments, node)
            if row.operands is Operands.ORDERED and common is ValueType.BOOLEAN:
                self.say("type-mismatch", "true and false have no order", node, "Compare with '='.")
            if len(self.diagnostics) == before:
                self._lint_values(arguments)
        elif row.operands in _OPERAND_KINDS:
            arguments = self._of_kind(arguments, _OPERAND_KINDS[row.operands], row)
        if row.key == "!=":
            self._lint_negation(node, "!=")
        self._constants(node, row)
        rebuilt = replace(node, arguments=tuple(argument.node for argument in arguments))
        return _Typed(rebuilt, _result(row, arguments))

    def _same_kind(self, values: Sequence[_Typed], where: Node) -> tuple[list[_Typed], ValueType | None]:
        """The values with dates understood, and their common type; says so when they do not fit together."""
        if any(value.type in TEMPORAL for value in values):
            values = [self._as_date(value) for value in values]
        known = [value for value in values if value.type is not None]
        first = next((v for v in known if not isinstance(v.node, Literal)), known[0] if known else None)
        for value in known:
            if first and _kind(value.type) is not _kind(first.type):
                message = f"'{_short(value.node)}' is {_word(value.type)}, but '{_short(first.node)}' is "
                message += _word(first.type)
                place = value.node if _place(value.node) else where
                self.say("type-mismatch", message, place, _conversion(value, first))
                return list(values), None
        return list(values), _common(known)

    def _of_kind(self, values: Sequence[_Typed], kind: _Kind, row: Operator) -> list[_Typed]:
        """The values with dates understood where dates are wanted; says so for the first that is of another kind."""
        if kind is _Kind.DATE:
            values = [self._as_date(value) for value in values]
        checked = values if row.constants_from is None or row.form is Form.PATTERN else values[: row.constants_from]
        wrong = next((value for value in checked if value.type is not None and _kind(value.type) is not kind), None)
        if wrong is not None:
            message = f"'{row.key}' needs {kind.value}, but '{_short(wrong.node)}' is {_word(wrong.type)}"
            remedy = f"For example: {row.example}."
            if row.form in (Form.SUM, Form.PRODUCT) and _kind(wrong.type) is _Kind.DATE:
                remedy = "Count days with days_since(a) or days_between(a, b)."
            self.say("type-mismatch", message, wrong.node, remedy)
        return list(values)

    def _as_date(self, value: _Typed) -> _Typed:
        node = value.node
        if not isinstance(node, Literal) or not isinstance(node.value, str):
            return value
        try:
            found = _read_date(node.value)
        except ValueError:
            message = f"'{node.value}' is not a date"
            self.say("not-a-date", message, node, "Write dates as '2026-01-31' (year-month-day), or '30 days ago'.")
            return _Typed(node, None)
        dated = ast.day(found, node.span)
        return _Typed(dated, dated.type)

    def _constants(self, node: Call, row: Operator) -> None:
        if row.constants_from is None:
            return
        for argument in node.arguments[row.constants_from :]:
            if not isinstance(argument, Literal | RelativeDate) or (
                isinstance(argument, Literal) and argument.value is None
            ):
                message = f"'{_short(argument)}' must be a written value for '{row.key}'"
                self.say("not-a-value", message, argument, f"For example: {row.example}.")
            elif row.form is Form.PATTERN and "\\" in str(getattr(argument, "value", "")):
                message = "a pattern cannot hold a backslash: there is no escape character"
                self.say("bad-pattern", message, argument, "Use _ for one arbitrary character.")
            elif row.key == "round" and getattr(argument, "value", None) not in range(10):
                self.say("wrong-arguments", "digits are 0 to 9", argument, f"For example: {row.example}.")

    def _lint_values(self, arguments: Sequence[_Typed]) -> None:
        """Written values that cannot be what was meant: an amount that is not in cents, a text that does not occur."""
        attribute = next((a.node for a in arguments if isinstance(a.node, Attribute)), None)
        money = any(a.type is ValueType.MONEY and not isinstance(a.node, Literal) for a in arguments)
        known = self.catalog.values(attribute.name) if attribute else None
        for argument in arguments:
            node = argument.node
            if not isinstance(node, Literal):
                continue
            if money and isinstance(node.value, float):
                message = f"money is counted in cents, so {node.value} is less than it looks"
                remedy = f"Write {round(node.value * 100)} for {node.value:.2f}."
                self.say("money-in-cents", message, node, remedy, severity=Severity.WARNING)
            if attribute and known is not None and isinstance(node.value, str) and node.value not in known:
                near = nearest_name(node.value, known)
                remedy = f"Did you mean '{near}'?" if near else f"Known: {', '.join(sorted(known)[:12])}."
                message = f"'{attribute.name}' is never {quoted(node.value)} in the data"
                self.say("unknown-value", message, node, remedy, severity=Severity.WARNING, nearest=near)

    def _lint_negation(self, node: Call, words: str) -> None:
        attribute = next((a for a in node.arguments if isinstance(a, Attribute)), None)
        if attribute is None or OPERATORS[node.operator].form is Form.TEST or attribute.name in self.asked_for_null:
            return
        message = f"'{words}' leaves out customers whose {attribute.name} is unknown"
        remedy = f"If they belong here, add: or {attribute.name} is null."
        self.say("unknown-left-out", message, node, remedy, severity=Severity.INFO)


def _asked_for_null(node: Node) -> frozenset[str]:
    return frozenset(
        argument.name
        for part in ast.walk(node)
        if isinstance(part, Call) and part.operator in ("is null", "coalesce")
        for argument in part.arguments
        if isinstance(argument, Attribute)
    )


def _result(row: Operator, arguments: Sequence[_Typed]) -> ValueType | None:
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
        case Result.FIRST:
            return types[0]
        case Result.COMMON:
            return _common([argument for argument in arguments if argument.type is not None])
        case Result.WHOLE:
            return ValueType.MONEY if types[0] is ValueType.MONEY else ValueType.INTEGER
        case Result.ROUNDED if len(types) == 1:
            return ValueType.MONEY if types[0] is ValueType.MONEY else ValueType.INTEGER
        case Result.ROUNDED:
            return ValueType.NUMBER
        case Result.SUM:
            return _common(arguments)
        case Result.PRODUCT:
            if types.count(ValueType.MONEY) == 1:
                return ValueType.MONEY
            return ValueType.INTEGER if types == [ValueType.INTEGER] * 2 else ValueType.NUMBER
        case Result.QUOTIENT:
            return ValueType.MONEY if types[0] is ValueType.MONEY and types[1] is not types[0] else ValueType.NUMBER


def _common(values: Iterable[_Typed]) -> ValueType | None:
    """The type that holds all values: money with whole numbers is money, anything with a fraction is a number."""
    types = {value.type for value in values}
    if None in types or len({_kind(t) for t in types}) != 1:
        return None
    if len(types) == 1:
        return next(iter(types))
    if types <= TEMPORAL:
        return ValueType.TIMESTAMP
    return ValueType.MONEY if types == {ValueType.MONEY, ValueType.INTEGER} else ValueType.NUMBER


def _kind(value: ValueType | None) -> _Kind | None:
    return None if value is None else _KINDS[value]


def _word(value: ValueType | None) -> str:
    kind = _kind(value)
    return kind.value if kind else "unknown"


def _conversion(value: _Typed, other: _Typed) -> str:
    """How to write `value` so that it fits beside `other`."""
    written = value.node.value if isinstance(value.node, Literal) else None
    match _kind(other.type):
        case _Kind.NUMBER if isinstance(written, str) and written.replace(".", "", 1).isdigit():
            return f"Write the number without quotes: {written}."
        case _Kind.TEXT if isinstance(written, int | float) and not isinstance(written, bool):
            return f"Write it in single quotes: '{written}'."
        case _Kind.BOOLEAN if isinstance(written, str) and written.lower() in ("true", "false"):
            return f"Write it without quotes: {written.lower()}."
        case _Kind.BOOLEAN if isinstance(other.node, Attribute):
            return f"'{other.node.name}' is true or false; write it alone, or 'not {other.node.name}'."
        case _Kind.DATE:
            return "Write a date as '2026-01-31', today, or 30 days ago."
        case kind:
            return f"Compare it with {kind.value if kind else 'another value'}."


def _read_date(value: str) -> date:
    form: OneOf["date", "timestamp"] = "date" if len(value.strip()) <= len("2026-01-31") else "timestamp"
    if form == "date":
        if len(value.strip()) != len("2026-01-31"):
            raise ValueError(value)
        return date.fromisoformat(value.strip())
    found = datetime.fromisoformat(value.strip())
    if found.tzinfo is not None:
        raise ValueError(value)
    return found


def _short(node: Node) -> str:
    text = format_rule(node)
    return text if len(text) <= 40 else text[:39] + "…"


def _place(node: Node) -> Place | None:
    return node.span.place if node.span else None
