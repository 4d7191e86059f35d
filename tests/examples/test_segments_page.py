"""The page about segments shows what is printed: its files are written and its commands run, one after the other.

`python tests/examples/test_segments_page.py` writes what is printed anew, but for the telco example, whose commands are
tested with it; what is written to a database, with its address in WAREHOUSE_URL.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from beachhead.cli.main import main

PAGE = Path(__file__).parents[2] / "docs/segments.md"
WAREHOUSE = "$WAREHOUSE_URL"
_BLOCK = re.compile(r"((?:`(lists/\w+\.\w+)`:\n\n)?```(yaml|csv|console)\n)(.*?)(?=```)", re.DOTALL)
_FILE = re.compile(r"# ([\w/]+\.yml)\n")

Run = Callable[[str], str | None]
"""What a command prints; None where it is not run here, and the page is taken at its word."""


def walked(page: str, project: Path, run: Run) -> str:
    """The page with what is printed when its steps are taken in their order."""

    def step(found: re.Match[str]) -> str:
        head, listed, kind, text = found.groups()
        if kind == "console":
            return head + "".join(_ran(shown, run) for shown in re.split(r"^(?=\$ )", text, flags=re.MULTILINE))
        named = _FILE.match(text)
        name = listed or (named[1] if named else None)
        if name:
            (project / name).parent.mkdir(exist_ok=True)
            (project / name).write_text(text.removeprefix(named[0]) if named else text, encoding="utf-8")
        return found[0]

    return _BLOCK.sub(step, page)


def _ran(shown: str, run: Run) -> str:
    line, _, _ = shown.partition("\n")
    printed = run(line.removeprefix("$ beachhead ")) if line.startswith("$ ") else None
    return shown if printed is None else f"{line}\n{printed}"


def printed_in(folder: Path, command: str) -> str:
    """What a command prints; how long it took never changes."""
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "argv", ["beachhead", *shlex.split(command)])
        with contextlib.suppress(SystemExit):
            main()
    lines = [line.rstrip() for line in out.getvalue().replace("\N{NO-BREAK SPACE}", " ").splitlines()]
    return re.sub(r"evaluated in \d+\.\d\d s", "evaluated in 0.63 s", "".join(f"{line}\n" for line in lines))


def runner(folder: Path, warehouse: str | None) -> Run:
    """Commands in the project `acme`, which the first of them makes in `folder`."""

    def run(command: str) -> str | None:
        if "examples/telco" in command or (WAREHOUSE in command and not warehouse):
            return None
        made_here = command.startswith(("synth", "run acme"))
        return printed_in(folder if made_here else folder / "acme", command.replace(WAREHOUSE, warehouse or ""))

    return run


def test_the_page_shows_what_is_printed(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    try:
        warehouse = request.getfixturevalue("postgres")
    except pytest.skip.Exception:
        warehouse = None
    page = PAGE.read_text(encoding="utf-8")
    found = walked(page, tmp_path / "acme", runner(tmp_path, warehouse))
    assert found.splitlines() == page.splitlines(), "write it anew: python tests/examples/test_segments_page.py"


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        whole = runner(Path(made), os.environ.get("WAREHOUSE_URL"))
        PAGE.write_text(walked(PAGE.read_text(encoding="utf-8"), Path(made) / "acme", whole), encoding="utf-8")
