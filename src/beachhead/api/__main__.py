"""`python -m beachhead.api`: serve a project on this machine until stopped."""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from threading import Timer

import uvicorn

from beachhead.api.app import make_app
from beachhead.api.state import State


def main() -> int:
    """Serve until stopped; prints the address on which the page opens. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="beachhead serve")
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-open", action="store_true")
    options = parser.parse_args()
    key = secrets.token_urlsafe(24)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", options.port))
            listening.listen(128)  # from now on nobody who opens the address is refused
        except OSError as e:
            print(f"error: port {options.port} cannot be used: {e.strerror}", file=sys.stderr)
            print(
                "  what to do: Choose another one: beachhead serve --port 8123, or none for a free one.",
                file=sys.stderr,
            )
            return 3
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/start?key={key}"
        print(f"Beachhead is here until you press Ctrl-C: {address}", flush=True)
        if not options.no_open and _has_display():
            Timer(0.5, webbrowser.open, [address]).start()
        app = make_app(State(options.folder), key)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=1
        )
        with suppress(KeyboardInterrupt):  # uvicorn has stopped by then, and raises it once more
            uvicorn.Server(config).run(sockets=[listening])
    return 0


def _has_display() -> bool:
    if os.environ.get("CI"):
        return False
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
