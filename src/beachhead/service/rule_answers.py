"""Whom a rule that is being written means: how many by each condition, some by name, and why one is in or not."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

import numpy as np

from beachhead.analysis.display import date_text, money_text, number_text, value_text
from beachhead.errors import BeachheadError, DefinitionError
from beachhead.rules import Node, Value, ValueType, expand, never_or_always, value_type
from beachhead.rules.ast import Attribute, Call, Not
from beachhead.rules.ast import Literal as Written
from beachhead.rules.operators import OPERATORS, Form
from beachhead.service.rule_desk import Reason
from beachhead.service.rule_reading import Told, parts_of
from beachhead.service.segment_desk import Opened
from beachhead.service.segment_facts import CustomerTold, SegmentFacts
from beachhead.service.why import Turn, fewest, rule_of, why

_PREVIEWED = 6
_ALL = 1 << 62


class PartCounted(Told):
    """For how many a condition is true; `with_those_before`: it and those before it in its "and". `members` is null
    where it cannot be evaluated now; `problem` says why."""

    path: list[int]
    members: int | None
    with_those_before: int | None = None
    problem: str | None = None


class ReasonTold(Told):
    """One condition for one customer. `value`: as people read it, null where it looks at no single value. `wanted`:
    what it takes to turn it, in words; `turns`: whether turning it is part of the shortest way."""

    path: list[int]
    english: str
    holds: Literal["yes", "no", "unknown"]
    value: str | None
    wanted: str
    turns: bool


class MemberTold(Told):
    """A member, with what its conditions look at."""

    account_id: str
    name: str | None
    money: str
    values: list[str]


class RuleCounted(Told):
    """Whom a rule means. `members` is null where it cannot be evaluated now, as `problems` say; `lacks_day`: an earlier
    day that would have to be computed for it."""

    members: int | None
    customers: int
    money: str
    parts: list[PartCounted]
    some: list[MemberTold]
    problems: list[dict[str, str | int | None]]
    lacks_day: str | None = None
    seconds: float


class WhyTold(Told):
    """Why a customer is in or not. `since`: the first published day of the present stay; `to`: what would have to
    change for the answer to turn, in words."""

    account_id: str
    name: str | None
    is_member: bool
    since: str | None
    note: str | None
    reasons: list[ReasonTold]


def count_rule(opened: Opened, facts: SegmentFacts, text: str) -> RuleCounted:
    """Count a rule. Raises `DefinitionError` for one with mistakes; what cannot be evaluated now is said in it."""
    started = time.perf_counter()
    node = checked(opened, text)
    customers = len(opened.population.numbers)
    try:
        counted = opened.desk.count(node, _ALL)
    except BeachheadError as e:
        return RuleCounted(
            members=None,
            customers=customers,
            money="",
            parts=list(_one_by_one(opened, node)),
            some=[],
            problems=[d.as_dict() for d in dict.fromkeys(e.diagnostics)],
            lacks_day=_missing_day(e),
            seconds=time.perf_counter() - started,
        )
    numbers = np.array(counted.some, np.uint32)
    money = facts.money_cents(numbers)
    best = facts.best_first(numbers)[:_PREVIEWED]
    return RuleCounted(
        members=counted.members,
        customers=customers,
        money="" if money is None else money_text(money, facts.currency, short=True),
        parts=[
            PartCounted(path=list(p.path), members=p.members, with_those_before=p.with_those_before)
            for p in counted.parts
        ],
        some=[
            _member(opened, node, told, number) for told, number in zip(facts.told(best), best.tolist(), strict=True)
        ],
        problems=[],
        seconds=time.perf_counter() - started,
    )


def why_rule(opened: Opened, text: str, account_id: str) -> WhyTold:
    """Why a customer is in a rule that is not saved, or not. Raises `UsageError`, `DefinitionError`, `DataError`."""
    node = checked(opened, text)
    customer = opened.run.customer(account_id)
    number = customer["account_no"]
    assert isinstance(number, int)
    is_member, reasons = opened.desk.why(node, number)
    certain = never_or_always(expand(node), opened.plan.catalog)
    turned = () if certain else fewest(node, {r.path: r for r in reasons}, not is_member)
    name = customer.get("account_name")
    return WhyTold(
        account_id=str(customer["account_id"]), name=name if isinstance(name, str) else None, is_member=is_member,
        since=None, note=certain, reasons=_reasons(opened, node, reasons, turned),
    )  # fmt: skip


def why_segment(opened: Opened, segment: str, account_id: str) -> WhyTold:
    """Why a customer is in a segment or not. Raises `UsageError` with the nearest name or id, `DataError`."""
    found = why(opened.run, opened.plan, opened.population, account_id, segment)
    name = opened.run.customer(account_id).get("account_name")
    node = checked(opened, rule_of(opened.plan, segment))
    return WhyTold(
        account_id=found.account_id, name=name if isinstance(name, str) else None, is_member=found.is_member,
        since=date_text(found.since) if found.since else None, note=found.note,
        reasons=_reasons(opened, node, found.reasons, found.change),
    )  # fmt: skip


def checked(opened: Opened, text: str) -> Node:
    """The rule of a text. Raises `DefinitionError` where it has mistakes."""
    reading = opened.desk.read(text)
    if reading.node is None:
        raise DefinitionError(reading.diagnostics)
    return reading.node


def _missing_day(error: BeachheadError) -> str | None:
    found = (re.search(r"as of (\d{4}-\d\d-\d\d)", d.message) for d in error.diagnostics if d.code == "no-earlier-data")
    return next((day[1] for day in found if day), None)


def _one_by_one(opened: Opened, node: Node) -> Iterator[PartCounted]:
    """Each condition on its own, where all together cannot be evaluated."""
    for path, part in parts_of(node):
        try:
            yield PartCounted(path=list(path), members=opened.desk.count(part, 0).members)
        except BeachheadError as e:
            first = e.diagnostics[0]
            yield PartCounted(path=list(path), members=None, problem=first.message)


def _member(opened: Opened, node: Node, told: CustomerTold, number: int) -> MemberTold:
    _, reasons = opened.desk.why(node, number)
    by_path = dict(parts_of(node))
    values = [
        f"{_subject(opened, by_path[r.path])} {shown}"
        for r in reasons
        if r.holds and r.has_value and not isinstance(r.value, bool) and (shown := value_words(opened, r, by_path))
    ]
    return MemberTold(
        account_id=told.account_id, name=told.name, money=told.money, values=list(dict.fromkeys(values))[:4]
    )


def _subject(opened: Opened, node: Node) -> str:
    """What a condition looks at, in words."""
    looked_at = _looked_at(node) or node
    attribute = opened.plan.catalog.attributes.get(looked_at.name) if isinstance(looked_at, Attribute) else None
    return f"{attribute.title if attribute else opened.plan.english(looked_at)}:"


def _looked_at(node: Node) -> Node | None:
    if isinstance(node, Call) and OPERATORS[node.operator].form in (
        Form.COMPARISON, Form.LIST, Form.RANGE, Form.PATTERN, Form.TEST,
    ):  # fmt: skip
        return next((a for a in node.arguments if not isinstance(a, Written)), None)
    return None


def _reasons(opened: Opened, node: Node, reasons: Sequence[Reason], turned: Sequence[Turn]) -> list[ReasonTold]:
    by_path = dict(parts_of(node))
    turning = {t.reason.path: t.to for t in turned}
    return [
        ReasonTold(
            path=list(r.path),
            english=r.english,
            holds="yes" if r.holds else "unknown" if r.holds is None else "no",
            value=value_words(opened, r, by_path),
            wanted=_wanted(opened, node, r, by_path[r.path], turning.get(r.path, not r.holds)),
            turns=r.path in turning,
        )
        for r in reasons
    ]


def _wanted(opened: Opened, whole: Node, reason: Reason, node: Node, to: bool) -> str:
    """What would have to be instead: the condition where it would have to become true (`to`), else its opposite."""
    words = opened.plan.english(node if to else Not(node))
    gap = _gap(opened, reason, node) if to else ""
    return f"{words}{gap}"


def _gap(opened: Opened, reason: Reason, node: Node) -> str:
    """How much is missing, where a number is compared with a written one."""
    if not isinstance(node, Call) or node.operator not in (">", ">=", "<", "<="):
        return ""
    first, second = node.arguments
    value, wanted = reason.value, second.value if isinstance(second, Written) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(wanted, int | float):
        return ""
    is_money = value_type(first, opened.plan.catalog) is ValueType.MONEY
    missing = abs(wanted - value)
    if not missing:
        return ""
    amount = money_text(missing, opened.run.about.settings.currency, exact=True) if is_money else number_text(missing)
    return f": {amount} {'more' if node.operator.startswith('>') else 'less'}"


def value_words(opened: Opened, reason: Reason, by_path: dict[tuple[int, ...], Node]) -> str | None:
    """The value that a condition looks at, as people read it; None where it looks at none or at several."""
    if not reason.has_value:
        return None
    currency = opened.run.about.settings.currency
    attribute = opened.plan.catalog.attributes.get(reason.attribute) if reason.attribute else None
    if attribute is not None:
        return _date_or(reason.value) or value_text(reason.value, attribute, currency)
    looked_at = _looked_at(by_path[reason.path])
    is_money = looked_at is not None and value_type(looked_at, opened.plan.catalog) is ValueType.MONEY
    return _words(reason.value, currency if is_money else None)


def _words(value: Value, currency: str | None) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return money_text(value, currency, exact=True) if currency else number_text(value)
    return _date_or(value) or str(value)


def _date_or(value: Value) -> str:
    return date_text(value) if isinstance(value, date) else ""
