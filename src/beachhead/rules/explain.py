"""A rule as an English sentence, for people who do not read rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

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
from beachhead.rules.check import value_type
from beachhead.rules.explain_forms import comparison_words, form_words, negated_words
from beachhead.rules.format import duration, quoted, relative
from beachhead.rules.forms import FORMS, Gives
from beachhead.rules.operators import OPERATORS, Form, Operands
from beachhead.rules.scope import columns_as_catalog
from beachhead.rules.types import Catalog, ValueType

_ARITHMETIC = (Form.SUM, Form.PRODUCT, Form.SIGN)


def plain_label(name: str) -> str:
    """An attribute's name as words: `signed_up_on` is "signed up on"."""
    return name.replace("_", " ")


def segment_title(name: str) -> str:
    """A segment's name as a title: `at_risk` is "At risk"."""
    words = plain_label(name)
    return words[:1].upper() + words[1:]


def explain(
    node: Node,
    label: Callable[[str], str] | None = None,
    money: Callable[[float], str] | None = None,
    catalog: Catalog | None = None,
    segment_label: Callable[[str], str] | None = None,
) -> str:
    """The condition (or value) in English, without capital and full stop; `label` gives an attribute's words.

    `money` writes an amount of minor units that stands beside what is money in `catalog`; `segment_label` gives the
    title of a segment that customers joined or left. Give it a checked tree, so that "before" and "after" are said of
    dates, and not a core tree.
    """
    return _Writer(label or plain_label, money, catalog, segment_label or segment_title).condition(node)


class _Writer:
    def __init__(
        self,
        label: Callable[[str], str],
        money: Callable[[float], str] | None,
        catalog: Catalog | None,
        segment: Callable[[str], str],
    ) -> None:
        self.label = label
        self.money = money
        self.catalog = catalog
        self.segment = segment

    def inside(self, table: str) -> _Writer:
        """The words for a condition over rows, whose names are columns."""
        inner = columns_as_catalog(table, self.catalog) if self.catalog else None
        return _Writer(plain_label, self.money, inner, self.segment)

    def condition(self, node: Node) -> str:
        match node:
            case And():
                return " and ".join(self._part(item) for item in node.items)
            case Or():
                return " or ".join(self._part(item) for item in node.items)
            case Not():
                return self._negated(node.item)
            case Attribute():
                return self._flag(node, negated=False)
            case Call() if OPERATORS[node.operator].form is not Form.FUNCTION:
                return self._call(node, negated=False)
            case InSegment():
                return f"in segment {quoted(node.name)}"
            case _:
                return self.value(node)

    def _part(self, node: Node) -> str:
        words = self.condition(node)
        is_joined = isinstance(node, And | Or) or (isinstance(node, Invoke) and node.name == "sticky")
        return f"({words})" if is_joined else words

    def _negated(self, node: Node) -> str:
        match node:
            case Attribute():
                return self._flag(node, negated=True)
            case InSegment():
                return f"not in segment {quoted(node.name)}"
            case Invoke() if FORMS[node.name].gives is Gives.CONDITION:
                return negated_words(self, node)
            case Call() if OPERATORS[node.operator].english_negated:
                return self._call(node, negated=True)
            case _:
                return f"not ({self.condition(node)})"

    def _flag(self, node: Attribute, negated: bool) -> str:
        words = self.label(node.name)
        verb, _, rest = words.partition(" ")
        if verb not in ("is", "has") or not rest:
            return f"{words} is {'false' if negated else 'true'}"
        if not negated:
            return words
        if " or " in words:
            return f"not ({words})"
        is_done = re.match(r"\w+ed\b|left\b|bought\b|paid\b|been\b", rest) is not None
        return f"does not have {rest}" if verb == "has" and not is_done else f"{verb} not {rest}"

    def _call(self, node: Call, negated: bool) -> str:
        if (words := comparison_words(self, node, negated)) is not None:
            return words
        row = OPERATORS[node.operator]
        template = self.template(node, negated)
        is_test_of_condition = row.key in ("is true", "is false")
        operands = [self.condition(a) for a in node.arguments] if is_test_of_condition else self.operands(node)
        return template.format(*operands, rest=", ".join(operands[1:]), all=", ".join(operands))

    def template(self, node: Call, negated: bool) -> str:
        """The English of an operator; "before" in place of "less than" where dates are compared."""
        row = OPERATORS[node.operator]
        positive, negative = row.english, row.english_negated
        if row.english_dates and any(_is_date(argument) for argument in node.arguments):
            positive, negative = row.english_dates
        return negative if negated else positive

    def operands(self, node: Call) -> list[str]:
        is_money = self._compares_money(node)
        return [self._operand(a, OPERATORS[node.operator].form, is_money) for a in node.arguments]

    def _compares_money(self, node: Call) -> bool:
        """Whether the arguments are amounts of one kind, and one of them is money."""
        row = OPERATORS[node.operator]
        is_of_one_kind = row.key in ("+", "-") or row.operands in (Operands.SAME, Operands.ORDERED)
        if self.catalog is None or not is_of_one_kind:
            return False
        catalog = self.catalog
        return any(value_type(a, catalog) is ValueType.MONEY for a in node.arguments if not isinstance(a, Literal))

    def _operand(self, node: Node, outer: Form, is_money: bool) -> str:
        if is_money and self.money and isinstance(node, Literal) and isinstance(node.value, int | float):
            return self.money(node.value)
        words = self.value(node)
        nested = isinstance(node, And | Or | Not) or (
            isinstance(node, Call) and outer in _ARITHMETIC and OPERATORS[node.operator].form in _ARITHMETIC
        )
        return f"({words})" if nested else words

    def value(self, node: Node) -> str:
        match node:
            case Attribute():
                return self.label(node.name)
            case Literal():
                return _literal(node)
            case RelativeDate():
                return relative(node)
            case Duration():
                return duration(node)
            case Case():
                whens = "; ".join(f"{self.value(value)} if {self.condition(c)}" for c, value in node.whens)
                return f"({whens}; otherwise {'unknown' if node.otherwise is None else self.value(node.otherwise)})"
            case Call():
                return self._call(node, negated=False)
            case Invoke():
                return form_words(self, node)
            case _:
                return self.condition(node)


def _is_date(node: Node) -> bool:
    return isinstance(node, RelativeDate) or (isinstance(node, Literal) and isinstance(node.value, date))


def _literal(node: Literal) -> str:
    match node.value:
        case None:
            return "unknown"
        case bool():
            return "true" if node.value else "false"
        case str():
            return quoted(node.value)
        case datetime():
            return f"{node.value.day} {node.value:%b %Y %H:%M}"
        case date():
            return f"{node.value.day} {node.value:%b %Y}"
        case int() | float():
            return f"{node.value:,}"
