"""`beachhead discover`: what the data proposes, with proof."""

from __future__ import annotations

from typing import Annotated

import typer

from beachhead.cli.options import JsonOption, ProjectOption, project_of
from beachhead.cli.output import print_json, printable
from beachhead.discovery.search import BALANCED, LIFT, MONEY, WRACC, Direction
from beachhead.discovery.segments import Settings
from beachhead.errors import Diagnostic, UsageError
from beachhead.service.discovering import (
    discover_segments,
    discovered_json,
    discovered_lines,
    tried_json,
    tried_lines,
    try_rule,
)
from beachhead.service.documents import document
from beachhead.service.plan import make_plan
from beachhead.service.published_world import population_of_run

discover = typer.Typer(help="What the data proposes, with proof.", no_args_is_help=True)
_SCORES = {"balanced": BALANCED, "wracc": WRACC, "lift": LIFT, "money": MONEY}
_WANTED: dict[str, Direction] = {"best": "higher", "worst": "lower", "both": "both"}


@discover.command()
def segments(
    outcome: Annotated[
        str, typer.Option(help="kept, churned_90d, converted, expansion, repeat, value_score, nps, or an attribute.")
    ] = "kept",
    depth: Annotated[int, typer.Option(min=1, max=3, help="On how many criteria a segment has conditions.")] = 2,
    score: Annotated[str, typer.Option(help=f"What counts as much: {', '.join(_SCORES)}.")] = "balanced",
    direction: Annotated[str, typer.Option(help="Where the outcome is higher (best), lower (worst), both.")] = "both",
    rule: Annotated[
        str | None, typer.Option("--try", metavar="RULE", help="Test this one rule alone, instead of searching.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same result.")] = 1,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Segments whose outcome differs from that of all others: every combination is tried, then tested against luck."""
    for name, known in ((score, _SCORES), (direction, _WANTED)):
        if name not in known:
            raise UsageError(Diagnostic.unknown_name("choice", name, known))
    opened = project_of(None, project)
    run = opened.latest()
    if rule is not None:
        plan = make_plan(opened.root)
        with population_of_run(run, plan) as population:
            tried = try_rule(run, plan, population, outcome, rule)
        if as_json:
            print_json(document("tried", tried_json(tried), run))
            return
        for line in tried_lines(tried, run, plan):
            print(printable(line))
        return
    settings = Settings(_SCORES[score], _WANTED[direction], depth, seed=seed)
    found = discover_segments(run, outcome, settings)
    if as_json:
        print_json(document("discovered", discovered_json(found), run))
        return
    for line in discovered_lines(found, run, make_plan(opened.root)):
        print(printable(line))
