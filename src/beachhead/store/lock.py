"""One writer per project at a time; readers never wait."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from beachhead.errors import Diagnostic, OutsideError
from beachhead.store.files import outside
from beachhead.store.layout import Layout

_POLL_SECONDS = 0.05


def _say_nothing(_message: str) -> None:
    return


@contextlib.contextmanager
def writer_lock(
    layout: Layout, what: str, wait_seconds: float = 0.0, on_wait: Callable[[str], None] = _say_nothing
) -> Iterator[None]:
    """Be the only writer while the block runs. `what` tells others what is going on ("update as of 2024-10-31").

    When another process (or thread) writes: `on_wait` is told once who, since when and what; after `wait_seconds`
    an `OutsideError` (`project-busy`) is raised. The operating system frees the lock when its process ends, however
    that happens; a lock file that is left over means nothing.
    """
    with outside("open", layout.lock):
        layout.home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, layout.lock, wait_seconds, on_wait)
        with outside("write", layout.lock):
            holder = {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds"), "what": what}
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield
    finally:
        with contextlib.suppress(OSError):  # a forked worker may hold the same lock: closing ours would not free it
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, wait_seconds: float, on_wait: Callable[[str], None]) -> None:
    deadline = time.monotonic() + wait_seconds
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as e:
            if e.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EINTR):
                remedy = "Put the project on a disk that supports file locks (a local one does)."
                message = f"cannot lock {path}"
                raise OutsideError(Diagnostic("lock-unsupported", message, why=e.strerror, remedy=remedy)) from e
        if time.monotonic() >= deadline:
            remedy = "Wait until it has finished and run again, or stop that process."
            raise OutsideError(Diagnostic("project-busy", f"another update is at work: {_holder(path)}", remedy=remedy))
        if not told:
            on_wait(f"waiting for another update: {_holder(path)}")
            told = True
        time.sleep(_POLL_SECONDS)


def _holder(path: Path) -> str:
    """Who has it, as they wrote it; vague while they are still writing."""
    try:
        said = json.loads(path.read_text())
        return f"{said['what']} (process {said['pid']}, since {said['since']})"
    except (OSError, ValueError, TypeError, KeyError):
        return "it has just begun"
