"""A form against the table `FORMS` and a catalog: are its arguments and options what they must be, do its names exist.

Whatever is not an error here has a meaning in `expand`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from beachhead.errors import Severity
from beachhead.rules.ast import Attribute, Invoke, Literal, Node
from beachhead.rules.check_options import check_options
from beachhead.rules.format import quoted, short
from beachhead.rules.forms import FORMS, MEASURES, WINDOW_NAMES, FormRow, Gives, Takes, table_of
from beachhead.rules.kinds import Typed, word
from beachhead.rules.scope import CUSTOMER, Scope
from beachhead.rules.types import Catalog, ValueType

EVENT = "event"
"""The column of events that holds their names."""


class Checker(Protocol):
    """What the check of a form asks of that of the expressions around and inside it."""

    catalog: Catalog
    is_of_customers: bool
    scope: Scope

    def say(
        self, code: str, message: str, node: Node, remedy: str, *, severity: Severity = Severity.ERROR,
        nearest: str | None = None,
    ) -> None: ...  # fmt: skip

    def unknown(self, kind: str, name: str, known: Sequence[str], node: Node) -> None: ...

    def inside(self, scope: Scope, node: Node) -> AbstractContextManager[None]: ...

    def infer(self, node: Node) -> Typed: ...

    def condition(self, node: Node) -> Node: ...

    def segment(self, name: str, node: Node) -> None: ...

    def same_kind(self, values: Sequence[Typed], where: Node) -> tuple[list[Typed], ValueType | None]: ...

    def lint_text(self, name: str, known: Collection[str] | None, node: Node) -> None: ...


def check_form(checker: Checker, node: Invoke) -> Typed:
    """The checked form and its type; what is wrong with it is said."""
    row = FORMS[node.name]
    if not _may_stand_here(checker, node, row):
        return Typed(node, None)
    columns = _columns(checker, node, row)
    arguments = _arguments(checker, node, row, columns)
    options, measured = check_options(checker, node, row, columns)
    if row.key == "changed":
        arguments, options = _of_one_kind(checker, node, arguments, options)
    rebuilt = replace(node, arguments=tuple(a.node for a in arguments), options=options)
    return Typed(rebuilt, _type(row, arguments, measured))


def _may_stand_here(checker: Checker, node: Invoke, row: FormRow) -> bool:
    if not checker.is_of_customers:
        message = f"{row.key}(…) asks about a customer, and here are rows of a table"
        checker.say("not-of-rows", message, node, "Use the columns of these rows; ask for customers in a segment.")
        return False
    outer = checker.scope.form
    if checker.scope is CUSTOMER or (outer == "users" and row.is_of_people):
        return True
    if outer == "users":
        message = f"{row.key}(…) cannot be asked of a person"
        remedy = f"Inside users(…) there may be rows of a person: {', '.join(_OF_PEOPLE)}. "
    else:
        message = f"{row.key}(…) cannot stand inside {outer}(…)"
        remedy = "Only users(…) may hold rows, those of the person. "
    checker.say("not-of-rows", message, node, f"{remedy}Write it outside of {outer}(…), joined by 'and'.")
    return False


_OF_PEOPLE = [row.key for row in FORMS.values() if row.table and row.is_of_people]


def _columns(checker: Checker, node: Invoke, row: FormRow) -> Scope:
    """Whose names stand in the form's condition and are its columns; says so when the table has no data."""
    if row.table is None:
        return CUSTOMER
    columns = checker.catalog.table_columns(row.table)
    if columns is None:
        _say_no_data(checker, node, row.table)
    return Scope(row.key, columns)


def _say_no_data(checker: Checker, node: Node, table: str) -> None:
    message = f"'{table}' has no data here"
    remedy = f"Add a source with `table: {table}`, or leave it out; until then nothing is known of it."
    checker.say("unavailable-table", message, node, remedy, severity=Severity.WARNING)


def _arguments(checker: Checker, node: Invoke, row: FormRow, columns: Scope) -> list[Typed]:
    given = node.arguments
    match row.takes:
        case Takes.WHERE | Takes.EVENTS:
            return _conditions(checker, node, row, columns)
        case Takes.STEPS:
            most = 2 if row.key == "dropped_off" else len(given)
            if not 2 <= len(given) <= most:
                words = "two steps" if row.key == "dropped_off" else "two or more steps"
                _say_arguments(checker, node, row, words)
            return [_rows(checker, row, step) for step in given]
        case Takes.NOTHING:
            if given:
                _say_arguments(checker, node, row, "no argument, only options")
            return [Typed(a, None) for a in given]
        case _ if len(given) != 1:
            _say_arguments(checker, node, row, "one argument")
            return [Typed(a, None) for a in given]
        case Takes.ROWS:
            return [_rows(checker, row, given[0])]
        case Takes.VALUE:
            return [_value(checker, row, given[0])]
        case Takes.CONDITION:
            return [Typed(checker.condition(given[0]), ValueType.BOOLEAN)]
        case Takes.SEGMENT | Takes.LIST:
            return [_name(checker, row, given[0])]


def _say_arguments(checker: Checker, node: Node, row: FormRow, words: str) -> None:
    checker.say("wrong-arguments", f"{row.key} takes {words}", node, f"For example: {row.example}.")


def _conditions(checker: Checker, node: Invoke, row: FormRow, columns: Scope) -> list[Typed]:
    """Names of events, then at most one condition over the columns."""
    checked: list[Typed] = []
    seen: Node | None = None
    for argument in node.arguments:
        if row.takes is Takes.EVENTS and _is_text(argument):
            if seen is not None:
                message = "names of events come before the condition"
                checker.say("wrong-arguments", message, argument, f"For example: {row.example}.")
            _event_name(checker, argument)
            checked.append(Typed(argument, ValueType.TEXT))
            continue
        if seen is not None:
            message = f"{row.key} takes one condition"
            checker.say("wrong-arguments", message, argument, "Join the conditions with 'and'.")
        seen = argument
        with checker.inside(columns, argument):
            checked.append(Typed(checker.condition(argument), ValueType.BOOLEAN))
    return checked


def _rows(checker: Checker, row: FormRow, node: Node) -> Typed:
    """An argument that is rows, in a window that the form around it gives."""
    if _is_text(node):
        if checker.catalog.table_columns("events") is None:
            _say_no_data(checker, node, "events")
        _event_name(checker, node)
        return Typed(node, None)
    if not isinstance(node, Invoke) or table_of(node.name) is None:
        message = f"'{short(node)}' is not what {row.key} is about"
        remedy = f"Write the name of an event in quotes, or rows such as tickets(…). For example: {row.example}."
        checker.say("not-rows", message, node, remedy)
        return Typed(node, None)
    own = [name for name, _ in node.options]
    if measures := [name for name in own if name in MEASURES]:
        message = f"{row.key} is about rows, not about '{measures[0]}' of a column"
        checker.say("measure-inside", message, node, f"Leave out '{measures[0]}'.")
    windows = [name for name in own if name in WINDOW_NAMES]
    if windows and row.key not in ("any", "all"):
        message = f"the window is a matter of {row.key}, not of {node.name} in it"
        has_window = any(o.name in WINDOW_NAMES for o in row.options)
        remedy = f"Write it as an option of {row.key}." if has_window else f"Leave out '{windows[0]}'."
        checker.say("window-inside", message, node, f"{remedy} For example: {row.example}.")
    return Typed(checker.infer(node).node, None)


def _event_name(checker: Checker, node: Node) -> None:
    """Say so when no event is called like this."""
    if checker.catalog.table_columns("events") is not None:
        checker.lint_text(EVENT, checker.catalog.column_values("events", EVENT), node)


def known_texts(catalog: Catalog, scope: Scope, name: str) -> Collection[str] | None:
    """The known values of a name in a condition: of an attribute of the customer, or of a column of rows."""
    if scope is CUSTOMER:
        return catalog.values(name)
    table = FORMS[scope.form].table
    return catalog.column_values(table, name) if table and scope.columns is not None else None


def never_in_data(name: str, text: str) -> str:
    """What is said of a text that no attribute or column of this name has; events are called by it."""
    return f"no event is called {quoted(text)}" if name == EVENT else f"'{name}' is never {quoted(text)} in the data"


def _value(checker: Checker, row: FormRow, node: Node) -> Typed:
    typed = checker.infer(node)
    if row.key in ("percentile", "rank") and typed.type in (ValueType.BOOLEAN, ValueType.LIST):
        message = f"'{row.key}' needs a number or a date, but '{short(node)}' is {word(typed.type)}"
        checker.say("type-mismatch", message, node, f"For example: {row.example}.")
    return typed


def _name(checker: Checker, row: FormRow, node: Node) -> Typed:
    noun = "segment" if row.takes is Takes.SEGMENT else "list"
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        _say_arguments(checker, node, row, f"the name of a {noun} in single quotes")
    elif row.takes is Takes.SEGMENT:
        checker.segment(node.value, node)
    elif node.value not in (names := checker.catalog.list_names()):
        checker.unknown("list", node.value, list(names), node)
    return Typed(node, None)


def _of_one_kind(
    checker: Checker, node: Invoke, arguments: list[Typed], options: tuple[tuple[str, Node], ...]
) -> tuple[list[Typed], tuple[tuple[str, Node], ...]]:
    """A value and what it changed from and to, with written dates understood."""
    values = {name: checker.infer(value) for name, value in options if name in ("from", "to")}
    if len(arguments) != 1 or not values:
        return arguments, options
    (first, *others), _ = checker.same_kind([*arguments, *values.values()], node)
    if isinstance(first.node, Attribute):
        known = known_texts(checker.catalog, checker.scope, first.node.name)
        for other in others:
            checker.lint_text(first.node.name, known, other.node)
    read = dict(zip(values, (other.node for other in others), strict=True))
    return [first], tuple((name, read.get(name, value)) for name, value in options)


def _type(row: FormRow, arguments: Sequence[Typed], measured: ValueType | None) -> ValueType | None:
    match row.gives:
        case Gives.CONDITION:
            return ValueType.BOOLEAN
        case Gives.NUMBER:
            return ValueType.NUMBER
        case Gives.WHOLE:
            return ValueType.INTEGER
        case Gives.ITEM:
            return arguments[0].type if arguments else None
        case Gives.MEASURE:
            return measured


def _is_text(node: Node) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, str)
