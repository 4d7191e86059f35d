"""How long work tells what it is doing."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]


def say_nothing(_message: str) -> None:
    """For callers that do not want to hear of progress."""
