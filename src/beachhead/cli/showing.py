"""`beachhead sight`: what the data can show, before anything is concluded from it."""

from __future__ import annotations

from beachhead.cli.options import JsonOption, ProjectOption, project_of
from beachhead.cli.output import print_json, printable
from beachhead.service.documents import document
from beachhead.service.showing import sight_json, sight_of


def sight(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """What this data can show: who is in it, the smallest difference visible, and what to do instead."""
    latest = project_of(None, project).latest()
    found = sight_of(latest)
    if as_json:
        print_json(document("sight", sight_json(found), latest))
        return
    print(printable("\n".join(found.lines)))
    for step in found.next_steps:
        print(printable(f"  next: {step}"))
