"""New project folders: from a template, or a whole invented company."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from beachhead.project.templates import write_template
from beachhead.service.documents import Json, plain
from beachhead.service.progress import Say, say_nothing
from beachhead.synth import generate

# A small company is written as lively as a real one; a large one stays light enough to be written in a minute.
_SMALL, _LIVELY, _SPARSE = 20_000, 60.0, 20.0


def make_project(folder: Path, template: str, name: str | None = None) -> tuple[Path, ...]:
    """Write a project from a template; `name` defaults to the folder's. Raises `UsageError`, `OutsideError`."""
    return write_template(template, folder, name or folder.resolve().name)


def make_synthetic(folder: Path, accounts: int, seed: int, noise: bool = False, say: Say = say_nothing) -> Json:
    """Write an invented company; returns the planted truth as it also stands in `truth.json`."""
    truth = generate(
        folder,
        accounts,
        seed,
        noise,
        lambda done, total: say(f"Writing {done:,} of {total:,} customers"),
        events_per_account=_LIVELY if accounts <= _SMALL else _SPARSE,
    )
    return plain(asdict(truth))
