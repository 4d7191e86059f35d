"""Commands about segments: why a customer is in one, what a change will do, whether all is sound, rules as SQL."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date
from typing import Annotated, get_args

import typer

from beachhead.cli.options import (
    DayOption,
    FormatOption,
    JsonOption,
    LimitOption,
    OutOption,
    ProjectOption,
    progress,
    project_of,
    written_day,
)
from beachhead.cli.output import (
    Format,
    parse_columns,
    print_counted,
    print_diagnostics,
    print_json,
    print_list,
    print_rows,
    printable,
    refuse_file,
)
from beachhead.engines.base import Dialect
from beachhead.errors import Diagnostic, UsageError
from beachhead.metrics.periods import checked_every, day_of
from beachhead.project import load
from beachhead.service.back_fill import back_filled
from beachhead.service.documents import document
from beachhead.service.listing import segments_table
from beachhead.service.named_segment import named_segment
from beachhead.service.past import look_back
from beachhead.service.plan import Plan, make_plan
from beachhead.service.published_world import population_of_run
from beachhead.service.results import Run
from beachhead.service.segment_answers import (
    curve_lines,
    groups_json,
    groups_table,
    plan_json,
    plan_lines,
    published_line,
    sized_json,
    verified_json,
    verified_lines,
    why_json,
    why_lines,
)
from beachhead.service.segment_memory import (
    check_published,
    members_on,
    members_on_json,
    members_on_lines,
    memory,
    memory_json,
    memory_lines,
    overlap_json,
    overlap_lines,
    overlaps,
)
from beachhead.service.segment_plan import plan_segments, publish_segments
from beachhead.service.segmentation import segmentation as segmentation_of
from beachhead.service.unknown_names import unknown_names
from beachhead.service.verifying import verify as verify_run
from beachhead.service.warehouse_sql import segment_sql
from beachhead.service.warehouse_write import write_back
from beachhead.service.why import why as why_of

_Segment = Annotated[str, typer.Argument(help="Name of a segment; one of a family as family/value.")]
_DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
_SHOWN = (
    "account_id",
    "account_name",
    "tier",
    "value_score",
    "account_status",
    "plan",
    "mrr_cents",
    "revenue_cents_total",
    "order_count_total",
    "signed_up_on",
)


def segments(
    name: Annotated[str | None, typer.Argument(help="One segment, in words.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """All segments with their size and what changed, or one of them."""
    latest = project_of(None, project).latest()
    if name is None:
        print_counted(latest.warnings)
        print_list(segments_table(latest), "segments", latest, {}, as_json=as_json, form=form, out=out)
        return
    refuse_file(form, out)
    about = latest.segments[name].about
    if as_json:
        print_json(document("segment", about.model_dump(mode="json"), latest))
        return
    print(about.title)
    print(f"  who: {about.english or about.where.strip()}")
    print(f"  size: {'no data' if about.size is None else f'{about.size:,}'}{' (stale)' if about.stale else ''}")
    texts = {"why": about.why, "owner": about.owner, "about": about.description, "profile": about.profile}
    for label, text in texts.items():
        if text:
            print(f"  {label}: {text.strip()}")
    if about.lacking:
        print(f"  counts as unknown or none, since it has no data: {', '.join(about.lacking)}")


def who(
    name: Annotated[str, typer.Argument(help="The segment.")],
    project: ProjectOption = None,
    columns: Annotated[str | None, typer.Option(help="Attributes to show, with commas; 'all' for all.")] = None,
    as_of: Annotated[
        date | None,
        typer.Option(parser=written_day, metavar="DAY", help="Who was in on this day, as they are known now."),
    ] = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """The customers in a segment, best first."""
    opened = project_of(None, project)
    latest, notes = opened.latest(), []
    if as_of:
        memberships = opened.memberships()
        check_published(memberships, latest, name)
        found = members_on(memberships, latest, name, as_of)
        table, notes = found.members, list(members_on_lines(found, as_of, latest))
    else:
        table = latest.segments[name].members().arrow()
    if "value_rank" in table.column_names:
        table = table.sort_by([("value_rank", "ascending")])
    wanted = list(table.column_names) if columns == "all" else parse_columns(columns, table.column_names, _SHOWN)
    if as_of and out is None and (as_json or form is Format.JSON):
        print_json(document("members_on", members_on_json(found, as_of, wanted, latest), latest))
        return
    print_list(
        table.select(wanted), "members", latest, latest.attributes, as_json=as_json, form=form, out=out, limit=limit
    )
    for note in notes:
        print(note, file=sys.stderr)


def _look_back(plan: Plan, run: Run, as_json: bool) -> None:
    """Have the earlier days that rules ask for; what went wrong is told, and the rules that need them say so too."""
    with progress(as_json) as say:
        said = look_back(plan, run, say)
    print_diagnostics(said)


def why(
    account_id: Annotated[str, typer.Argument(metavar="ID", help="The customer's id.")],
    segment: _Segment,
    project: ProjectOption = None,
    as_of: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why a customer is in a segment or not: each condition with the value, and what would have to change."""
    opened = project_of(None, project)
    run = opened.as_of(as_of) if as_of else opened.latest()
    plan = make_plan(opened.root)
    _look_back(plan, run, as_json)
    with population_of_run(run, plan) as population:
        answer = why_of(run, plan, population, account_id, segment)
    if as_json:
        print_json(document("why", why_json(answer), run))
        return
    for line in why_lines(answer, run, plan):
        print(printable(line))


def segments_of(
    account_id: Annotated[str, typer.Argument(metavar="ID", help="The customer's id.")],
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The segments that one customer is in."""
    run = project_of(None, project).latest()
    number = run.customer(account_id)["account_no"]
    assert isinstance(number, int)
    names = run.segments_of(number)
    if as_json:
        print_json(document("segments_of", {"account_id": account_id, "segments": list(names)}, run))
        return
    titles = {s.name: s.title for s in run.about.segments}
    for name in names:
        print(printable(f"{name}: {titles[name]}"))
    if not names:
        print("in no segment")


def plan(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What the segment files as they are now would change: who joins, who leaves, what they pay, who else asks."""
    opened = project_of(None, project)
    run, checked = opened.latest(), make_plan(opened.root)
    _look_back(checked, run, as_json)
    found = plan_segments(run, checked)
    said = (*found.diagnostics, *unknown_names(checked))
    if as_json:
        print_json(document("plan", plan_json(found, run), run, said))
    else:
        for line in plan_lines(found, run):
            print(printable(line))
        for diagnostic in said:
            if diagnostic.severity != "info":
                print(printable(str(diagnostic)))
    if any(d.is_error for d in said):
        raise typer.Exit(1)


def apply(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Publish the segments as their files are now, over the customers of the newest update; `plan` shows it before."""
    opened = project_of(None, project)
    checked = make_plan(opened.root)
    _look_back(checked, opened.latest(), as_json)
    ref = publish_segments(opened.latest(), checked)
    run = opened.latest()
    if run.snapshot.ref != ref:
        message = f"{run.name} was published meanwhile, so that {ref.name} is not the newest"
        raise UsageError(Diagnostic("overtaken", message, remedy="Run `beachhead apply` again."))
    if as_json:
        print_json(document("apply", {"snapshot": run.name}, run, run.about.diagnostics))
    else:
        print_diagnostics(run.about.diagnostics)
        print(published_line(run, checked.waiting))
    if any(d.is_error for d in run.about.diagnostics):
        raise typer.Exit(1)


def verify(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Compute all members afresh and compare them with what is stored."""
    opened = project_of(None, project)
    run, checked = opened.latest(), make_plan(opened.root)
    _look_back(checked, run, as_json)
    found = verify_run(run, checked)
    if as_json:
        print_json(document("verified", verified_json(found), run, (*found.failed, *found.damaged)))
    else:
        for line in verified_lines(found):
            print(printable(line))
    if not found.is_sound:
        raise typer.Exit(1)


def sql(
    segment: _Segment,
    project: ProjectOption = None,
    dialect: Annotated[str, typer.Option(help=f"One of {', '.join(_DIALECTS)}.")] = "postgres",
    schema: Annotated[str | None, typer.Option(help="The schema that the warehouse's tables are in.")] = None,
    as_of: DayOption = None,
    write: Annotated[
        str | None, typer.Option("--write", metavar="TABLE", help="Write the members into this table, and the changes.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="URL", help="The PostgreSQL database to write to.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The rule of a segment as SQL for your warehouse; or, with --write, its members in a table there."""
    opened = project_of(None, project)
    run = opened.latest()
    if write is not None:
        if to is None:
            remedy = "Name the database: --to postgresql://user@host/database; a password may stand in PGPASSWORD."
            raise UsageError(Diagnostic("no-database", "--write needs a database", remedy=remedy))
        if as_of is not None:
            remedy = "Leave --as-of away: the members of the newest update are written."
            raise UsageError(Diagnostic("usage", "--write and --as-of do not go together", remedy=remedy))
        done = write_back(to, write, run, [segment])
        if as_json:
            print_json(document("written", asdict(done), run))
        else:
            print(f"{done.table}: {done.members:,} members, {done.joined:,} joined, {done.left:,} left")
        return
    chosen = next((d for d in _DIALECTS if d == dialect), None)
    if chosen is None:
        raise UsageError(Diagnostic.unknown_name("dialect", dialect, _DIALECTS))
    day, checked = as_of or run.as_of, make_plan(opened.root)
    named_segment(checked, segment, run)
    text = segment_sql(checked, segment, day, chosen, schema)
    if as_json:
        told = {"segment": segment, "dialect": dialect, "day": day.isoformat(), "sql": text}
        print_json(document("sql", told, run))
    else:
        print(text)


def back_fill(
    segment: _Segment,
    first: Annotated[str, typer.Option("--from", help="First day, such as 2026-01-31, or month, such as 2026-01.")],
    project: ProjectOption = None,
    every: Annotated[str, typer.Option(help="week, month, quarter or year: its last days.")] = "month",
    as_json: JsonOption = False,
) -> None:
    """Compute a segment by its present rule for past days, so that its trend can be compared."""
    opened = project_of(None, project)
    latest = opened.latest()
    name = latest.segments[segment].name
    with progress(as_json) as say:
        found = back_filled(opened.root, latest, name, day_of(first), checked_every(every), say)
    if as_json:
        print_json(document("sizes", [sized_json(p) for p in found.sizes], latest, found.diagnostics))
        return
    for line in curve_lines(found.sizes, latest):
        print(printable(line))
    print_diagnostics(found.diagnostics)


def history(segment: _Segment, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """A segment over its published days: sizes, how fast it changes, how long members stay, who came back."""
    opened = project_of(None, project)
    run, memberships = opened.latest(), opened.memberships()
    check_published(memberships, run, segment)
    found = memory(memberships, segment)
    if as_json:
        print_json(document("history", memory_json(found), run))
        return
    for line in memory_lines(found, run):
        print(printable(line))


def overlap(
    segment: Annotated[str | None, typer.Argument(help="One segment; without it, every two.")] = None,
    project: ProjectOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """How many customers segments share, the most alike first, and how many are in none, in one, in several."""
    run = project_of(None, project).latest()
    found = overlaps(run, segment)
    if out is None and (as_json or form is Format.JSON):
        print_json(document("overlap", overlap_json(found, run), run))
        return
    print_list(found.pairs, "overlap", run, {}, as_json=False, form=form, out=out, limit=limit)
    for line in overlap_lines(found, run):
        print(printable(line), file=sys.stderr)


def segmentation(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Everyone in exactly one group, by segmentation.yml: size, share, money, and what is to be done with it."""
    opened = project_of(None, project)
    run = opened.latest()
    groups = segmentation_of(run, load(opened.root))
    if as_json:
        print_json(document("segmentation", groups_json(groups, run), run))
    else:
        print_rows(groups_table(groups, run), {}, run.about.settings.currency, titles=False)
