"""The Python API: open a project folder, check it, update it, read what was published."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from beachhead.errors import BeachheadError, Diagnostic, UsageError
from beachhead.project import find_root
from beachhead.service.changes import Changes, changes
from beachhead.service.check import check
from beachhead.service.plan import Plan
from beachhead.service.progress import Say, say_nothing
from beachhead.service.query import query
from beachhead.service.results import Run
from beachhead.service.run import RunOptions, RunOutcome, run
from beachhead.state.runs import RunLog, RunRecord
from beachhead.store.layout import Layout
from beachhead.store.membership_history import MembershipHistory
from beachhead.store.snapshots import SnapshotStore

if TYPE_CHECKING:
    from beachhead.analysis.counting import CountTable


@dataclass(frozen=True, slots=True)
class Project:
    """A project folder. Nothing is read until it is asked for; definitions are read afresh each time."""

    root: Path

    def check(self) -> Plan:
        """The definitions with all that is wrong with them and with the headers of the files that are there; never
        raises for what a definition says."""
        return check(self.root)

    def run(
        self, as_of: date | str | None = None, *, full: bool = False, allow_loss: bool = False, say: Say = say_nothing
    ) -> Run:
        """Update the project and return what was published.

        `as_of`: the day at whose end all is computed, a date or text such as 2026-05-31; default the last complete
        day in the data. `full`: read every file again. `allow_loss`: publish even when many customers vanish. Raises
        `DefinitionError`, `DataError`, `OutsideError`, `UsageError`; then the last snapshot is what it was.
        """
        self.update(RunOptions(None if as_of is None else _day(as_of), full, allow_loss), say)
        return self.latest()

    def update(self, options: RunOptions, say: Say = say_nothing) -> RunOutcome:
        """Like `run`, and returns what happened."""
        return run(self.root, options, say)

    def latest(self) -> Run:
        """The newest published update. Raises `UsageError` when there is none."""
        store = SnapshotStore(Layout(self.root))
        ref = store.current()
        if ref is None:
            raise UsageError(Diagnostic("no-snapshot", "nothing was computed yet", remedy="Run `beachhead run` first."))
        return Run(store.open(ref))

    def as_of(self, day: date | str) -> Run:
        """The newest update as of `day`. Raises `UsageError` that names the days there are."""
        store = SnapshotStore(Layout(self.root))
        return Run(store.open(store.find(_day(day))))

    def memberships(self) -> MembershipHistory:
        """What the memberships of all published days remember of segments."""
        return MembershipHistory(SnapshotStore(Layout(self.root)))

    def history(self) -> list[RunRecord]:
        """Past updates, newest first."""
        return list(RunLog(Layout(self.root).runs, _ignore).recent(20))

    def query(self, sql: str) -> pa.Table:
        """One read-only SELECT over the newest update's tables."""
        return query(self.latest(), sql)

    def count(self, by: str | Sequence[str], measure: str | None = None) -> CountTable:
        """Customers by one to three attributes, with share, money and kept rate.

        `measure`: a number to add up; default the money by which the report measures customers. Raises `UsageError`.
        """
        from beachhead.analysis.counting import count
        from beachhead.analysis.money import pick_money

        latest = self.latest()
        accounts, settings = latest.accounts.arrow(), latest.about.settings
        if measure is None and (money := pick_money(accounts, latest.attributes, settings.template)):
            measure = money.attribute.name
        names = [by] if isinstance(by, str) else by
        return count(accounts, latest.attributes, names, measure=measure, currency=settings.currency)

    def report(self, path: Path | str | None = None) -> Path:
        """Write the newest update as one HTML file; default `report.html` in the project."""
        from beachhead.service.report import write_report

        latest = self.latest()
        return write_report(latest, Path(path or self.root / "report.html"), self.before(latest))

    def changes(self) -> Changes | None:
        """What the newest update changed; None where there is no update of an earlier day."""
        latest = self.latest()
        before = self.before(latest)
        return changes(latest, before) if before else None

    def before(self, run: Run) -> Run | None:
        """The newest update of an earlier day that can still be read."""
        store = SnapshotStore(Layout(self.root))
        for ref in reversed([r for r in store.list() if r.as_of < run.as_of]):
            with contextlib.suppress(BeachheadError):
                return Run(store.open(ref))
        return None

    def __repr__(self) -> str:
        try:
            newest = repr(self.latest())
        except BeachheadError:
            newest = "nothing computed yet"
        return f"<Beachhead project {self.root}: {newest}>"


def _day(day: date | str) -> date:
    """A day that a person gave. Raises `UsageError`."""
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError) as e:
        remedy = "Write year, month, day: 2026-05-31."
        raise UsageError(Diagnostic("not-a-day", f"{day!r} is not a day", remedy=remedy)) from e


def _ignore(_diagnostic: Diagnostic) -> None:
    return


def open_project(folder: Path | str = ".") -> Project:
    """The project in `folder`, or in its nearest parent that holds `beachhead.yml`. Raises `UsageError`."""
    return Project(find_root(Path(folder)))
