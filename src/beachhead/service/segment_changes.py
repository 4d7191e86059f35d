"""What a change of segments will do, as the page shows it before anything is written or published."""

from __future__ import annotations

from beachhead.analysis.display import money_text
from beachhead.errors import Severity
from beachhead.service.plan import Plan
from beachhead.service.results import Run
from beachhead.service.rule_reading import Told
from beachhead.service.segment_plan import Kind, SegmentChange, Side, plan_segments


class NamedTold(Told):
    account_id: str
    name: str | None


class SideTold(Told):
    """Those who join, or those who leave: what they bring, and the notable ones."""

    count: int
    money: str
    notable: list[NamedTold]


class ChangeTold(Told):
    """What happens to one segment. `is_asked`: it is the one that is being edited; others were changed before, or
    follow."""

    name: str
    title: str
    kind: Kind
    is_asked: bool
    before: int | None
    after: int | None
    joined: SideTold
    left: SideTold
    english: str
    used_by: list[str]


class PlanTold(Told):
    """All that publishing would do. `needs_update`: more than rules changed, so that it takes an update; `looks_back`:
    earlier days that rules ask for."""

    changes: list[ChangeTold]
    unchanged: int
    money_title: str | None
    needs_update: bool
    looks_back: int
    seconds: float
    problems: list[dict[str, str | int | None]]


def plan_told(run: Run, plan: Plan, asked: str | None = None) -> PlanTold:
    """The plan, what is asked for first. Raises `DataError`, `OutsideError`."""
    found = plan_segments(run, plan)
    currency = run.about.settings.currency
    changes = [_change(c, currency, asked) for c in found.changes]
    measure = run.attributes.get(found.measure or "")
    return PlanTold(
        changes=sorted(changes, key=lambda c: not c.is_asked),
        unchanged=found.unchanged,
        money_title=measure.title if measure else None,
        needs_update=found.needs_update,
        looks_back=found.looks_back,
        seconds=round(found.seconds, 3),
        problems=[
            d.as_dict()
            for d in found.diagnostics
            if d.severity is Severity.ERROR and d.place and d.place.file.startswith("segments/")
        ],
    )


def _change(change: SegmentChange, currency: str, asked: str | None) -> ChangeTold:
    return ChangeTold(
        name=change.name,
        title=change.title,
        kind=change.kind,
        is_asked=asked is not None and change.name.partition("/")[0] == asked,
        before=change.before,
        after=change.after,
        joined=_side(change.joined, currency),
        left=_side(change.left, currency),
        english=change.english,
        used_by=list(change.used_by),
    )


def _side(side: Side, currency: str) -> SideTold:
    return SideTold(
        count=side.count,
        money="" if side.money_cents is None else money_text(side.money_cents, currency, short=True),
        notable=[NamedTold(account_id=n.account_id, name=n.name) for n in side.notable],
    )
