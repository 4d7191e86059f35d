"""An update in a process of its own, so that a server stays awake, can tell how far it is, and can stop it.

Stopping ends the process; the last published results stay what they were, whatever it was doing.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from beachhead.errors import BeachheadError, Diagnostic, UsageError
from beachhead.service.run import RunOptions, run

State = Literal["running", "done", "failed", "cancelled"]
_SPAWN = multiprocessing.get_context("spawn")


class Job(BaseModel):
    """One update: what it is doing (`message`), or how it ended. `diagnostics`: as in every document."""

    model_config = ConfigDict(frozen=True)

    id: int
    state: State
    message: str
    started: datetime
    diagnostics: tuple[Mapping[str, str | int | None], ...] = ()


class Jobs:
    """The updates of one project, one at a time; safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._changed = threading.Condition()
        self._version = 0
        self._job: Job | None = None
        self._process: SpawnProcess | None = None

    @property
    def current(self) -> Job | None:
        """The update that runs, or the last one."""
        return self._job

    def start(self, options: RunOptions | None = None) -> Job:
        """Start an update. Raises `UsageError` while one runs."""
        with self._changed:
            if self._job and self._job.state == "running":
                remedy = "Wait until it is done, or stop it."
                raise UsageError(Diagnostic("update-runs", "an update is running already", remedy=remedy))
            receiver, sender = _SPAWN.Pipe(duplex=False)
            process = _SPAWN.Process(target=_work, args=(self._root, options or RunOptions(), sender), daemon=True)
            number = self._job.id + 1 if self._job else 1
            self._process = process
            process.start()
            sender.close()
            job = self._set(Job(id=number, state="running", message="Starting", started=datetime.now(UTC)))
        threading.Thread(target=self._listen, args=(process, receiver), daemon=True).start()
        return job

    def cancel(self) -> Job | None:
        """Stop the update that runs; what is published stays."""
        with self._changed:
            if self._job is None or self._job.state != "running" or self._process is None:
                return self._job
            self._process.terminate()
            return self._set(self._job.model_copy(update={"state": "cancelled", "message": "Stopped"}))

    def wait(self, seen: int, seconds: float) -> tuple[int, Job | None]:
        """The job once it has changed since version `seen`, or after so many seconds; and its version."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen, timeout=seconds)
            return self._version, self._job

    def _listen(self, process: SpawnProcess, receiver: Connection) -> None:
        """Take what the update says until it ends. One that ends without a word has been killed."""
        ended = False
        while not ended:
            try:
                update: dict[str, object] = receiver.recv()
            except (EOFError, OSError):
                gone = Diagnostic("update-ended", "the update ended without a result", remedy="Start it again.")
                update = {"state": "failed", "message": gone.message, "diagnostics": (gone.as_dict(),)}
            ended = update.get("state") in ("done", "failed")
            with self._changed:
                if self._job and self._job.state == "running" and self._process is process:
                    self._set(self._job.model_copy(update=update))
        process.join()
        receiver.close()

    def _set(self, job: Job) -> Job:
        self._job = job
        self._version += 1
        self._changed.notify_all()
        return job


def _work(root: Path, options: RunOptions, sender: Connection) -> None:
    """The update itself, in its own process. Ctrl-C is for the server, which ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        outcome = run(root, options, lambda message: sender.send({"message": message}))
    except BeachheadError as e:
        diagnostics = tuple(d.as_dict() for d in e.diagnostics)
        last = {"state": "failed", "message": e.diagnostics[0].message, "diagnostics": diagnostics}
    except Exception as e:
        failed = Diagnostic("internal-error", f"something failed that should not: {type(e).__name__}: {e}")
        last = {"state": "failed", "message": failed.message, "diagnostics": (failed.as_dict(),)}
    else:
        told = tuple(d.as_dict() for d in outcome.diagnostics if d.severity != "info")
        last = {"state": "done", "message": f"Data as of {outcome.snapshot.as_of}", "diagnostics": told}
    with suppress(OSError):  # the server may be gone
        sender.send(last)
