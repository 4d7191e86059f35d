"""What the server holds between requests: which project, its update, and the newest results, opened once."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path

from beachhead.errors import DefinitionError, Diagnostic, UsageError
from beachhead.project import find_root
from beachhead.project.definitions import Settings
from beachhead.project.loader import SETTINGS_FILES
from beachhead.project.source_checks import check_settings
from beachhead.project.yaml_positions import Document
from beachhead.service.fitting import start_project
from beachhead.service.inbox import Inbox
from beachhead.service.jobs import Jobs
from beachhead.service.preferences import Preferences
from beachhead.service.project import Project
from beachhead.service.results import Run
from beachhead.service.segment_desk import WarmDesk
from beachhead.service.segment_facts import SegmentFacts


class State:
    """One server's state; safe to use from several threads. `folder`: where it was started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._lock = threading.Lock()
        self._root = find_project(self.folder)
        self._jobs = Jobs(self._root) if self._root else None
        self._run: Run | None = None
        self._weighing = threading.Lock()
        self._preferences: tuple[Run, Preferences] | None = None
        self._desk: WarmDesk | None = None
        self._segment_facts: SegmentFacts | None = None

    @property
    def is_open(self) -> bool:
        return self._root is not None

    @property
    def root(self) -> Path:
        """The project's folder. Raises `UsageError` before there is one."""
        if self._root is None:
            remedy = "Say what the company is called."
            raise UsageError(Diagnostic("no-project", "there is no project yet", remedy=remedy))
        return self._root

    @property
    def project(self) -> Project:
        return Project(self.root)

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.root)

    @property
    def jobs(self) -> Jobs:
        assert self.root
        assert self._jobs
        return self._jobs

    def start(self, name: str, currency: str | None, timezone: str | None, customers_are: str | None) -> None:
        """Make a project in a folder of its own.

        Raises `UsageError`, `OutsideError`, `DefinitionError` for an unknown currency or time zone.
        """
        with self._lock:
            if self._root is not None:
                remedy = "Change its name in beachhead.yml."
                raise UsageError(Diagnostic("project-exists", "there is a project already", remedy=remedy))
            _check(currency, timezone)
            slug = re.sub(r"[^\w]+", "-", name.casefold()).strip("-") or "my-company"
            root = self.folder / slug[:60]
            start_project(root, name, currency=currency, timezone=timezone, customers_are=customers_are)
            self._root, self._jobs = root, Jobs(root)

    def latest(self) -> Run:
        """The newest results, opened once for all requests. Raises `UsageError` when there are none."""
        latest = self.project.latest()
        with self._lock:
            if self._run is None or self._run.name != latest.name:
                self._run = latest
            return self._run

    @property
    def desk(self) -> WarmDesk:
        """Where rules are tried while somebody writes them. Raises `UsageError` before there is a project."""
        root = self.root
        with self._lock:
            if self._desk is None:
                self._desk = WarmDesk(root)
            return self._desk

    def segment_facts(self) -> SegmentFacts:
        """What is told of segments of the newest results. Raises `UsageError`, `DataError`."""
        run, root = self.latest(), self.root
        with self._lock:
            if self._segment_facts is None or not self._segment_facts.is_of(run):
                self._segment_facts = SegmentFacts(run, root)
            return self._segment_facts

    def preferences(self) -> Preferences:
        """The score of the newest results, ready to be weighed anew. Raises `UsageError`, `DataError`."""
        run = self.latest()
        with self._weighing:
            if self._preferences is None or self._preferences[0] is not run:
                self._preferences = (run, Preferences(run))
            return self._preferences[1]


def _check(currency: str | None, timezone: str | None) -> None:
    """Raise `DefinitionError` for what the project could not be loaded with."""
    given = {"currency": currency, "timezone": timezone}
    settings = Settings.model_validate({"name": "new"} | {key: value for key, value in given.items() if value})
    found = list(check_settings(settings, Document(SETTINGS_FILES[0], None, "")))
    if found:
        raise DefinitionError([replace(diagnostic, place=None) for diagnostic in found])


def find_project(folder: Path) -> Path | None:
    """The project at or above a folder, else the only one in its subfolders; None when there is none."""
    try:
        return find_root(folder)
    except UsageError:
        below = [p.parent for p in sorted(folder.glob("*/beachhead.yml"))]
        return below[0] if len(below) == 1 else None
