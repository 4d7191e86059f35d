"""What a rule may name and say, for drop-downs and completion: made from the tables of the language and the catalog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

import numpy as np

from beachhead.analysis.display import date_text, money_text, number_text
from beachhead.customers.attributes import Attribute
from beachhead.project.currency import minor_digits
from beachhead.rules import FORMS, FUNCTIONS, OPERATORS, Operator, ValueType
from beachhead.rules.forms import DAY, MEASURES, WINDOWS
from beachhead.rules.kinds import OPERAND_FAMILIES, family
from beachhead.rules.operators import Form, Operands
from beachhead.segments.columns import Column
from beachhead.service.plan import Plan
from beachhead.service.rule_reading import Told
from beachhead.service.segment_desk import Opened

_SHOWN = 60
_CONDITIONS = (Form.COMPARISON, Form.LIST, Form.RANGE, Form.PATTERN, Form.TEST)
_NO_ORDER = (ValueType.BOOLEAN, ValueType.LIST)
_FURTHEST = 400_000


class AttributeWord(Told):
    """An attribute. `lacks`: what would have to be mapped; null where it has data."""

    name: str
    title: str
    type: str
    kind: str
    area: str
    lacks: str | None
    description: str


class ColumnWord(Told):
    name: str
    title: str
    type: str


class TableWord(Told):
    """Rows of customers. `noun`: in the plural; `columns` is empty without data."""

    key: str
    noun: str
    has_data: bool
    is_of_people: bool
    columns: list[ColumnWord]


class OperatorWord(Told):
    """An operator that fits a type, in words; `negated`: with "not". `takes`: how many written values."""

    key: str
    negated: bool
    words: str
    takes: Literal["none", "one", "two", "many"]
    doc: str


class OptionWord(Told):
    name: str
    kind: str
    doc: str
    required: bool


class FormWord(Told):
    """A form of the language, as its table has it. `takes`: what its arguments are."""

    key: str
    takes: str
    gives: str
    doc: str
    example: str
    options: list[OptionWord]


class FunctionWord(Told):
    key: str
    doc: str
    example: str


class EventWord(Told):
    name: str
    count: int


class SegmentWord(Told):
    name: str
    title: str
    size: int | None


class RuleWords(Told):
    """All that a rule may name and say. `operators`: by type of value; `days`: those with published records."""

    as_of: str
    customers: int
    customers_are: str
    currency: str
    minor_digits: int
    attributes: list[AttributeWord]
    tables: list[TableWord]
    events: list[EventWord]
    operators: dict[str, list[OperatorWord]]
    forms: list[FormWord]
    functions: list[FunctionWord]
    windows: list[list[str]]
    measures: list[str]
    segments: list[SegmentWord]
    lists: list[str]


class ValueCount(Told):
    """A value as it is in the data: `value` as a rule has it, `text` as people read it, how many have it."""

    value: str | int | float | bool
    text: str
    count: int


class ValuesTold(Told):
    """The most frequent values of an attribute or column. `distinct`: how many there are; `unknown`: who has none;
    `summary`: of numbers and dates, in words."""

    values: list[ValueCount]
    distinct: int
    unknown: int
    summary: str


def rule_words(opened: Opened) -> RuleWords:
    """The words of the newest update and the present definitions."""
    plan, run = opened.plan, opened.run
    sizes = {s.name: s.size for s in run.about.segments}
    titles = {s.name: s.title for s in run.about.segments} | {n: d.title for n, d in plan.project.segments.items()}
    nameable = {*plan.catalog.segments}
    return RuleWords(
        as_of=str(run.as_of),
        customers=len(opened.population.numbers),
        customers_are=run.about.settings.customers_are,
        currency=run.about.settings.currency,
        minor_digits=minor_digits(run.about.settings.currency),
        attributes=[_attribute(a, plan) for a in plan.catalog.attributes.values()],
        tables=list(_tables(plan)),
        events=list(_events(opened)),
        operators={str(kind): list(_operators(kind)) for kind in ValueType},
        forms=[
            FormWord(
                key=row.key, takes=row.takes, gives=row.gives, doc=row.doc, example=row.example,
                options=[OptionWord(name=o.name, kind=o.kind, doc=o.doc, required=o.required) for o in row.options],
            )
            for row in FORMS.values()
        ],
        functions=[FunctionWord(key=key, doc=row.doc, example=row.example) for key, row in FUNCTIONS.items()],
        windows=[list(group) for group in WINDOWS],
        measures=list(MEASURES),
        segments=[SegmentWord(name=n, title=titles.get(n, n), size=sizes.get(n)) for n in sorted(nameable)],
        lists=sorted(plan.catalog.lists),
    )  # fmt: skip


def attribute_values(opened: Opened, name: str, search: str = "") -> ValuesTold:
    """The values of an attribute with how many customers have each; of a list its items. Raises `BeachheadError`."""
    column = opened.population.attribute(name)
    codes = column.codes[opened.population.numbers]
    counts = np.bincount(codes, minlength=len(column.known) + 1)
    unknown, counts = int(counts[0]), counts[1:]
    attribute = opened.plan.catalog.attributes[name]
    currency = opened.run.about.settings.currency
    if column.type is ValueType.LIST:
        lists: list[tuple[object, int]] = [(None, unknown), *zip(column.values(), counts.tolist(), strict=True)]
        return _of_counts(lists, column.type, currency, search)
    order = np.argsort(-counts, kind="stable")
    found: list[ValueCount] = []
    wanted = search.strip().casefold()
    for code in order[:_FURTHEST].tolist() if column.type is not ValueType.BOOLEAN else [1, 0][: len(order)]:
        if not counts[code]:
            continue
        value = column.decoded(code + 1)
        text = _shown(value, attribute.type, currency)
        plain = value if isinstance(value, str | int | float) else str(value)
        if wanted and wanted not in text.casefold() and wanted not in str(plain).casefold():
            continue
        found.append(ValueCount(value=plain, text=text, count=int(counts[code])))
        if len(found) == _SHOWN:
            break
    distinct = int(np.count_nonzero(counts))
    return ValuesTold(
        values=found, distinct=distinct, unknown=unknown, summary=_summary(column, counts, attribute.type, currency)
    )


def column_values(opened: Opened, table: str, column: str, search: str = "") -> ValuesTold:
    """The values of a column of the rows of customers, with how many rows have each; of a list its items. Raises
    `BeachheadError`."""
    if table == "events":
        return _event_column(opened, column, search)
    quoted = '"' + column.replace('"', '""') + '"'
    sql = (
        f"SELECT {quoted} AS value, count(*) AS n FROM known_{table} WHERE account_no IS NOT NULL "
        f"GROUP BY 1 ORDER BY n DESC, value LIMIT {_FURTHEST}"
    )
    rows = [(row["value"], row["n"]) for row in opened.population.world.engine.query(sql).to_pylist()]
    kind = (opened.plan.catalog.tables.get(table) or {})[column]
    return _of_counts(rows, kind, opened.run.about.settings.currency, search)


def _event_column(opened: Opened, column: str, search: str) -> ValuesTold:
    if column == "event":
        rows: list[tuple[object, int]] = [(e.name, e.count) for e in _events(opened)]
    else:
        table, _ = opened.population.world.event_rows()
        counted = table[column].value_counts().to_pylist() if column in table.column_names else []
        rows = sorted(((c["values"], c["counts"]) for c in counted), key=lambda row: -row[1])
    kind = (opened.plan.catalog.tables.get("events") or {}).get(column, ValueType.TEXT)
    return _of_counts(rows, kind, opened.run.about.settings.currency, search)


def _of_counts(rows: list[tuple[object, int]], kind: ValueType, currency: str, search: str) -> ValuesTold:
    wanted = search.strip().casefold()
    known = [(value, n) for value, n in rows if value is not None]
    if kind is ValueType.LIST:
        items = Counter[object]()
        for value, n in known:
            items.update(dict.fromkeys(str(value).split(";"), n))
        known = [(item, n) for item, n in items.most_common() if n]
    told = [
        ValueCount(value=value if isinstance(value, str | int | float) else str(value), text=text, count=n)
        for value, n in known
        if wanted in (text := _shown(value, kind, currency)).casefold()
    ]
    unknown = sum(n for value, n in rows if value is None)
    return ValuesTold(values=told[:_SHOWN], distinct=len(known), unknown=unknown, summary="")


def _shown(value: object, kind: str, currency: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "money" and isinstance(value, int | float):
        return money_text(value, currency, exact=True)
    return number_text(value) if isinstance(value, float) else str(value)


def _summary(column: Column, counts: np.ndarray[tuple[int], np.dtype[np.int64]], kind: str, currency: str) -> str:
    """From the smallest to the largest, and the middle; empty for what has no order worth telling."""
    total = int(counts.sum())
    if not total or kind in ("text", "boolean", "list"):
        return ""
    there = np.flatnonzero(counts)
    middle = int(np.searchsorted(np.cumsum(counts), (total + 1) // 2))

    def words(code: int) -> str:
        value = column.decoded(code + 1)
        if kind == "date":
            return date_text(value)  # type: ignore[arg-type]
        return _shown(value, kind, currency)

    low, high = words(int(there[0])), words(int(there[-1]))
    return f"from {low} to {high}; for half of them {words(middle)} or {'earlier' if kind == 'date' else 'less'}"


def _attribute(attribute: Attribute, plan: Plan) -> AttributeWord:
    return AttributeWord(
        name=attribute.name, title=attribute.title, type=attribute.type, kind=attribute.kind, area=attribute.area,
        lacks=plan.catalog.missing.get(attribute.name), description=attribute.description,
    )  # fmt: skip


def _tables(plan: Plan) -> Iterator[TableWord]:
    for row in FORMS.values():
        if row.table is None:
            continue
        columns = plan.catalog.tables.get(row.table)
        told = [ColumnWord(name=n, title=_words(n), type=str(kind)) for n, kind in (columns or {}).items()]
        if columns is not None:
            told.append(ColumnWord(name=DAY, title="Day", type="date"))
        yield TableWord(
            key=row.key, noun=row.english, has_data=columns is not None, is_of_people=row.is_of_people, columns=told
        )


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _events(opened: Opened) -> Iterator[EventWord]:
    events = opened.population.events
    if events is None:
        return
    counts = np.zeros(len(events.names), np.int64)
    for part in (events.runs.most, events.runs.later):
        counts += np.bincount(part.codes, minlength=len(events.names))
    for code in np.argsort(-counts, kind="stable").tolist():
        if counts[code]:
            yield EventWord(name=events.names[code], count=int(counts[code]))


def _operators(kind: ValueType) -> Iterator[OperatorWord]:
    """The conditions that a value of a type can be in, in the order of the table, each with what negates it."""
    for row in OPERATORS.values():
        if not _fits(row, kind):
            continue
        is_date = row.english_dates is not None and kind in (ValueType.DATE, ValueType.TIMESTAMP)
        words = row.english_dates[0] if is_date and row.english_dates else row.english
        yield OperatorWord(key=row.key, negated=False, words=_plain(words), takes=_takes(row), doc=row.doc)
        if row.negated_inside or row.key == "contains":
            yield OperatorWord(
                key=row.key, negated=True, words=_plain(row.english_negated), takes=_takes(row), doc=row.doc
            )


def _fits(row: Operator, kind: ValueType) -> bool:
    if row.form not in _CONDITIONS and row.key != "contains":
        return False
    match row.operands:
        case Operands.ANY:
            return True
        case Operands.SAME:
            return kind is not ValueType.LIST
        case Operands.ORDERED:
            return kind not in _NO_ORDER
        case _:
            return OPERAND_FAMILIES.get(row.operands) is family(kind)


def _plain(words: str) -> str:
    """The words of an operator without its operands."""
    for operand in ("{0}", "{1}", "{2}", "{rest}"):
        words = words.replace(operand, "")
    return " ".join(words.split())


def _takes(row: Operator) -> Literal["none", "one", "two", "many"]:
    if row.form is Form.TEST:
        return "none"
    return "many" if row.form is Form.LIST else "two" if row.form is Form.RANGE else "one"
