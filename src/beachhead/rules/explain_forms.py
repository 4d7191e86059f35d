"""Forms in English: rows as nouns and verbs, windows, and the comparisons for which people have words of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from beachhead.rules.ast import And, Attribute, Call, Duration, Invoke, Literal, Node, Or, RelativeDate
from beachhead.rules.format import duration
from beachhead.rules.forms import FORMS, MEASURES, Takes, events_named, table_of


class Words(Protocol):
    """What the words of a form ask of those of the expressions around and inside it."""

    label: Callable[[str], str]
    segment: Callable[[str], str]

    def inside(self, table: str) -> Words: ...

    def condition(self, node: Node) -> str: ...

    def value(self, node: Node) -> str: ...

    def template(self, node: Call, negated: bool) -> str: ...

    def operands(self, node: Call) -> list[str]: ...


Options = Mapping[str, Node]

_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_AMOUNTS = {
    "=": "exactly", "!=": "other than", "<": "fewer than", "<=": "at most", ">": "more than", ">=": "at least",
}  # fmt: skip
_OF_COLUMN = {
    "sum": "total {column} of {rows}", "avg": "average {column} of {rows}", "min": "smallest {column} of {rows}",
    "max": "largest {column} of {rows}", "earliest": "first known {column} of {rows}",
    "latest": "last known {column} of {rows}", "distinct": "number of different {column} in {rows}",
}  # fmt: skip
_OF_DAYS = {
    ("distinct", "day"): "number of days with {rows}", ("distinct", "week"): "number of weeks with {rows}",
    ("min", "day"): "day of the first of {rows}", ("max", "day"): "day of the last of {rows}",
    ("earliest", "day"): "day of the first of {rows}", ("latest", "day"): "day of the last of {rows}",
}  # fmt: skip
_ONE = {"people": "person", "lines of orders": "line of orders"}
_NEGATIONS = (
    ("is ", "is not "), ("has ", "does not have "), ("joined ", "did not join "), ("left ", "did not leave "),
    ("stopped ", "did not stop "),
)  # fmt: skip


def form_words(words: Words, form: Invoke) -> str:
    """The form as a value or condition."""
    row = FORMS[form.name]
    options = dict(form.options)
    if row.table:
        return f"{_measure(words, form, options)}{_window(words, options)}"
    if form.name in ("any", "all"):
        return _some_or_all(words, form)
    if form.name in ("sequence", "dropped_off"):
        return _steps(words, form, options)
    if form.name == "was":
        return _was(words, form, options)
    said = {name: words.condition(value) for name, value in options.items()}
    for name, link in (("from", " from "), ("to", " to "), ("by", " among those of the same ")):
        said[name] = link + said[name] if name in said else ""
    said["window"] = _window(words, {k: v for k, v in options.items() if k not in ("from", "to")}).removeprefix(" ")
    if form.name == "share":
        said["window"] = _window(words, options)
    if row.takes is Takes.ROWS:
        rows = form.arguments[0]
        said |= {"rows": _noun(words, rows), "did": _did(words, rows), "doing": _doing(words, rows)}
        said["all_rows"] = f"all {_plain_noun(rows)}"
    return row.english.format(*_arguments(words, form), **said)


def negated_words(words: Words, form: Invoke) -> str:
    """The opposite of a form that is a condition."""
    said = form_words(words, form)
    if form.name not in ("sticky", "all", "sequence", "dropped_off"):
        for verb, opposite in _NEGATIONS:
            if said.startswith(verb):
                return opposite + said.removeprefix(verb)
    return f"not ({said})"


def comparison_words(words: Words, call: Call, negated: bool) -> str | None:
    """A comparison for whose left side people have words of their own; None where there are none."""
    left = call.arguments[0] if call.arguments else None
    if not isinstance(left, Invoke):
        return None
    if left.name == "was":
        return _was_compared(words, call, left, negated)
    right = call.arguments[1] if len(call.arguments) == 2 else None
    if call.operator not in _OPPOSITE or not isinstance(right, Literal) or not isinstance(right.value, int | float):
        return None
    operator = _OPPOSITE[call.operator] if negated else call.operator
    if left.name in ("percentile", "rank"):
        return _ranked(words, left, operator, right.value)
    if FORMS[left.name].table and not _measure_of(left):
        return _counted(words, left, operator, right.value)
    return None


def _arguments(words: Words, form: Invoke) -> list[str]:
    """The arguments in words, names of segments as their titles."""
    match FORMS[form.name].takes:
        case Takes.SEGMENT:
            return [words.segment(str(a.value)) for a in form.arguments if isinstance(a, Literal)]
        case Takes.CONDITION:
            return [_bracketed(words, a) for a in form.arguments]
        case Takes.ROWS:
            return []
        case _:
            return [words.value(a) for a in form.arguments]


def _counted(words: Words, form: Invoke, operator: str, number: float) -> str | None:
    """A number of rows compared with a written one."""
    window = _window(words, dict(form.options))
    is_none = (operator, number) in (("=", 0), ("<", 1), ("<=", 0))
    is_some = (operator, number) in ((">", 0), (">=", 1), ("!=", 0))
    if form.name == "events":
        if is_none:
            return f"{_never(words, form)}{window}"
        return f"{_did(words, form)}{window}" if is_some else None
    if is_some:
        return f"has {_noun(words, form)}{window}"
    return f"has {_amount(words, form, operator, number)}"


def _amount(words: Words, form: Invoke, operator: str, number: float) -> str:
    """How many rows, as a noun: "at least 3 people with role 'admin'", "no tickets in the last 30 days"."""
    window = _window(words, dict(form.options))
    if (operator, number) in (("=", 0), ("<", 1), ("<=", 0)):
        return f"no {_noun(words, form)}{window}"
    if (operator, number) in ((">", 0), (">=", 1), ("!=", 0)):
        return f"{_noun(words, form)}{window}"
    return f"{_AMOUNTS[operator]} {number:,} {_noun(words, form, is_one=number == 1)}{window}"


def _ranked(words: Words, form: Invoke, operator: str, number: float) -> str | None:
    among = _by(words, form)
    item = words.value(form.arguments[0])
    if form.name == "percentile":
        if operator in (">=", ">"):
            return f"is in the top {100 - number:g}% by {item}{among}"
        return f"is in the bottom {number:g}% by {item}{among}" if operator in ("<=", "<") else None
    if operator == "<" and isinstance(number, int):
        operator, number = "<=", number - 1
    if operator == "<=" and number >= 1:
        return f"is in the top {number:,} by {item}{among}"
    return None


def _by(words: Words, form: Invoke) -> str:
    by = dict(form.options).get("by")
    return "" if by is None else f" among those of the same {words.value(by)}"


def _was_compared(words: Words, call: Call, was: Invoke, negated: bool) -> str | None:
    """A comparison of what a value was: its verb goes into the past."""
    template = words.template(call, negated)
    if not template.startswith("{0} is "):
        return None
    item = was.arguments[0]
    operands = words.operands(Call(call.operator, (item, *call.arguments[1:])))
    day = _at(words, dict(was.options)["at"])
    is_plan = isinstance(item, Attribute) and operands[0].lower() == "plan"
    template = template.replace("{0} is ", "{0} was ", 1)
    if is_plan and template == "{0} was {1}":
        template = "was on {0} {1}"
        operands[0] = "plan"
    said = template.format(*operands, rest=", ".join(operands[1:]), all=", ".join(operands))
    return f"{said}{',' if said[-1].isdigit() else ''} {day}"


def _was(words: Words, form: Invoke, options: Options) -> str:
    item = form.arguments[0]
    said, day = words.condition(item), _at(words, options["at"])
    for now, then in (("is ", "was "), ("has ", "had "), ("in segment ", "was in segment ")):
        if said.startswith(now) and not isinstance(item, And):
            return f"{then}{said.removeprefix(now)} {day}"
    if isinstance(item, Attribute):
        return f"{words.value(item)} as of {_day(words, options['at'])}"
    return f"({words.condition(item)}) as of {_day(words, options['at'])}"


def _some_or_all(words: Words, form: Invoke) -> str:
    rows = events_named(form.arguments[0])
    window = _window(words, dict(rows.options)) if isinstance(rows, Invoke) else ""
    if form.name == "all":
        return f"has only {_noun(words, rows)}{window}"
    if isinstance(rows, Invoke) and rows.name == "events":
        return f"{_did(words, rows)}{window}"
    return f"has {_noun(words, rows)}{window}"


def _steps(words: Words, form: Invoke, options: Options) -> str:
    first, *later = [_did(words, step) for step in form.arguments]
    within = f" within {words.value(options['within'])}" if "within" in options else ""
    gap = f", each within {words.value(options['gap'])} of the one before" if "gap" in options else ""
    window = _window(words, {k: v for k, v in options.items() if k not in ("within", "gap")})
    followed = [step.removeprefix("did ") for step in later]
    if form.name == "dropped_off":
        return f"{first}{window}, but then not {followed[0]}{within}"
    said = f"{first}{''.join(f', then {step}' for step in followed)}{within}{gap}"
    return f"{said},{window}" if window and (within or gap) else f"{said}{window}"


def _measure(words: Words, form: Invoke, options: Options) -> str:
    measure = _measure_of(form)
    rows = _noun(words, form)
    if measure is None:
        return f"number of {rows}"
    column = options[measure]
    name = column.name if isinstance(column, Attribute) else ""
    template = _OF_DAYS.get((measure, name), _OF_COLUMN[measure])
    return template.format(column=name.replace("_", " "), rows=rows)


def _measure_of(form: Invoke) -> str | None:
    return next((name for name, _ in form.options if name in MEASURES), None)


def _plain_noun(node: Node) -> str:
    form = events_named(node)
    return FORMS[form.name].english if isinstance(form, Invoke) else ""


def _names_and_condition(node: Node) -> tuple[list[str], Node | None]:
    """The names of events, quoted, and the condition over rows."""
    form = events_named(node)
    arguments: Sequence[Node] = form.arguments if isinstance(form, Invoke) else ()
    names = [a for a in arguments if isinstance(a, Literal) and isinstance(a.value, str)]
    conditions = [a for a in arguments if a not in names]
    return [f"'{a.value}'" for a in names], conditions[0] if conditions else None


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _noun(words: Words, node: Node, is_one: bool = False) -> str:
    """Rows as a noun: "'export' events where size is more than 3", "people with role 'admin'"."""
    names, condition = _names_and_condition(node)
    noun = _plain_noun(node)
    if is_one:
        noun = _ONE.get(noun, noun.removesuffix("s"))
    named = f"{_or(names)} {noun}" if names else noun
    return f"{named}{_where(words, node, condition)}"


def _where(words: Words, node: Node, condition: Node | None) -> str:
    if condition is None:
        return ""
    form = events_named(node)
    inner = words.inside(form.name if isinstance(form, Invoke) else "")
    if isinstance(form, Invoke) and form.name == "users":
        items = condition.items if isinstance(condition, And) else (condition,)
        had = [_had(inner, item) for item in items]
        if all(had):
            return f" with {' and '.join(filter(None, had))}"
    said = inner.condition(condition)
    return f" where ({said})" if isinstance(condition, And | Or) else f" where {said}"


def _had(inner: Words, item: Node) -> str | None:
    """What a person has, as a noun: "role 'admin'", "at least 3 'export' events"; None where it is none."""
    if not isinstance(item, Call) or item.operator not in _OPPOSITE:
        return None
    left, right = item.arguments
    if not isinstance(right, Literal):
        return None
    if isinstance(left, Attribute) and item.operator == "=" and isinstance(right.value, str):
        return f"{inner.value(left)} {inner.value(right)}"
    is_count = isinstance(left, Invoke) and table_of(left.name) is not None and not _measure_of(left)
    if is_count and isinstance(left, Invoke) and isinstance(right.value, int | float):
        return _amount(inner, left, item.operator, right.value)
    return None


def _did(words: Words, node: Node) -> str:
    """Rows as what a customer did: "did 'export'", "had tickets"."""
    return _verb(words, node, "did", "had", "anything")


def _doing(words: Words, node: Node) -> str:
    return _verb(words, node, "doing", "having", "anything")


def _never(words: Words, node: Node) -> str:
    names, condition = _names_and_condition(node)
    if not names and condition is None:
        return "did nothing"
    return _verb(words, node, "never did", "never had", "anything")


def _verb(words: Words, node: Node, verb: str, verb_of_rows: str, anything: str) -> str:
    form = events_named(node)
    if isinstance(form, Invoke) and form.name != "events":
        return f"{verb_of_rows} {_noun(words, node)}"
    names, condition = _names_and_condition(node)
    return f"{verb} {_or(names) if names else anything}{_where(words, node, condition)}"


def _bracketed(words: Words, node: Node) -> str:
    said = words.condition(node)
    return f"({said})" if " and " in said or " or " in said else said


def _window(words: Words, options: Options) -> str:
    """The window in words, with a space before it; empty when there is none."""
    if "last" in options:
        return f" in the last {_span(options['last'])}"
    if "first" in options:
        return f" in the first {_span(options['first'])}"
    if "since" in options:
        return f" since {_day(words, options['since'])}"
    if "from" in options and "until" in options:
        return f" from {_day(words, options['from'])} to {_day(words, options['until'])}"
    if "from" in options:
        return f" from {_day(words, options['from'])} on"
    return f" until {_day(words, options['until'])}" if "until" in options else ""


def _span(node: Node) -> str:
    """A span after "the last": "30 days", and "week" for one."""
    written = duration(node) if isinstance(node, Duration) else str(getattr(node, "value", ""))
    return re.sub(r"^1 ", "", written)


def _day(words: Words, node: Node) -> str:
    return words.value(node)


def _at(words: Words, node: Node) -> str:
    """A day as when something was: "90 days ago", "on 31 Jan 2026"."""
    return words.value(node) if isinstance(node, RelativeDate) else f"on {words.value(node)}"
