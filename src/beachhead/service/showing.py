"""What the newest results can show, for the page, the command line and reports."""

from __future__ import annotations

from beachhead.analysis.sight import Sight, sight
from beachhead.reports.words import words_of
from beachhead.service.documents import Json
from beachhead.service.results import Run


def sight_of(run: Run) -> Sight:
    """Who is in the data, over how long, how small a difference can be seen, and what to do where that is little."""
    words = words_of(run.about.settings)
    return sight(run.accounts.arrow(), run.as_of, words.many, run.about.missing, is_shop=words.is_shop)


def sight_json(found: Sight) -> Json:
    """The same as JSON."""
    return {
        "kinds": [{"name": k.name, "count": k.count, "lacking": k.lacking or None} for k in found.kinds],
        "since": found.since.isoformat() if found.since else None,
        "smallest_difference": found.difference,
        "lines": list(found.lines),
        "next_steps": list(found.next_steps),
        "to_call": list(found.to_call),
    }
