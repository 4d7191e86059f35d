"""Find your best customers, and keep every tool aimed at them.

>>> import beachhead
>>> project = beachhead.open("acme")        # doctest: +SKIP
>>> run = project.run()                     # doctest: +SKIP
>>> run.accounts.pandas()                   # doctest: +SKIP
>>> run.segments["advocates"].members()     # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from beachhead.service.project import Project

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def open(folder: Path | str = ".") -> Project:
    """The project in `folder`, or in its nearest parent that holds `beachhead.yml`. Raises `UsageError`."""
    from beachhead.service.project import open_project

    return open_project(folder)
