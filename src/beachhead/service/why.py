"""Why a customer is in a segment or not: each condition with the customer's value, and what would have to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from beachhead.errors import DefinitionError, Diagnostic, UsageError
from beachhead.rules import Node, ValueType
from beachhead.rules.ast import And, Not, Or
from beachhead.service.plan import Plan
from beachhead.service.population import Customers
from beachhead.service.results import Run
from beachhead.service.rule_desk import Reason, RuleDesk


@dataclass(frozen=True, slots=True)
class Why:
    """The answer for one customer and segment. `since`: the first published day of the present stay, None for who is
    not in; `change`: the conditions that would have to turn so that the answer does, the fewest that do it."""

    account_id: str
    segment: str
    title: str
    as_of: date
    is_member: bool
    since: date | None
    reasons: tuple[Reason, ...]
    change: tuple[Reason, ...]
    note: str | None


def why(run: Run, plan: Plan, population: Customers, account_id: str, segment: str) -> Why:
    """Explain a segment for a customer by the rule as it is now. Raises `UsageError` with the nearest name or id,
    `DataError`."""
    compiled = {s.name: s for s in plan.segments}
    family, _, value = segment.partition("/")
    chosen = compiled.get(segment) or compiled.get(family)
    if chosen is None or (value and chosen.definition.for_each is None):
        raise UsageError(Diagnostic.unknown_name("segment", segment, compiled))
    customer = run.customer(account_id)
    number = customer["account_no"]
    assert isinstance(number, int)
    desk = RuleDesk(plan, population)
    reading = desk.read(rule_of(plan, segment))
    if reading.node is None:  # a value that its attribute cannot have
        raise DefinitionError(reading.diagnostics)
    is_member, reasons = desk.why(reading.node, number)
    by_hand = chosen.definition.include if account_id in chosen.definition.include else chosen.definition.exclude
    note = None
    if account_id in by_hand:
        is_member = account_id in chosen.definition.include and account_id not in chosen.definition.exclude
        note = f"{'include' if is_member else 'exclude'} in segments/{chosen.name}.yml names this customer"
    told = {s.name: s for s in run.about.segments}
    if segment in told and told[segment].version != chosen.version and chosen.definition.for_each is None:
        note = "the rule has changed since the last update; this is what the present one says"
    turned = fewest(reading.node, {r.path: r for r in reasons}, not is_member)
    since = None
    if is_member and segment in told:
        stay = population.world.history.stays(segment, number).present
        since = stay.first if stay else None
    return Why(
        str(customer["account_id"]), segment, chosen.definition.title, run.as_of, is_member, since, reasons,
        () if note and account_id in by_hand else turned, note,
    )  # fmt: skip


def rule_of(plan: Plan, segment: str) -> str:
    """The text of a segment's rule; of one of a family with the value that makes it one."""
    family, _, value = segment.partition("/")
    definition = plan.project.segments[family]
    if not value or definition.for_each is None:
        return definition.where
    kind = plan.catalog.attribute_type(definition.for_each)
    written = "'" + value.replace("'", "''") + "'" if kind is ValueType.TEXT else value
    return f"({definition.where}\n) and {definition.for_each} = {written}"


def fewest(node: Node, reasons: Mapping[tuple[int, ...], Reason], wanted: bool) -> tuple[Reason, ...]:
    """The fewest conditions that would have to turn so that the rule is true (`wanted`) or is not."""
    return _turn(node, (), reasons, wanted) or ()


def _turn(
    node: Node, path: tuple[int, ...], reasons: Mapping[tuple[int, ...], Reason], wanted: bool
) -> tuple[Reason, ...]:
    match node:
        case And() | Or():
            parts = [_turn(item, (*path, n), reasons, wanted) for n, item in enumerate(node.items)]
            if isinstance(node, And) is wanted:
                return tuple(reason for part in parts for reason in part)
            return min(parts, key=len)
        case Not():
            return _turn(node.item, (*path, 0), reasons, not wanted)
        case _:
            reason = reasons[path]
            return () if reason.holds is wanted else (reason,)
