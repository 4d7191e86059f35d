"""The options of a form: is each what it must be, is there one window and one measure, and is none missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from beachhead.errors import Severity
from beachhead.rules.ast import Attribute, Duration, Invoke, Literal, Node, RelativeDate
from beachhead.rules.days import resolve
from beachhead.rules.format import short
from beachhead.rules.forms import (
    DAY,
    FORMS,
    MEASURES,
    PERSON_SIGNED_UP,
    SIGNED_UP,
    WEEK,
    WINDOW_NAMES,
    WINDOWS,
    FormRow,
    Kind,
    Option,
    nearest_span,
)
from beachhead.rules.kinds import read_date, word
from beachhead.rules.scope import CUSTOMER, Scope
from beachhead.rules.types import NUMERIC, TEMPORAL, ValueType

if TYPE_CHECKING:
    from beachhead.rules.check_forms import Checker

Options = tuple[tuple[str, Node], ...]

_SOME_DAYS = (date(2024, 2, 29), date(2025, 1, 31), date(2025, 12, 31))


def check_options(
    checker: Checker, node: Invoke, row: FormRow, columns: Scope
) -> tuple[Options, ValueType | None]:  # fmt: skip
    """The options with dates understood, and the type of the measure of a rows form."""
    given = dict(node.options)
    for option in row.options:
        if option.required and option.name not in given:
            message = f"{row.key} needs the option '{option.name}': {option.doc}"
            checker.say("missing-option", message, node, f"For example: {row.example}.")
    checked = {name: _option(checker, row, row.option(name), value, columns) for name, value in given.items()}
    _one_window(checker, node, row, checked, columns)
    if row.key == "regular":
        _weeks_suffice(checker, node, checked)
    return tuple(checked.items()), _measure(checker, row, checked, columns)


def _option(checker: Checker, row: FormRow, option: Option | None, value: Node, columns: Scope) -> Node:
    """The checked value of an option."""
    if option is None:
        raise ValueError(f"{row.key} has no such option")
    written = value.value if isinstance(value, Literal) else None
    match option.kind:
        case Kind.SPAN | Kind.DAYS:
            _span(checker, option, value)
        case Kind.DAY:
            return _day(checker, row, option, value)
        case Kind.COLUMN:
            _column(checker, option, value, columns)
        case Kind.VALUE:
            if written is None and not isinstance(value, RelativeDate):
                _say_wrong(checker, row, option, value)
        case Kind.CONDITION:
            return checker.condition(value)
        case Kind.ATTRIBUTE:
            if isinstance(value, Attribute):
                checker.infer(value)
            else:
                _say_wrong(checker, row, option, value)
        case Kind.WHOLE:
            if isinstance(written, bool) or not isinstance(written, int) or not 1 <= written <= option.at_most:
                _say_wrong(checker, row, option, value, f"from 1 to {option.at_most}")
        case Kind.PERCENT:
            if isinstance(written, bool) or not isinstance(written, int | float) or not 0 < written <= 100:
                _say_wrong(checker, row, option, value, "more than 0 and at most 100")
        case Kind.TEXT:
            if not isinstance(written, str) or not written:
                _say_wrong(checker, row, option, value, "in single quotes")
    return value


def _say_wrong(checker: Checker, row: FormRow, option: Option, value: Node, limits: str = "") -> None:
    message = f"'{option.name}' must be {option.kind.value}{', ' if limits else ''}{limits}, but here is {short(value)}"
    checker.say("wrong-option", message, value, f"For example: {row.example}.")


def _span(checker: Checker, option: Option, value: Node) -> None:
    if not isinstance(value, Duration):
        written = value.value if isinstance(value, Literal) else ""
        is_number = isinstance(written, int) and not isinstance(written, bool) and written > 0
        meant = nearest_span(str(written)) if isinstance(written, str) or is_number else "30 days"
        message = f"'{option.name}' must be a span of time, but here is {short(value)}"
        checker.say("not-a-span", message, value, f"Write a number and its unit: '{meant}'.")
    elif option.kind is Kind.DAYS and value.unit not in ("day", "week"):
        message = f"'{option.name}' is counted in days or weeks, since months differ in length"
        days = value.amount * (30 if value.unit == "month" else 365)
        checker.say("not-a-span", message, value, f"Write '{days} days'.")
    elif option.kind is Kind.DAYS and value.amount * (7 if value.unit == "week" else 1) > option.at_most:
        message = f"'{option.name}' is at most {option.at_most} days"
        checker.say("wrong-option", message, value, f"Write '{option.at_most} days' or less.")


def _day(checker: Checker, row: FormRow, option: Option, value: Node) -> Node:
    """The day that an option says, a written one as a date."""
    is_window = option.name in WINDOW_NAMES
    match value:
        case RelativeDate():
            if value.amount > 0 or (value.amount == 0 and not is_window):
                message = f"'{option.name}' lies in the future, of which nothing is known"
                if value.amount == 0:
                    message = f"'{option.name}' is today, and not an earlier day"
                checker.say("day-in-future", message, value, "Write an earlier day, such as 30 days ago.")
        case Literal(value=str() as written):
            try:
                found = read_date(written)
            except ValueError:
                message = f"'{option.name}' must be a day, but '{written}' is none"
                remedy = "Write a day as '2026-01-31' (year-month-day), or 30 days ago."
                checker.say("not-a-date", message, value, remedy)
                return value
            return Literal(found.date() if isinstance(found, datetime) else found, ValueType.DATE, value.span)
        case Literal(value=date()):
            pass
        case Attribute() if is_window:
            found_type = checker.infer(value).type
            if found_type is not None and found_type not in TEMPORAL:
                message = f"'{option.name}' must be a day, but '{value.name}' is {word(found_type)}"
                checker.say("type-mismatch", message, value, "Name an attribute that is a date.")
        case _:
            _say_wrong(checker, row, option, value)
    return value


def _column(checker: Checker, option: Option, value: Node, columns: Scope) -> None:
    if not isinstance(value, Attribute):
        message = f"'{option.name}' must be a column, but here is {short(value)}"
        remedy = "Write the name of a column without quotes."
        if columns.columns:
            remedy = f"{remedy} There are: {', '.join(columns.column_names())}."
        checker.say("wrong-option", message, value, remedy)
        return
    if value.name == WEEK and (columns.columns is None or WEEK not in columns.columns):
        if option.name != "distinct":
            checker.say("wrong-option", f"'{option.name}' of weeks says nothing", value, "Write distinct => week.")
        return
    with checker.inside(columns, value):
        found = checker.infer(value).type
    needs_number = option.name in ("sum", "avg")
    if found is None:
        return
    if needs_number and found not in NUMERIC:
        message = f"'{option.name}' needs a number, but '{value.name}' is {word(found)}"
        checker.say("type-mismatch", message, value, "Name a column of numbers, or count with distinct => …")
    elif option.name in ("min", "max") and found in (ValueType.BOOLEAN, ValueType.LIST):
        message = f"'{value.name}' is {word(found)}, which has no order"
        checker.say("type-mismatch", message, value, f"Count the rows instead, with a condition: {value.name}.")


def _measure(checker: Checker, row: FormRow, options: Mapping[str, Node], columns: Scope) -> ValueType | None:
    """The type of what a rows form gives; says so when it has two measures."""
    if row.table is None:
        return None
    names = [name for name in MEASURES if name in options]
    if len(names) > 1:
        message = f"{row.key} has two measures, '{names[0]}' and '{names[1]}'"
        checker.say("two-measures", message, options[names[1]], f"Write {row.key}(…) twice, each with one of them.")
    if not names or names[0] == "distinct":
        return ValueType.INTEGER
    value = options[names[0]]
    found = columns.column_type(value.name) if isinstance(value, Attribute) else None
    if names[0] == "avg" and found is not ValueType.MONEY:
        return ValueType.NUMBER
    return ValueType.NUMBER if names[0] == "sum" and found not in NUMERIC else found


def _one_window(checker: Checker, node: Invoke, row: FormRow, options: Mapping[str, Node], columns: Scope) -> None:
    """Whether the options of a window go together; says so when its table or the customer has no day to count from."""
    names = [o.name for o in row.options if o.name in options and o.name in WINDOW_NAMES and o.kind is not Kind.VALUE]
    groups = [group for group in WINDOWS if any(name in names for name in group)]
    if len(groups) > 1:
        message = f"there are two windows, '{names[0]}' and '{names[1]}'"
        remedy = "Keep one: last, since, first, or from and until."
        if {"since", "until"} <= set(names):
            remedy = "Write 'from' in place of 'since', which has no end."
        checker.say("two-windows", message, options[names[1]], remedy)
        return
    if "from" in names and "until" in names and _is_empty(options["from"], options["until"]):
        message = "the window ends before it begins"
        checker.say("empty-window", message, options["until"], "Let 'from' be the earlier day and 'until' the later.")
    if "first" in names:
        base = SIGNED_UP if checker.scope is CUSTOMER else PERSON_SIGNED_UP
        checker.infer(Attribute(base, options["first"].span))
    is_by_day = bool(names) or any(isinstance(v, Attribute) and v.name in (DAY, WEEK) for v in options.values())
    moment = FORMS[row.key].moment
    if is_by_day and moment and columns.columns is not None and moment not in columns.columns:
        message = f"{row.key} have no day here: '{moment}' has no data"
        remedy = f"Map it in a source with `table: {row.table}`; until then no row lies in a window."
        checker.say("unavailable-column", message, node, remedy, severity=Severity.WARNING)


def _is_empty(first: Node, last: Node) -> bool:
    """Whether a window of written days, or of days counted from today, has none."""
    ends = [_as_of(first), _as_of(last)]
    is_of_one_kind = type(first) is type(last)
    return is_of_one_kind and all(a is not None and b is not None and b < a for a, b in zip(*ends, strict=True))


def _as_of(node: Node) -> list[date | None]:
    """The day that is meant, as of some days."""
    if isinstance(node, RelativeDate):
        return [resolve(node, day) for day in _SOME_DAYS]
    if isinstance(node, Literal) and isinstance(node.value, date):
        return [node.value for _ in _SOME_DAYS]
    return [None for _ in _SOME_DAYS]


def _weeks_suffice(checker: Checker, node: Invoke, options: Mapping[str, Node]) -> None:
    weeks, wanted = options.get("weeks"), options.get("at_least")
    if not isinstance(weeks, Literal) or not isinstance(wanted, Literal):
        return
    if isinstance(weeks.value, int) and isinstance(wanted.value, int) and wanted.value > weeks.value:
        message = f"{wanted.value} of {weeks.value} weeks is never reached"
        checker.say("wrong-option", message, wanted, f"Write at most {weeks.value}.")
