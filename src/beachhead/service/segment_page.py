"""One segment: what it says, how large it was on each published day, who came and went, who is in it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from beachhead.analysis.display import date_text, money_text
from beachhead.errors import Diagnostic, UsageError
from beachhead.project.definitions import SegmentDefinition
from beachhead.rules import from_json
from beachhead.service.about import AboutSegment
from beachhead.service.named_segment import users_of
from beachhead.service.plan import Plan
from beachhead.service.rule_layout import laid_out
from beachhead.service.rule_reading import RuleRead, Told, read_rule
from beachhead.service.segment_desk import Definitions
from beachhead.service.segment_facts import CustomerTold, SegmentFacts
from beachhead.service.segment_listing import Remark, Standing, remarks_on, standing_of
from beachhead.service.why import rule_of

_LONG_LINE = 76
_NAMED = 8
_STEPS = 12


class DayTold(Told):
    """The size on a published day. `is_other_rule`: the rule was another one the day before; `stale`: the members of
    an earlier day, for want of a rule that could be evaluated."""

    day: str
    size: int
    is_other_rule: bool
    stale: bool


class MoveTold(Told):
    """Who joined and left between two published days; of both some names, the notable first."""

    day: str
    since: str
    is_other_rule: bool
    joined: int
    left: int
    joined_names: list[CustomerTold]
    left_names: list[CustomerTold]


class SegmentPageTold(Told):
    """A segment with its definition. `base`: of its file as it is now, to be sent back when it is saved; null for one
    of a family or without file. `rule`: laid out for reading where it is one long line."""

    name: str
    title: str
    file: str
    base: str | None
    family: str | None
    for_each: str | None
    owner: str | None
    description: str | None
    profile: str | None
    include: int
    exclude: int
    where: str
    rule: RuleRead
    standing: Standing
    remarks: list[Remark]
    used_by: list[str]
    size: int | None
    share: float | None
    money: str
    money_title: str | None
    days: list[DayTold]
    moves: list[MoveTold]


class QualityTold(Told):
    """One quality of a segment. `told`: the number behind the verdict in words; `next_step`: where it is poor."""

    name: str
    verdict: Literal["good", "fair", "poor", "unknown"]
    told: str
    next_step: str | None


class CardTold(Told):
    """Whether a segment is a good one, and in words how long members stay and who came back."""

    qualities: list[QualityTold]
    stays: list[str]


class MembersTold(Told):
    """Some members of a segment; `total`: how many fit what is searched for."""

    total: int
    members: list[CustomerTold]


def segment_page(definitions: Definitions, facts: SegmentFacts, name: str) -> SegmentPageTold:
    """All about one segment. Raises `UsageError` with the nearest name."""
    plan = definitions.plan
    project = plan.project
    told = {s.name: s for s in facts.run.about.segments}
    family = name.partition("/")[0]
    definition = project.segments.get(family)
    is_child = "/" in name
    published_name = _published_name(definitions, facts, name)
    about = told.get(published_name)
    is_broken = ("segments", family) in project.broken
    if (definition is None or (is_child and definition.for_each is None)) and about is None and not is_broken:
        raise UsageError(Diagnostic.unknown_name("segment", name, {*project.segments, *told}))
    where = _where(plan, definition, about, name)
    standing = standing_of(definitions, facts, name)
    size = about.size if about else None
    money = facts.money_of(about.name) if about and size is not None else None
    described = definition or about
    path = file_of(plan, family)
    published = facts.sizes(published_name)
    return SegmentPageTold(
        name=name,
        title=about.title if about and (is_child or definition is None) else described.title if described else name,
        file=str(path.relative_to(project.root)),
        base=None if is_child else fingerprint(path),
        family=family if is_child else None,
        for_each=definition.for_each if definition else None,
        owner=described.owner if described else None,
        description=described.description if described else None,
        profile=described.profile if described else None,
        include=len(definition.include) if definition else 0,
        exclude=len(definition.exclude) if definition else 0,
        where=where,
        rule=_for_reading(plan, where, is_child),
        standing=standing,
        remarks=remarks_on(definitions, about, name, standing),
        used_by=list(users_of(plan, family)),
        size=size,
        share=None if size is None or not len(facts.numbers) else size / len(facts.numbers),
        money="" if money is None else money_text(money, facts.currency, short=True),
        money_title=facts.money.attribute.title if facts.money else None,
        days=[
            DayTold(
                day=str(now.day),
                size=now.size,
                is_other_rule=bool(n) and published[n - 1].version != now.version,
                stale=now.stale,
            )
            for n, now in enumerate(published)
        ],
        moves=[
            MoveTold(
                day=date_text(after.day),
                since=date_text(before.day),
                is_other_rule=before.version != after.version,
                joined=len(joined),
                left=len(left),
                joined_names=facts.told(facts.best_first(joined)[:_NAMED]),
                left_names=facts.told(facts.best_first(left)[:_NAMED]),
            )
            for before, after, joined, left in facts.lately(published_name, _STEPS)
        ],
    )


def segment_card(definitions: Definitions, facts: SegmentFacts, name: str) -> CardTold:
    """The quality card of a published segment. Raises `UsageError`, `DataError`."""
    name = _published_name(definitions, facts, name)
    return CardTold(
        qualities=[
            QualityTold(name=q.name, verdict=q.verdict, told=q.told, next_step=q.next_step)
            for q in facts.card(name).qualities
        ],
        stays=facts.stays(name),
    )


def segment_members(
    definitions: Definitions, facts: SegmentFacts, name: str, search: str, offset: int, limit: int
) -> MembersTold:
    """A page of the members as published, the notable first. Raises `UsageError`, `DataError`."""
    members = facts.members(_published_name(definitions, facts, name))
    if search.strip():
        members = facts.find(search, len(facts.numbers), members)
        return MembersTold(total=len(members), members=facts.told(members[offset : offset + limit]))
    return MembersTold(total=len(members), members=facts.told(facts.best_first(members)[offset : offset + limit]))


def _published_name(definitions: Definitions, facts: SegmentFacts, name: str) -> str:
    """The name that the newest update has a segment by: its earlier one until another name is published."""
    definition = definitions.plan.project.segments.get(name)
    earlier = definition.previously if definition else None
    is_renamed = earlier is not None and earlier in facts.run.segments and name not in facts.run.segments
    return earlier if earlier and is_renamed else name


def file_of(plan: Plan, name: str) -> Path:
    """The file of a segment, or that which a new one would get."""
    root = plan.project.root
    is_written = ("segments", name) in plan.project.documents
    return root / (plan.project.place("segments", name).file if is_written else f"segments/{name}.yml")


def fingerprint(path: Path) -> str | None:
    """What tells one state of a file from another; None where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:20]
    except OSError:
        return None


def _where(plan: Plan, definition: SegmentDefinition | None, about: AboutSegment | None, name: str) -> str:
    if definition is None:
        return about.where if about else ""
    return rule_of(plan, name)


def _for_reading(plan: Plan, where: str, is_made: bool) -> RuleRead:
    """The rule as it is written; laid out where it is one long line, or made of a family's rule."""
    found = read_rule(plan, where.strip())
    is_fine = "\n" in found.text or len(found.text) <= _LONG_LINE
    if found.tree is None or (is_fine and not is_made):
        return found
    return read_rule(plan, laid_out(from_json(found.tree)))
