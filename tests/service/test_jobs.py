"""An update in a process of its own."""

from __future__ import annotations

import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from beachhead.service import jobs
from beachhead.service.run import RunOptions


def test_an_update_ends_quietly_when_the_server_is_gone_and_leaves_ctrl_c_to_it(tmp_path, capfd):
    receiver, sender = jobs._SPAWN.Pipe(duplex=False)
    receiver.close()
    process = jobs._SPAWN.Process(target=work_and_be_interrupted, args=(tmp_path, sender))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert "Traceback" not in capfd.readouterr().err


def work_and_be_interrupted(root: Path, sender: Connection) -> None:
    """What the update does in an empty folder, with Ctrl-C pressed on the way."""

    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        raise RuntimeError("no project")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "run", interrupted)
        jobs._work(root, RunOptions(), sender)
