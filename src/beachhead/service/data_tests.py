"""Tests of a project's definitions: rows in, expected movements, metrics and attributes out (`tests/*.yml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from beachhead.customers.columns import extra_types
from beachhead.engines.base import Engine
from beachhead.engines.duck import DuckEngine
from beachhead.errors import BeachheadError, DataError, DefinitionError, Diagnostic, Place, UsageError
from beachhead.metrics.counting import Question
from beachhead.metrics.evaluate import evaluate
from beachhead.metrics.grouping import everybody
from beachhead.metrics.periods import Every, Period, day_of, periods_between, shifted
from beachhead.project import yaml_positions as yaml
from beachhead.project.currency import minor_digits
from beachhead.project.definition_files import definition_files, read_text, shown_path
from beachhead.project.definitions import Settings
from beachhead.project.model import BY_NAME
from beachhead.service.made_population import made_population
from beachhead.service.made_rows import Cell, make_rows
from beachhead.service.made_world import MadeWorld
from beachhead.service.metric_definitions import project_metrics
from beachhead.service.plan import Plan
from beachhead.service.short_engine import short_engine
from beachhead.service.update_segments import evaluate_segments
from beachhead.sources.lists import list_of

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
    """Periods as text, also where a year alone was read as a number."""
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else value


_ByPeriod = Annotated[dict[str, Number | None], BeforeValidator(_texts)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expected(_Told):
    """What must come out. Money in major units; `movements` of months that are not listed must be none."""

    movements: dict[str, dict[str, Number]] | None = None
    mrr: _ByPeriod = {}
    metrics: dict[str, _ByPeriod] = {}
    attributes: dict[str, dict[str, Cell]] = {}
    segments: dict[str, list[str]] = {}


class DataTest(_Told):
    """One test: rows by model table, and what they must give."""

    name: str
    as_of: date | None = None
    settings: dict[str, object] = {}
    rows: dict[str, list[dict[str, Cell]]]
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
        if not path.exists():
            remedy = f"The project's tests lie in {FOLDER}/."
            raise UsageError(Diagnostic("no-such-file", f"there is no file {shown_path(path, root)}", remedy=remedy))
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
                wrong += [_mistake(x).at(document.at(node)) for x in e.errors()]
    if any(d.is_error for d in wrong):
        raise DefinitionError([d for d in wrong if d.is_error])
    return found


def _mistake(error: ErrorDetails) -> Diagnostic:
    """What is wrong with a test, in words."""
    *group, key = map(str, error["loc"])
    known = Expected.model_fields if "expect" in group else DataTest.model_fields
    where = f" in {'.'.join(group)}" if group else ""
    remedy = "See docs/data-tests.md for what a test holds."
    match error["type"]:
        case "extra_forbidden":
            found = Diagnostic.unknown_name("key", key, known)
            return Diagnostic("wrong-test", f"{found.message}{where}", remedy=found.remedy, nearest=found.nearest)
        case "missing":
            return Diagnostic("wrong-test", f"the test lacks '{key}'{where}", remedy=remedy)
        case _:
            return Diagnostic("wrong-test", f"'{key}'{where} cannot be this: {error['msg'].lower()}", remedy=remedy)


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
        return Outcome(test.name, place, tuple(_Comparison(test, settings, plan, engine, embedded).differences()))
    except ValidationError as e:
        return Outcome(test.name, place, tuple(f"settings: {x['msg']}" for x in e.errors()))
    except BeachheadError as e:
        return Outcome(test.name, place, tuple(d.message for d in e.diagnostics))


class _Comparison:
    def __init__(self, test: DataTest, settings: Settings, plan: Plan, engine: Engine, embedded: DuckEngine) -> None:
        self._test = test
        self._plan = plan
        self._settings = settings
        self._embedded = embedded
        self._as_of = test.as_of or self._last_expected()
        self._digits = minor_digits(settings.currency)
        sources = plan.project.sources.values()
        extra = {t: extra_types([s for s in sources if s.table == t]) for t in BY_NAME}
        self._made = MadeWorld(make_rows(test.rows, settings, extra), settings, self._as_of, engine, embedded)

    def differences(self) -> Iterator[str]:
        expect = self._test.expect
        if expect.movements is not None:
            yield from self._movements(expect.movements)
        for label, value in expect.mrr.items():
            yield from self._metric("mrr", label, value)
        for metric, values in expect.metrics.items():
            for label, value in values.items():
                yield from self._metric(metric, label, value)
        wanted = expect.attributes or expect.segments
        records = self._made.records(self._plan.own, self._plan.catalog) if wanted else None
        for account, attributes in expect.attributes.items():
            assert records is not None
            yield from self._attributes(records, account, attributes)
        if expect.segments:
            assert records is not None
            yield from self._segments(records, expect.segments)

    def _segments(self, records: pa.Table, expected: Mapping[str, Sequence[str]]) -> Iterator[str]:
        """Who is in other segments than expected; the score needs more customers than a test has, and is null."""
        made = self._made
        population = made_population(
            self._embedded, self._as_of, self._settings.timezone, records, made.event_rows, made.event_runs,
            made.event_codes, self._plan, made.rows.extra,
        )  # fmt: skip
        evaluated = evaluate_segments(self._plan, population)
        names = {n: account for account, n in made.rows.numbers.items()}
        known = {*evaluated.segments, *self._plan.project.segments}
        for segment, accounts in expected.items():
            if segment in evaluated.failed:
                yield f"{segment}: {evaluated.failed[segment][0].message}"
            elif segment not in evaluated.segments:
                told = self._plan.waiting.get(segment)
                yield f"{segment}: {told}" if told else Diagnostic.unknown_name("segment", segment, known).message
            else:
                found = {names[n] for n in evaluated.ready.engine.members([segment])[segment].tolist()}
                for account in sorted(found.symmetric_difference(accounts)):
                    yield f"{account} is {'' if account in found else 'not '}in {segment}"

    def _last_expected(self) -> date:
        """The last day of the last period that anything is expected of."""
        expect = self._test.expect
        labels = [*(expect.movements or {}), *expect.mrr, *(p for v in expect.metrics.values() for p in v)]
        if not labels:
            remedy = "Add a line `as_of: 2024-03-31`, the day at whose end all is computed."
            message = "the test has no `as_of` and expects nothing of any period; add `as_of: 2024-03-31`"
            raise DataError(Diagnostic("no-day", message, remedy=remedy))
        return max(_period(label)[0].last_day for label in labels)

    def _movements(self, expected: Mapping[str, Mapping[str, Number]]) -> Iterator[str]:
        found: dict[tuple[str, str], int] = {}
        for row in self._made.movements.to_pylist():
            if row["day"] > self._as_of:
                continue
            month = f"{row['day']:%Y-%m}"
            for kind, amount in ((row["kind"], row["change_cents"]), ("fx", row["fx_cents"])):
                if kind and amount:
                    found[month, kind] = found.get((month, kind), 0) + amount
        wanted = {(month, kind): self._minor(v) for month, kinds in expected.items() for kind, v in kinds.items()}
        if unknown := {kind for _, kind in wanted} - set(_KINDS):
            yield Diagnostic.unknown_name("movement", min(unknown), _KINDS).message
        for month in expected:
            if not re.fullmatch(r"\d{4}-\d{2}", month):
                yield f"'{month}' is no month; write 2024-03"
        for month, kind in sorted({*found, *wanted}):
            is_, should = found.get((month, kind), 0), wanted.get((month, kind), 0)
            if is_ != should:
                yield f"{month} {kind}: {self._major(is_)}, expected {self._major(should)}"

    def _metric(self, name: str, label: str, expected: Number | None) -> Iterator[str]:
        known = project_metrics(self._plan.project, self._as_of)
        metric = known.definitions.metrics.get(name)
        if metric is None:
            yield Diagnostic.unknown_name("metric", name, known.definitions.metrics).message
            return
        period, every = _period(label)
        facts = self._made.facts(known.activation_event)
        metric = replace(known.definitions.available(metric, facts), minimum=0)
        before = known.definitions.periods_before(metric, every)
        first = shifted(period.start, every, -before)
        periods = (*periods_between(first, period.start - timedelta(days=1), every), period) if before else (period,)
        question = Question(periods, every, everybody(len(periods), len(self._made.rows.numbers)), {})
        (cell,) = evaluate([metric], known.definitions, facts, question, 1)
        value = cell.value
        if value is not None and metric.unit == "money":
            value /= 10**self._digits
        if not _is_as_printed(value, expected):
            why = f" ({cell.reason})" if cell.reason else ""
            yield f"{label} {name}: {_shown(value)}{why}, expected {_shown(expected)}"

    def _attributes(self, records: pa.Table, account: str, expected: Mapping[str, Cell]) -> Iterator[str]:
        rows = {r["account_id"]: r for r in records.to_pylist()}
        if account not in rows:
            yield f"{account}: is not known as of {self._as_of}"
            return
        for name, wanted in expected.items():
            if name not in records.column_names:
                yield Diagnostic.unknown_name("attribute", name, records.column_names).message
                continue
            found = rows[account][name]
            found = found.isoformat() if isinstance(found, date) else found
            value = list_of(wanted) if isinstance(wanted, list) else wanted
            same = _is_as_printed(found, value) if isinstance(value, float) else found == value
            if not same:
                yield f"{account} {name}: {_shown(found)}, expected {_shown(value)}"

    def _minor(self, value: Number) -> int:
        return round(Decimal(str(value)).scaleb(self._digits))

    def _major(self, minor: int) -> str:
        return f"{Decimal(minor).scaleb(-self._digits):f}"


def _period(label: str) -> tuple[Period, Every]:
    """The period that a label names. Raises `DataError`."""
    for pattern, every in _LABELS.items():
        if re.fullmatch(pattern, label):
            with suppress(UsageError):
                day = day_of(label)
                return periods_between(day, day, every)[0], every
    message = f"'{label}' is no period"
    remedy = "Write 2026-03, 2026-Q1, 2026, or the Monday of a week."
    raise DataError(Diagnostic("no-period", message, remedy=remedy))


def _is_as_printed(value: object, expected: object) -> bool:
    """Whether a number, rounded to the digits of the expected one, is that."""
    if not isinstance(expected, int | float) or not isinstance(value, int | float):
        return value is None and expected is None
    if isinstance(expected, int):
        return abs(value - expected) < 1e-6
    exponent = Decimal(str(expected)).as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return bool(abs(value - expected) <= 0.5 * 10**-digits + 1e-9)


def _shown(value: object) -> str:
    return "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
