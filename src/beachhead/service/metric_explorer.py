"""What the metrics explorer shows: what can be asked, an answer with its definitions, who is behind a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from beachhead.metrics.evaluate import Definitions
from beachhead.metrics.facts import TABLE, Facts
from beachhead.metrics.measures import Measure
from beachhead.metrics.metric import Certainty, Direction, Metric, Theme, Unit
from beachhead.metrics.periods import Every
from beachhead.metrics.table import Cell, MetricTable
from beachhead.project.currency import minor_digits
from beachhead.reports.metric_words import CHANCE, change_words, range_words, value_words, values_table
from beachhead.reports.tables import TableNote
from beachhead.reports.workbook import SheetOf, workbook_of
from beachhead.service.metric_facts import facts_of
from beachhead.service.metrics import PRODUCT_LINE, MetricQuery, ask, metrics_of, who_is_behind
from beachhead.service.results import Run
from beachhead.store.files import outside

_MOST_NAMED = 500
_NAMES = ("account_id", "account_name", "account_email", "website")
_BY_COLUMN = {
    "tickets": ("tickets.channel", "tickets.priority", "tickets.category"),
    "deals": ("deals.competitor", "deals.stage", "deals.lost_reason"),
    "orders": ("orders.channel",),
    "order_lines": ("order_lines.category", "order_lines.product"),
}
"""Columns of what is counted by which one often breaks down; shown where they are mapped."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class VariantTold(_Told):
    """Another published definition; `metrics/<name>.yml` chooses it."""

    name: str
    formula: str
    meaning: str
    source: str


class MetricTold(_Told):
    """A metric and its definition. `lacks`: what must be mapped for it; null where it has data."""

    name: str
    title: str
    theme: Theme
    meaning: str
    formula: str
    unit: Unit
    direction: Direction
    certainty: Certainty
    minimum: int
    null: str
    source: str
    is_additive: bool
    parameters: dict[str, float]
    variants: list[VariantTold]
    variant: str | None
    lacks: str | None


class BreakdownTold(_Told):
    """By what values can be broken down: `name` is what is asked with. `only`: metrics it is known for; null: all."""

    name: str
    title: str
    kind: Literal["attribute", "segment", "counted"]
    only: list[str] | None = None


class Choices(_Told):
    """What can be asked of the newest update. `headlines`: what is shown first."""

    as_of: date
    currency: str
    customers_are: str
    metrics: list[MetricTold]
    headlines: list[str]
    breakdowns: list[BreakdownTold]
    segments: list[BreakdownTold]


class PeriodTold(_Told):
    label: str
    start: date
    last_day: date
    is_partial: bool


class CellTold(_Told):
    """One value: money in minor units; `text` as people read it, `span` its likely range; `reason` why there is none.

    `change`: against the period before, where both are over; `better`: whether that is good, null where neither end is
    and where it may be `chance`: the likely range of the difference of two estimates holds 0.
    """

    metric: str
    group: str
    period: str
    value: float | None
    text: str
    span: str
    change: str
    better: bool | None
    chance: bool
    n: int | None
    low: float | None
    high: float | None
    too_young: int
    reason: str


class MetricAnswer(_Told):
    """Values by metric, group and period, with definitions and what to know of them."""

    as_of: date
    currency: str
    every: Every
    by: str | None
    by_title: str
    metrics: list[MetricTold]
    groups: list[str]
    periods: list[PeriodTold]
    cells: list[CellTold]
    notes: list[str]


class BehindOne(_Told):
    """A customer behind a number, with what it adds to each measure, as people read it."""

    account_id: str
    name: str | None
    adds: list[str]


class Behind(_Told):
    """Who is behind a number; at most 500 are listed. `measures`: titles of what they add to."""

    metric: str
    group: str
    period: str
    measures: list[str]
    customers: list[BehindOne]
    count: int


def choices(run: Run) -> Choices:
    """What can be asked."""
    known = metrics_of(run)
    about = run.about
    with facts_of(run, known.project, None) as facts:
        told = []
        for metric in known.definitions.metrics.values():
            chosen = known.definitions.available(metric, facts)
            needs = known.definitions.measures_of(chosen).values()
            told.append(_told(chosen, next((why for m in needs if (why := facts.lacks(m.needs))), None)))
        counted = [*_counted(facts, about.mapped), *((PRODUCT_LINE,) if facts.product_lines() else ())]
    groups = [
        BreakdownTold(name=a.name, title=a.title, kind="attribute")
        for a in run.attributes.values()
        if a.type in ("text", "boolean", "list") and a.name not in _NAMES
    ]
    segments = [BreakdownTold(name=s.name, title=s.title, kind="segment") for s in about.segments if s.size]
    return Choices(
        as_of=run.as_of,
        currency=about.settings.currency,
        customers_are=about.settings.customers_are,
        metrics=told,
        headlines=[n for n in known.headlines if any(m.name == n and not m.lacks for m in told)],
        breakdowns=[
            *groups,
            *(
                BreakdownTold(name=c, title=_column_title(c), kind="counted", only=only)
                for c in counted
                if (only := _counting(known.definitions, told, "movements" if c == PRODUCT_LINE else c.split(".")[0]))
            ),
            *segments,
        ],
        segments=segments,
    )


def _counting(definitions: Definitions, metrics: Sequence[MetricTold], fact: str) -> list[str]:
    """The metrics with data that count nothing but rows of `fact`."""
    named = {fact, f"{TABLE}{fact}"}
    return [
        m.name
        for m in metrics
        if not m.lacks
        and {counted.fact for counted in definitions.measures_of(definitions.metrics[m.name]).values()} <= named
    ]


def _counted(facts: Facts, mapped: dict[str, tuple[str, ...]]) -> list[str]:
    lines = "order_lines" in mapped and "products" in mapped
    return [
        column
        for table, columns in _BY_COLUMN.items()
        for column in columns
        if column in facts.mapped or (table == "order_lines" and lines)
    ]


def _column_title(column: str) -> str:
    table, _, name = column.rpartition(".")
    of = f" of {table.replace('_', ' ')}" if table else ""
    return f"{name.replace('_', ' ').capitalize()}{of}"


def answer(run: Run, query: MetricQuery) -> MetricAnswer:
    """The answer to a question. Raises `UsageError`."""
    table = ask(run, query)
    metrics = {m.name: m for m in table.metrics}
    partial = {c.period.label for c in table.cells if c.is_partial}
    return MetricAnswer(
        as_of=run.as_of,
        currency=table.currency,
        every=table.every,
        by=table.by or None,
        by_title=table.by_title,
        metrics=[_told(m, None) for m in table.metrics],
        groups=list(table.groups),
        periods=[
            PeriodTold(label=p.label, start=p.start, last_day=p.last_day, is_partial=p.label in partial)
            for p in table.periods
        ],
        cells=[_cell(c, before, metrics[c.metric], table.currency) for c, before in _with_earlier(table.cells)],
        notes=[note.replace(" (beachhead quality)", "") for note in table.notes],
    )


def _with_earlier(cells: Sequence[Cell]) -> Iterator[tuple[Cell, Cell | None]]:
    """Each cell with that of the period before, of the same metric and group."""
    last: dict[tuple[str, str], Cell] = {}
    for cell in cells:
        yield cell, last.get((cell.metric, cell.group))
        last[cell.metric, cell.group] = cell


def _cell(cell: Cell, before: Cell | None, metric: Metric, currency: str) -> CellTold:
    change = "" if before is None or cell.is_partial else change_words(cell, before, metric)
    text, _, verdict = change.partition(", ")
    return CellTold(
        metric=cell.metric, group=cell.group, period=cell.period.label, value=cell.value,
        text=value_words(cell.value, metric, currency), span=range_words(cell, metric, currency),
        change=text, better={"better": True, "worse": False}.get(verdict), chance=verdict == CHANCE,
        n=cell.n, low=cell.low, high=cell.high, too_young=cell.young, reason=cell.reason,
    )  # fmt: skip


def behind(run: Run, query: MetricQuery, group: str, period: str) -> Behind:
    """Who is behind one value of the first metric asked for. Raises `UsageError`."""
    people = _people(run, query, group, period)
    known = metrics_of(run).definitions
    measures = [n for n in people.column_names if n not in ("account_id", "account_name")]
    currency = run.about.settings.currency
    rows = people.slice(0, _MOST_NAMED).to_pylist()
    return Behind(
        metric=query.names[0],
        group=group,
        period=period,
        measures=[_sentence(known.measures[_measure_of(n)].title) for n in measures],
        customers=[
            BehindOne(
                account_id=row["account_id"],
                name=row.get("account_name"),
                adds=[measure_words(known.measures[_measure_of(n)], row[n], currency) for n in measures],
            )
            for row in rows
        ],
        count=people.num_rows,
    )


def _people(run: Run, query: MetricQuery, group: str, period: str) -> pa.Table:
    """Who is behind a value; of one that adds up, only those who add to it, and not of how many it is."""
    people = who_is_behind(run, query, group, period)
    definitions = metrics_of(run).definitions
    metric = definitions.metrics[query.names[0]]
    read = definitions.measures_of(replace(metric, n="0"))
    parts = [n for n in people.column_names if _measure_of(n) in read]
    if not metric.is_additive or not parts:
        return people
    adds = [pc.not_equal(pc.fill_null(people[n], 0), 0) for n in parts]
    who = [n for n in ("account_id", "account_name") if n in people.column_names]
    return people.select([*who, *parts]).filter(reduce(pc.or_, adds))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _measure_of(column: str) -> str:
    return column.removesuffix("_cents")


def measure_words(measure: Measure, value: float | None, currency: str) -> str:
    """What a customer adds to a measure, as people read it."""
    if value is None:
        return "–"
    return value_words(value, _PLAIN["money" if measure.is_money else "number"], currency)


_PLAIN: dict[Unit, Metric] = {
    unit: Metric("", "", "own", "0", "", unit, "neither", "0", "", "") for unit in ("money", "number")
}


def picture(run: Run, query: MetricQuery, form: Literal["svg", "png"], width: int = 640) -> bytes | None:
    """The answer as a picture, `width` points wide without its axis; None where nothing has a value."""
    from beachhead.charts.theme import as_png, as_svg_file  # drawing takes a while to import
    from beachhead.reports.metric_chart import chart_of

    chart = chart_of(ask(run, query), width)
    if chart is None:
        return None
    return as_png(chart) if form == "png" else as_svg_file(chart).encode()


def workbook(run: Run, query: MetricQuery, path: Path) -> None:
    """The answer as an Excel workbook: values in major units, and the definitions. Raises `OutsideError`."""
    table = ask(run, query)
    note = TableNote("values", run.as_of, table.currency, run.name)
    count = len(table.cells)
    sheets = [
        SheetOf("Values", f"{count:,} values", values_table(table), frozen=3),
        SheetOf("Definitions", f"{len(table.metrics)} metrics", _definitions(table)),
    ]
    with outside("write", path):
        path.write_bytes(workbook_of(sheets, note))


def behind_workbook(run: Run, query: MetricQuery, group: str, period: str, path: Path) -> None:
    """All who are behind one value as an Excel workbook, money in major units. Raises `UsageError`, `OutsideError`."""
    people = _people(run, query, group, period)
    measures = metrics_of(run).definitions.measures
    currency = run.about.settings.currency
    columns = {}
    for name in people.column_names:
        measure = measures.get(_measure_of(name))
        if measure is None:
            columns[name] = people[name]
            continue
        is_money = measure.is_money
        title = _sentence(measure.title) + (f", {currency}" if is_money else "")
        numbers = people[name].cast(pa.float64())
        columns[title] = pc.divide(numbers, float(10 ** minor_digits(currency))) if is_money else numbers
    note = TableNote(f"{query.names[0]} of {group}, {period}", run.as_of, currency, run.name)
    sheet = SheetOf("Who is behind it", f"{people.num_rows:,} {run.about.settings.customers_are}", pa.table(columns))
    with outside("write", path):
        path.write_bytes(workbook_of([sheet], note))


def _definitions(table: MetricTable) -> pa.Table:
    metrics = table.metrics
    return pa.table(
        {
            "metric": [m.title for m in metrics],
            "meaning": [m.meaning for m in metrics],
            "formula": [m.parsed.text for m in metrics],
            "no value": [m.null for m in metrics],
            "source": [m.source for m in metrics],
        }
    )


def _told(metric: Metric, lacks: str | None) -> MetricTold:
    return MetricTold(
        name=metric.name, title=metric.title, theme=metric.theme, meaning=metric.meaning, formula=metric.parsed.text,
        unit=metric.unit, direction=metric.direction, certainty=metric.certainty, minimum=metric.minimum,
        null=metric.null, source=metric.source, is_additive=metric.is_additive, parameters=dict(metric.parameters),
        variants=[
            VariantTold(name=n, formula=v.formula, meaning=v.meaning, source=v.source)
            for n, v in metric.variants.items()
        ],
        variant=metric.variant or None,
        lacks=lacks,
    )  # fmt: skip
