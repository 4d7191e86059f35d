"""`beachhead add`: files into a project, with what they were recognised as."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from beachhead.analysis.display import plural
from beachhead.cli.options import JsonOption, progress
from beachhead.cli.output import print_json, printable
from beachhead.errors import Diagnostic, UsageError
from beachhead.project import find_root
from beachhead.service.documents import Json, document
from beachhead.service.fitting import start_project
from beachhead.service.inbox import Inbox, Waiting
from beachhead.sources.recognise.proposal import Proposal
from beachhead.store.files import outside

_CHUNK = 1 << 20


def add(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Exports: CSV, Excel, JSON, Parquet, XML …")],
    project: Annotated[
        Path | None, typer.Option("--project", help="Project folder; default here or above; made when missing.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Add what is recognised without asking.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Recognise files and add them to a project: which table each is, what its columns mean, and why."""
    missing = [path for path in paths if not path.is_file()]
    if missing:
        remedy = "Name files that are there; a folder's files with a wildcard: exports/*.csv."
        raise UsageError([Diagnostic("missing-file", f"there is no file '{p}'", remedy=remedy) for p in missing])
    root = _root(project)
    inbox = Inbox(root)
    received: list[Waiting] = []
    try:
        with progress(as_json) as say:
            for path in paths:
                say(f"Recognising {path.name}")
                received += inbox.receive(path.name, _chunks(path), say)
        if not as_json:
            for waiting in received:
                print(printable("\n".join(_told(waiting))))
        usable = [w for w in received if w.state == "recognised"]
        chosen = usable if yes else [] if as_json else _asked(usable)
        added = inbox.confirm([w.id for w in chosen], date.today()) if chosen else ()
    finally:
        for waiting in received:
            inbox.discard(waiting.id)
    refused = [w for w in received if w.state != "recognised"]
    if as_json:
        done: Json = {
            "project": str(root),
            "files": [w.model_dump(mode="json", exclude={"id"}) for w in received],
            "added": [{"file": a.file, "sources": list(a.sources), "replaces": list(a.replaces)} for a in added],
        }
        print_json(document("added", done))
    elif added:
        print(f"Added {plural(len(added), 'files')} to {root}. Next: beachhead run {quote(str(root))}")
    else:
        print("Nothing was added.")
    raise typer.Exit(1 if refused else 0)


def _root(project: Path | None) -> Path:
    """The project folder, made when there is none."""
    try:
        return find_root(project or Path())
    except UsageError:
        folder = (project or Path()).absolute()
        start_project(folder, folder.name)
        return folder


def _chunks(path: Path) -> Iterator[bytes]:
    with outside("read", path), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _asked(usable: Sequence[Waiting]) -> list[Waiting]:
    """Those that a person wants; without a terminal nobody can be asked, and nothing is added."""
    if not usable:
        return []
    if not sys.stdin.isatty():
        print("Nobody can be asked here; say --yes to add what was recognised.", file=sys.stderr)
        return []
    return [w for w in usable if typer.confirm(f"Add {w.file}?", default=True)]


def _told(waiting: Waiting) -> Iterator[str]:
    """What a file was recognised as, in words."""
    if waiting.continues:
        yield f"{waiting.file}: the next file of {', '.join(waiting.continues)}"
        for before, now in waiting.renamed.items():
            yield f"  {before} seems to be called {now} now"
    elif waiting.recognition and waiting.recognition.proposals:
        for proposal in waiting.recognition.proposals:
            yield from _of_proposal(waiting.file, proposal)
    elif waiting.recognition:
        yield f"{waiting.file}: not recognised, its columns are {', '.join(waiting.recognition.header[:12])}"
    for note in waiting.recognition.notes if waiting.recognition else ():
        yield f"  note: {note.message} {note.remedy}"
    for problem in waiting.problems:
        yield f"  {waiting.file}: {problem['message']}"
        if problem["remedy"]:
            yield f"    what to do: {problem['remedy']}"


def _of_proposal(file: str, proposal: Proposal) -> Iterator[str]:
    used = [c for c in proposal.columns if c.section != "unused"]
    yield f"{file}: {proposal.title} → {proposal.table} ({proposal.sureness}; {proposal.reason})"
    for column in used:
        shown = column.source or "(always the same)"
        yield f"  {shown} → {column.target}: {column.reason}"
    if left := [c.source for c in proposal.columns if c.section == "unused" and c.source]:
        yield f"  not used: {', '.join(left)}"
    if not proposal.names_customers:
        yield "  it is not added: its rows do not say which customer they are of"
    for choice in proposal.choices:
        yield f"  question: {choice.question} Taken: {choice.answer}."
    for note in proposal.notes:
        yield f"  note: {note.message} {note.remedy}"
