"""The list of segments: published ones, and those whose files say something that is not published yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from beachhead.analysis.display import money_text
from beachhead.errors import Diagnostic
from beachhead.project.definitions import SegmentDefinition
from beachhead.service.about import AboutSegment
from beachhead.service.rule_reading import Told
from beachhead.service.segment_desk import Definitions
from beachhead.service.segment_facts import SegmentFacts

Standing = Literal["published", "new", "changed", "removed", "waiting", "broken"]
"""`waiting`: of nothing that it names there is data; `broken`: its file has a mistake."""

SortKey = Literal["title", "size", "money", "joined", "left", "owner"]
_MOST_DAYS = 60
_MOST_WARNINGS = 3


class Remark(Told):
    """What is to know of a segment: odd, stale, broken, not published."""

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    remedy: str | None = None


class SegmentRow(Told):
    """One segment of the list, or a family with all of its segments. `sizes`: on the last published days. `share`: of
    all customers. `joined`, `left`: since the update of an earlier day, null where the rule changed."""

    name: str
    title: str
    family: str | None
    segments: int | None
    size: int | None
    share: float | None
    sizes: list[int]
    joined: int | None
    left: int | None
    money_cents: int | None
    money: str
    owner: str | None
    description: str | None
    standing: Standing
    stale: bool
    remarks: list[Remark]


class SegmentList(Told):
    """A page of the list. `total`: rows that fit what is searched for; `all`: segments there are. `pending`: segments
    whose files differ from what is published."""

    as_of: str
    customers: int
    customers_are: str
    currency: str
    money_title: str | None
    rows: list[SegmentRow]
    total: int
    all: int
    pending: int


class _Entry:
    """A row before its numbers are read."""

    def __init__(
        self, name: str, definition: SegmentDefinition | None, told: AboutSegment | None, standing: Standing
    ) -> None:
        self.name = name
        self.definition = definition
        self.told = told
        self.standing = standing
        self.children: list[_Entry] = []

    @property
    def title(self) -> str:
        is_child = self.told is not None and "/" in self.name
        if self.definition and not is_child:
            return self.definition.title
        return self.told.title if self.told else self.name

    @property
    def owner(self) -> str | None:
        return self.definition.owner if self.definition else self.told.owner if self.told else None

    @property
    def description(self) -> str | None:
        return self.definition.description if self.definition else self.told.description if self.told else None

    @property
    def size(self) -> int | None:
        if self.children:
            return sum(c.size or 0 for c in self.children)
        return self.told.size if self.told else None

    def sum(self, of: Callable[[AboutSegment], int | None]) -> int | None:
        """A number of its own, or of all segments of the family."""
        if self.children:
            found = [n for c in self.children if (n := c.sum(of)) is not None]
            return sum(found) if found else None
        return of(self.told) if self.told else None

    @property
    def words(self) -> str:
        parts = (self.name, self.title, self.owner or "", self.description or "")
        return " ".join((*parts, self.definition.where if self.definition else "")).casefold()


def segment_list(
    definitions: Definitions,
    facts: SegmentFacts,
    *,
    search: str = "",
    family: str | None = None,
    sort: SortKey = "title",
    descending: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> SegmentList:
    """A page of segments. Families are one row, unless one of them (`family`) or something in them is looked for."""
    entries = _entries(definitions, facts)
    all_of_them = [e for one in entries for e in (one.children or [one])]
    if family is not None:
        rows = [c for e in entries if e.name == family for c in e.children]
    elif search.strip():
        wanted = search.casefold().split()
        rows = [e for one in entries for e in (one, *one.children) if all(w in e.words for w in wanted)]
    else:
        rows = entries
    rows = _sorted(rows, facts, sort, descending)
    money = facts.money
    return SegmentList(
        as_of=str(facts.run.as_of),
        customers=len(facts.numbers),
        customers_are=facts.run.about.settings.customers_are,
        currency=facts.currency,
        money_title=money.attribute.title if money else None,
        rows=[_row(e, definitions, facts) for e in rows[offset : offset + limit]],
        total=len(rows),
        all=len(all_of_them),
        pending=sum(e.standing in ("new", "changed", "removed") for e in entries),
    )


def standing_of(definitions: Definitions, facts: SegmentFacts, name: str) -> Standing:
    """How a segment stands; a name that nobody knows is `removed`."""
    family = name.partition("/")[0]
    return next((e.standing for e in _entries(definitions, facts) if e.name in (name, family)), "removed")


def remarks_on(definitions: Definitions, told: AboutSegment | None, name: str, standing: Standing) -> list[Remark]:
    """What is to know of a segment, the gravest first."""
    return list(_remarks(definitions, told, name, standing))[:_MOST_WARNINGS]


def _entries(definitions: Definitions, facts: SegmentFacts) -> list[_Entry]:
    project, plan = definitions.plan.project, definitions.plan
    told = {s.name: s for s in facts.run.about.segments}
    versions = {s.name: s.version for s in plan.segments}
    broken = {*plan.broken, *(name for kind, name in project.broken if kind == "segments")}
    found = {
        name: _Entry(
            name,
            d,
            told.get(name) or told.get(d.previously or ""),
            _standing(name, d, told, versions, broken, plan.waiting),
        )
        for name, d in project.segments.items()
    }
    for name in broken - found.keys():
        found[name] = _Entry(name, None, told.get(name), "broken")
    heirs = {d.previously for d in project.segments.values()}
    for name, one in told.items():
        family = name.partition("/")[0]
        if name in found or (one.size is None and family not in found):
            continue
        if family != name and family in found:
            parent = found[family]
            parent.children.append(_Entry(name, parent.definition, one, parent.standing))
        elif name not in heirs and family not in heirs:
            found[name] = _Entry(name, None, one, "removed")
    return list(found.values())


def _standing(
    name: str,
    definition: SegmentDefinition,
    told: Mapping[str, AboutSegment],
    versions: Mapping[str, str],
    broken: set[str],
    waiting: Mapping[str, str],
) -> Standing:
    if name in broken:
        return "broken"
    if name in waiting:
        return "waiting"
    before = told.get(name)
    if definition.for_each is not None:
        before = next((one for n, one in told.items() if n.startswith(f"{name}/")), None)
        return "new" if before is None else "published" if before.where == definition.where else "changed"
    if before is None or before.size is None:
        return "changed" if definition.previously in told else "new"
    return "published" if before.version == versions.get(name) else "changed"


def _sorted(rows: Sequence[_Entry], facts: SegmentFacts, sort: SortKey, descending: bool) -> list[_Entry]:
    by_title = sorted(rows, key=lambda e: e.title.casefold())
    if sort == "title":
        return by_title[::-1] if descending else by_title

    def key(entry: _Entry) -> int | str | None:
        match sort:
            case "size":
                return entry.size
            case "money":
                return _money(entry, facts)
            case "joined":
                return entry.sum(lambda s: s.joined)
            case "left":
                return entry.sum(lambda s: s.left)
            case _:
                return entry.owner and entry.owner.casefold()

    known = [(k, e) for e in by_title if (k := key(e)) is not None]
    unknown = [e for e in by_title if key(e) is None]
    ordered = sorted(known, key=lambda pair: pair[0], reverse=descending)
    return [*(e for _, e in ordered), *unknown]


def _money(entry: _Entry, facts: SegmentFacts) -> int | None:
    if entry.children:
        return facts.sum_of([c.name for c in entry.children])
    return facts.money_of(entry.told.name) if entry.told and entry.size is not None else None


def _row(entry: _Entry, definitions: Definitions, facts: SegmentFacts) -> SegmentRow:
    size, money, everybody = entry.size, _money(entry, facts), len(facts.numbers)
    return SegmentRow(
        name=entry.name,
        title=entry.title,
        family=entry.name.partition("/")[0] if "/" in entry.name else None,
        segments=len(entry.children) if entry.definition and entry.definition.for_each and not entry.told else None,
        size=size,
        share=None if size is None or not everybody else size / everybody,
        sizes=_sizes(entry, facts),
        joined=entry.sum(lambda s: s.joined),
        left=entry.sum(lambda s: s.left),
        money_cents=money,
        money="" if money is None else money_text(money, facts.currency, short=True),
        owner=entry.owner,
        description=entry.description,
        standing=entry.standing,
        stale=any(e.told is not None and e.told.stale for e in (entry, *entry.children)),
        remarks=remarks_on(definitions, entry.told, entry.name, entry.standing),
    )


def _sizes(entry: _Entry, facts: SegmentFacts) -> list[int]:
    if not entry.children:
        return [p.size for p in facts.sizes(entry.told.name if entry.told else entry.name)][-_MOST_DAYS:]
    by_day: dict[object, int] = {}
    for child in entry.children:
        for published in facts.sizes(child.name):
            by_day[published.day] = by_day.get(published.day, 0) + published.size
    return [by_day[day] for day in sorted(by_day, key=str)][-_MOST_DAYS:]


def _remarks(definitions: Definitions, told: AboutSegment | None, name: str, standing: Standing) -> Iterator[Remark]:
    plan = definitions.plan
    family = name.partition("/")[0]
    yield from map(_remark, plan.broken.get(family, ()))
    if family not in plan.broken and standing == "broken":
        file = f"segments/{family}.yml"
        yield from map(_remark, (d for d in plan.project.errors if d.place and d.place.file == file))
    if family in plan.waiting:
        yield Remark(
            code="waiting-for-data", severity="info", message=f"it has no data yet: {plan.waiting[family]}",
            remedy="Add a file that has it.",
        )  # fmt: skip
    if told and told.stale:
        why = told.why or "its rule could not be evaluated"
        yield Remark(
            code="stale", severity="warning", message=f"its members are of an earlier update: {why}",
            remedy="Mend the rule; until then the last known members stay.",
        )  # fmt: skip
    yield from _unpublished(standing)
    yield from map(_remark, definitions.oddities.get(family, ()))
    if told and told.lacking:
        lacking = ", ".join(told.lacking)
        yield Remark(
            code="lacking", severity="info", message=f"these have no data, and count as unknown or none: {lacking}"
        )


def _unpublished(standing: Standing) -> Iterable[Remark]:
    words = {
        "new": "it is not published yet, so that nobody is in it",
        "changed": "its rule, or that of a segment that it names, has changed since it was published",
        "removed": "its file is gone; it disappears with the next update",
    }
    if standing in words:
        yield Remark(code=standing, severity="info", message=words[standing], remedy="Publish it.")


def _remark(diagnostic: Diagnostic) -> Remark:
    return Remark(
        code=diagnostic.code, severity=diagnostic.severity.value, message=diagnostic.message, remedy=diagnostic.remedy
    )
