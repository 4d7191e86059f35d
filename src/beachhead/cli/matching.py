"""`beachhead matches`: whose record is whose, what is doubtful, and decisions about it."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
import typer

from beachhead.cli.options import FormatOption, JsonOption, LimitOption, OutOption, ProjectOption, project_of
from beachhead.cli.output import print_list
from beachhead.errors import Diagnostic, UsageError
from beachhead.service.matches import Decision, decide, match_rates, unmatched
from beachhead.service.results import Run

Pair = tuple[str, str] | None


def matches(
    doubtful: Annotated[bool, typer.Option("--doubtful", help="Pairs that may be one customer.")] = False,
    nobodys: Annotated[bool, typer.Option("--unmatched", help="Records that are nobody's.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every record, whose it is, and why.")] = False,
    same: Annotated[Pair, typer.Option("--same", metavar="ID ID", help="These two are one customer.")] = None,
    different: Annotated[Pair, typer.Option("--different", metavar="ID ID", help="These two are not.")] = None,
    undo: Annotated[Pair, typer.Option("--undo", metavar="ID ID", help="Forget what was decided of the two.")] = None,
    project: ProjectOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """How well each source was matched to customers; decide about doubtful pairs."""
    opened = project_of(None, project)
    decisions: dict[Decision, Pair] = {"same": same, "different": different, "undo": undo}
    given = {decision: pair for decision, pair in decisions.items() if pair is not None}
    if given:
        for decision, pair in given.items():
            decide(opened.root, decision, [pair])
        if not as_json:
            print("Written to matching.yml; it holds from the next update on: beachhead run")
            return
    if sum((doubtful, nobodys, everything)) > 1:
        remedy = "Give one of --doubtful, --unmatched, --all."
        raise UsageError(Diagnostic("several-lists", "only one list can be shown at a time", remedy=remedy))
    latest = opened.latest()
    noun, table = "matches", _rates(latest)
    if doubtful:
        noun, table = "doubtful", latest.doubtful.arrow()
    elif nobodys:
        noun, table = "unmatched", unmatched(latest)
    elif everything:
        table = latest.matches.arrow()
    print_list(table, noun, latest, {}, as_json=as_json, form=form, out=out, limit=limit)


def _rates(latest: Run) -> pa.Table:
    rates = match_rates(latest)
    return pa.table(
        {
            "source": pa.array([r.source for r in rates], pa.string()),
            "records": pa.array([r.records for r in rates], pa.int64()),
            "matched": pa.array([r.matched for r in rates], pa.int64()),
            "unmatched": pa.array([r.unmatched for r in rates], pa.int64()),
            "match_rate": pa.array([r.rate for r in rates], pa.float64()),
        }
    )
