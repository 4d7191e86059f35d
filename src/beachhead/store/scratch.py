"""Names for unfinished work below `tmp/`, and the removal of what dead processes left there."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import secrets
import socket
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from beachhead.store.files import FileSystem
from beachhead.store.layout import Layout

GRACE = timedelta(hours=24)
"""Nothing younger is ever removed, unless its process is known to be dead."""

_HOST = f"{zlib.crc32(socket.gethostname().encode()):08x}"
_TOKEN = secrets.token_hex(4)  # tells this process from an earlier one with the same number (containers: always 1)
_COUNTER = itertools.count(1)
_NAME = re.compile(r"^(?P<what>.+)\.(?P<host>[0-9a-f]{8})\.(?P<pid>\d+)\.(?P<token>[0-9a-f]{8})\.\d+$")


def scratch_path(layout: Layout, what: str) -> Path:
    """A free path below `tmp/` whose name says which process uses it. `what` is a short word."""
    return layout.tmp / f"{what}.{_HOST}.{os.getpid()}.{_TOKEN}.{next(_COUNTER)}"


def write_atomically(layout: Layout, files: FileSystem, target: Path, data: bytes) -> None:
    """Write a whole file or leave `target` as it was, whatever happens."""
    scratch = scratch_path(layout, target.name)
    files.write_bytes(scratch, data)
    files.replace(scratch, target)


def remove_leftovers(layout: Layout, files: FileSystem, now: datetime) -> tuple[Path, ...]:
    """Remove work below `tmp/` that nobody will finish: of dead processes, or older than a day. Needs the lock.

    Work of this process stays. `now` is an aware time. Returns what was removed.
    """
    if not layout.tmp.is_dir():
        return ()
    left = [path for path in sorted(layout.tmp.iterdir()) if _is_abandoned(path, now)]
    for path in left:
        files.remove_tree(path)
    return tuple(left)


def _is_abandoned(path: Path, now: datetime) -> bool:
    name = _NAME.match(path.name)
    if name and name["host"] == _HOST:
        pid = int(name["pid"])
        if pid == os.getpid():
            return name["token"] != _TOKEN
        if not _is_alive(pid):
            return True
    return now - _last_change(path) > GRACE


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _last_change(path: Path) -> datetime:
    times = [0.0]
    for entry in (path, *path.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # someone else's scratch may vanish while one looks
            times.append(entry.stat().st_mtime)
    return datetime.fromtimestamp(max(times), UTC)
