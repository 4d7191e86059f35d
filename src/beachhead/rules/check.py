"""A tree against a catalog: do the names exist, do the types fit, and what does a written date mean.

The checked tree differs from the parsed one only in its literals (a text that stands beside a date has become a date)
and in arithmetic on dates, whose operators are told apart by types. Core trees are made of checked trees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from beachhead.errors import Diagnostic, Place, Severity, nearest_name
from beachhead.rules import ast
from beachhead.rules.ast import And, Attribute, Call, Case, InSegment, Invoke, Literal, Node, Not, Or, RelativeDate
from beachhead.rules.check_forms import check_form, known_texts, never_in_data
from beachhead.rules.expand import MAX_CORE, core_size, expand
from beachhead.rules.format import quoted, short
from beachhead.rules.forms import FORMS
from beachhead.rules.kinds import OPERAND_FAMILIES, Family, Typed, common, conversion, family, read_date, result, word
from beachhead.rules.operators import OPERATORS, Form, Operands, Operator
from beachhead.rules.scope import CUSTOMER, Scope
from beachhead.rules.types import TEMPORAL, Catalog, ValueType


@dataclass(frozen=True, slots=True)
class Checked:
    """A tree that was checked, with the type of its value (None when unknown) and all that is to be said about it.

    `core` is what evaluates: the tree with the meaning in place of its forms. None when there are errors.
    """

    node: Node
    core: Node | None
    type: ValueType | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether it can be evaluated: there may be warnings, but no error."""
        return not any(d.is_error for d in self.diagnostics)


def check_rule(node: Node, catalog: Catalog, *, is_of_customers: bool = True) -> Checked:
    """The checked rule of a segment: a condition over attributes that exist. Never raises for what a user wrote.

    With `is_of_customers` false it is a condition over rows of something else, in which forms have no place.
    """
    checker = _Checker(catalog, node, is_of_customers)
    typed = checker.infer(node)
    if typed.type not in (ValueType.BOOLEAN, None) or typed.node == ast.NULL:
        checker.say("not-a-condition", f"'{short(node)}' is a value, not a condition", node, _how_to_compare(node))
    return checker.checked(typed)


def check_expression(node: Node, catalog: Catalog, *, is_of_customers: bool = True) -> Checked:
    """The checked expression of a user-defined attribute: any value whose type is known."""
    checker = _Checker(catalog, node, is_of_customers)
    typed = checker.infer(node)
    if typed.type is None and not checker.diagnostics:
        checker.say("no-type", "this is always null, so it has no type", node, "Use an attribute or a written value.")
    return checker.checked(typed)


def value_type(node: Node, catalog: Catalog) -> ValueType | None:
    """The type of an expression's value, None when it has errors or is always null."""
    checked = check_expression(node, catalog)
    return checked.type if checked.ok else None


_FOR_EQUALS = frozenset({"=", "!=", "in", "contains"})
"""Operators that are true of a text only where the value, or an item of it, equals it."""


class _Checker:
    def __init__(self, catalog: Catalog, node: Node, is_of_customers: bool) -> None:
        self.catalog = catalog
        self.is_of_customers = is_of_customers
        self.scope = CUSTOMER
        self.asked_for_null = _asked_for_null(node)
        self.diagnostics: list[Diagnostic] = []

    def checked(self, typed: Typed) -> Checked:
        core: Node | None = typed.node
        if any(d.is_error for d in self.diagnostics):
            core = None
        elif any(isinstance(part, Invoke) for part in ast.walk(typed.node)):
            core = expand(typed.node)
            if core_size(core) > MAX_CORE:
                message = "the rule has too many forms inside each other"
                self.say("rule-too-large", message, typed.node, "Move a part of it into its own segment or attribute.")
                core = None
        return Checked(typed.node, core, typed.type, tuple(self.diagnostics))

    def say(
        self, code: str, message: str, node: Node, remedy: str, *, severity: Severity = Severity.ERROR,
        nearest: str | None = None,
    ) -> None:  # fmt: skip
        self.diagnostics.append(Diagnostic(code, message, severity, place_of(node), remedy=remedy, nearest=nearest))

    def unknown(self, kind: str, name: str, known: Iterator[str] | Sequence[str], node: Node) -> None:
        self.diagnostics.append(Diagnostic.unknown_name(kind, name, known, place_of(node)))

    @contextmanager
    def inside(self, scope: Scope, node: Node) -> Iterator[None]:
        """While the names are those of `scope`, in the condition `node`."""
        before = self.scope, self.asked_for_null
        self.scope, self.asked_for_null = scope, _asked_for_null(node)
        try:
            yield
        finally:
            self.scope, self.asked_for_null = before

    def infer(self, node: Node) -> Typed:
        match node:
            case Literal():
                return Typed(node, node.type)
            case RelativeDate():
                return Typed(node, ValueType.DATE)
            case Attribute():
                return Typed(node, self._attribute(node))
            case InSegment():
                self._segment(node)
                return Typed(node, ValueType.BOOLEAN)
            case Not():
                if isinstance(node.item, Call) and OPERATORS[node.item.operator].negated_inside:
                    self._lint_negation(node.item, f"not {node.item.operator}")
                return Typed(replace(node, item=self.condition(node.item)), ValueType.BOOLEAN)
            case And() | Or():
                items = tuple(self.condition(item) for item in node.items)
                return Typed(replace(node, items=items), ValueType.BOOLEAN)
            case Case():
                return self._case(node)
            case Call():
                return self._call(node)
            case Invoke():
                return check_form(self, node)
            case _:
                raise TypeError(f"this is not written in a rule: {node}")

    def _attribute(self, node: Attribute) -> ValueType | None:
        if self.scope is not CUSTOMER:
            return self._column(node)
        found = self.catalog.attribute_type(node.name)
        if found is None:
            unknown = Diagnostic.unknown_name("attribute", node.name, self.catalog.attribute_names(), place_of(node))
            if node.name in FORMS:
                unknown = replace(unknown, remedy=f"With brackets it is a form: {FORMS[node.name].example}.")
            elif unknown.nearest is None:
                unknown = replace(unknown, remedy=f"{unknown.remedy} Text is written in quotes: {quoted(node.name)}.")
            self.diagnostics.append(unknown)
        elif reason := self.catalog.unavailable(node.name):
            message = f"'{node.name}' has no data here: {reason}"
            remedy = "Add a source for it, or leave it out; until then it is unknown for everybody."
            self.say("unavailable-attribute", message, node, remedy, severity=Severity.WARNING)
        return found

    def _column(self, node: Attribute) -> ValueType | None:
        """The type of a column of the rows that are spoken of; says so when there is none of this name."""
        scope = self.scope
        found = scope.column_type(node.name)
        if found is None and scope.columns is not None:
            unknown = Diagnostic.unknown_name("column", node.name, scope.column_names(), place_of(node))
            unknown = replace(unknown, message=f"{scope.form} have no column '{node.name}'")
            if self.catalog.attribute_type(node.name) is not None:
                remedy = f"It is an attribute of the customer; write it outside of {scope.form}(…), joined by 'and'."
                unknown = replace(unknown, remedy=remedy)
            self.diagnostics.append(unknown)
        return found

    def _segment(self, node: InSegment) -> None:
        if self.scope is not CUSTOMER:
            message = f"in_segment asks about a customer, and here are rows of {self.scope.form}"
            remedy = f"Write it outside of {self.scope.form}(…), joined by 'and'."
            self.say("not-of-rows", message, node, remedy)
            return
        self.segment(node.name, node)

    def segment(self, name: str, node: Node) -> None:
        """Say so when there is no segment of this name."""
        names = self.catalog.segment_names()
        if name not in names:
            self.unknown("segment", name, list(names), node)

    def condition(self, node: Node) -> Node:
        typed = self.infer(node)
        if typed.type not in (ValueType.BOOLEAN, None):
            message = f"'{short(node)}' is {word(typed.type)}, not a condition"
            self.say("not-a-condition", message, node, _how_to_compare(node))
        return typed.node

    def _case(self, node: Case) -> Typed:
        conditions = [self.condition(condition) for condition, _ in node.whens]
        values = [self.infer(value) for _, value in node.whens]
        if node.otherwise is not None:
            values.append(self.infer(node.otherwise))
        values, shared = self.same_kind(values, node)
        otherwise = None if node.otherwise is None else values[-1].node
        whens = tuple(zip(conditions, (value.node for value in values), strict=False))
        return Typed(replace(node, whens=whens, otherwise=otherwise), shared)

    def _call(self, node: Call) -> Typed:
        arguments = [self.infer(argument) for argument in node.arguments]
        operator = _operator_of_dates(node.operator, [argument.type for argument in arguments])
        row = OPERATORS[operator]
        if row.operands in (Operands.SAME, Operands.ORDERED):
            before = len(self.diagnostics)
            arguments, shared = self.same_kind(arguments, node)
            if row.operands is Operands.ORDERED and shared in (ValueType.BOOLEAN, ValueType.LIST):
                words = "true and false have" if shared is ValueType.BOOLEAN else "lists have"
                self.say("type-mismatch", f"{words} no order", node, "Compare with '='.")
            if len(self.diagnostics) == before:
                self._lint_money(arguments)
        elif row.operands is Operands.DATE_AND_DAYS:
            first, second = arguments
            arguments = [*self._of_kind([first], Family.DATE, row), *self._of_kind([second], Family.NUMBER, row)]
        elif row.operands in OPERAND_FAMILIES:
            arguments = self._of_kind(arguments, OPERAND_FAMILIES[row.operands], row)
        if row.key in _FOR_EQUALS:
            self._lint_texts(arguments)
        if row.key == "!=":
            self._lint_negation(node, "!=")
        self._constants(node, row)
        rebuilt = replace(node, operator=operator, arguments=tuple(argument.node for argument in arguments))
        return Typed(rebuilt, result(row, arguments))

    def same_kind(self, values: Sequence[Typed], where: Node) -> tuple[list[Typed], ValueType | None]:
        """The values with dates understood, and their common type; says so when they do not fit together."""
        if any(value.type in TEMPORAL for value in values):
            values = [self._as_date(value) for value in values]
        known = [value for value in values if value.type is not None]
        first = next((v for v in known if not isinstance(v.node, Literal)), known[0] if known else None)
        for value in known:
            if first and family(value.type) is not family(first.type):
                message = f"'{short(value.node)}' is {word(value.type)}, but '{short(first.node)}' is "
                message += word(first.type)
                place = value.node if place_of(value.node) else where
                self.say("type-mismatch", message, place, conversion(value, first))
                return list(values), None
        return list(values), common(known)

    def _of_kind(self, values: Sequence[Typed], wanted: Family, row: Operator) -> list[Typed]:
        """The values with dates understood where dates are wanted; says so for the first that is of another kind."""
        if wanted is Family.DATE:
            values = [self._as_date(value) for value in values]
        checked = values if row.constants_from is None or row.form is Form.PATTERN else values[: row.constants_from]
        wrong = next((value for value in checked if value.type is not None and family(value.type) is not wanted), None)
        if wrong is not None:
            message = f"'{row.written}' needs {wanted.value}, but '{short(wrong.node)}' is {word(wrong.type)}"
            remedy = f"For example: {row.example}."
            if row.form in (Form.SUM, Form.PRODUCT) and family(wrong.type) is Family.DATE:
                remedy = "Days are added to a date (date + 30); from one date to another is days_between(a, b)."
            self.say("type-mismatch", message, wrong.node, remedy)
        return list(values)

    def _as_date(self, value: Typed) -> Typed:
        node = value.node
        if not isinstance(node, Literal) or not isinstance(node.value, str):
            return value
        try:
            found = read_date(node.value)
        except ValueError:
            message = f"'{node.value}' is not a date"
            self.say("not-a-date", message, node, "Write dates as '2026-01-31' (year-month-day), or '30 days ago'.")
            return Typed(node, None)
        dated = ast.day(found, node.span)
        return Typed(dated, dated.type)

    def _constants(self, node: Call, row: Operator) -> None:
        if row.constants_from is None:
            return
        for argument in node.arguments[row.constants_from :]:
            written = argument.value if isinstance(argument, Literal) else None
            if written is None and not isinstance(argument, RelativeDate):
                message = f"'{short(argument)}' must be a written value for '{row.key}'"
                self.say("not-a-value", message, argument, f"For example: {row.example}.")
            elif row.form is Form.PATTERN and "\\" in str(written):
                message = "a pattern cannot hold a backslash: there is no escape character"
                self.say("bad-pattern", message, argument, "Use _ for one arbitrary character.")
            elif row.key == "round" and written not in range(10):
                self.say("wrong-arguments", "digits are 0 to 9", argument, f"For example: {row.example}.")
            elif row.key == "contains" and (not isinstance(written, str) or written.strip() != written or not written):
                remedy = f"Write it in quotes, without spaces around it. For example: {row.example}."
                self.say("wrong-arguments", "an item of a list is a text", argument, remedy)
            elif row.key == "contains" and ";" in str(written):
                remedy = "Ask for each item on its own, joined by 'and'."
                self.say("wrong-arguments", "an item of a list holds no ';'", argument, remedy)

    def _lint_money(self, arguments: Sequence[Typed]) -> None:
        """An amount that is not in cents."""
        if not any(a.type is ValueType.MONEY and not isinstance(a.node, Literal) for a in arguments):
            return
        for node in (a.node for a in arguments):
            if isinstance(node, Literal) and isinstance(node.value, float):
                message = f"money is counted in cents, so {node.value} is less than it looks"
                remedy = f"Write {round(node.value * 100)} for {node.value:.2f}."
                self.say("money-in-cents", message, node, remedy, severity=Severity.WARNING)

    def _lint_texts(self, arguments: Sequence[Typed]) -> None:
        """Written texts that an attribute or column never is."""
        name = next((a.node.name for a in arguments if isinstance(a.node, Attribute)), None)
        known = known_texts(self.catalog, self.scope, name) if name else None
        for argument in arguments if name else ():
            if isinstance(argument.node, Literal):
                self.lint_text(name or "", known, argument.node)

    def lint_text(self, name: str, known: Collection[str] | None, node: Node) -> None:
        """Say so when a written text is none of the known ones, where these are known."""
        text = node.value if isinstance(node, Literal) else None
        if not known or not isinstance(text, str) or text in known:
            return
        near = nearest_name(text, known)
        remedy = f"Did you mean '{near}'?" if near else f"Known: {', '.join(sorted(known)[:12])}."
        self.say("unknown-value", never_in_data(name, text), node, remedy, severity=Severity.WARNING, nearest=near)

    def _lint_negation(self, node: Call, words: str) -> None:
        attribute = next((a for a in node.arguments if isinstance(a, Attribute)), None)
        if attribute is None or OPERATORS[node.operator].form is Form.TEST or attribute.name in self.asked_for_null:
            return
        whom = "customers" if self.scope is CUSTOMER else "rows"
        message = f"'{words}' leaves out {whom} whose {attribute.name} is unknown"
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


def _operator_of_dates(operator: str, types: Sequence[ValueType | None]) -> str:
    """The operator that is meant where a sum or difference has a date."""
    if operator == "+" and types[0] in TEMPORAL:
        return "date + days"
    if operator == "-" and types[1] in TEMPORAL:
        return "date - date"
    if operator == "-" and types[0] in TEMPORAL:
        return "date - date" if types[1] is ValueType.TEXT else "date - days"
    return operator


def _how_to_compare(node: Node) -> str:
    if isinstance(node, Invoke) and FORMS[node.name].table:
        return "Compare it: > 0."
    return "Compare it with something, such as: = 'pro', > 10, is not null."


def place_of(node: Node) -> Place | None:
    return node.span.place if node.span else None
