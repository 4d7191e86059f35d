"""Examples are run from a copy, and what their README shows as printed is compared with what is printed."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import beachhead
from beachhead.cli.main import main
from beachhead.service.results import Run

_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A command as a README shows it, and the lines below it."""

    arguments: tuple[str, ...]
    output: str


def run_example(example: Path, folder: Path, data: Path) -> Run:
    """Update a copy of an example in `folder`, with the data found in `data`."""
    project = folder / "project"
    shutil.copytree(example, project, ignore=shutil.ignore_patterns(".beachhead"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BEACHHEAD_DATA", str(data))
        return beachhead.open(project).run()


def commands_of(example: Path) -> list[Command]:
    """The README's commands but for `run`, whose day is that of the update."""
    return commands_in(example / "README.md")


def commands_in(page: Path) -> list[Command]:
    """The commands that a page shows, but for `run`."""
    found: list[Command] = []
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for shown in block.removeprefix("$ ").split("\n$ "):
            lines = shown.splitlines()
            length = next(n for n in range(1, len(lines) + 1) if "\n".join(lines[:n]).count('"') % 2 == 0)
            words = shlex.split("\n".join(lines[:length]))
            if words[1] != "run":
                found.append(Command(tuple(words[1:]), "\n".join(lines[length:])))
    return found


def assert_tells_the_size(example: Path, run: Run) -> None:
    """The README shows as many segments and problems as the update has."""
    shown = f"{len(run.segments)} segments, {len(run.problems)} problems in the data"
    assert shown in (example / "README.md").read_text(encoding="utf-8")


def printed_by(command: Command, run: Run, data: Path) -> str:
    """What the command prints for the copy of the example, without blanks at the ends of lines."""
    project = run.snapshot.directory.parents[2]
    said = [str(project) if w.startswith("examples/") else w for w in command.arguments]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setenv("BEACHHEAD_DATA", str(data))
        patch.setattr(sys, "argv", ["beachhead", *said])
        with contextlib.suppress(SystemExit):
            main()
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())
