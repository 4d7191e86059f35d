"""The rule desk of the newest update, kept warm between questions: columns that one question read, the next one has.

One for each update and state of the definitions; a new update or another definition closes it. Questions are answered
one after the other. One that nobody waits for any more is given up: while it waits, or in the middle of a statement.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from beachhead.errors import Diagnostic, UsageError
from beachhead.project.loader import SETTINGS_FILES
from beachhead.rules import lint
from beachhead.service.known_texts import KnownTexts
from beachhead.service.plan import Plan, make_plan
from beachhead.service.population import Customers
from beachhead.service.published_world import population_of_run
from beachhead.service.results import Run
from beachhead.service.rule_desk import RuleDesk
from beachhead.store.membership_history import MembershipHistory

_FOLDERS = ("sources", "attributes", "metrics", "segments", "lists")
_SINGLES = tuple(f"{kind}{end}" for kind in ("value", "matching", "segmentation") for end in (".yml", ".yaml"))

Stamp = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True)
class Definitions:
    """The definitions as they are now, checked. `stamp`: another one as soon as a file is."""

    plan: Plan
    stamp: Stamp

    @cached_property
    def oddities(self) -> Mapping[str, tuple[Diagnostic, ...]]:
        """What is odd about segments whose rules are right, by name; families, which are many in one, are left out."""
        single = {s.name: s.node for s in self.plan.segments if s.definition.for_each is None}
        return lint(single, self.plan.catalog)


@dataclass(frozen=True)
class Opened:
    """What a question may use while it is answered."""

    run: Run
    plan: Plan
    population: Customers
    desk: RuleDesk
    history: MembershipHistory

    def is_of(self, run: Run, plan: Plan) -> bool:
        """Whether it answers for that run and these definitions, and nothing was published or filled in since."""
        return self.run.name == run.name and self.plan is plan and self.history.is_newest


class Question:
    """One question. `give_up` may be called from another thread, at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given_up = False
        self._working_on: Opened | None = None

    def give_up(self) -> None:
        """Nobody waits for the answer any more."""
        with self._lock:
            self._given_up = True
            world = self._working_on.population.world if self._working_on else None
            if world is not None and "engine" in vars(world):  # else none was opened, and nothing runs in it
                world.engine.raw.interrupt()

    @property
    def is_given_up(self) -> bool:
        return self._given_up

    @contextmanager
    def at_work(self, opened: Opened) -> Iterator[None]:
        """While the answer is computed. Raises `UsageError` when it is given up."""
        self._begin(opened)
        try:
            yield
        except KeyboardInterrupt:  # so an engine says that it was interrupted
            if not self._given_up:
                raise
            raise _superseded() from None
        finally:
            self._begin(None)

    def _begin(self, opened: Opened | None) -> None:
        with self._lock:
            if opened is not None and self._given_up:
                raise _superseded()
            self._working_on = opened


def _superseded() -> UsageError:
    return UsageError(Diagnostic("superseded", "a newer question took the place of this one", remedy="Nothing."))


class WarmDesk:
    """The desk of a project; safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._reading = threading.Lock()
        self._answering = threading.Lock()
        self._known = KnownTexts(root)
        self._definitions: Definitions | None = None
        self._opened: Opened | None = None
        self._stack = ExitStack()

    @property
    def definitions(self) -> Definitions:
        """The definitions as their files are now; read again only when one of them changed. Rules that are tried with
        them are compared with the texts of the newest update."""
        with self._reading:
            stamp = _stamp(self._root)
            if self._definitions is None or self._definitions.stamp != stamp:
                self._definitions = Definitions(make_plan(self._root).knowing(self._known), stamp)
            return self._definitions

    @contextmanager
    def ask(self, run: Run, question: Question | None = None) -> Iterator[Opened]:
        """What rules are evaluated with, for one question at a time. Raises what cannot be evaluated."""
        question = question or Question()
        plan = self.definitions.plan
        with self._answering:
            opened = self._open(run, plan)
            with question.at_work(opened):
                yield opened

    def close(self) -> None:
        """Give up what is open. What is asked afterwards opens it again."""
        with self._answering:
            self._close()

    def _open(self, run: Run, plan: Plan) -> Opened:
        if self._opened is None or not self._opened.is_of(run, plan):
            self._close()
            population = self._stack.enter_context(population_of_run(run, plan))
            self._opened = Opened(run, plan, population, RuleDesk(plan, population), population.world.history)
        return self._opened

    def _close(self) -> None:
        self._opened = None
        self._stack.close()


def _stamp(root: Path) -> Stamp:
    paths = [root / name for name in (*SETTINGS_FILES, *_SINGLES)]
    for folder in _FOLDERS:
        paths += sorted((root / folder).glob("*"))
    found = []
    for path in paths:
        try:
            about = path.stat()
        except OSError:
            continue
        found.append((str(path), about.st_ino, about.st_mtime_ns, about.st_size))
    return tuple(found)
