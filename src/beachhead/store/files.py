"""Every change of a file that publishing makes, one small operation each, so that a test can stop it anywhere."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from beachhead.errors import Diagnostic, OutsideError

Operation = Literal[
    "mkdir", "write", "fsync", "fsync_dir", "rename", "replace", "link", "remove_file", "remove_tree", "remove_entry"
]
Hook = Callable[[Operation, Path], None]


_NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP)


def _go_on(_operation: Operation, _path: Path) -> None:
    return


class FileSystem:
    """The operations. `before` is called with the operation's name and path just before each one.

    A hook that ends the process (`os._exit`) shows what a crash at that point leaves behind; one that raises
    `OSError(errno.ENOSPC, …)` shows a full disk. `write` is announced twice for one `write_bytes`: before the
    file is opened, and when half of it is written.

    All operations raise `OutsideError` for what the operating system refuses.
    """

    def __init__(self, before: Hook = _go_on) -> None:
        self._before = before

    def mkdir(self, path: Path) -> None:
        """Make a folder and its parents; it may exist."""
        with outside("mkdir", path):
            self._before("mkdir", path)
            path.mkdir(parents=True, exist_ok=True)

    def write_bytes(self, path: Path, data: bytes) -> None:
        """Write a file and bring it to disk. Not atomic: for files whose folder is not published yet."""
        with outside("write", path):
            self._before("write", path)
            with path.open("wb") as f:
                half = len(data) // 2
                f.write(data[:half])
                f.flush()
                self._before("write", path)
                f.write(data[half:])
                f.flush()
                os.fsync(f.fileno())

    def fsync_file(self, path: Path) -> None:
        """Bring a file's content to disk."""
        self._fsync("fsync", path, os.O_RDONLY)

    def fsync_dir(self, path: Path) -> None:
        """Bring a folder's list of names to disk."""
        self._fsync("fsync_dir", path, os.O_RDONLY | os.O_DIRECTORY)

    def _fsync(self, operation: Operation, path: Path, flags: int) -> None:
        with outside(operation, path):
            self._before(operation, path)
            descriptor = os.open(path, flags)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Give a file or folder its final name, which must be free, and bring the name to disk."""
        with outside("rename", target):
            self._before("rename", target)
            if target.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
            source.rename(target)
        self.fsync_dir(target.parent)

    def replace(self, source: Path, target: Path) -> None:
        """Put a file in the place of another at once, and bring the name to disk."""
        with outside("replace", target):
            self._before("replace", target)
            source.replace(target)
        self.fsync_dir(target.parent)

    def copy(self, source: Path, target: Path) -> None:
        """Give a file that never changes a second name, or where that cannot be, its content a second place.

        `target` is free, and not atomic when it is a copy.
        """
        with outside("link", target):
            try:
                self._before("link", target)
                target.hardlink_to(source)
            except OSError as e:
                if e.errno not in _NO_LINKS:
                    raise
                self._before("write", target)
                shutil.copyfile(source, target)
        self.fsync_file(target)

    def remove_file(self, path: Path) -> None:
        """Remove a file; it may be gone."""
        with outside("remove_file", path):
            self._before("remove_file", path)
            path.unlink(missing_ok=True)

    def remove_tree(self, path: Path) -> None:
        """Remove a file or a folder with all that is in it; it may be gone."""
        with outside("remove_tree", path):
            self._before("remove_tree", path)
            if path.is_symlink() or not path.is_dir():
                path.unlink(missing_ok=True)
                return
            for entry in path.iterdir():
                self._before("remove_entry", entry)
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink(missing_ok=True)
            path.rmdir()


@contextlib.contextmanager
def outside(operation: str, path: Path) -> Iterator[None]:
    """Turn what the operating system refuses into an `OutsideError` that says what to do."""
    try:
        yield
    except OSError as e:
        raise OutsideError(_diagnose(e, operation, path)) from e


def _diagnose(error: OSError, operation: str, path: Path) -> Diagnostic:
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        remedy = "Free disk space, then run again; the last published data is untouched."
        return Diagnostic("disk-full", f"no space left to write {path}", why=reason, remedy=remedy)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = f"Give this user the right to write in {path.parent}, or use a project folder of your own."
        return Diagnostic("no-permission", f"not allowed to change {path}", why=reason, remedy=remedy)
    remedy = "Check that the disk is there and healthy, then run again; the last published data is untouched."
    return Diagnostic("file-operation-failed", f"{operation} failed at {path}", why=reason, remedy=remedy)
