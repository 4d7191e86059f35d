"""`beachhead metrics`: numbers over time and by group, what they mean, who is behind them, as table, chart or file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from beachhead.cli.options import FormatOption, JsonOption, LimitOption, OutOption, ProjectOption, progress, project_of
from beachhead.cli.output import print_json, print_list, print_rows, printable
from beachhead.metrics.periods import checked_every, day_of
from beachhead.reports.metric_words import definition_lines, shown_table, values_table
from beachhead.service.documents import document
from beachhead.service.metric_documents import definition_rows, table_json
from beachhead.service.metrics import MetricQuery, ask, metrics_of, who_is_behind

_Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Metrics; default the headline ones.")]


def metrics(
    names: _Names = None,
    project: ProjectOption = None,
    by: Annotated[
        str | None, typer.Option(help="Break down by an attribute, segment, product_line, or tickets.channel and such.")
    ] = None,
    segment: Annotated[str | None, typer.Option(help="Only members of this segment.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First period, such as 2026-03.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last period.")] = None,
    every: Annotated[str, typer.Option(help="week, month, quarter or year.")] = "month",
    today: Annotated[bool, typer.Option("--today", help="Groups as of today in all periods, not as of then.")] = False,
    who: Annotated[str | None, typer.Option(help="Who is behind the number of this period, such as 2026-03.")] = None,
    group: Annotated[str, typer.Option(help="With --who and --by: the group.")] = "all",
    explain: Annotated[bool, typer.Option("--explain", help="What the metrics mean, instead of their values.")] = False,
    chart: Annotated[Path | None, typer.Option(help="Write the chart to this .svg or .png file.")] = None,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """MRR and its movements, churn, NRR, LTV, CAC, NPS and others: over time, by group, with what they mean."""
    latest = project_of(None, project).latest()
    if explain:
        known = metrics_of(latest)
        wanted = [known.metric(n) for n in names or known.definitions.metrics]
        if as_json:
            print_json(document("metric_definitions", definition_rows(wanted), latest))
            return
        for line in definition_lines(wanted, brief=not names):
            print(printable(line))
        return
    query = MetricQuery(tuple(names or ()), by, segment, _day(first), _day(last), checked_every(every), today)
    with progress(as_json) as say:
        if who is not None:
            people = who_is_behind(latest, query, group, who, say)
            attributes = {n: a for n, a in latest.attributes.items() if n in people.column_names}
            print_list(people, "who", latest, attributes, as_json=as_json, form=form, out=out)
            return
        answer = ask(latest, query, say)
    if chart is not None:
        from beachhead.reports.metric_chart import chart_of, write_chart  # drawing takes a while to import

        write_chart(chart_of(answer), chart)
    if as_json:
        print_json(document("metrics", table_json(answer), latest))
    elif form is None and out is None:
        print_rows(shown_table(answer), {}, answer.currency, titles=False)
        for note in answer.notes:
            print(printable(note))
    else:
        print_list(values_table(answer), "metrics", latest, {}, as_json=False, form=form, out=out)


def movements(
    customer: Annotated[str | None, typer.Argument(metavar="[ID]", help="One customer's; default all.")] = None,
    project: ProjectOption = None,
    first: Annotated[str | None, typer.Option("--from", help="First day.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """Every movement of MRR: new, expansion, contraction, churn, reactivation, each with the records that caused it."""
    from beachhead.service.movements import movements as movements_of

    latest = project_of(None, project).latest()
    found = movements_of(latest, customer, _day(first), _day(last))
    attributes = {n: a for n, a in latest.attributes.items() if n in ("account_id", "account_name")}
    print_list(found, "movements", latest, attributes, as_json=as_json, form=form, out=out, limit=limit)


def _day(given: str | None) -> date | None:
    return day_of(given) if given else None
