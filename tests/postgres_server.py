"""A private PostgreSQL for the tests: made in a temporary folder, on loopback, gone afterwards."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

# Durability is of no use to a server that lives for one test run.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=40")
START_SECONDS = 60
# The one user whom the server asks for a password; whoever tests that makes the user.
ASKED_USER = "asked"


class PostgresMissingError(Exception):
    """This machine cannot run a PostgreSQL server; the message says what is missing."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `new_database` gives the URL of an empty database of its own to each caller."""

    port: int
    user: str
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server with a linguistic default collation, so that a query that leans on it is found out."""
    binaries = _binaries()
    account = _other_account()
    home = Path(tempfile.mkdtemp(prefix="beachhead-pg-"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}
    as_user: dict[str, Any] = {"user": account[0], "group": account[1], "extra_groups": []} if account else {}
    if account:
        os.chown(home, *account)

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(binaries / program), *arguments],
            cwd=home, env=environment, capture_output=True, text=True, check=False, **as_user,
        )  # fmt: skip

    data, log = home / "data", home / "log"
    create = ["-D", str(data), "-U", "beachhead", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"]
    try:
        made = run("initdb", *create, "--locale-provider=icu", "--icu-locale=en-US")
        if made.returncode:
            shutil.rmtree(data, ignore_errors=True)
            made = run("initdb", *create)
        if made.returncode:
            raise PostgresMissingError(f"initdb failed: {made.stderr.strip()[-300:]}")
        rules = data / "pg_hba.conf"
        rules.write_text(f"host all {ASKED_USER} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        port = _free_port()
        options = " ".join(
            ["-c listen_addresses=127.0.0.1", f"-p {port}", f"-k {home}", *(f"-c {s}" for s in SETTINGS)]
        )
        # The server inherits pg_ctl's output; a pipe would stay open for as long as the server lives.
        started = subprocess.run(
            [str(binaries / "pg_ctl"), "-D", str(data), "-l", str(log), "-o", options, "-W", "start"],
            cwd=home, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, **as_user,
        )  # fmt: skip
        server = PostgresServer(port, "beachhead")
        if started.returncode or not _answers(server):
            told = log.read_text(errors="replace")[-300:] if log.exists() else ""
            raise PostgresMissingError(f"the server did not start: {told}")
        yield server
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(home, ignore_errors=True)


def _binaries() -> Path:
    def version(folder: Path) -> int:
        found = re.search(r"(\d+)", folder.parent.name)
        return int(found.group(1)) if found else 0

    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True)
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).parent)
    for folder in folders:
        if all(os.access(folder / program, os.X_OK) for program in ("initdb", "pg_ctl")):
            return folder
    raise PostgresMissingError("no initdb and pg_ctl here (Debian package postgresql)")


def _other_account() -> tuple[int, int] | None:
    """User and group to run as when we are root, which PostgreSQL refuses; None: as we are."""
    if sys.platform == "win32":
        raise PostgresMissingError("the server of the tests needs a POSIX system")
    if os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return account.pw_uid, account.pw_gid
    raise PostgresMissingError("PostgreSQL refuses to run as root, and there is no account 'postgres' or 'nobody'")


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def _answers(server: PostgresServer) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            psycopg.connect(server.url("postgres"), connect_timeout=2).close()
            return True
        except psycopg.OperationalError:
            time.sleep(0.05)
    return False
