from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest

from beachhead.errors import OutsideError
from beachhead.store.lock import writer_lock


@contextmanager
def other_process_holds(layout, what):
    """A child that has the lock until the block ends; yields its process id."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            with writer_lock(layout, what):
                os.write(writer, b"x")
                time.sleep(60)
        finally:
            os._exit(0)
    os.read(reader, 1)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(reader)
        os.close(writer)


def test_second_writer_is_told_who_works_and_gives_up_after_its_wait(layout):
    told: list[str] = []
    with (
        other_process_holds(layout, "update as of 2024-10-31") as pid,
        pytest.raises(OutsideError) as error,
        writer_lock(layout, "another", wait_seconds=0.15, on_wait=told.append),
    ):
        pass
    assert len(told) == 1
    assert told[0].startswith(f"waiting for another update: update as of 2024-10-31 (process {pid}, since 20")
    assert [d.code for d in error.value.diagnostics] == ["project-busy"]
    assert f"process {pid}" in str(error.value)


def test_lock_of_a_killed_process_is_free(layout):
    with other_process_holds(layout, "update"):
        pass
    with writer_lock(layout, "mine"):
        assert '"what": "mine"' in layout.lock.read_text()


def test_second_writer_waits_and_then_works(layout):
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        with writer_lock(layout, "second", wait_seconds=10, on_wait=lambda _: waiting.set()):
            order.append("second")

    thread = threading.Thread(target=second)
    with writer_lock(layout, "first"):
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_lock_is_free_after_an_error(layout):
    with pytest.raises(ZeroDivisionError), writer_lock(layout, "one"):
        raise ZeroDivisionError
    with writer_lock(layout, "two"):
        pass


def test_garbage_in_the_lock_file_does_no_harm(layout):
    layout.lock.write_bytes(b"\xff\x00 garbage")
    with writer_lock(layout, "one"):
        layout.lock.write_bytes(b"")
        with pytest.raises(OutsideError, match="it has just begun"), writer_lock(layout, "two"):
            pass
