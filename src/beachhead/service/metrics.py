"""Metrics of a published update: for any customers, periods and breakdown, and who is behind a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beachhead.analysis.display import UNKNOWN
from beachhead.engines.duck import quote_literal
from beachhead.errors import Diagnostic, UsageError, nearest_name
from beachhead.metrics.counting import OTHER, Question, count
from beachhead.metrics.evaluate import Definitions, evaluate
from beachhead.metrics.facts import TABLE, Facts, fact_sql
from beachhead.metrics.grouping import Grouping, each_of, everybody
from beachhead.metrics.metric import Metric
from beachhead.metrics.periods import (
    USUAL_NUMBER,
    Every,
    Period,
    checked_every,
    day_of,
    periods_between,
    shifted,
    start_of,
)
from beachhead.metrics.table import Cell, MetricTable
from beachhead.project import load
from beachhead.service.groups import MOST_GROUPS, Grouped, Groups
from beachhead.service.metric_definitions import ProjectMetrics, project_metrics
from beachhead.service.metric_facts import facts_of
from beachhead.service.progress import Say, say_nothing

if TYPE_CHECKING:
    from beachhead.service.results import Run

PRODUCT_LINE = "product_line"


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What is asked. `names`: metrics, none for the headline ones. `by`: an attribute, a segment, `product_line`, or a
    column of what is counted, such as tickets.channel. `segment`: only its members. `first`, `last`: days in the first
    and the last period; default the last 13 months (13 weeks, 9 quarters, 5 years) up to the day of the update.
    `today`: groups and members as of today in all periods, instead of those at each period's start.
    """

    names: tuple[str, ...] = ()
    by: str | None = None
    segment: str | None = None
    first: date | None = None
    last: date | None = None
    every: Every = "month"
    today: bool = False


def metrics_of(run: Run) -> ProjectMetrics:
    """The metrics of a run's project, as its files define them now."""
    return project_metrics(load(run.snapshot.home.parent), run.as_of)


def ask(run: Run, query: MetricQuery, say: Say = say_nothing) -> MetricTable:
    """The answer to a question about metrics. Raises `UsageError` for a name that is none, with the nearest."""
    known = metrics_of(run)
    with facts_of(run, known.project, known.activation_event) as facts:
        asked = [known.definitions.available(m, facts) for m in _asked(known, facts, query.names)]
        periods = _periods(run, query)
        before = max(known.definitions.periods_before(m, query.every) for m in asked)
        wide = (*_earlier(periods[0], query.every, before), *periods)
        answer = _Answer(run, query, known, facts, wide, len(periods), say)
        return answer.table(asked, periods)


def who_is_behind(run: Run, query: MetricQuery, group: str, period: str, say: Say = say_nothing) -> pa.Table:
    """The customers behind one value, by name: account_id, account_name, and what each adds to the measures of the
    one metric of `query` in that `period` (a label such as 2026-03, or a day in it) and `group` (a label of its table;
    "all" without a breakdown). Money has names that end in `_cents`. Largest first. Raises `UsageError`."""
    known = metrics_of(run)
    if len(query.names) != 1:
        remedy = "Name one metric: beachhead metrics new_mrr --who 2026-03."
        raise UsageError(Diagnostic("one-metric", "who is behind a number is asked of one metric", remedy=remedy))
    if query.by is None and group != "all":
        remedy = "Say by what with --by, or leave the group away."
        raise UsageError(Diagnostic("no-groups", f"without a breakdown there is no group '{group}'", remedy=remedy))
    _periods(run, query)
    day = day_of(period)
    with facts_of(run, known.project, known.activation_event) as facts:
        (metric,) = [known.definitions.available(m, facts) for m in _asked(known, facts, query.names)]
        periods = _periods(run, replace(query, first=day, last=day))
        answer = _Answer(run, query, known, facts, periods, 1, say)
        return answer.customers(metric, group)


def _asked(known: ProjectMetrics, facts: Facts, names: Sequence[str]) -> list[Metric]:
    if names:
        return [known.metric(n) for n in dict.fromkeys(names)]
    metrics = known.definitions.metrics
    chosen = [metrics[n] for n in known.headlines if n in metrics]
    with_data = [m for m in chosen if not _lacking(known.definitions, known.definitions.available(m, facts), facts)]
    return with_data or chosen


def _lacking(definitions: Definitions, metric: Metric, facts: Facts) -> str | None:
    return next((why for m in definitions.measures_of(metric).values() if (why := facts.lacks(m.needs))), None)


def _periods(run: Run, query: MetricQuery) -> tuple[Period, ...]:
    last = min(query.last or run.as_of, run.as_of)
    first = query.first or shifted(start_of(last, query.every), query.every, 1 - USUAL_NUMBER[query.every])
    if first > last:
        message = f"there is nothing from {first} to {last}"
        remedy = f"The data reaches to {run.as_of}; take an earlier first day."
        if query.last and first > query.last:
            remedy = "The first period comes after the last; exchange them."
        raise UsageError(Diagnostic("no-period", message, remedy=remedy))
    return periods_between(first, last, query.every)


def _earlier(first: Period, every: Every, count: int) -> tuple[Period, ...]:
    if not count:
        return ()
    return periods_between(shifted(first.start, every, -count), first.start - timedelta(days=1), every)


class _Answer:
    """One question over `periods`, of which the last `shown` are asked for."""

    def __init__(
        self,
        run: Run,
        query: MetricQuery,
        known: ProjectMetrics,
        facts: Facts,
        periods: tuple[Period, ...],
        shown: int,
        say: Say,
    ) -> None:
        self._run = run
        self._query = query
        self._definitions = known.definitions
        self._event = known.activation_event
        self._facts = facts
        self._periods = periods
        self._shown = shown
        counts = run.snapshot.manifest.contents.counts
        numbers = run.columns("account_no")["account_no"]
        self._largest = max(counts.get("numbered") or 0, pc.max(numbers).as_py() or 0)
        self._groups = Groups(run, known.project, periods, self._largest, say, today=query.today)
        self._notes: list[str] = []

    def table(self, metrics: Sequence[Metric], periods: tuple[Period, ...]) -> MetricTable:
        by = self._query.by or ""
        if by == PRODUCT_LINE or "." in by:
            cells, groups, title = self._by_dimension(metrics, by)
        else:
            several = self._grouped()
            answers = [
                evaluate(metrics, self._definitions, self._facts, self._question(g.grouping), self._shown)
                for g in several
            ]
            cells = [c for m in metrics for answer in answers for c in answer if c.metric == m.name]
            groups, title = tuple(x for g in several for x in g.grouping.labels), several[0].title
        if by and self._query.today:
            self._notes.append("groups are today's, in all periods")
        if self._query.first is None:  # from the first period of which anything is known
            known = [c.period.start for c in cells if c.value or (c.value is not None and c.n)]
            periods = tuple(p for p in periods if p.start >= min(known, default=p.start))
            cells = [c for c in cells if c.period in periods]
        self._notes += [note for m in metrics for note in _reasons(m, cells)]
        self._notes += [f"{p.message} (beachhead quality)" for p in self._run.problems if p.code == "mixed-currencies"]
        if any(c.is_partial for c in cells):
            self._notes.append(f"{periods[-1].label} is not over: up to {self._run.as_of}")
        currency = self._run.about.settings.currency
        return MetricTable(
            tuple(metrics), by, title, groups, periods, self._query.every, currency, tuple(cells),
            tuple(dict.fromkeys(self._notes)),
        )  # fmt: skip

    def customers(self, metric: Metric, group: str) -> pa.Table:
        facts, members = self._part(group)
        question = self._question(each_of(members))
        skipped = {*metric.squares.split(), "counted_days"}
        measures = {
            n: m
            for n, m in self._definitions.measures_of(metric).items()
            if m.kind != "quantile" and m.fact != "spend" and n not in skipped
        }
        if not measures or self._definitions.periods_before(metric, self._query.every):
            remedy = "Ask who is behind one of the numbers that it is made of: beachhead metrics --explain."
            message = f"{metric.title} is not a sum over customers of one period"
            raise UsageError(Diagnostic("nobody-behind", message, remedy=remedy))
        counted = count(measures.values(), facts, replace(question, parameters=self._definitions.bound(metric)))
        columns = {n: counted[n].values[:, 0] for n in measures}
        has_part = np.zeros(len(question.grouping.labels), np.bool_)
        for values in columns.values():
            has_part |= np.nan_to_num(values) != 0
        if not has_part.any():
            message = f"nobody adds to {metric.title} in {self._periods[0].label}"
            remedy = "Take a period in which it has a value."
            raise UsageError(Diagnostic("nobody-behind", message, remedy=remedy))
        numbers = np.flatnonzero(members)[has_part]
        named = [n for n in ("account_id", "account_name") if n == "account_id" or n in self._run.attributes]
        accounts = self._run.columns("account_no", *named)
        rows = pc.index_in(pa.array(numbers, pa.uint32()), accounts["account_no"].combine_chunks().cast(pa.uint32()))
        made = {n: accounts[n].take(rows) for n in named}
        added: dict[str, pa.Array] = {}
        for n, values in columns.items():
            name = f"{n}_cents" if measures[n].is_money else n
            shown = pa.array(values[has_part], from_pandas=True)
            is_whole = np.all(np.nan_to_num(values) == np.round(np.nan_to_num(values)))
            added[name] = shown.cast(pa.int64()) if is_whole else shown
        table = pa.table(made | added)
        order = [(n, "descending") for n in added]
        return table.sort_by([*order, ("account_id", "ascending")])

    def _part(self, group: str) -> tuple[Facts, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        """What is counted of a group, and by account number who is in it."""
        by = self._query.by or ""
        if by == PRODUCT_LINE or "." in by:
            parts = dict(self._parts_of_lines() if by == PRODUCT_LINE else self._parts_of(by))
            if group not in parts:
                raise UsageError(Diagnostic.unknown_name("group", group, parts))
            return parts[group], self._grouping_of_all().codes[0] == 0
        several = [g.grouping for g in self._grouped()]
        grouping = next((g for g in several if group in g.labels), None)
        if grouping is None:
            raise UsageError(Diagnostic.unknown_name("group", group, [x for g in several for x in g.labels]))
        return self._facts, grouping.codes[0] == grouping.labels.index(group)

    def _question(self, grouping: Grouping) -> Question:
        return Question(self._periods, self._query.every, grouping, {})

    def _grouped(self) -> list[Grouped]:
        if self._query.by is None:
            several = [Grouped(everybody(len(self._periods), self._largest), "")]
        else:
            several = self._groups.by(self._query.by)
        if self._query.segment is not None:
            members = self._groups.members(self._query.segment)[self._query.segment]
            # Named, so that sums go over the members and not over everybody.
            several = [
                replace(g, grouping=replace(g.grouping.within(members), by=g.grouping.by or self._query.segment))
                for g in several
            ]
        self._notes += [note for g in several for note in g.notes]
        return several

    def _by_dimension(self, metrics: Sequence[Metric], by: str) -> tuple[list[Cell], tuple[str, ...], str]:
        """Cells by a column of what is counted: of MRR by product line, of tickets by their channel."""
        parts = dict(self._parts_of_lines() if by == PRODUCT_LINE else self._parts_of(by))
        whole = self._grouping_of_all()
        found: list[Cell] = []
        for metric in metrics:
            measures = self._definitions.measures_of(metric)
            fact = "movements" if by == PRODUCT_LINE else by.partition(".")[0]
            others = [m.title for m in measures.values() if m.fact not in (fact, f"{TABLE}{fact}")]
            for label, facts in parts.items():
                cells = evaluate([metric], self._definitions, facts, self._question(whole), self._shown)
                if others:
                    why = f"{others[0]} is not known by {by}"
                    cells = [replace(c, value=None, low=None, high=None, n=None, reason=why) for c in cells]
                found += [replace(c, group=label) for c in cells]
        return found, tuple(parts), by.rpartition(".")[2].replace("_", " ").capitalize()

    def _grouping_of_all(self) -> Grouping:
        whole, segment = everybody(len(self._periods), self._largest), self._query.segment
        if segment is None:
            return whole
        return replace(whole.within(self._groups.members(segment)[segment]), by=segment)

    def _parts_of_lines(self) -> Iterator[tuple[str, Facts]]:
        lines = self._facts.product_lines()
        if not lines:
            remedy = "Map `product_line` in the source of subscriptions."
            raise UsageError(Diagnostic("no-product-lines", "no subscription has a product line", remedy=remedy))
        if len(lines) > MOST_GROUPS:
            self._notes.append(f"the {MOST_GROUPS} largest of {len(lines):,} product lines are shown")
        for line in lines[:MOST_GROUPS]:
            yield line or UNKNOWN, replace(self._facts, movements=_always(self._facts.movements(line)))

    def _parts_of(self, by: str) -> Iterator[tuple[str, Facts]]:
        fact, _, column = by.partition(".")
        facts = {m.fact.removeprefix(TABLE) for m in self._definitions.measures.values()} - {"movements", "activity"}
        if fact not in facts:
            raise UsageError(Diagnostic.unknown_name("table", fact, facts))
        columns = list(self._facts.query(f"SELECT * FROM ({fact_sql(fact)}) AS f LIMIT 0", {}).column_names)
        if column not in columns:
            raise UsageError(Diagnostic.unknown_name("column", column, columns))
        text = f"coalesce(CAST({column} AS TEXT), 'unknown')"
        rows = self._facts.query(
            f"SELECT {text} AS x, count(*) AS n FROM ({fact_sql(fact)}) AS f GROUP BY {text} ORDER BY n DESC, x", {}
        )
        labels = rows["x"].to_pylist()
        named = labels if len(labels) <= MOST_GROUPS else labels[: MOST_GROUPS - 1]
        for label in named:
            yield label, replace(self._facts, only=(fact, f"{text} = {quote_literal(label)}"))
        if len(named) < len(labels):
            others = ", ".join(map(quote_literal, named))
            yield OTHER, replace(self._facts, only=(fact, f"{text} NOT IN ({others})"))


def _unknown_event(run: Run, event: str | None) -> str:
    """What to say where there is no such event; empty where there is."""
    codes = run.about.event_codes
    if event is None or event in codes or not codes:
        return ""
    near = nearest_name(event, codes)
    return f"no event is called '{event}'{f'; did you mean {near!r}?' if near else ''}"


def _reasons(metric: Metric, cells: Sequence[Cell]) -> Iterator[str]:
    """Why some values are missing, and who was left out, in words."""
    mine = [c for c in cells if c.metric == metric.name]
    whys = Counter(c.reason for c in mine if c.reason)
    if whys and all(c.value is None for c in mine):
        yield f"{metric.title} has no value: {whys.most_common(1)[0][0]}"
    elif whys:
        told = "; ".join(f"{why} ({n})" if n > 1 else why for why, n in whys.most_common(3))
        yield f"{metric.title}, where it is –: {told}"
    young = sum(c.young for c in mine)
    if young:
        yield f"{metric.title}: {young:,} are too young to count and left out"


def _always(movements: pa.Table) -> Callable[[str | None], pa.Table]:
    return lambda _line: movements


class RunMetrics:
    """Metrics of a run: `run.metrics.nrr(by="industry", every="month")`, or several: `run.metrics("mrr", "nrr")`."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(
        self,
        *names: str,
        by: str | None = None,
        segment: str | None = None,
        first: date | str | None = None,
        last: date | str | None = None,
        every: Every = "month",
        today: bool = False,
    ) -> MetricTable:
        """The values of metrics; without names the headline ones. See `MetricQuery`. Raises `UsageError`."""
        days = [day_of(d) if isinstance(d, str) else d for d in (first, last)]
        return ask(self._run, MetricQuery(names, by, segment, days[0], days[1], checked_every(every), today))

    def __getattr__(self, name: str) -> Callable[..., MetricTable]:
        if name.startswith("_"):
            raise AttributeError(name)
        metrics_of(self._run).metric(name)
        return partial(self, name)

    @property
    def names(self) -> tuple[str, ...]:
        """All metrics that can be asked for."""
        return tuple(metrics_of(self._run).definitions.metrics)

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self.names])

    def definition(self, name: str) -> Metric:
        """What a metric is. Raises `UsageError`."""
        return metrics_of(self._run).metric(name)
