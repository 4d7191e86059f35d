"""`beachhead test`: rows in, expected numbers out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from beachhead.cli.options import JsonOption, ProjectOption, project_of
from beachhead.cli.output import print_json, printable
from beachhead.errors import DefinitionError
from beachhead.service.documents import Json, document


def test(
    files: Annotated[list[Path] | None, typer.Argument(help="Files of tests; default all of tests/.")] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Test the project's definitions: rows by hand in, expected movements, metrics and attributes out."""
    from beachhead.service.data_tests import run_tests

    plan = project_of(None, project).check()
    if plan.blocking:
        raise DefinitionError(plan.blocking)
    outcomes = run_tests(plan, files or ())
    failed = [o for o in outcomes if not o.passed]
    if as_json:
        told: list[Json] = [
            {"name": o.name, "place": str(o.place), "passed": o.passed, "differences": list(o.differences)}
            for o in outcomes
        ]
        print_json(document("tests", told))
    else:
        for outcome in failed:
            print(printable(f"{outcome.place}: {outcome.name}"))
            for line in outcome.differences:
                print(printable(f"  {line}"))
        print(f"{len(outcomes) - len(failed)} of {len(outcomes)} tests passed")
    raise typer.Exit(1 if failed else 0)
