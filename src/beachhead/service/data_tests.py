"""Tests of a project's definitions: rows in, expected movements, metrics and attributes out (`tests/*.yml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from beachhead.customers.catalog import source_catalog
from beachhead.customers.event_counts import EventArrays, EventRuns, count_events
from beachhead.customers.record import (
    PROFILES,
    Spine,
    build_record,
    event_columns,
    profile_sql,
)
from beachhead.engines.base import Engine
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine
from beachhead.errors import BeachheadError, DataError, DefinitionError, Diagnostic, Place, UsageError
from beachhead.metrics.counting import Question
from beachhead.metrics.evaluate import evaluate
from beachhead.metrics.facts import Facts
from beachhead.metrics.grouping import everybody
from beachhead.metrics.periods import MONTHS_PER, Every, Period, periods_between, shifted
from beachhead.project import yaml_positions as yaml
from beachhead.project.currency import minor_digits
from beachhead.project.definition_files import definition_files, read_text, shown_path
from beachhead.project.definitions import ColumnMap, Settings, SourceDefinition
from beachhead.service.compute import add_own
from beachhead.service.made_rows import Plain, load_rows, make_rows, movements_of
from beachhead.service.metric_definitions import project_metrics
from beachhead.service.plan import Plan
from beachhead.service.short_engine import short_engine

FOLDER = "tests"
_KINDS = ("new", "expansion", "contraction", "churn", "reactivation", "fx")
_LABELS: Mapping[str, Every] = {
    r"\d{4}-\d{2}": "month",
    r"\d{4}-Q[1-4]": "quarter",
    r"\d{4}": "year",
    r"\d{4}-\d{2}-\d{2}": "week",
}
Number = int | float


def _texts(value: object) -> object:
    """Keys that look like numbers (a year) are text in the file already; nothing else is changed."""
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else value


_ByPeriod = Annotated[dict[str, Number | None], BeforeValidator(_texts)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expected(_Told):
    """What must come out. Money in major units; `movements` of months that are not listed must be none."""

    movements: dict[str, dict[str, Number]] | None = None
    mrr: _ByPeriod = {}
    metrics: dict[str, _ByPeriod] = {}
    attributes: dict[str, dict[str, Plain]] = {}


class DataTest(_Told):
    """One test: rows by model table, and what they must give."""

    name: str
    as_of: date | None = None
    settings: dict[str, object] = {}
    rows: dict[str, list[dict[str, Plain]]]
    expect: Expected


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test went: `differences` in words, none where it passed."""

    name: str
    place: Place
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.differences


def read_tests(root: Path, files: Sequence[Path] = ()) -> list[tuple[DataTest, Place]]:
    """The tests of a project, or those of some files. Raises `DefinitionError` with all that cannot be read."""
    folder = definition_files(root / FOLDER, root)
    paths = [p.absolute() for p in files] or list(folder.files)
    found: list[tuple[DataTest, Place]] = []
    wrong = [] if files else list(folder.diagnostics)
    for path in paths:
        text = read_text(path, root)
        if isinstance(text, Diagnostic):
            wrong.append(text)
            continue
        document = yaml.read_yaml(text, shown_path(path, root))
        wrong += document.diagnostics
        if document.root is None:
            continue
        if not isinstance(document.root, yaml.Sequence):
            remedy = "Begin each test with `- name: …`."
            wrong.append(Diagnostic("wrong-type", "tests are a list", place=document.start, remedy=remedy))
            continue
        for node in document.root.items:
            try:
                found.append((DataTest.model_validate(yaml.plain(node)), document.at(node)))
            except ValidationError as e:
                wrong += [
                    Diagnostic("wrong-test", f"{'.'.join(map(str, x['loc']))}: {x['msg']}", place=document.at(node))
                    for x in e.errors()
                ]
    if any(d.is_error for d in wrong):
        raise DefinitionError([d for d in wrong if d.is_error])
    return found


def run_tests(plan: Plan, files: Sequence[Path] = ()) -> list[Outcome]:
    """Run the project's tests. Raises `UsageError` where there are none, `DefinitionError` for what cannot be read."""
    tests = read_tests(plan.project.root, files)
    if not tests:
        remedy = f"Write one into {FOLDER}/, as docs/data-tests.md shows."
        raise UsageError(Diagnostic("no-tests", "this project has no tests", remedy=remedy))
    outcomes = []
    for test, place in tests:
        with short_engine() as (engine, _):
            outcomes.append(run_test(test, place, plan, engine, engine))
    return outcomes


def run_test(test: DataTest, place: Place, plan: Plan, engine: Engine, embedded: DuckEngine) -> Outcome:
    """One test under a project's definitions, in an empty engine."""
    try:
        settings = Settings.model_validate({**plan.project.settings.model_dump(), **test.settings})
        return Outcome(test.name, place, tuple(_World(test, settings, plan, engine, embedded).differences()))
    except ValidationError as e:
        return Outcome(test.name, place, tuple(f"settings: {x['msg']}" for x in e.errors()))
    except BeachheadError as e:
        return Outcome(test.name, place, tuple(d.message for d in e.diagnostics))


class _World:
    def __init__(self, test: DataTest, settings: Settings, plan: Plan, engine: Engine, embedded: DuckEngine) -> None:
        self._test = test
        self._settings = settings
        self._plan = plan
        self._engine = engine
        self._embedded = embedded
        self._made = make_rows(test.rows, settings)
        self._as_of = test.as_of or self._last_expected()
        self._digits = minor_digits(settings.currency)

    def differences(self) -> Iterator[str]:
        load_rows(self._engine, self._made, self._settings, self._as_of)
        records = self._records()
        movements = movements_of(self._engine)
        expect = self._test.expect
        if expect.movements is not None:
            yield from self._movements(movements, expect.movements)
        for label, value in expect.mrr.items():
            yield from self._metric("mrr", label, value, movements)
        for metric, values in expect.metrics.items():
            for label, value in values.items():
                yield from self._metric(metric, label, value, movements)
        for account, attributes in expect.attributes.items():
            yield from self._attributes(records, account, attributes)

    def _last_expected(self) -> date:
        """The last day of the last period that anything is expected of."""
        expect = self._test.expect
        labels = [*(expect.movements or {}), *expect.mrr, *(p for v in expect.metrics.values() for p in v)]
        if not labels:
            raise DataError(Diagnostic("no-day", "the test has no `as_of` and expects nothing of any period"))
        return max(_period(label)[0].last_day for label in labels)

    def _movements(self, movements: pa.Table, expected: Mapping[str, Mapping[str, Number]]) -> Iterator[str]:
        found: dict[tuple[str, str], int] = {}
        for row in movements.to_pylist():
            if row["day"] > self._as_of:
                continue
            month = f"{row['day']:%Y-%m}"
            for kind, amount in ((row["kind"], row["change_cents"]), ("fx", row["fx_cents"])):
                if kind and amount:
                    found[month, kind] = found.get((month, kind), 0) + amount
        wanted = {(month, kind): self._minor(v) for month, kinds in expected.items() for kind, v in kinds.items()}
        if unknown := {kind for _, kind in wanted} - set(_KINDS):
            yield Diagnostic.unknown_name("movement", min(unknown), _KINDS).message
        for month, kind in sorted({*found, *wanted}):
            is_, should = found.get((month, kind), 0), wanted.get((month, kind), 0)
            if is_ != should:
                yield f"{month} {kind}: {self._major(is_)}, expected {self._major(should)}"

    def _metric(self, name: str, label: str, expected: Number | None, movements: pa.Table) -> Iterator[str]:
        known = project_metrics(self._plan.project, self._as_of)
        metric = known.definitions.metrics.get(name)
        if metric is None:
            yield Diagnostic.unknown_name("metric", name, known.definitions.metrics).message
            return
        period, every = _period(label)
        facts = self._facts(movements, known.activation_event)
        metric = replace(known.definitions.available(metric, facts), minimum=0)
        before = round(known.definitions.lookback_months(metric) / MONTHS_PER[every])
        first = shifted(period.start, every, -before)
        periods = (*periods_between(first, period.start - timedelta(days=1), every), period) if before else (period,)
        question = Question(periods, every, everybody(len(periods), len(self._made.numbers)), {})
        (cell,) = evaluate([metric], known.definitions, facts, question, 1)
        value = cell.value
        if value is not None and metric.unit == "money":
            value /= 10**self._digits
        if not _is_as_printed(value, expected):
            why = f" ({cell.reason})" if cell.reason else ""
            yield f"{label} {name}: {_shown(value)}{why}, expected {_shown(expected)}"

    def _facts(self, movements: pa.Table, activation_event: str | None) -> Facts:
        events = self._made.tables["events"]
        rows = [
            (n, u, d)
            for n, u, d in zip(
                events["account_no"].to_pylist(), self._user_numbers(), events["occurred_day"].to_pylist(), strict=True
            )
            if d is not None and d <= self._as_of
        ]
        self._embedded.load("activity", _activity(sorted(set(rows), key=str)))
        first: dict[int, date] = {}
        for (n, _, d), event in zip(rows, events["event"].to_pylist(), strict=False):
            if event == activation_event:
                first[n] = min(d, first.get(n, d))
        days = {"account_no": pa.array(list(first), pa.uint32()), "day": pa.array(list(first.values()), pa.date32())}
        self._engine.load("activations", pa.table(days))
        new = movements.filter(pa.compute.equal(movements["kind"], "new"))
        self._engine.load("first_payments", new.select(["account_no", "day"]))
        mapped = set(self._made.mapped) | {f"{t}.{c}" for t, cs in self._made.mapped.items() for c in cs}
        if "order_lines" in mapped:
            mapped |= {"orders", "orders.revenue"}
        return Facts(self._engine, self._embedded, self._as_of, mapped, lambda _line: movements, tuple)

    def _user_numbers(self) -> list[int]:
        return [self._made.users.get(u, 0) for u in self._made.tables["events"]["user_id"].to_pylist()]

    def _records(self) -> pa.Table:
        """The customer record; metrics read the views that it makes."""
        sources = {
            table: SourceDefinition(
                name=table, files=("made.csv",), table=table, stable=True,
                columns={c: ColumnMap(column=c) for c in columns},
            )
            for table, columns in self._made.mapped.items()
        }  # fmt: skip
        catalog = source_catalog(self._settings, sources)
        self._engine.execute(f"CREATE TEMP TABLE {PROFILES} AS {emit(profile_sql({}, {}), self._engine.dialect)}")
        spine_rows = self._engine.query("SELECT account_no FROM spine ORDER BY account_no")
        ids = {n: name for name, n in self._made.numbers.items()}
        numbers = spine_rows["account_no"].cast(pa.uint32()).to_numpy()
        spine = Spine(numbers, pa.array([ids[n] for n in numbers], pa.string()), self._as_of)
        used = {*catalog.attributes}
        mapped = {t: set(c) for t, c in self._made.mapped.items()}
        builder = build_record(self._engine, spine, catalog, self._settings, {}, mapped, used)
        if "events" in self._made.mapped:
            builder.add_events(self._event_columns(spine), used)
        own = self._plan.own
        return add_own(self._embedded, builder.table(), own, replace(self._plan.catalog, missing={}), self._as_of)

    def _event_columns(self, spine: Spine) -> dict[str, pa.Array]:
        events = self._made.tables["events"]
        names = events["event"].to_pylist()
        codes = tuple(dict.fromkeys(names))
        accounts = events["account_no"].to_numpy()
        days = events["occurred_day"].cast(pa.int32()).to_numpy()
        users = np.array(self._user_numbers(), np.uint32)
        order = np.lexsort((days, accounts))
        coded = np.array([codes.index(n) for n in names], np.uint16)
        runs = EventArrays(accounts[order].astype(np.uint32), users[order], coded[order], days[order]).read_only()
        nothing = EventArrays(runs.accounts[:0], runs.users[:0], runs.codes[:0], runs.days[:0]).read_only()
        counts = count_events(
            EventRuns(runs, nothing), self._as_of, codes, self._settings.key_events, len(self._made.numbers),
            len(self._made.users),
        )  # fmt: skip
        return event_columns(counts, spine, self._settings)

    def _attributes(self, records: pa.Table, account: str, expected: Mapping[str, Plain]) -> Iterator[str]:
        rows = {r["account_id"]: r for r in records.to_pylist()}
        if account not in rows:
            yield f"{account}: is not known as of {self._as_of}"
            return
        for name, value in expected.items():
            if name not in records.column_names:
                yield Diagnostic.unknown_name("attribute", name, records.column_names).message
                continue
            found = rows[account][name]
            found = found.isoformat() if isinstance(found, date) else found
            same = _is_as_printed(found, value) if isinstance(value, float) else found == value
            if not same:
                yield f"{account} {name}: {_shown(found)}, expected {_shown(value)}"

    def _minor(self, value: Number) -> int:
        return round(Decimal(str(value)).scaleb(self._digits))

    def _major(self, minor: int) -> str:
        return f"{Decimal(minor).scaleb(-self._digits):f}"


def _activity(rows: Sequence[tuple[int, int, date]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else ((), (), ())
    types = (pa.uint32(), pa.uint32(), pa.date32())
    names = ("account_no", "user_no", "day")
    return pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})


def _period(label: str) -> tuple[Period, Every]:
    """The period that a label names. Raises `DataError`."""
    for pattern, every in _LABELS.items():
        if re.fullmatch(pattern, label):
            year, _, rest = label.partition("-")
            month = {"month": rest, "quarter": str(int(rest[1:]) * 3 - 2) if every == "quarter" else ""}.get(every, "1")
            day = date.fromisoformat(label) if every == "week" else date(int(year), int(month), 1)
            return periods_between(day, day, every)[0], every
    message = f"'{label}' is no period"
    remedy = "Write 2026-03, 2026-Q1, 2026, or the Monday of a week."
    raise DataError(Diagnostic("no-period", message, remedy=remedy))


def _is_as_printed(value: object, expected: object) -> bool:
    """Whether a number, rounded to the digits of the expected one, is that."""
    if not isinstance(expected, int | float) or not isinstance(value, int | float):
        return value is None and expected is None
    exponent = Decimal(str(expected)).as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return bool(abs(value - expected) <= 0.5 * 10**-digits + 1e-9)


def _shown(value: object) -> str:
    return "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
