"""The language, said once more as an interpreter: one customer at a time, slow, and plain enough to be believed.

Production evaluates rules elsewhere; what it computes must equal this.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cmp_to_key

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
    InSegment,
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
    Was,
)
from beachhead.rules.days import resolve, resolve_day
from beachhead.rules.operators import OPERATORS, and_
from beachhead.rules.types import Value, ValueType

Row = Mapping[str, Value]


def _in_no_segment(_: str) -> bool:
    return False


def _never_moved(_segment: str, _has_joined: bool, _first: date, _last: date) -> bool:
    return False


def _unknown_before(_: date) -> Customer | None:
    return None


@dataclass(frozen=True)
class Customer:
    """What is known of one customer by the end of a day.

    `attributes`: one that is absent is null. `rows`: of each table the customer's rows as they were known then, each
    with its columns, its local `day` and `moment` (a time without zone; both null where a row has no date), and
    `user_id` where it may belong to a person. `lists`: the account ids on each list. `moved`: whether the customer
    joined (or left, where that is false) a segment from a first to a last day. `earlier`: the same customer as of an
    earlier day, None where nobody knew of it then. `everyone`: all customers as of this day, this one among them.
    """

    attributes: Row
    as_of: date
    in_segment: Callable[[str], bool] = _in_no_segment
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    account_id: str = ""
    lists: Mapping[str, Collection[str]] = field(default_factory=dict)
    moved: Callable[[str, bool, date, date], bool] = _never_moved
    earlier: Callable[[date], Customer | None] = _unknown_before
    everyone: Callable[[], Iterable[Customer]] = tuple


def holds(node: Node, customer: Customer) -> bool | None:
    """Whether a customer fulfils a core rule: true, false or null (Kleene, 1938); a member is true only.

    Raises TypeError when the node is not a condition, or means nothing for a customer.
    """
    return _condition(node, _Scope(customer, customer.attributes))


def value_of(node: Node, customer: Customer) -> Value:
    """The value of a core expression for one customer, None for null; arithmetic is in double precision."""
    return _value(node, _Scope(customer, customer.attributes))


def evaluate(node: Node, row: Row, as_of: date, in_segment: Callable[[str], bool]) -> bool | None:
    """`holds` for a rule over attributes and segments only."""
    return holds(node, Customer(row, as_of, in_segment))


def evaluate_value(node: Node, row: Row, as_of: date, in_segment: Callable[[str], bool]) -> Value:
    """`value_of` for an expression over attributes and segments only."""
    return value_of(node, Customer(row, as_of, in_segment))


def stored_value(value: Value, result: ValueType) -> Value:
    """The value of a user-defined attribute as it is stored: money and whole numbers rounded half up, if they fit."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    if result in (ValueType.MONEY, ValueType.INTEGER):
        number = float(value) + 0.5
        return math.floor(number) if -(2.0**63) <= number < 2.0**63 else None
    return float(value) if result is ValueType.NUMBER else value


@dataclass(frozen=True)
class _Scope:
    """Whose value is asked for: the customer's (`table` is empty), or that of one of its rows.

    `names` are the attributes of the customer, or the columns of the row.
    """

    customer: Customer
    names: Row
    table: str = ""


def _condition(node: Node, scope: _Scope) -> bool | None:
    result = _value(node, scope)
    if result is not None and not isinstance(result, bool):
        raise TypeError(f"not a condition: {node}")
    return result


def _value(node: Node, scope: _Scope) -> Value:
    customer = scope.customer
    match node:
        case Literal():
            return node.value
        case Attribute():
            return scope.names.get(node.name)
        case RelativeDate():
            return resolve(node, customer.as_of)
        case Not():
            return _not(_condition(node.item, scope))
        case And():
            result: bool | None = True
            for item in node.items:
                result = and_(result, _condition(item, scope))
            return result
        case Or():
            result = True
            for item in node.items:
                result = and_(result, _not(_condition(item, scope)))
            return _not(result)
        case Case():
            for when, then in node.whens:
                if _condition(when, scope) is True:
                    return _value(then, scope)
            return None if node.otherwise is None else _value(node.otherwise, scope)
        case Call():
            operator = OPERATORS[node.operator]
            arguments = [_value(argument, scope) for argument in node.arguments]
            if operator.strict and any(argument is None for argument in arguments):
                return None
            arguments += operator.defaults[len(arguments) - operator.arity[0] :]
            return operator.evaluate(*arguments, *([customer.as_of] if operator.needs_as_of else []))
        case Aggregate():
            return _aggregate(node, scope)
        case Chain():
            return _chain(node, scope)
        case Invoke() | Duration():
            raise TypeError(f"not a core node: {node}")
    if scope.table:
        raise TypeError(f"means nothing for a row of {scope.table}: {node}")
    match node:
        case InSegment():
            return customer.in_segment(node.name)
        case InList():
            return customer.account_id in customer.lists[node.name]
        case Moved():
            first, last = _day(node.first, scope), _day(node.last, scope)
            return None if first is None or last is None else customer.moved(node.segment, node.has_joined, first, last)
        case Sample():
            digest = hashlib.md5(f"{node.salt}:{customer.account_id}".encode(), usedforsecurity=False)
            return int(digest.hexdigest()[:8], 16) < node.share * 2**32
        case Was():
            return _was(node, scope)
        case Ranking():
            return _ranking(node, customer)


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _day(node: Day, scope: _Scope) -> date | None:
    return resolve_day(node, scope.customer.as_of, scope.names)


def _was(node: Was, scope: _Scope) -> Value:
    """A day that is not earlier than the as-of day: on that day it is what it is now, later nobody knows."""
    day, customer = _day(node.at, scope), scope.customer
    then = customer if day == customer.as_of else None
    if day is not None and day < customer.as_of:
        then = customer.earlier(day)
    return None if then is None else value_of(node.item, then)


def _ranking(node: Ranking, customer: Customer) -> Value:
    own = value_of(node.item, customer)
    if own is None:
        return None
    others = [other for other in customer.everyone() if node.by is None or _is_same_group(node.by, other, customer)]
    values = [value for other in others if (value := value_of(node.item, other)) is not None]
    if node.function == "rank":
        return 1 + sum(_compare(value, own) > 0 for value in values)
    return 100 * sum(_compare(value, own) < 0 for value in values) / len(values)


def _is_same_group(by: Node, one: Customer, other: Customer) -> bool:
    a, b = value_of(by, one), value_of(by, other)
    return a is None and b is None if a is None or b is None else _compare(a, b) == 0


def _compare(a: Value, b: Value) -> int:
    """-1, 0 or 1: what the language's `<` and `>` say of two known values; false comes before true."""
    if isinstance(a, bool) and isinstance(b, bool):
        return a - b
    return bool(OPERATORS[">"].evaluate(a, b)) - bool(OPERATORS["<"].evaluate(a, b))


_in_order = cmp_to_key(_compare)


def _chosen(rows: Rows, scope: _Scope) -> list[Row] | None:
    """The rows that are meant, None where a day of the window is unknown."""
    customer = scope.customer
    first = date.min if rows.first is None else _day(rows.first, scope)
    last = date.max if rows.last is None else _day(rows.last, scope)
    if first is None or last is None:
        return None
    if scope.table and scope.table != "users":
        raise TypeError(f"a row of {scope.table} has no {rows.table}")
    chosen = []
    for row in customer.rows.get(rows.table, ()):
        day = _day_of(row)
        if day is not None and day > customer.as_of:
            continue  # nobody knew of it
        if (rows.first or rows.last) and (day is None or not first <= day <= last):
            continue
        if scope.table and (row.get("user_id") is None or row["user_id"] != scope.names["user_id"]):
            continue  # of another person
        if rows.where is None or _condition(rows.where, _Scope(customer, row, rows.table)) is True:
            chosen.append(row)
    return chosen


def _aggregate(node: Aggregate, scope: _Scope) -> Value:
    rows = _chosen(node.rows, scope)
    if rows is None:
        return None
    if node.function == "count":
        return len(rows)
    assert node.column is not None
    if node.column == "week":
        last = scope.customer.as_of if node.rows.last is None else _day(node.rows.last, scope)
        days = [day for row in rows if (day := _day_of(row)) is not None]
        return len({(last - day).days // 7 for day in days if last is not None})
    if node.function in ("earliest", "latest"):
        return _at_an_end(node.column, rows, is_last=node.function == "latest")
    values = [row[node.column] for row in rows if row.get(node.column) is not None]
    match node.function:
        case "distinct":
            return len(set(values))
        case "sum":
            return math.fsum(values)  # type: ignore[arg-type]
        case "avg":
            return math.fsum(values) / len(values) if values else None  # type: ignore[arg-type]
        case "min":
            return min(values, key=_in_order, default=None)
        case _:
            return max(values, key=_in_order, default=None)


def _day_of(row: Row) -> date | None:
    day = row["day"]
    assert day is None or isinstance(day, date)
    return day


def _moment_of(row: Row) -> datetime | None:
    moment = row["moment"]
    assert moment is None or isinstance(moment, datetime)
    return moment


def _at_an_end(column: str, rows: Iterable[Row], is_last: bool) -> Value:
    """The value of the first or last row that has a value and a moment."""
    known = [(moment, row[column]) for row in rows if (moment := _moment_of(row)) and row.get(column) is not None]
    choose = max if is_last else min
    end = choose((moment for moment, _ in known), default=None)
    return choose((value for moment, value in known if moment == end), key=_in_order, default=None)


def _chain(node: Chain, scope: _Scope) -> bool | None:
    steps: list[set[datetime]] = []
    for rows in node.steps:
        chosen = _chosen(rows, scope)
        if chosen is None:
            return None
        steps.append({moment for row in chosen if (moment := _moment_of(row))})
    within = timedelta.max if node.within_days is None else timedelta(days=node.within_days)
    gap = timedelta.max if node.gap_days is None else timedelta(days=node.gap_days)
    if node.is_broken:
        return _is_broken(steps[0], steps[1], within, scope.customer.as_of)
    for start in steps[0]:
        reached = {start}
        for step in steps[1:]:
            reached = {
                moment
                for moment in step
                if moment - start <= within and any(before < moment and moment - before <= gap for before in reached)
            }
        if reached:
            return True
    return False


def _is_broken(firsts: set[datetime], seconds: set[datetime], within: timedelta, as_of: date) -> bool:
    """Time is over when the last day on which the second could still come is not after the as-of day."""
    end = datetime.combine(as_of, time.max)
    return any(
        end - first >= within and not any(first < second and second - first <= within for second in seconds)
        for first in firsts
    )
