"""The forms of the segment language, one row each: what looks beyond the customer's own values of today.

A row holds what is particular to a form: its arguments, its options, what it gives, what it does with null, its English
and its line in the docs. What it means is said by `expand`. Parser, checker, formatter and English look here.

In English, `{rows}` are the first argument's rows as a noun ("'export' events"), `{did}` and `{doing}` as a verb ("did
'export'"), `{steps}` all of them; `{0}` is the first argument, an option stands under its name, and `{window}` is the
window in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from beachhead.errors import nearest_name
from beachhead.rules import ast
from beachhead.rules.ast import Attribute, Duration, Invoke, Literal, Node, Span


class Takes(StrEnum):
    """What the arguments of a form are."""

    WHERE = "where"  # at most one condition over the columns of its table
    EVENTS = "events"  # names of events as texts, then at most one such condition
    ROWS = "rows"  # one rows form; a text stands for the events of that name
    STEPS = "steps"  # two or more of these
    VALUE = "value"  # one expression
    CONDITION = "condition"  # one condition
    SEGMENT = "segment"  # the name of a segment
    LIST = "list"  # the name of a list
    NOTHING = "nothing"


class Kind(StrEnum):
    """What an option is; the value is the word for it."""

    SPAN = "a span of time"
    DAYS = "a span of days or weeks"
    DAY = "a day"
    COLUMN = "a column"
    VALUE = "a written value"
    CONDITION = "a condition"
    ATTRIBUTE = "an attribute"
    WHOLE = "a whole number"
    PERCENT = "a number of percent"
    TEXT = "a text"


class Gives(StrEnum):
    """What a form is the value of."""

    MEASURE = "measure"  # a number of rows, or what its measure says
    CONDITION = "condition"
    NUMBER = "number"
    WHOLE = "whole"
    ITEM = "item"  # the type of its argument


@dataclass(frozen=True, slots=True)
class Option:
    """A named option of a form: `last => '30 days'`."""

    name: str
    kind: Kind
    doc: str
    required: bool = False
    at_most: int = 100_000


@dataclass(frozen=True, slots=True)
class FormRow:
    """One row: everything that the language knows about one form.

    `table`, `moment`: of a rows form the table and its column with the time of a row. `is_of_people`: its rows may be
    those of a person, so that it may stand inside `users(…)`.
    """

    key: str
    takes: Takes
    options: tuple[Option, ...]
    gives: Gives
    null_rule: str
    doc: str
    example: str
    english: str
    table: str | None = None
    moment: str | None = None
    is_of_people: bool = False

    def option(self, name: str) -> Option | None:
        return next((o for o in self.options if o.name == name), None)


MEASURES = ("distinct", "sum", "avg", "min", "max", "earliest", "latest")
"""Options of a rows form of which it may have one, in place of the number of rows."""

WINDOWS = (("last",), ("from", "until"), ("since",), ("first",))
"""Options that say a window; a form may have those of one group."""

WINDOW_NAMES = frozenset(name for group in WINDOWS for name in group)

SIGNED_UP = "signed_up_on"
"""The attribute with the first day of a customer's life."""

PERSON_SIGNED_UP = "signed_up_at"
"""The column with the first day of a person's."""

DAY, WEEK = "day", "week"
"""Columns of every table with a date: the local day of a row, and for `distinct` its week."""

_WINDOW = (
    Option("last", Kind.SPAN, "so long, up to today"),
    Option("from", Kind.DAY, "from this day on"),
    Option("until", Kind.DAY, "up to this day"),
    Option("since", Kind.DAY, "from this day on"),
    Option("first", Kind.SPAN, "so long from the day of signing up"),
)
_MEASURE = (
    Option("distinct", Kind.COLUMN, "how many different values"),
    Option("sum", Kind.COLUMN, "the sum of a column"),
    Option("avg", Kind.COLUMN, "the mean"),
    Option("min", Kind.COLUMN, "the smallest"),
    Option("max", Kind.COLUMN, "the largest"),
    Option("earliest", Kind.COLUMN, "the value of the first row that has one"),
    Option("latest", Kind.COLUMN, "the value of the last row that has one"),
)
_LAST = Option("last", Kind.SPAN, "so long, up to today", required=True)

_OF_DAY = "never null, but for a day that is unknown"
_NEVER = "true or false, never null"


def _rows(table: str, moment: str, noun: str, example: str, is_of_people: bool = False) -> FormRow:
    takes = Takes.EVENTS if table == "events" else Takes.WHERE
    doc = f"How many {noun}, or what a measure says of them."
    null_rule = "a row counts only where the condition is true; a number is 0 over no rows, any other measure null"
    return FormRow(
        table, takes, (*_WINDOW, *_MEASURE), Gives.MEASURE, null_rule, doc, example, noun, table, moment, is_of_people
    )


_TABLES = (
    _rows("events", "occurred_at", "events", "events('export', 'share', last => '30 days') >= 3", True),
    _rows("users", "signed_up_at", "people", "users(role = 'admin') >= 2"),
    _rows("subscriptions", "started_at", "subscriptions", "subscriptions(ended_at is null) > 1"),
    _rows("charges", "charged_at", "payments", "charges(status = 'failed', last => '90 days') > 0"),
    _rows("orders", "ordered_at", "orders", "orders(last => '12 months', sum => revenue) >= 50000"),
    _rows("order_lines", "ordered_at", "lines of orders",
          "order_lines(first => '1 month', distinct => product_id) >= 3"),
    _rows("tickets", "created_at", "tickets", "tickets(priority = 'high', last => '90 days') > 0", True),
    _rows("responses", "responded_at", "answers", "responses(survey = 'nps', latest => score) >= 9", True),
    _rows("requests", "requested_at", "requests", "requests(done_at is null) > 0", True),
    _rows("referrals", "referred_at", "referrals", "referrals(converted_at is not null, since => signed_up_on) > 0"),
    _rows("interviews", "held_at", "interviews", "days_since(interviews(max => day)) > 180"),
    _rows("deals", "created_at", "deals", "deals(is_won is false, latest => lost_reason) = 'price'"),
    _rows("touches", "touched_at", "contacts",
          "touches(kind = 'call', from => '2026-01-01', until => '2026-03-31') = 0"),
)  # fmt: skip

_OVER_ROWS = (
    FormRow("first_time", Takes.ROWS, (_LAST,), Gives.CONDITION, _NEVER,
            "It happened in the window, and never before.", "first_time('export', last => '30 days')",
            "{did} for the first time {window}", is_of_people=True),
    FormRow("stopped", Takes.ROWS, (_LAST,), Gives.CONDITION, _NEVER,
            "It happened before the window, but not in it.", "stopped('export', last => '30 days')",
            "stopped {doing} {window}", is_of_people=True),
    FormRow("resumed", Takes.ROWS, (_LAST, Option("after", Kind.SPAN, "the pause before the window", required=True)),
            Gives.CONDITION, _NEVER,
            "It happened in the window, not in the time `after` before it, but at some time before that.",
            "resumed('export', last => '30 days', after => '60 days')",
            "{did} again {window}, after {after} without", is_of_people=True),
    FormRow("regular", Takes.ROWS,
            (Option("weeks", Kind.WHOLE, "of so many weeks, up to today", required=True, at_most=520),
             Option("at_least", Kind.WHOLE, "in so many", required=True, at_most=520)),
            Gives.CONDITION, _NEVER, "It happened in at least so many of the last weeks, of 7 days each.",
            "regular('export', weeks => 8, at_least => 6)",
            "{did} in at least {at_least} of the last {weeks} weeks", is_of_people=True),
    FormRow("trend", Takes.ROWS, (_LAST,), Gives.NUMBER, "null when the window before has none",
            "The number in the window, divided by that in the equally long window before: 1 is no change.",
            "trend('export', last => '30 days') < 0.5", "trend of {rows} {window}", is_of_people=True),
    FormRow("share", Takes.ROWS, _WINDOW, Gives.NUMBER, "null when there are no rows at all",
            "The part of all rows of the table in the window that these are, 0 to 1.",
            "share(tickets(priority = 'high'), last => '90 days') > 0.5", "share of {rows} among {all_rows}{window}",
            is_of_people=True),
    FormRow("any", Takes.ROWS, (), Gives.CONDITION, _OF_DAY, "There is at least one.",
            "any(users(role = 'admin'))", "has {rows}", is_of_people=True),
    FormRow("all", Takes.ROWS, (), Gives.CONDITION, _OF_DAY,
            "There is at least one row of the table, and all are such.",
            "all(users(email like '%.edu'))", "has only {rows}", is_of_people=True),
    FormRow("sequence", Takes.STEPS,
            (Option("within", Kind.DAYS, "from the first to the last at most"),
             Option("gap", Kind.DAYS, "from each to the next at most"), *_WINDOW),
            Gives.CONDITION, _OF_DAY,
            "They happened one after the other, each later than the one before; anything may come between.",
            "sequence('invite', 'share', 'export', within => '7 days', last => '90 days')", "{steps}",
            is_of_people=True),
    FormRow("dropped_off", Takes.STEPS,
            (Option("within", Kind.DAYS, "so long there was time for the second", required=True), *_WINDOW),
            Gives.CONDITION, _OF_DAY,
            "The first happened at some time in the window, and the second did not follow in the time `within`.",
            "dropped_off('checkout', 'pay', within => '1 day', last => '30 days')", "{steps}", is_of_people=True),
)  # fmt: skip

_OVER_TIME = (
    FormRow("was", Takes.VALUE, (Option("at", Kind.DAY, "the earlier day", required=True),), Gives.ITEM,
            "null when it was unknown then", "The value as of an earlier day, with what was known then.",
            "was(plan, at => 90 days ago) = 'free'", "{0} as of {at}"),
    FormRow("changed", Takes.VALUE,
            (Option("from", Kind.VALUE, "what it was"), Option("to", Kind.VALUE, "what it is"), _LAST),
            Gives.CONDITION, "null when the value is unknown, now or then",
            "The value of today is another one than before the window; `from` and `to` say which.",
            "changed(plan, from => 'free', to => 'pro', last => '30 days')", "{0} changed{from}{to} {window}"),
    FormRow("sticky", Takes.CONDITION,
            (Option("while", Kind.CONDITION, "what must hold now", required=True),
             Option("within", Kind.DAYS, "how long it counts, today included", required=True, at_most=31)),
            Gives.CONDITION, "as `and` and `or`",
            "`while` holds now, and the condition now or on one of the days before: so that nobody joins and leaves "
            "every day.",
            "sticky(value_score >= 90, while => value_score >= 85, within => '7 days')",
            "{while}, and within the last {within} {0}"),
    FormRow("entered", Takes.SEGMENT, (_LAST,), Gives.CONDITION, _NEVER, "Joined the segment in the window.",
            "entered('at_risk', last => '7 days')", "joined segment {0} {window}"),
    FormRow("left", Takes.SEGMENT, (_LAST,), Gives.CONDITION, _NEVER, "Left the segment in the window.",
            "left('at_risk', last => '7 days')", "left segment {0} {window}"),
)  # fmt: skip

_AMONG_ALL = (
    FormRow("percentile", Takes.VALUE, (Option("by", Kind.ATTRIBUTE, "only among customers with the same value"),),
            Gives.NUMBER, "null when the value is null", "The percentage of customers with a smaller value.",
            "percentile(mrr_cents, by => country) >= 90", "percentile of {0}{by}"),
    FormRow("rank", Takes.VALUE, (Option("by", Kind.ATTRIBUTE, "only among customers with the same value"),),
            Gives.WHOLE, "null when the value is null", "1 for the largest value; equal values have equal ranks.",
            "rank(mrr_cents) <= 50", "rank by {0}{by}"),
    FormRow("in_list", Takes.LIST, (), Gives.CONDITION, _NEVER, "Is on a list that is kept in a file.",
            "in_list('partners')", "is on list {0}"),
    FormRow("sample", Takes.NOTHING,
            (Option("percent", Kind.PERCENT, "how many of 100", required=True),
             Option("salt", Kind.TEXT, "the name of the draw", required=True)),
            Gives.CONDITION, _NEVER, "Is in a random share of all customers, always the same for one `salt`.",
            "sample(percent => 10, salt => 'holdout-2026')", "is in the random {percent}% of draw {salt}"),
)  # fmt: skip

_ROWS_FORMS = (*_TABLES, *_OVER_ROWS, *_OVER_TIME, *_AMONG_ALL)

FORMS: dict[str, FormRow] = {row.key: row for row in _ROWS_FORMS}
"""All rows by key, in the order of the docs."""

_SPAN = re.compile(r"\s*([0-9][0-9_]{0,9})\s+(day|week|month|year)s?\s*", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\s*(?:(today)|(yesterday)|([0-9][0-9_]{0,9})\s+(day|week|month|year)s?\s+(ago|from\s+now))\s*", re.IGNORECASE
)
_LONGEST = 100_000


def invoke(name: str, arguments: Iterable[Node], options: Iterable[tuple[str, Node]], span: Span | None = None) -> Node:
    """The form in its one way of writing: options in the order of the table, spans and days understood.

    Raises ValueError for a form or option that does not exist, or an option that is given twice.
    """
    row = FORMS.get(name)
    if row is None:
        raise ValueError(f"there is no form {name!r}")
    given: dict[str, Node] = {}
    for option_name, value in options:
        option = row.option(option_name)
        if option is None:
            raise ValueError(f"{name} has no option {option_name!r}")
        if option_name in given:
            raise ValueError(f"option {option_name!r} is given twice")
        given[option_name] = _understood(option.kind, value)
    items = tuple(arguments)
    if row.takes is Takes.SEGMENT and len(items) == 1 and isinstance(items[0], Attribute):
        items = (ast.text(items[0].name, items[0].span),)
    ordered = tuple((o.name, given[o.name]) for o in row.options if o.name in given)
    return Invoke(name, items, ordered, span)


def table_of(name: str) -> FormRow | None:
    """The rows form of this name, None when it is another form or none."""
    row = FORMS.get(name)
    return row if row is not None and row.table else None


def events_named(node: Node) -> Node:
    """A text as the rows form that it stands for, anything else as it is."""
    if isinstance(node, Literal) and isinstance(node.value, str):
        return Invoke("events", (node,), (), node.span)
    return node


def nearest_span(written: str) -> str:
    """What was probably meant by a text that is no span of time."""
    found = re.match(r"\s*([1-9][0-9]*)\s*([A-Za-z]*)", written)
    if found is None:
        return "30 days"
    unit = nearest_name(found[2].rstrip("s") or "day", ("day", "week", "month", "year")) or "day"
    return f"{found[1]} {unit}{'' if found[1] == '1' else 's'}"


def _understood(kind: Kind, value: Node) -> Node:
    written = value.value if isinstance(value, Literal) else None
    if not isinstance(written, str):
        return value
    if kind in (Kind.SPAN, Kind.DAYS) and (found := _SPAN.fullmatch(written)):
        amount = int(found[1].replace("_", ""))
        if 0 < amount <= _LONGEST:
            return Duration(amount, cast(ast.Unit, found[2].lower()), value.span)
    if kind is Kind.DAY and (found := _RELATIVE.fullmatch(written)):
        if found[1] or found[2]:
            return ast.relative(0 if found[1] else -1, "day", value.span)
        amount = int(found[3].replace("_", ""))
        if amount <= _LONGEST:
            sign = -1 if found[5].lower() == "ago" else 1
            return ast.relative(sign * amount, cast(ast.Unit, found[4].lower()), value.span)
    return value
