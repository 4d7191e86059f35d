"""`beachhead serve`: the page in the browser, from a server of its own on this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from beachhead.cli.options import ProjectOption


def serve(
    project: ProjectOption = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of this machine; 0 for a free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address, and open no browser.")] = False,
) -> None:
    """Open the page in the browser; a project is made there when the folder has none."""
    raise typer.Exit(serve_folder(project or Path(), port, no_open=no_open))


def serve_folder(folder: Path, port: int = 0, *, no_open: bool = False) -> int:
    """Serve until stopped; the exit code of the server."""
    command = [sys.executable, "-m", "beachhead.api", "--folder", str(folder.absolute()), "--port", str(port)]
    server = subprocess.Popen([*command, *(["--no-open"] if no_open else [])])
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:  # it has heard it too, and ends by itself
            continue
