"""`beachhead export` and `beachhead fill`: the result for elsewhere, and what people wrote into it back again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from beachhead.analysis.display import plural
from beachhead.cli.options import JsonOption, ProjectOption, file_name, project_of
from beachhead.cli.output import print_diagnostics, print_json
from beachhead.service.documents import Json, document

if TYPE_CHECKING:
    from beachhead.service.export import Kind


def export(
    to: Annotated[Path, typer.Option("--to", callback=file_name, help="File: .xlsx, .pptx, .docx, .md or .html.")],
    target: Annotated[
        Literal["slack", "notion"] | None, typer.Option("--for", help="A message for Slack, or Markdown for Notion.")
    ] = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """The newest result as a workbook, slides, a document, Markdown or a web page."""
    from beachhead.service.export import export as write_export  # drawing takes a while to import

    kinds: dict[str | None, Kind] = {"slack": "slack", "notion": "md"}
    opened = project_of(None, project)
    written = write_export(opened, to, kinds.get(target))
    if as_json:
        print_json(document("export", {"file": str(written)}, opened.latest()))
    else:
        print(f"Wrote {written}")


def fill(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A workbook from `beachhead export`, filled in.")],
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in what people wrote into an exported workbook; it becomes attributes with the next update."""
    from beachhead.service.filling import fill as read_back  # as above

    opened = project_of(None, project)
    filled = read_back(opened, path)
    if as_json:
        payload: Json = {"customers": filled.customers, "changed": filled.changed, "file": filled.file}
        print_json(document("filled", payload, diagnostics=filled.diagnostics))
        return
    print_diagnostics(filled.diagnostics)
    if filled.file:
        print(f"Took in what is new of {plural(filled.changed, 'customers')}: {filled.file}. Next: beachhead run")
    else:
        print("Nothing new was filled in.")
