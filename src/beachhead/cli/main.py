"""The command line: thin, every command calls one verb of the service and prints what it returns."""

from __future__ import annotations

import sys
import traceback
from dataclasses import asdict
from datetime import date
from pathlib import Path
from shlex import quote
from tempfile import NamedTemporaryFile
from typing import Annotated

import pyarrow as pa
import typer
from typer.exceptions import TyperException

import beachhead
from beachhead.analysis.display import plural, value_text
from beachhead.cli import INTERRUPTED
from beachhead.cli.adding import add
from beachhead.cli.discovering import discover
from beachhead.cli.exporting import export, fill
from beachhead.cli.matching import matches
from beachhead.cli.measuring import metrics, movements
from beachhead.cli.options import (
    DayOption,
    FolderArgument,
    FormatOption,
    JsonOption,
    LimitOption,
    OutOption,
    ProjectOption,
    file_name,
    progress,
    project_of,
)
from beachhead.cli.output import (
    print_diagnostics,
    print_json,
    print_list,
    print_rows,
    printable,
    refuse_file,
)
from beachhead.cli.segmenting import (
    apply,
    back_fill,
    history,
    overlap,
    plan,
    segmentation,
    segments,
    segments_of,
    sql,
    verify,
    who,
    why,
)
from beachhead.cli.serving import serve, serve_folder
from beachhead.cli.showing import sight
from beachhead.cli.testing import test
from beachhead.cli.tying import tie_out
from beachhead.errors import BeachheadError, Diagnostic
from beachhead.service.documents import Json, attribute_value, document, plain, problem_json
from beachhead.service.explanation import explain_customer, explanation_json, explanation_lines
from beachhead.service.listing import best_and_worst, problems_table
from beachhead.service.run import RunOptions
from beachhead.service.setup import make_project, make_synthetic

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"beachhead {beachhead.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find your best customers, and keep every tool aimed at them. Without a command: in the browser."""
    if context.invoked_subcommand is None:
        raise typer.Exit(serve_folder(Path()))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    template: Annotated[str, typer.Option(help="selfserve, sales-led, shop, subscription-box or blank.")] = "blank",
    name: Annotated[str | None, typer.Option(help="Name of the company; default the folder's.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new project folder from a template."""
    made = make_project(folder, template, name)
    if as_json:
        print_json(document("project", {"folder": str(folder), "template": template, "files": [str(f) for f in made]}))
        return
    print(f"Made {folder} with {len(made)} files. Next:")
    print(f"  1. put your exports into {folder}/data (see {folder}/README.md)")
    print(f"  2. beachhead check {quote(str(folder))}")
    print(f"  3. beachhead run {quote(str(folder))}")


@app.command()
def synth(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    accounts: Annotated[int, typer.Option(min=10, help="Number of customers.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = 7,
    noise: Annotated[bool, typer.Option("--noise", help="A company in which nothing depends on anything.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write an invented company: raw files, mappings, segments, score, and the planted truth."""
    with progress(as_json) as say:
        truth = make_synthetic(folder, accounts, seed, noise, say)
    if as_json:
        print_json(document("truth", truth))
    else:
        print(f"Wrote {accounts:,} customers to {folder}. Next: beachhead run {quote(str(folder))}")


@app.command()
def check(folder: FolderArgument = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Say everything that is wrong with a project; change nothing."""
    plan = project_of(folder, project).check()
    if as_json:
        counts: Json = {"sources": len(plan.project.sources), "segments": len(plan.project.segments)}
        print_json(document("project", counts, diagnostics=plan.diagnostics))
    else:
        print_diagnostics(plan.diagnostics)
        errors = len(plan.errors)
        counted = {"sources": plan.project.sources, "own attributes": plan.own, "segments": plan.segments}
        what = ", ".join(plural(len(those), noun) for noun, those in counted.items())
        print(f"{'No errors' if not errors else plural(errors, 'errors')}: {what}")
    raise typer.Exit(1 if plan.errors else 0)


@app.command()
def run(
    folder: FolderArgument = None,
    project: ProjectOption = None,
    as_of: DayOption = None,
    full: Annotated[bool, typer.Option("--full", help="Read every file again.")] = False,
    allow_loss: Annotated[bool, typer.Option("--allow-loss", help="Publish even if many customers vanish.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for another update.")] = 600,
    as_json: JsonOption = False,
) -> None:
    """Update: read what is new, compute all records, score and segments, publish them."""
    opened = project_of(folder, project)
    with progress(as_json) as say:
        outcome = opened.update(RunOptions(as_of, full, allow_loss, wait), say)
    latest = opened.as_of(outcome.snapshot.as_of)
    changed = opened.changes() if as_of is None else None
    if as_json:
        payload: Json = {
            "customers": outcome.customers,
            "new_customers": outcome.new_customers,
            "segments": outcome.segments,
            "problems": outcome.problems,
            "changes": plain(asdict(changed)) if changed else None,
        }
        print_json(document("run", payload, latest, outcome.diagnostics))
    else:
        print_diagnostics([d for d in outcome.diagnostics if d.severity != "info"])
        word = latest.about.settings.customers_are
        print(f"{outcome.customers:,} {word} as of {outcome.snapshot.as_of}, {outcome.new_customers:,} of them new")
        for problem in latest.problems:
            if problem.severity == "error":
                print(printable(f"{problem.message} ({problem.source})"))
        print(f"{outcome.segments} segments, {outcome.problems} problems in the data (beachhead quality)")
        for line in changed.lines(word) if changed else ():
            print(printable(line))
    raise typer.Exit(1 if any(d.is_error for d in outcome.diagnostics) else 0)


@app.command()
def status(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What is published, from which files, and how past updates went."""
    opened = project_of(None, project)
    latest = opened.latest()
    history = opened.history()
    if as_json:
        payload: Json = {
            "customers": len(latest.accounts),
            "sources": [s.model_dump(mode="json") for s in latest.about.sources],
            "history": [
                {"started": plain(r.started), "status": r.status, "snapshot": r.snapshot, "message": r.message}
                for r in history
            ],
        }
        print_json(document("status", payload, latest, latest.about.diagnostics))
        return
    settings = latest.about.settings
    print(f"{settings.name}: {len(latest.accounts):,} {settings.customers_are}, data as of {latest.as_of}")
    for source in latest.about.sources:
        used, read = sum(f.rows_used for f in source.files), sum(f.rows_read for f in source.files)
        print(f"  {source.name} → {source.table}: {used:,} of {read:,} rows used, files: {len(source.files)}")
    for record in history[:5]:
        print(f"  {record.started:%Y-%m-%d %H:%M} {record.status} {record.snapshot or record.message or ''}".rstrip())
    print_diagnostics(latest.warnings)


@app.command()
def customer(
    account_id: Annotated[str, typer.Argument(metavar="ID", help="The customer's id.")],
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything that is known about one customer."""
    latest = project_of(None, project).latest()
    record = latest.customer(account_id)
    number = record["account_no"]
    assert isinstance(number, int)
    segments = latest.segments_of(number)
    currency = latest.about.settings.currency
    if as_json:
        values: dict[str, Json] = {n: attribute_value(v, latest.attributes.get(n), currency) for n, v in record.items()}
        print_json(document("customer", {**values, "segments": segments}, latest))
        return
    known = {n: v for n, v in record.items() if v is not None and n in latest.attributes}
    lines = pa.table(
        {
            "attribute": [latest.attributes[n].title for n in known],
            "name": list(known),
            "value": [value_text(v, latest.attributes[n], currency) for n, v in known.items()],
        }
    )
    print_rows(lines, {}, currency)
    print(f"in segments: {', '.join(segments) or 'none'}")


app.command()(segments)
app.command()(who)


@app.command()
def count(
    by: Annotated[list[str], typer.Argument(metavar="ATTR...", help="One to three attributes.")],
    measure: Annotated[
        str | None, typer.Option(help="An attribute to add up; default the money of the template.")
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """Customers by one to three attributes: number, share, money, how many stayed. Small cells are marked."""
    opened = project_of(None, project)
    table = opened.count(by, measure)
    print_list(table.as_arrow(), "counts", opened.latest(), {}, as_json=as_json, form=form, out=out)
    for note in filter(None, (table.not_kept, table.overlap)):
        print(note, file=sys.stderr)


@app.command()
def value(
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="ID", help="Why one customer has its score.")
    ] = None,
    project: ProjectOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """The best and the worst customers by score; or why one has its score and what would lift it."""
    latest = project_of(None, project).latest()
    if explain is None:
        table = best_and_worst(latest)
        print_list(table, "value", latest, latest.attributes, as_json=as_json, form=form, out=out, limit=limit)
        return
    refuse_file(form, out)
    explanation = explain_customer(latest, explain)
    if as_json:
        print_json(document("explanation", explanation_json(explanation), latest))
    else:
        print(printable("\n".join(explanation_lines(explanation, latest))))


@app.command()
def quality(
    rows: Annotated[bool, typer.Option("--rows", help="List the rows and values set aside, one by one.")] = False,
    project: ProjectOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """Problems in the data: what is wrong, how often, where, and what to do."""
    latest = project_of(None, project).latest()
    if rows:
        table = latest.set_aside.arrow()
        print_list(table, "set_aside", latest, {}, as_json=as_json, form=form, out=out, limit=limit)
    elif as_json and out is None:
        print_json(document("problems", [problem_json(p) for p in latest.problems], latest))
    elif form or out:
        print_list(problems_table(latest), "problems", latest, {}, as_json=as_json, form=form, out=out)
    else:
        for problem in latest.problems:
            print(printable(f"{problem.severity}: {problem.message} [{problem.code}]"))
            where = " · ".join(x for x in (problem.source, problem.table, problem.column) if x)
            if where:
                print(f"  {where}: {problem.count:,} of {problem.out_of:,} rows")
            for example in problem.examples[:3]:
                print(printable(f"  e.g. {example}"))
            print(f"  what to do: {problem.remedy}")
        found, aside = (
            plural(len(latest.problems), "kinds of problems"),
            plural(len(latest.set_aside), "rows or values"),
        )
        print(f"{found}; {aside} set aside")


@app.command()
def report(
    folder: FolderArgument = None,
    project: ProjectOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", callback=file_name, help="File to write; default report.html.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write one self-contained HTML file, to read on screen, to print, to send."""
    opened = project_of(folder, project)
    with progress(as_json) as say:
        say("Writing the report")
        path = opened.report(out)
    if as_json:
        print_json(document("report", {"file": str(path)}, opened.latest()))
    else:
        print(path)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT over accounts, users, members, set_aside.")],
    project: ProjectOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """One read-only SELECT over what is published."""
    opened = project_of(None, project)
    latest = opened.latest()
    table = opened.query(sql)
    attributes = latest.attributes
    print_list(table, "rows", latest, attributes, as_json=as_json, form=form, out=out, limit=limit, titles=False)


app.command()(add)
app.command()(matches)
app.command()(metrics)
app.command()(movements)
app.command()(test)
app.command()(export)
app.command()(fill)
app.command()(serve)
app.command()(sight)
app.command("tie-out")(tie_out)
app.command()(why)
app.command("segments-of")(segments_of)
app.command()(plan)
app.command()(apply)
app.command()(verify)
app.command()(sql)
app.command("back-fill")(back_fill)
app.command()(history)
app.command()(overlap)
app.command()(segmentation)
app.add_typer(discover, name="discover")


def main() -> None:
    """Run the command line. Whatever goes wrong ends in a diagnostic and an exit code of 1, 2 or 3.

    Raises `KeyboardInterrupt` when it is stopped.
    """
    wants_json = "--json" in sys.argv
    try:
        # Without standalone mode, typer returns the code of an Exit instead of raising it.
        code: object = app(standalone_mode=False)
        if code == INTERRUPTED:  # typer turns Ctrl-C into this
            raise KeyboardInterrupt
    except typer.Exit as e:
        sys.exit(e.exit_code)
    except (typer.Abort, KeyboardInterrupt) as e:
        if not wants_json:
            raise KeyboardInterrupt from e
        _end([Diagnostic("interrupted", "stopped; nothing was published")], INTERRUPTED, wants_json)
    except TyperException as e:
        _end([Diagnostic("usage", e.format_message(), remedy="See --help.")], 2, wants_json)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except BeachheadError as e:
        _end(list(e.diagnostics), e.exit_code, wants_json)
    except Exception as e:
        _end([_internal(e)], 3, wants_json)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _internal(error: Exception) -> Diagnostic:
    with NamedTemporaryFile("w", prefix="beachhead-error-", suffix=".txt", delete=False, encoding="utf-8") as f:
        f.write(f"beachhead {beachhead.__version__}, {date.today()}\n")
        traceback.print_exception(error, file=f)
    return Diagnostic(
        "internal-error",
        f"something failed that should not: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
        remedy=f"Please report it with {f.name}; look through that file first. The last published data is untouched.",
    )


def _end(diagnostics: list[Diagnostic], code: int, wants_json: bool) -> None:
    if wants_json:
        print_json(document("error", None, diagnostics=diagnostics))
    else:
        print_diagnostics(diagnostics)
    sys.exit(code)
