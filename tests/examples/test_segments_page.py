"""The page about segments shows what is printed: its files are written and its commands run, one after the other.

`python tests/examples/test_segments_page.py` writes what is printed anew; it needs the data of the telco example.
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
from readme_commands import run_example

from beachhead.cli.main import main

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/segments.md"
TELCO = "--project examples/telco"
WAREHOUSE = "$WAREHOUSE_URL"
_BLOCK = re.compile(r"((?:`(lists/\w+\.\w+)`:\n\n)?```(yaml|csv|console)\n)(.*?)(?=```)", re.DOTALL)
_FILE = re.compile(r"# ([\w/]+\.yml)\n")

Run = Callable[[str], str | None]
"""What a command prints; None where this machine cannot run it, and the page is taken at its word."""


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


def printed_by(command: str, folder: Path) -> str:
    """What a command prints in a folder; how long it took, and the day of an example without days, never change."""
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
    text = re.sub(r"evaluated in \d+\.\d\d s", "evaluated in 0.63 s", "".join(f"{line}\n" for line in lines))
    return re.sub(r"\d{1,2} [A-Z][a-z]{2} \d{4}", "26 Nov 2026", text) if "telco" in str(folder) else text


def runner(folder: Path, telco: Path | None, warehouse: str | None) -> Run:
    """Commands in the project `acme`, which is made in `folder`; those about the telco example in its copy."""

    def run(command: str) -> str | None:
        if TELCO in command:
            return printed_by(command.replace(TELCO, ""), telco) if telco else None
        if WAREHOUSE in command:
            return printed_by(command.replace(WAREHOUSE, warehouse), folder / "acme") if warehouse else None
        return printed_by(command, folder / "acme" if (folder / "acme/beachhead.yml").exists() else folder)

    def in_its_folder(command: str) -> str | None:
        made_here = command.startswith(("synth", "run acme"))
        return printed_by(command, folder) if made_here else run(command)

    return in_its_folder


def if_there_is(fixture: str, request: pytest.FixtureRequest) -> object:
    """A fixture's value; None where this machine has no such thing."""
    try:
        return request.getfixturevalue(fixture)
    except pytest.skip.Exception:
        return None


def test_the_page_shows_what_is_printed(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    data, warehouse = if_there_is("real_data", request), if_there_is("postgres", request)
    telco = run_example(ROOT / "examples/telco", tmp_path / "telco", Path(str(data))) if data else None
    (tmp_path / "telco").mkdir(exist_ok=True)
    project = telco.snapshot.directory.parents[2] if telco else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BEACHHEAD_DATA", str(data))
        run = runner(tmp_path, project, str(warehouse) if warehouse else None)
        page = PAGE.read_text(encoding="utf-8")
        found = walked(page, tmp_path / "acme", run)
    assert found.splitlines() == page.splitlines(), "write it anew: python tests/examples/test_segments_page.py"


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        example = run_example(ROOT / "examples/telco", Path(made) / "telco", Path(os.environ["BEACHHEAD_DATA"]))
        whole = runner(Path(made), example.snapshot.directory.parents[2], os.environ.get("WAREHOUSE_URL"))
        PAGE.write_text(walked(PAGE.read_text(encoding="utf-8"), Path(made) / "acme", whole), encoding="utf-8")
