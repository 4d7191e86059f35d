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

    from beachhead.metrics.metric import Metric
    from beachhead.service.project import Project

__version__ = "0.1.0"
__all__ = ["__version__", "metric", "open"]


def open(folder: Path | str = ".") -> Project:
    """The project in `folder`, or in its nearest parent that holds `beachhead.yml`. Raises `UsageError`."""
    from beachhead.service.project import open_project

    return open_project(folder)


def metric(name: str) -> Metric:
    """What a built-in metric is, and its formula on numbers: `metric("quick_ratio").value(new_mrr=…, …)`.

    Raises `UsageError` that names the nearest.
    """
    from beachhead.errors import Diagnostic, UsageError
    from beachhead.metrics.catalogue import BUILT_IN

    if name not in BUILT_IN:
        raise UsageError(Diagnostic.unknown_name("metric", name, BUILT_IN))
    return BUILT_IN[name]
