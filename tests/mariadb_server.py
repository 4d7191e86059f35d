"""A private MariaDB for the tests: made in a temporary folder, on loopback, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pymysql

START_SECONDS = 60
_numbers = count(1)


class MariadbMissingError(Exception):
    """This machine cannot run a MariaDB server; the message says what is missing."""


@contextmanager
def running_server() -> Iterator[int]:
    """Start a server; gives its port. The user `reader` has the password `se:cr@t`."""
    server = shutil.which("mariadbd") or shutil.which("mysqld") or shutil.which("mariadbd", path="/usr/sbin")
    install = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
    if not server or not install:
        raise MariadbMissingError("no mariadbd and mariadb-install-db here (Debian package mariadb-server)")
    home = Path(tempfile.mkdtemp(prefix="beachhead-maria-"))
    data = home / "data"
    account = ["--user=root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    common = ["--no-defaults", f"--datadir={data}", *account]
    small = ["--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0"]
    process: subprocess.Popen[bytes] | None = None
    try:
        made = subprocess.run(
            [install, *common, *small, "--skip-test-db", "--auth-root-authentication-method=normal"],
            cwd=home, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise MariadbMissingError(f"mariadb-install-db failed: {made.stderr.strip()[-300:]}")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port: int = s.getsockname()[1]
        log = (home / "log").open("wb")
        own = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={home / 's'}", f"--pid-file={home / 'pid'}"]
        process = subprocess.Popen([server, *common, *small, *own], cwd=home, stdout=log, stderr=log)
        _prepare(port, process, home / "log")
        yield port
    finally:
        if process is not None:
            process.kill()
            process.wait()
            log.close()
        shutil.rmtree(home, ignore_errors=True)


def _prepare(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with pymysql.connect(host="127.0.0.1", port=port, user="root", connect_timeout=2) as connection:
                cursor = connection.cursor()
                cursor.execute("CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'se:cr@t'")
                cursor.execute("GRANT SELECT ON *.* TO reader@'127.0.0.1'")
                return
        except pymysql.MySQLError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise MariadbMissingError(
                    f"the server did not start: {log.read_text(errors='replace')[-300:]}"
                ) from None
            time.sleep(0.05)


def new_database(port: int) -> str:
    """The name of an empty database of its own for each caller."""
    name = f"test_{next(_numbers)}"
    execute(port, "mysql", f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    return name


def execute(port: int, database: str, *statements: str) -> None:
    """Run statements as root."""
    with pymysql.connect(host="127.0.0.1", port=port, user="root", database=database, autocommit=True) as connection:
        for statement in statements:
            connection.cursor().execute(statement)
