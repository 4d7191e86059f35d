"""Why a customer is in a segment or not: each condition with the customer's value, and what would have to change."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from beachhead.errors import DefinitionError, UsageError
from beachhead.rules import Node, ValueType, never_or_always
from beachhead.rules.ast import And, Not, Or
from beachhead.service.named_segment import named_segment
from beachhead.service.plan import Plan
from beachhead.service.population import Customers
from beachhead.service.results import Run
from beachhead.service.rule_desk import Reason, RuleDesk
from beachhead.service.segment_rules import EXCLUDED


@dataclass(frozen=True, slots=True)
class Turn:
    """A condition that would have to become true (`to`) or false."""

    reason: Reason
    to: bool


@dataclass(frozen=True, slots=True)
class Why:
    """The answer for one customer and segment. `since`: the first published day of the present stay, None for who is
    not in; `change`: the conditions that would have to turn so that the answer does, the fewest that do it; empty where
    no condition decides: for who is named in the file, and for a rule that is never or always true."""

    account_id: str
    segment: str
    title: str
    as_of: date
    is_member: bool
    since: date | None
    reasons: tuple[Reason, ...]
    change: tuple[Turn, ...]
    note: str | None


def why(run: Run, plan: Plan, population: Customers, account_id: str, segment: str) -> Why:
    """Explain a segment for a customer by the rule as it is now. Raises `UsageError` with the nearest name or id,
    `DataError`."""
    chosen = named_segment(plan, segment, run)
    customer = run.customer(account_id)
    number, present_id = customer["account_no"], customer["account_id"]
    assert isinstance(number, int)
    desk = RuleDesk(plan, population)
    reading = desk.read(rule_of(plan, segment))
    if reading.node is None or reading.core is None:
        raise DefinitionError(reading.diagnostics)
    by_rule, reasons = desk.why(reading.node, number)
    is_member = desk.holds(chosen.node, number)
    word = "include" if is_member else "exclude"
    family = segment.partition("/")[0]
    by_hand = is_member is not by_rule or (
        not is_member and present_id in population.world.listed(f"{EXCLUDED} {family}")
    )
    notes = [f"{word} in segments/{family}.yml names this customer"] if by_hand else []
    certain = never_or_always(reading.core, plan.catalog)
    notes += [certain] if certain else []
    told = {s.name: s for s in run.about.segments}
    if segment in told and told[segment].version != chosen.version:
        rule = "the rule, or one that it names, has changed since the last update"
        notes.append(f"{rule}; this is what the present one says")
    turned = () if by_hand or certain else fewest(reading.node, {r.path: r for r in reasons}, not is_member)
    since = None
    if is_member:
        with suppress(UsageError):  # it was never published
            stay = population.world.history.stays(segment, number).present
            since = stay.first if stay else None
    return Why(
        str(customer["account_id"]), segment, chosen.definition.title, run.as_of, is_member, since, reasons,
        turned, "; ".join(notes) or None,
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


def fewest(node: Node, reasons: Mapping[tuple[int, ...], Reason], wanted: bool) -> tuple[Turn, ...]:
    """The fewest conditions that would have to turn so that the rule is true (`wanted`), or is false or unknown."""
    return _turn(node, (), reasons, wanted, not wanted)


def _turn(
    node: Node, path: tuple[int, ...], reasons: Mapping[tuple[int, ...], Reason], wanted: bool, or_unknown: bool
) -> tuple[Turn, ...]:
    match node:
        case And() | Or():
            parts = [_turn(item, (*path, n), reasons, wanted, or_unknown) for n, item in enumerate(node.items)]
            if isinstance(node, And) is wanted:
                return tuple(turn for part in parts for turn in part)
            return min(parts, key=len)
        case Not():
            return _turn(node.item, (*path, 0), reasons, not wanted, or_unknown)
        case _:
            reason = reasons[path]
            is_so = reason.holds is wanted or (or_unknown and reason.holds is None)
            return () if is_so else (Turn(reason, wanted),)
