"""The metrics of a project: the built-in ones with its options, and its own; and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from beachhead.engines.dialect import emit
from beachhead.errors import BeachheadError, DefinitionError, Diagnostic, Place, UsageError
from beachhead.metrics import catalogue, measures
from beachhead.metrics.evaluate import Definitions
from beachhead.metrics.facts import TABLE
from beachhead.metrics.formula import parse_formula
from beachhead.metrics.measures import Measure
from beachhead.metrics.metric import Metric, Unit
from beachhead.project import Project
from beachhead.project.definitions import MeasureDefinition, MetricDefinition
from beachhead.project.model import BY_NAME, Table, day_column
from beachhead.rules import FixedCatalog, ValueType, check_expression, check_rule, parse, to_sql

GIVEN = ("months_per_period",)
"""Names that every formula may use."""
_ACTIVATION = ("activation_rate", "time_to_activate")


@dataclass(frozen=True)
class ProjectMetrics:
    """All metrics; those whose definition is wrong are missing, with what is wrong in `diagnostics`.

    `activation_event`: the event that activates; None where the project has no events to choose from.
    """

    project: Project
    definitions: Definitions
    headlines: tuple[str, ...]
    activation_event: str | None
    diagnostics: tuple[Diagnostic, ...] = ()

    def metric(self, name: str) -> Metric:
        """The metric of that name. Raises `DefinitionError` where its file has errors, else `UsageError`."""
        if name in self.definitions.metrics:
            return self.definitions.metrics[name]
        if name in self.project.metrics or ("metrics", name) in self.project.broken:
            file = self.project.place("metrics", name).file
            told = [d for d in (*self.diagnostics, *self.project.errors) if d.place and d.place.file == file]
            if told:
                raise DefinitionError(told)
        raise UsageError(Diagnostic.unknown_name("metric", name, self.definitions.metrics))


def project_metrics(project: Project, as_of: date) -> ProjectMetrics:
    """Built-in metrics under the project's options, and its own, where days such as "30 days ago" count from `as_of`.
    Never raises for what a definition says.
    """
    said: list[Diagnostic] = []
    metrics, counted = dict(catalogue.BUILT_IN), dict(measures.BUILT_IN)
    for name, definition in project.metrics.items():
        try:
            if name in catalogue.BUILT_IN:
                metrics[name] = _with_options(catalogue.BUILT_IN[name], definition, project)
            else:
                own = _own_measures(definition, project, as_of, counted)
                metrics[name] = _own_metric(definition, project, own)
                counted |= own
        except BeachheadError as e:
            said += e.diagnostics
            metrics.pop(name, None)
    metrics = _with_shared_parameters(metrics, project)
    wrong = {
        n: f for n in project.metrics if n in metrics and (f := _unknown_names(metrics[n], metrics, counted, project))
    }
    said += [d for found in wrong.values() for d in found]
    for name in wrong:
        del metrics[name]
    while lost := [m for m in metrics.values() if _is_lost(m, metrics, counted)]:
        for metric in lost:
            del metrics[metric.name]
            if metric.name in project.metrics:
                message, place = (
                    f"'{metric.name}' reads a metric that has errors",
                    project.place("metrics", metric.name),
                )
                said.append(Diagnostic("needs-broken-metric", message, place=place, remedy="Mend the other one."))
    headlines = catalogue.HEADLINES[project.settings.template]
    if (first := project.settings.headline) is not None:
        if first not in metrics:
            said.append(Diagnostic.unknown_name("metric", first, metrics, project.place("settings", "", "headline")))
        else:
            headlines = (first, *(h for h in headlines if h != first))
    chosen = [project.metrics[n].event for n in _ACTIVATION if n in project.metrics]
    event = next((c for c in chosen if c), None)
    key_events = project.settings.key_events
    return ProjectMetrics(
        project, Definitions(metrics, counted), headlines, event or (key_events[0] if key_events else None), tuple(said)
    )


def _with_shared_parameters(metrics: dict[str, Metric], project: Project) -> dict[str, Metric]:
    """A parameter that one file sets, such as the gross margin, holds for all built-in metrics that have it, unless
    their own file sets it."""
    said = {n: v for name in metrics if name in project.metrics for n, v in project.metrics[name].parameters.items()}
    shared = {}
    for name, metric in metrics.items():
        own = project.metrics[name].parameters if name in project.metrics else {}
        new = {p: said[p] for p in metric.parameters if p in said and p not in own and name in catalogue.BUILT_IN}
        shared[name] = replace(metric, parameters={**metric.parameters, **new}) if new else metric
    return shared


def _with_options(metric: Metric, definition: MetricDefinition, project: Project) -> Metric:
    """A built-in metric under options: another published definition, a minimum, parameters, a title."""
    for key in ("formula", "unit", "direction", "measures", "n"):
        if key in definition.model_fields_set:
            message = f"'{metric.name}' is a built-in metric, so its {key} cannot be set"
            known = ", ".join(metric.variants) or "there is no other"
            remedy = f"Give the metric another name, or choose a published definition with `variant`: {known}."
            place = project.key_place("metrics", metric.name, key)
            raise DefinitionError(Diagnostic("built-in-metric", message, place=place, remedy=remedy))
    for name in definition.parameters:
        if name not in metric.parameters:
            place = project.key_place("metrics", metric.name, "parameters", name)
            what = f"parameter of {metric.name}"
            raise DefinitionError(Diagnostic.unknown_name(what, name, metric.parameters, place))
    _check_parameters(definition, project)
    if definition.event is not None and metric.name not in _ACTIVATION:
        place = project.key_place("metrics", metric.name, "event")
        message, remedy = f"'{metric.name}' has no event", f"Only {' and '.join(_ACTIVATION)} have one."
        raise DefinitionError(Diagnostic("no-event", message, place=place, remedy=remedy))
    if definition.variant:
        try:
            metric = metric.as_defined_by(definition.variant)
        except BeachheadError as e:
            place = project.place("metrics", metric.name, "variant")
            raise DefinitionError([d.at(place) for d in e.diagnostics]) from e
    return replace(
        metric,
        title=definition.title or metric.title,
        minimum=metric.minimum if definition.minimum is None else definition.minimum,
        parameters={**metric.parameters, **definition.parameters},
    )


_MOST = {"gross_margin": 1.0, "discount_rate": 10.0, "horizon_months": 600.0}
"""The largest value of parameters; of days it is ten years."""


def _check_parameters(definition: MetricDefinition, project: Project) -> None:
    """Parameters of built-in metrics are not below 0; days and months are whole."""
    for name, value in definition.parameters.items():
        most = _MOST.get(name, 3650.0)
        is_whole = name.endswith(("_days", "_months"))
        if not 0 <= value <= most or (is_whole and value != int(value)):
            place = project.place("metrics", definition.name, "parameters", name)
            message = f"{name} cannot be {value:g}"
            remedy = f"Write a {'whole ' if is_whole else ''}number from 0 to {most:g}."
            raise DefinitionError(Diagnostic("invalid-value", message, place=place, remedy=remedy))


def _own_metric(definition: MetricDefinition, project: Project, own: Mapping[str, Measure]) -> Metric:
    name = definition.name
    formula = definition.formula or (next(iter(own)) if len(own) == 1 else None)
    if formula is None:
        message = f"the metric '{name}' has no formula"
        remedy = "Add a line `formula: …` over its measures, other metrics and numbers."
        raise DefinitionError(Diagnostic("missing-key", message, place=project.place("metrics", name), remedy=remedy))
    for key in ("event", "variant"):
        if key in definition.model_fields_set:
            message, remedy = f"'{key}' is for built-in metrics", "Remove the line."
            place = project.key_place("metrics", name, key)
            raise DefinitionError(Diagnostic("own-metric", message, place=place, remedy=remedy))
    parsed = parse_formula(formula, project.place("metrics", name, "formula"))
    ranked = own.get(formula)
    n = definition.n or (parsed.division[1].text if parsed.division else parsed.names[0] if parsed.names else "0")
    parse_formula(n, project.place("metrics", name, "n"))
    return Metric(
        name,
        definition.title or name.replace("_", " ").capitalize(),
        "own",
        formula,
        definition.meaning or f"{formula}, as this project defines it",
        definition.unit or ("ratio" if parsed.division else _unit_of(own)),
        definition.direction or "neither",
        n,
        "null where there is nothing to divide by" if parsed.division else "0 over nothing",
        project.place("metrics", name).file,
        certainty="quantile" if ranked is not None and ranked.kind == "quantile" else "exact",
        minimum=0 if definition.minimum is None else definition.minimum,
        parameters=definition.parameters,
    )


def _unit_of(own: Mapping[str, Measure]) -> Unit:
    """Of sums of its own measures: money where all are."""
    return "money" if own and all(m.is_money for m in own.values()) else "number"


def _unknown_names(
    metric: Metric, metrics: Mapping[str, Metric], counted: Mapping[str, Measure], project: Project
) -> list[Diagnostic]:
    known = {*metrics, *counted, *metric.parameters, *GIVEN} - {metric.name}
    known |= {metric.name} & counted.keys()
    place = project.place("metrics", metric.name, "formula")
    names = [*metric.parsed.names, *metric.count.names]
    wrong = [Diagnostic.unknown_name("measure", n, known, place) for n in names if n not in known]
    return wrong or _circle(metric, metrics, counted, place)


def _is_lost(metric: Metric, metrics: Mapping[str, Metric], counted: Mapping[str, Measure]) -> bool:
    known = {*metrics, *counted, *metric.parameters, *GIVEN}
    return any(n not in known for n in (*metric.parsed.names, *metric.count.names))


def _circle(
    metric: Metric, metrics: Mapping[str, Metric], counted: Mapping[str, Measure], place: Place
) -> list[Diagnostic]:
    """Whether a metric reads itself through others."""
    waiting, seen = [n for n in metric.parsed.names if n not in counted], set[str]()
    while waiting:
        name = waiting.pop()
        if name == metric.name:
            message = f"the metric '{name}' is computed from itself"
            return [Diagnostic("metric-circle", message, place=place, remedy="Let one of them use measures only.")]
        if name in metrics and name not in seen:
            seen.add(name)
            waiting += [n for n in metrics[name].parsed.names if n not in counted]
    return []


def _own_measures(
    definition: MetricDefinition, project: Project, as_of: date, taken: Mapping[str, Measure]
) -> dict[str, Measure]:
    own = definition.measures.items()
    others = {*taken, *catalogue.BUILT_IN, *project.metrics, *GIVEN, *definition.parameters} - {definition.name}
    for name in definition.measures:
        if name in others:
            at = project.key_place("metrics", definition.name, "measures", name)
            message, remedy = f"'{name}' has another meaning already", "Choose a name that nothing else has."
            raise DefinitionError(Diagnostic("name-taken", message, place=at, remedy=remedy))
    return {name: _own_measure(definition.name, name, measure, project, as_of) for name, measure in own}


def _own_measure(metric: str, name: str, measure: MeasureDefinition, project: Project, as_of: date) -> Measure:
    """A measure over a model table; `value` and `where` are checked as rules are."""
    place = project.place("metrics", metric, "measures", name, "table")
    countable = {n: t for n, t in BY_NAME.items() if t.known_at and t.column("account_id") and n != "events"}
    table = countable.get(measure.table)
    if table is None:
        raise DefinitionError(Diagnostic.unknown_name("table", measure.table, countable, place))
    types = _column_types(table, project)
    moments = {n for n, t in types.items() if t is ValueType.TIMESTAMP}
    day = measure.day or table.known_at or ""
    if day not in moments:
        at = project.place("metrics", metric, "measures", name, "day")
        raise DefinitionError(Diagnostic.unknown_name("timestamp", day, moments, at))
    if measure.quantile is not None and measure.value is None:
        message, remedy = f"'{name}' has a quantile of nothing", "Add a line `value: …`, what is ranked."
        raise DefinitionError(Diagnostic("missing-key", message, place=place, remedy=remedy))
    catalog = FixedCatalog(types)
    where = _sql(project, catalog, metric, name, "where", measure.where, as_of) if measure.where else ""
    value, unit = "1", "count"
    if measure.value:
        value = _sql(project, catalog, metric, name, "value", measure.value, as_of)
        node = parse(measure.value)
        unit = "money" if check_expression(node, catalog).type is ValueType.MONEY else "number"
    return Measure(
        name,
        name.replace("_", " "),
        f"{TABLE}{table.name}",
        value,
        where,
        day_column(day),
        kind="quantile" if measure.quantile is not None else "sum",
        quantile=measure.quantile or 0.5,
        unit=unit,
        needs=(table.name,),
    )


def _column_types(table: Table, project: Project) -> dict[str, ValueType]:
    types = {c.name: ValueType(c.type) for c in table.columns if c.name != "account_id"}
    for source in project.sources.values():
        if source.table == table.name:
            types |= {n: ValueType(c.type or "text") for n, c in source.extra.items() if not c.hidden}
    return types


def _sql(project: Project, catalog: FixedCatalog, metric: str, measure: str, key: str, text: str, as_of: date) -> str:
    """The catalogue SQL of a condition or value over a table's columns."""
    at = project.text_place("metrics", metric, "measures", measure, key)
    node = parse(text, at.place, at.indent)
    check = check_rule if key == "where" else check_expression
    checked = check(node, catalog, is_of_customers=False)
    wrong = [d.at(at.place) for d in checked.diagnostics if d.is_error]
    if wrong:
        raise DefinitionError(wrong)
    if key == "value" and checked.type not in (ValueType.INTEGER, ValueType.NUMBER, ValueType.MONEY):
        message = f"'{measure}' adds up what is no number"
        raise DefinitionError(Diagnostic("wrong-type", message, place=at.place, remedy="Name a number or an amount."))
    sql = to_sql(checked.node, as_of, _no_segment)
    try:
        emit(f"SELECT {sql} AS x FROM known_table", "postgres")
    except DefinitionError as e:
        raise DefinitionError([d.at(at.place) for d in e.diagnostics]) from e
    return sql


def _no_segment(name: str) -> str:
    message = f"a measure counts rows of a table and cannot ask for segment '{name}'"
    raise DefinitionError(Diagnostic("segment-in-measure", message, remedy="Ask with --segment instead."))
