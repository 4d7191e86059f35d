"""`beachhead tie-out`: our figures against finance's, with the difference by name and cause."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from beachhead.analysis.display import money_text, plural
from beachhead.analysis.tie_out import TITLES
from beachhead.cli.options import (
    FormatOption,
    JsonOption,
    LimitOption,
    OutOption,
    ProjectOption,
    project_of,
    written_day,
)
from beachhead.cli.output import print_json, print_list, printable
from beachhead.errors import Diagnostic, UsageError
from beachhead.service.documents import Json, document, money_value
from beachhead.service.tie_out import Tied, newest_and_troubles, tie, tie_out_table


def tie_out(
    path: Annotated[Path | None, typer.Argument(metavar="FILE", help="Finance's list: customer and amount.")] = None,
    total: Annotated[str | None, typer.Option(help="Finance's total alone, such as 48250.00.")] = None,
    measure: Annotated[Literal["mrr", "revenue"], typer.Option(help="mrr, or revenue of the month.")] = "mrr",
    on: Annotated[
        date | None,
        typer.Option("--on", parser=written_day, metavar="DAY", help="The day, YYYY-MM-DD; default that of the data."),
    ] = None,
    customer: Annotated[str | None, typer.Option(help="The column of the customer: id, name or e-mail.")] = None,
    amount: Annotated[str | None, typer.Option(help="The column of the amount.")] = None,
    project: ProjectOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    form: FormatOption = None,
    out: OutOption = None,
) -> None:
    """Explain the difference to finance's figures, to the cent; without a file or total, the one known last."""
    opened = project_of(None, project)
    latest = opened.latest()
    if path is not None and total is not None:
        raise UsageError(Diagnostic("list-and-total", "give finance's list or its total", remedy="Leave one away."))
    if path is None and total is None:
        tied, troubles = newest_and_troubles(opened.root, latest)
        if tied is None:
            remedy = "beachhead tie-out FILE, or --total AMOUNT."
            nothing = Diagnostic("no-tie-out", "nothing of finance's is known yet", remedy=remedy)
            raise UsageError((*troubles, nothing))
        for trouble in troubles:
            typer.echo(f"left out: {printable(str(trouble))}", err=True)
    else:
        day = on or latest.as_of
        tied = tie(opened.root, latest, measure, day, path=path, total=total, customer=customer, amount=amount)
    if as_json:
        print_json(document("tie_out", _json(tied), latest))
        return
    if form or out:
        print_list(tie_out_table(tied), "differences", latest, {}, as_json=False, form=form, out=out)
        return
    print(printable("\n".join(_lines(tied, limit))))


def _lines(tied: Tied, limit: int) -> list[str]:
    def money(minor: int) -> str:
        return money_text(minor, tied.currency, exact=True)

    found = tied.found
    told = [
        f"Ours {money(found.ours)}, finance's {money(found.theirs)}: {tied.sentence}.",
        *(f"  {money(b.amount)}  {TITLES[b.cause]} ({plural(b.customers, 'customers')})" for b in found.by_cause),
        *(f"  It is {fit}." for fit in tied.fits),
    ]
    if tied.remembered.file is None and not tied.fits:
        told.append("  No single cause gives this total; give finance's list, then each customer is compared.")
    shown = found.differences[: limit or None]
    for difference in shown:
        told.append(f"{difference.name}: ours {money(difference.ours)}, finance's {money(difference.theirs)}")
        told += [f"    {money(c.amount)}  {c.text}" for c in difference.components]
    if len(found.differences) > len(shown):
        told.append(f"… and {len(found.differences) - len(shown)} more; --limit 0 shows all, --out writes a file")
    return told


def _json(tied: Tied) -> Json:
    def money(minor: int) -> Json:
        return money_value(minor, tied.currency)

    return {
        "measure": tied.remembered.measure,
        "on": tied.remembered.on.isoformat(),
        "ours": money(tied.found.ours),
        "theirs": money(tied.found.theirs),
        "ties": tied.found.ties,
        "sentence": tied.sentence,
        "fits": list(tied.fits),
        "causes": [
            {"cause": b.cause, "title": TITLES[b.cause], "amount": money(b.amount), "customers": b.customers}
            for b in tied.found.by_cause
        ],
        "differences": [
            {
                "account_id": d.account_id,
                "name": d.name,
                "ours": money(d.ours),
                "theirs": money(d.theirs),
                "components": [
                    {"cause": c.cause, "amount": money(c.amount), "why": c.text, "seen": c.is_seen}
                    for c in d.components
                ],
            }
            for d in tied.found.differences
        ],
    }
