"""What is asked about segments, as lines for people and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa

from beachhead.analysis.display import date_text, money_text, plural, singular, value_text
from beachhead.customers.attributes import Attribute
from beachhead.rules import Value
from beachhead.service.customers_by_worth import CustomersByWorth
from beachhead.service.documents import Json, money_value, plain
from beachhead.service.plan import Plan
from beachhead.service.results import Run
from beachhead.service.rule_desk import Reason
from beachhead.service.segment_plan import SegmentChange, SegmentPlan, Side
from beachhead.service.segmentation import Group
from beachhead.service.verifying import Verified
from beachhead.service.why import Why
from beachhead.store.membership_history import Published

_SIGNS = {True: "yes    ", False: "no     ", None: "unknown"}
_KINDS = {
    "new": "new",
    "changed": "other rule",
    "restored": "same rule, which can be evaluated again",
    "removed": "removed",
    "follows": "same rule, but a segment, list or earlier day that it asks for changed",
}


def why_lines(answer: Why, run: Run, plan: Plan) -> Iterator[str]:
    """The answer, then each condition with the customer's value, then what would have to change."""
    is_in = "is in" if answer.is_member else "is not in"
    since = f" since {date_text(answer.since)}" if answer.since else ""
    yield f"{answer.account_id} {is_in} '{answer.title}' as of {date_text(answer.as_of)}{since}"
    if answer.note:
        yield f"note: {answer.note}"
    for reason in answer.reasons:
        yield f"  {_SIGNS[reason.holds]}  {reason.english}{_shown(reason, run, plan)}"
    if answer.change:
        yield f"to be {'out' if answer.is_member else 'in'}, this would have to change:"
        for turn in answer.change:
            unknown = " (it is unknown now)" if turn.reason.holds is None else ""
            yield f"  to {'true' if turn.to else 'false'}: {turn.reason.english}{unknown}"


def why_json(answer: Why) -> Json:
    return {
        "account_id": answer.account_id,
        "segment": answer.segment,
        "title": answer.title,
        "is_member": answer.is_member,
        "since": plain(answer.since),
        "note": answer.note,
        "conditions": [_reason_json(r) for r in answer.reasons],
        "to_change": [{"text": t.reason.text, "to": t.to} for t in answer.change],
    }


def _reason_json(reason: Reason) -> Json:
    return {
        "path": list(reason.path),
        "text": reason.text,
        "english": reason.english,
        "holds": reason.holds,
        "value": plain(reason.value),
        "has_value": reason.has_value,
    }


def _shown(reason: Reason, run: Run, plan: Plan) -> str:
    if not reason.has_value or isinstance(reason.value, bool):
        return ""
    return f": {_words(reason.value, _attribute_of(reason, plan), run.about.settings.currency)}"


def _attribute_of(reason: Reason, plan: Plan) -> Attribute | None:
    return plan.catalog.attributes.get(reason.attribute) if reason.attribute else None


def _words(value: Value, attribute: Attribute | None, currency: str) -> str:
    if attribute:
        return value_text(value, attribute, currency)
    if value is None:
        return "unknown"
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def plan_lines(found: SegmentPlan, run: Run) -> Iterator[str]:
    """Segment by segment who joins and who leaves, with names and money."""
    currency, people = run.about.settings.currency, run.about.settings.customers_are
    for change in found.changes:
        yield f"{change.name}: {_what(change)}{_sizes(change, people)}"
        for sign, word, side in (("+", "join", change.joined), ("-", "leave", change.left)):
            if side.count:
                verb = f"{word}s" if side.count == 1 else word
                yield f"  {sign}{side.count:,} {verb}{_money(side, currency)}: {_names(side)}"
        if change.used_by:
            yield f"  used by {', '.join(change.used_by)}"
    if not found.changes:
        yield "no segment changes"
    stay = "stays as it is" if found.unchanged == 1 else "stay as they are"
    yield f"{plural(found.unchanged, 'segments')} {stay}; evaluated in {found.seconds:.2f} s"
    if found.looks_back:
        yield f"rules look back to {plural(found.looks_back, 'earlier days')}, each computed in every update"
    if found.needs_update:
        yield "sources, attributes or the score changed too: `beachhead run` computes the customers again"


def _sizes(change: SegmentChange, people: str) -> str:
    if change.after is None:
        return "" if change.before is None else f"; it had {plural(change.before, people)}"
    before = "" if change.before is None else f"{change.before:,} → "
    return f"; {before}{plural(change.after, people)}"


def published_line(run: Run, waiting: Collection[str]) -> str:
    """How many segments have members, and how many failed: a family once, and not those that wait for data."""
    listed = run.about.segments
    failed = {s.name.partition("/")[0] for s in listed if s.why and s.name not in waiting}
    keeping = failed & {s.name.partition("/")[0] for s in listed if s.stale}
    line = f"published {run.name}: {plural(sum(s.size is not None for s in listed), 'segments')}"
    if keeping:
        line += f"; {len(keeping):,} failed and {'keeps its' if len(keeping) == 1 else 'keep their'} last members"
    if without := len(failed - keeping):
        line += f"; {without:,} failed and {'has' if without == 1 else 'have'} no members"
    return line


def _what(change: SegmentChange) -> str:
    return f"another name for {change.was}" if change.was else _KINDS[change.kind]


def _money(side: Side, currency: str) -> str:
    return "" if side.money_cents is None else f", {money_text(side.money_cents, currency)}"


def _names(side: Side) -> str:
    named = ", ".join(n.name or n.account_id for n in side.notable)
    return f"{named}{', …' if side.count > len(side.notable) else ''}"


def plan_json(found: SegmentPlan, run: Run) -> Json:
    currency = run.about.settings.currency
    return {
        "changes": [_change_json(c, currency) for c in found.changes],
        "unchanged": found.unchanged,
        "money_of": found.measure,
        "needs_update": found.needs_update,
        "looks_back": found.looks_back,
        "seconds": round(found.seconds, 3),
    }


def _change_json(change: SegmentChange, currency: str) -> Json:
    return {
        "segment": change.name,
        "title": change.title,
        "kind": change.kind,
        "was": change.was,
        "before": change.before,
        "after": change.after,
        "joined": _side_json(change.joined, currency),
        "left": _side_json(change.left, currency),
        "english": change.english,
        "used_by": list(change.used_by),
    }


def _side_json(side: Side, currency: str) -> Json:
    return {
        "count": side.count,
        "money": money_value(side.money_cents, currency),
        "notable": [{"account_id": n.account_id, "name": n.name} for n in side.notable],
    }


def verified_lines(found: Verified) -> Iterator[str]:
    yield f"{plural(found.equal, 'segments')} have exactly the members that their rule gives"
    for drift in found.drifted:
        yield (
            f"{drift.segment}: {plural(drift.missing, 'members')} missing, {drift.too_many:,} too many, "
            f"such as {', '.join(drift.examples)}"
        )
    if found.other_rule:
        why = "their rule changed after the update, or could not be evaluated in it"
        yield f"not compared, since {why}: {', '.join(found.other_rule)}"
    if found.moved_on:
        why = "other members now, since they ask for lists or earlier days, which may have changed after the update"
        yield f"{why}: {', '.join(found.moved_on)}"
    for wrong in (*found.failed, *found.damaged):
        yield str(wrong)


def verified_json(found: Verified) -> Json:
    return {
        "equal": found.equal,
        "drifted": [
            {"segment": d.segment, "missing": d.missing, "too_many": d.too_many, "examples": list(d.examples)}
            for d in found.drifted
        ],
        "other_rule": list(found.other_rule),
        "moved_on": list(found.moved_on),
    }


def curve_lines(sizes: Sequence[Published], run: Run) -> Iterator[str]:
    """The size on each published day; a star where the rule became another one."""
    version = None
    for published in sizes:
        mark = " * another rule" if version not in (None, published.version) else ""
        stale = " (stale)" if published.stale else ""
        people = run.about.settings.customers_are
        word = singular(people) if published.size == 1 else people
        yield f"{published.day}  {published.size:>9,} {word}{stale}{mark}"
        version = published.version


def sized_json(published: Published) -> dict[str, Json]:
    return {
        "day": published.day.isoformat(),
        "snapshot": published.ref.name,
        "version": published.version,
        "size": published.size,
        "stale": published.stale,
    }


def groups_table(groups: Sequence[Group], run: Run) -> pa.Table:
    """One row for each group of the segmentation."""
    rows, customers = groups_json(groups, run), CustomersByWorth(run)
    money = [customers.money_cents(g.members) for g in groups]
    currency = run.about.settings.currency
    return pa.table(
        {
            "group": pa.array([g["group"] for g in rows], pa.string()),
            "title": pa.array([g["title"] for g in rows], pa.string()),
            "status": pa.array([g["status"] for g in rows], pa.string()),
            "customers": pa.array([g["customers"] for g in rows], pa.int64()),
            "share": pa.array([g["share"] for g in rows], pa.float64()),
            "money": pa.array([None if m is None else money_text(m, currency) for m in money], pa.string()),
            "review": pa.array([g["review"] for g in rows], pa.string()),
            "trigger": pa.array([g["trigger"] for g in rows], pa.string()),
        }
    )


def groups_json(groups: Sequence[Group], run: Run) -> list[Mapping[str, Json]]:
    customers, everybody = CustomersByWorth(run), sum(len(g.members) for g in groups)
    currency = run.about.settings.currency
    return [
        {
            "group": group.name,
            "title": group.title,
            "status": group.status,
            "customers": len(group.members),
            "share": len(group.members) / everybody if everybody else None,
            "in_segment": group.in_segment,
            "money": money_value(customers.money_cents(group.members), currency),
            "trigger": group.trigger,
            "review": plain(group.review),
        }
        for group in groups
    ]
