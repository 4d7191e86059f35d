"""Customers written by hand, as columns of codes and coded events: what rules are evaluated over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import numpy as np
import pyarrow as pa

from beachhead.customers.event_counts import EPOCH, EventArrays, EventRuns
from beachhead.rules import FixedCatalog, Node, Value, ValueType, check_expression, check_rule, parse
from beachhead.rules.ast import Attribute
from beachhead.segments.activity import Activity, Events, plan_activity
from beachhead.segments.columns import Column, encode
from beachhead.segments.engine import Engine
from beachhead.segments.program import tests_of as conditions_by_value

AS_OF = date(2026, 3, 31)
ARROW = {
    ValueType.TEXT: pa.string(),
    ValueType.LIST: pa.string(),
    ValueType.INTEGER: pa.int64(),
    ValueType.NUMBER: pa.float64(),
    ValueType.MONEY: pa.int64(),
    ValueType.BOOLEAN: pa.bool_(),
    ValueType.DATE: pa.date32(),
    ValueType.TIMESTAMP: pa.timestamp("us"),
}
TABLES = {"events": {"event": ValueType.TEXT, "size": ValueType.NUMBER}}
_OF_PYTHON = {bool: "boolean", int: "integer", float: "number", str: "text", datetime: "timestamp", date: "date"}
Event = tuple[int, str, date]


def kind_of(values: Sequence[Value]) -> ValueType:
    """The type of values by the first that is known; whole numbers where none is."""
    known = next((v for v in values if v is not None), 0)
    return ValueType(_OF_PYTHON[type(known)])


def column(values: Sequence[Value], kind: ValueType | None = None, numbers: Sequence[int] | None = None) -> Column:
    """Values of the customers 0, 1, … or of those with the given numbers."""
    kind = kind or kind_of(values)
    of = np.arange(len(values), dtype=np.uint32) if numbers is None else np.array(numbers, np.uint32)
    return encode(pa.array(values, ARROW[kind]), kind, of, int(of.max(initial=0)))


def rules_of(texts: Mapping[str, str], types: Mapping[str, ValueType]) -> dict[str, Node]:
    """The cores of rules, which may name each other."""
    catalog = FixedCatalog(types, tuple(texts), tables=TABLES)
    found = {}
    for name, text in texts.items():
        checked = check_rule(parse(text), catalog)
        assert checked.core is not None, checked.diagnostics
        found[name] = checked.core
    return found


def value(text: str) -> Node:
    """The core of an expression over events."""
    checked = check_expression(parse(text), FixedCatalog({"signed_up_on": ValueType.DATE}, tables=TABLES))
    assert checked.core is not None, checked.diagnostics
    return checked.core


def engine(
    texts: Mapping[str, str],
    numbers: Sequence[int] | None = None,
    kinds: Mapping[str, ValueType] | None = None,
    **values: Sequence[Value],
) -> Engine:
    """Rules over attributes of all customers, in order of their numbers (0, 1, … where none are given)."""
    types = {name: kind_of(v) for name, v in values.items()} | dict(kinds or {})
    columns: dict[Node, Column] = {Attribute(n): column(v, types[n], numbers) for n, v in values.items()}
    rows = max((len(v) for v in values.values()), default=0)
    of = np.arange(rows, dtype=np.uint32) if numbers is None else np.array(numbers, np.uint32)
    return Engine.of(rules_of(texts, types), columns, None, of, AS_OF)


def who(rule: str, kinds: Mapping[str, ValueType] | None = None, **values: Sequence[Value]) -> list[int]:
    """For whom one rule is true; the customers have the numbers 0, 1, …"""
    found: list[int] = engine({"rule": rule}, kinds=kinds, **values).members(["rule"])["rule"].tolist()
    return found


def events_of(rows: Sequence[Event], later: Sequence[Event] = (), as_of: date = AS_OF) -> Events:
    """An event store: most events, and those added later."""
    names = sorted({name for _, name, _ in (*rows, *later)})

    def arrays(part: Sequence[Event]) -> EventArrays:
        ordered = sorted(part, key=lambda event: (event[0], event[2]))
        return EventArrays(
            np.array([account for account, _, _ in ordered], np.uint32),
            np.zeros(len(ordered), np.uint32),
            np.array([names.index(name) for _, name, _ in ordered], np.uint16),
            np.array([(day - EPOCH).days for _, _, day in ordered], np.int32),
        ).read_only()

    return Events.of(EventRuns(arrays(rows), arrays(later)), names, as_of)


def activity_of(rules: Mapping[str, Node], events: Events) -> Activity:
    return plan_activity(conditions_by_value(rules.values(), events.as_of), events)


def who_did(rule: str, events: Events, customers: int) -> list[int]:
    """For which of the customers 0, 1, … a rule over events is true; all its values must be counted by the pass."""
    rules = rules_of({"rule": rule}, {})
    made = Engine.of(rules, {}, activity_of(rules, events), np.arange(customers, dtype=np.uint32), events.as_of)
    found: list[int] = made.members(["rule"])["rule"].tolist()
    return found
