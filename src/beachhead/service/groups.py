"""Which group each customer was in at the start of each period: by an attribute, a tier, or a segment.

Who comes within a period counts with what is first known of him at its end. What sources state of customers without a
day (an industry, a country) is read from the newest update, for the days on which it was known; anything else from
updates as of those days, which are made where they are missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from beachhead.analysis.buckets import Levels, levels_of
from beachhead.analysis.display import UNKNOWN
from beachhead.customers.attributes import Attribute
from beachhead.customers.loads import read_loads
from beachhead.errors import Diagnostic, UsageError
from beachhead.metrics.grouping import Grouping
from beachhead.metrics.periods import Period
from beachhead.project import Project
from beachhead.project.definitions import SourceDefinition
from beachhead.service.past import runs_as_of
from beachhead.service.progress import Say
from beachhead.service.results import Run
from beachhead.store.layout import Layout

MOST_GROUPS = 12
_MOST_LISTS = 30_000
"""Different lists that are told apart, before their items are counted; codes have 16 bits."""
_STATED = frozenset({"accounts", "companies", "extra"})


@dataclass(frozen=True, slots=True)
class Grouped:
    """A grouping with its title, and what to know of it."""

    grouping: Grouping
    title: str
    notes: tuple[str, ...] = ()


class Groups:
    """Groups of one run's customers over periods. `today`: by today's values and members, in all periods."""

    def __init__(
        self, run: Run, project: Project, periods: Sequence[Period], largest: int, say: Say, *, today: bool
    ) -> None:
        self._run = run
        self._project = project
        self._periods = periods
        self._largest = largest
        self._say = say
        self._today = today
        self._runs: dict[date, Run] = {}
        self._notes: list[str] = []

    def by(self, name: str) -> list[Grouped]:
        """Groups by the attribute or segment of that name; several segments with commas between may overlap, as the
        items of a list do, and are a grouping each. Raises `UsageError` that names the nearest."""
        if "," not in name:
            attribute = self._run.attributes.get(name)
            is_list = attribute is not None and attribute.type == "list"
            return self._by_items(attribute) if attribute and is_list else [self._by(name)]
        segments = list(dict.fromkeys(part.strip() for part in name.split(",") if part.strip()))
        if not segments or any(part in self._run.attributes for part in segments):
            message, remedy = "commas stand between segments only", "Break down by one attribute at a time."
            raise UsageError(Diagnostic("not-segments", message, remedy=remedy))
        found = [self._only(part, members) for part, members in self.members(*segments).items()]
        titles = [g.grouping.labels[0] for g in found]
        return [
            replace(g, grouping=replace(g.grouping, labels=(s,))) if titles.count(t) > 1 else g
            for g, s, t in zip(found, segments, titles, strict=True)
        ]

    def _only(self, segment: str, members: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Grouped:
        """The members of a segment as one group."""
        title = self._run.segments[segment].about.title
        codes = np.where(members, 0, -1).astype(np.int16)
        return Grouped(Grouping(segment, (title,), codes, is_part=True), "Segment", tuple(self._notes))

    def _by(self, name: str) -> Grouped:
        if name in self._run.attributes:
            attribute = self._run.attributes[name]
            return Grouped(self._by_attribute(attribute), attribute.title, tuple(self._notes))
        if name in self._run.segments:
            title = self._run.segments[name].about.title
            members = self.members(name)[name]
            codes = np.where(members, 0, 1).astype(np.int16)
            return Grouped(Grouping(name, (title, f"not {title}"), codes), title, tuple(self._notes))
        known = [*self._run.attributes, *self._run.segments]
        raise UsageError(Diagnostic.unknown_name("attribute or segment", name, known))

    def _by_items(self, attribute: Attribute) -> list[Grouped]:
        """The customers with each of the most frequent items of a list, and those whose list is unknown."""
        whole = self._by_attribute(attribute)
        labels = [[UNKNOWN] if label == UNKNOWN else label.split(";") for label in whole.labels]
        counts = np.bincount(whole.codes[-1][whole.codes[-1] >= 0], minlength=len(labels))
        sizes = Counter[str]()
        for items, count in zip(labels, counts.tolist(), strict=True):
            sizes.update(dict.fromkeys(items, count))
        order = sorted(sizes, key=lambda item: (item == UNKNOWN, -sizes[item], item))
        shown = order if len(order) <= MOST_GROUPS else [*order[: MOST_GROUPS - 1], *({UNKNOWN} & {*order})]
        notes = [*self._notes, f"who has several of “{attribute.title}” is in several groups"]
        if len(shown) < len(order):
            notes.append(f"the {len(shown)} most frequent of {len(order):,} values of “{attribute.title}” are shown")
        found = []
        for item in shown:
            has = np.append([item in items for items in labels], False)  # the last one for code -1
            codes = np.where(has[whole.codes], 0, -1).astype(np.int16)
            grouping = Grouping(attribute.name, (item,), codes, is_part=True)
            found.append(Grouped(grouping, attribute.title, tuple(notes)))
        return found

    def members(self, *segments: str) -> dict[str, np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
        """By segment, then by period and account number, who is in it at the period's start."""
        shape = (len(self._periods), self._largest + 1)
        found = {self._run.segments[segment].name: np.zeros(shape, np.bool_) for segment in segments}
        known = np.zeros(shape, np.bool_)
        for p, at in self._looks(segments):
            for segment, members in at.members(*segments).items():
                found[segment][p, members[~known[p, members]]] = True
            known[p, at.columns("account_no")["account_no"].to_numpy()] = True
        return found

    def _looks(self, segments: Sequence[str] = ()) -> list[tuple[int, Run]]:
        """Period and update for each look: as of the day before a period, then as of its last day."""
        count = len(self._periods)
        if self._today:
            return [(p, self._run) for p in range(count)]
        last = min(self._run.as_of, self._periods[-1].last_day)
        days = [p.start - timedelta(days=1) for p in self._periods]
        ends = [*days[1:], last]
        missing = [d for d in {*days, *ends} if d not in self._runs and d != self._run.as_of]
        runs, said = runs_as_of(self._project, missing, segments, self._say)
        self._runs |= runs | {self._run.as_of: self._run}
        self._notes += [d.message for d in said]
        pairs = [(p, self._runs.get(day)) for p in range(count) for day in (days[p], ends[p])]
        return [(p, at) for p, at in pairs if at is not None]

    def _by_attribute(self, attribute: Attribute) -> Grouping:
        if self._today or (attribute.area in _STATED and not self._changes(attribute)):
            return self._by_stated(attribute)
        looks = [
            (p, at.columns("account_no", attribute.name)) for p, at in self._looks() if attribute.name in at.attributes
        ]
        if not looks:
            return self._nobody(attribute)
        columns = [at[attribute.name] for _, at in looks]
        levels = _levels(pa.chunked_array([c for column in columns for c in column.chunks], columns[0].type),
                         attribute, self._run)  # fmt: skip
        unknown = levels.labels.index(UNKNOWN) if UNKNOWN in levels.labels else len(levels.labels)
        codes = np.full((len(self._periods), self._largest + 1), -1, np.int16)
        begin = 0
        for p, at in looks:
            numbers = at["account_no"].to_numpy()
            found = levels.codes[begin : begin + len(numbers)]
            begin += len(numbers)
            first = codes[p, numbers] < 0
            codes[p, numbers[first]] = found[first]
        here = np.zeros(self._largest + 1, np.bool_)
        here[self._run.columns("account_no")["account_no"].to_numpy()] = True
        codes[(codes < 0) & here] = unknown
        labels = levels.labels if UNKNOWN in levels.labels else (*levels.labels, UNKNOWN)
        return _used(Grouping(attribute.name, labels, codes))

    def _changes(self, attribute: Attribute) -> bool:
        """Whether loads are kept that may say something else of it."""
        return any(s.history == "kept" and not is_stable for s, is_stable in self._sources_of(attribute))

    def _sources_of(self, attribute: Attribute) -> list[tuple[SourceDefinition, bool]]:
        """The sources that state an attribute, each with whether it says that it does not change."""
        found = []
        for source in self._project.sources.values():
            needed = {n.partition(".")[2] for need in attribute.needs for n in need.split("|") if
                      n.startswith(f"{source.table}.")}  # fmt: skip
            columns = [*(source.columns.get(n) for n in needed), source.extra.get(attribute.name)]
            found += [(source, source.stable if c.stable is None else c.stable) for c in columns if c is not None]
        return found

    def _nobody(self, attribute: Attribute) -> Grouping:
        return Grouping(attribute.name, (UNKNOWN,), np.zeros((len(self._periods), self._largest + 1), np.int16))

    def _by_stated(self, attribute: Attribute) -> Grouping:
        accounts = self._run.columns("account_no", attribute.name)
        levels = _levels(accounts[attribute.name], attribute, self._run)
        unknown = levels.labels.index(UNKNOWN) if UNKNOWN in levels.labels else len(levels.labels)
        labels = levels.labels if UNKNOWN in levels.labels else (*levels.labels, UNKNOWN)
        numbers = accounts["account_no"].to_numpy()
        codes = np.full((len(self._periods), self._largest + 1), -1, np.int16)
        codes[:, numbers] = levels.codes
        since = None if self._today else self._known_since(attribute)
        if since is not None:
            early = [p for p, period in enumerate(self._periods) if min(period.last_day, self._run.as_of) < since]
            codes[np.ix_(early, numbers)] = unknown
            if early:
                self._notes.append(
                    f"{attribute.title} is known from {since} on, the day of its first load. If it does not change, "
                    "write `stable: true` in its source; or ask with today's values"
                )
        return _used(Grouping(attribute.name, labels, codes))

    def _known_since(self, attribute: Attribute) -> date | None:
        """The day from which an undated fact is known; None: always, since it does not change."""
        stated = self._sources_of(attribute)
        if any(is_stable for _, is_stable in stated):
            return None
        loads = read_loads(Layout(self._project.root).landing / "loads.json")
        return min((loads[s.name][0].observed_on for s, _ in stated if s.name in loads), default=None)


def _levels(column: pa.ChunkedArray, attribute: Attribute, run: Run) -> Levels:
    table = pa.table({attribute.name: column})
    limit = _MOST_LISTS if attribute.type == "list" else MOST_GROUPS
    return levels_of(table, attribute, currency=run.about.settings.currency, limit=limit, bins=5)


def _used(grouping: Grouping) -> Grouping:
    """Without groups that nobody is in."""
    used = np.zeros(len(grouping.labels) + 1, np.bool_)
    used[grouping.codes.ravel()] = True
    used = used[:-1]
    if used.all():
        return grouping
    place = np.cumsum(used, dtype=np.int16) - 1
    labels = tuple(label for label, is_used in zip(grouping.labels, used, strict=True) if is_used)
    return replace(grouping, labels=labels, codes=place[grouping.codes].astype(np.int16))
