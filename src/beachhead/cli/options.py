"""What the commands share: options, the project they are about, and how progress is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from beachhead.cli.output import Format
from beachhead.errors import Diagnostic, UsageError
from beachhead.service.progress import Say, say_nothing
from beachhead.service.project import Project, open_project


def file_name(out: Path | None) -> Path | None:
    """The file to write to. Raises `UsageError` for the sign of standard output."""
    if str(out) == "-":
        remedy = "Name a file; without --out, lists go to standard output (--format csv)."
        raise UsageError(Diagnostic("not-a-file-name", "'-' is not the name of a file", remedy=remedy))
    return out


ProjectOption = Annotated[Path | None, typer.Option("--project", help="Project folder; default here or above.")]
FolderArgument = Annotated[Path | None, typer.Argument(help="Project folder; default here or above.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
FormatOption = Annotated[Format | None, typer.Option("--format", help="How to print the list; default table.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", callback=file_name, help="Write the list to this file; its ending says how.")
]


def written_day(text: str) -> date:
    """A day as it is written in a command. Raises `UsageError`."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()
    except ValueError:
        raise UsageError(Diagnostic("not-a-day", f"'{text}' is not a day", remedy="Write it as 2026-03-15.")) from None


DayOption = Annotated[
    date | None, typer.Option("--as-of", parser=written_day, metavar="DAY", help="The day, YYYY-MM-DD.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=0, help="Rows to show on screen; 0 for all.")]


def project_of(folder: Path | None, option: Path | None = None) -> Project:
    """The project that a command is about."""
    return open_project(folder or option or Path())


@contextmanager
def progress(quiet: bool) -> Iterator[Say]:
    """A line on standard error that says what is going on; nothing when that is not a terminal."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield say_nothing
        return
    with console.status("Starting") as status:
        yield status.update
