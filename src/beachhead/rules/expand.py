"""What the forms mean: the surface tree → the core tree, in which nodes that say it exactly take their place.

Everything that evaluates rules works on core trees, so a form that is sugar is known here only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Literal as OneOf
from typing import cast

from beachhead.rules import ast
from beachhead.rules.ast import (
    Aggregate,
    And,
    Attribute,
    Call,
    Case,
    Chain,
    Day,
    Duration,
    InList,
    Invoke,
    Literal,
    Moved,
    Node,
    Not,
    Or,
    Ranking,
    RelativeDate,
    Rows,
    Sample,
    Unit,
    Was,
)
from beachhead.rules.forms import FORMS, MEASURES, PERSON_SIGNED_UP, SIGNED_UP, WEEK, Takes, events_named, table_of

Options = Mapping[str, Node]

MAX_CORE = 200_000
"""So many nodes a core tree may have: forms such as `changed` say their argument twice, and may stand in each other."""


def expand(node: Node) -> Node:
    """The core tree of a checked surface tree; a tree without forms is its own. ValueError for a wrong form."""
    return _Expander(SIGNED_UP).expand(node)


def core_size(node: Node) -> int:
    """How many nodes a core tree has, where forms in forms have multiplied; those of rows left out."""
    sizes: dict[int, int] = {}

    def size(part: Node) -> int:
        found = sizes.get(id(part))
        if found is None:
            found = sizes[id(part)] = 1 + sum(map(size, ast.children(part)))
        return found

    return size(node)


def day_before(span: Duration, plus: int = 0) -> Day:
    """The day that lies `span` before the as-of day, and `plus` days later."""
    return _day(None, -span.amount, span.unit, plus)


def days_of(span: Duration) -> int:
    """How many days a span of days or weeks has. ValueError for months and years, which differ."""
    if span.unit not in ("day", "week"):
        raise ValueError(f"{span.amount} {span.unit}s are no number of days")
    return span.amount * (7 if span.unit == "week" else 1)


class _Expander:
    """`signed_up`: the attribute from which `first` counts, of customers or of people."""

    def __init__(self, signed_up: str) -> None:
        self.signed_up = signed_up

    def expand(self, node: Node) -> Node:
        match node:
            case Invoke():
                return _MEANINGS[node.name](self, node, dict(node.options))
            case Call():
                return replace(node, arguments=tuple(self.expand(a) for a in node.arguments))
            case Not():
                return replace(node, item=self.expand(node.item))
            case And():
                return ast.all_of((self.expand(item) for item in node.items), node.span)
            case Or():
                return ast.any_of((self.expand(item) for item in node.items), node.span)
            case Case():
                whens = tuple((self.expand(condition), self.expand(value)) for condition, value in node.whens)
                otherwise = None if node.otherwise is None else self.expand(node.otherwise)
                return replace(node, whens=whens, otherwise=otherwise)
            case _:
                return node

    def rows(self, node: Node, first: Day | None = None, last: Day | None = None) -> Rows:
        """The rows of a rows form (a text stands for events) in a window that is given from outside."""
        form = events_named(node)
        row = table_of(form.name) if isinstance(form, Invoke) else None
        if row is None or row.table is None or not isinstance(form, Invoke):
            raise ValueError(f"no rows: {node}")
        names = [a for a in form.arguments if row.takes is Takes.EVENTS and _is_text(a)]
        conditions: list[Node] = []
        if len(names) == 1:
            conditions.append(Call("=", (Attribute("event"), names[0])))
        elif names:
            conditions.append(Call("in", (Attribute("event"), *names)))
        inner = _Expander(PERSON_SIGNED_UP) if row.table == "users" else self
        conditions += [inner.expand(a) for a in form.arguments if a not in names]
        return Rows(row.table, ast.all_of(conditions) if conditions else None, first, last)

    def windowed(self, node: Node) -> Rows:
        """The rows of a rows form in its own window."""
        return self.rows(node, *self.window(dict(node.options))) if isinstance(node, Invoke) else self.rows(node)

    def window(self, options: Options) -> tuple[Day | None, Day | None]:
        """The first and last day that the options of a window say."""
        if "last" in options:
            return day_before(_span(options, "last"), 1), Day()
        if "first" in options:
            span = _span(options, "first")
            return Day(self.signed_up), _day(self.signed_up, span.amount, span.unit, -1)
        first = options.get("from", options.get("since"))
        until = options.get("until")
        return None if first is None else _day_of(first), None if until is None else _day_of(until)

    def count(self, form: Invoke, first: Day | None, last: Day | None) -> Aggregate:
        return Aggregate("count", self.rows(form.arguments[0], first, last), span=form.span)


def _aggregate(self: _Expander, form: Invoke, options: Options) -> Node:
    rows = self.rows(form, *self.window(options))
    for measure in MEASURES:
        if column := options.get(measure):
            function = cast(OneOf["distinct", "sum", "avg", "min", "max", "earliest", "latest"], measure)
            return Aggregate(function, rows, _name(column), form.span)
    return Aggregate("count", rows, span=form.span)


def _first_time(self: _Expander, form: Invoke, options: Options) -> Node:
    span = _span(options, "last")
    inside = self.count(form, day_before(span, 1), Day())
    before = self.count(form, None, day_before(span))
    return _all(form, _some(inside), _none(before))


def _stopped(self: _Expander, form: Invoke, options: Options) -> Node:
    span = _span(options, "last")
    before = self.count(form, None, day_before(span))
    inside = self.count(form, day_before(span, 1), Day())
    return _all(form, _some(before), _none(inside))


def _resumed(self: _Expander, form: Invoke, options: Options) -> Node:
    span, pause = _span(options, "last"), _span(options, "after")
    begin = _plus(day_before(span), day_before(pause))
    inside = self.count(form, day_before(span, 1), Day())
    meanwhile = self.count(form, _plus(begin, Day(amount=1)), day_before(span))
    before = self.count(form, None, begin)
    return _all(form, _some(inside), _none(meanwhile), _some(before))


def _regular(self: _Expander, form: Invoke, options: Options) -> Node:
    weeks = _number(options, "weeks")
    rows = self.rows(form.arguments[0], Day(amount=1 - 7 * int(weeks)), Day())
    return _compare(">=", Aggregate("distinct", rows, WEEK, form.span), _number(options, "at_least"))


def _trend(self: _Expander, form: Invoke, options: Options) -> Node:
    span = _span(options, "last")
    twice = replace(span, amount=2 * span.amount)
    inside = self.count(form, day_before(span, 1), Day())
    before = self.count(form, day_before(twice, 1), day_before(span))
    return Call("/", (inside, before), form.span)


def _share(self: _Expander, form: Invoke, options: Options) -> Node:
    part = self.count(form, *self.window(options))
    return Call("/", (part, _of_all(part)), form.span)


def _any(self: _Expander, form: Invoke, _: Options) -> Node:
    return _some(Aggregate("count", self.windowed(form.arguments[0]), span=form.span))


def _every(self: _Expander, form: Invoke, _: Options) -> Node:
    part = Aggregate("count", self.windowed(form.arguments[0]), span=form.span)
    whole = _of_all(part)
    return _all(form, Call("=", (part, whole), form.span), _some(whole))


def _sequence(self: _Expander, form: Invoke, options: Options) -> Node:
    steps = tuple(self.rows(step, *self.window(options)) for step in form.arguments)
    within, gap = (days_of(_span(options, name)) if name in options else None for name in ("within", "gap"))
    return Chain(steps, within, gap, span=form.span)


def _dropped_off(self: _Expander, form: Invoke, options: Options) -> Node:
    first, second = form.arguments
    steps = (self.rows(first, *self.window(options)), self.rows(second))
    return Chain(steps, days_of(_span(options, "within")), is_broken=True, span=form.span)


def _was(self: _Expander, form: Invoke, options: Options) -> Node:
    return Was(self.expand(form.arguments[0]), _day_of(options["at"]), form.span)


def _changed(self: _Expander, form: Invoke, options: Options) -> Node:
    now = self.expand(form.arguments[0])
    then = Was(now, day_before(_span(options, "last")), form.span)
    before, after = options.get("from"), options.get("to")
    if before is None and after is None:
        return Call("!=", (then, now), form.span)
    parts = []
    if before is not None:
        parts.append(Call("=", (then, before), form.span))
    if after is not None:
        parts.append(Call("=", (now, after), form.span))
    if before is None and after is not None:
        parts.append(Call("!=", (then, after), form.span))
    if after is None and before is not None:
        parts.append(Call("!=", (now, before), form.span))
    return _all(form, *parts)


def _sticky(self: _Expander, form: Invoke, options: Options) -> Node:
    item = self.expand(form.arguments[0])
    earlier = range(1, days_of(_span(options, "within")))
    at_times = ast.any_of([item, *(Was(item, Day(amount=-n), form.span) for n in earlier)], form.span)
    return _all(form, self.expand(options["while"]), at_times)


def _moved(_self: _Expander, form: Invoke, options: Options) -> Node:
    first = day_before(_span(options, "last"), 1)
    return Moved(_text(form.arguments[0]), form.name == "entered", first, Day(), form.span)


def _ranking(self: _Expander, form: Invoke, options: Options) -> Node:
    function: OneOf["percentile", "rank"] = "percentile" if form.name == "percentile" else "rank"
    return Ranking(function, self.expand(form.arguments[0]), options.get("by"), form.span)


def _in_list(_self: _Expander, form: Invoke, _: Options) -> Node:
    return InList(_text(form.arguments[0]), form.span)


def _sample(_self: _Expander, form: Invoke, options: Options) -> Node:
    return Sample(_number(options, "percent") / 100, _text(options["salt"]), form.span)


Meaning = Callable[[_Expander, Invoke, Options], Node]

_MEANINGS: Mapping[str, Meaning] = {
    **{name: _aggregate for name, row in FORMS.items() if row.table},
    "first_time": _first_time, "stopped": _stopped, "resumed": _resumed, "regular": _regular, "trend": _trend,
    "share": _share, "any": _any, "all": _every, "sequence": _sequence, "dropped_off": _dropped_off, "was": _was,
    "changed": _changed, "sticky": _sticky, "entered": _moved, "left": _moved, "percentile": _ranking,
    "rank": _ranking, "in_list": _in_list, "sample": _sample,
}  # fmt: skip


def _of_all(part: Aggregate) -> Aggregate:
    """The number of all rows of the table in the same days."""
    return replace(part, rows=replace(part.rows, where=None))


def _all(form: Invoke, *conditions: Node) -> Node:
    return ast.all_of(conditions, form.span)


def _some(count: Aggregate) -> Node:
    return _compare(">", count, 0)


def _none(count: Aggregate) -> Node:
    return _compare("=", count, 0)


def _compare(operator: str, value: Aggregate, with_number: float) -> Node:
    return Call(operator, (value, ast.number(with_number)), value.span)


def _day_of(node: Node) -> Day:
    """The day that an option says."""
    match node:
        case RelativeDate():
            return _day(None, node.amount, node.unit)
        case Attribute():
            return Day(node.name)
        case Literal(value=datetime() as moment):
            return Day(moment.date())
        case Literal(value=date() as written):
            return Day(written)
        case Literal(value=str() as written):
            return Day(date.fromisoformat(written.strip()[:10]))
        case _:
            raise ValueError(f"no day: {node}")


def _day(base: date | str | None, amount: int, unit: Unit, plus: int = 0) -> Day:
    """The day in its one form: weeks are days, years are months."""
    match unit:
        case "day" | "week":
            return Day(base, amount * (7 if unit == "week" else 1) + plus)
        case "month" | "year":
            return Day(base, amount * (12 if unit == "year" else 1), "month", plus) if amount else Day(base, plus)


def _plus(day: Day, more: Day) -> Day:
    """Both shifts, months first; `more` has no base."""
    months = sum(d.amount for d in (day, more) if d.unit == "month")
    days = sum((d.plus if d.unit == "month" else d.amount + d.plus) for d in (day, more))
    return _day(day.base, months, "month", days) if months else Day(day.base, days)


def _span(options: Options, name: str) -> Duration:
    value = options[name]
    if not isinstance(value, Duration):
        raise ValueError(f"no span of time: {value}")
    return value


def _number(options: Options, name: str) -> float:
    value = options[name]
    if not isinstance(value, Literal) or not isinstance(value.value, int | float):
        raise ValueError(f"no number: {value}")
    return value.value


def _name(node: Node) -> str:
    if not isinstance(node, Attribute):
        raise ValueError(f"no name: {node}")
    return node.name


def _is_text(node: Node) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, str)


def _text(node: Node) -> str:
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise ValueError(f"no text: {node}")
    return node.value
