"""What an update changed against the one before it: who is new, who is gone, who joined and left which segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from beachhead.analysis.display import plural
from beachhead.service.results import Run

_NAMES = 10


@dataclass(frozen=True, slots=True)
class SegmentChange:
    """Customers who joined and left a segment."""

    name: str
    title: str
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class Changes:
    """`since`: the day of the other update. `new`, `gone`: customers; of both at most 10 names. `segments`: those that
    changed, the most first; a segment whose rule changed has no change."""

    since: date
    new: int
    new_names: tuple[str, ...]
    gone: int
    gone_names: tuple[str, ...]
    segments: tuple[SegmentChange, ...]

    def lines(self, customers: str) -> Sequence[str]:
        """In words; `customers`: what the project calls them."""
        told = [f"since {self.since}: {self.new:,} {customers} are new{_listed(self.new_names, self.new)}"]
        if self.gone:
            told.append(f"  {self.gone:,} are gone{_listed(self.gone_names, self.gone)}")
        told += [f"  {s.title}: {s.joined:,} joined, {s.left:,} left" for s in self.segments[:_NAMES]]
        if len(self.segments) > _NAMES:
            told.append(f"  … and {plural(len(self.segments) - _NAMES, 'segments')} more")
        return told


def changes(run: Run, before: Run) -> Changes:
    """What is otherwise in `run` than in `before`."""
    now, then = run.accounts.arrow(), before.accounts.arrow()
    new = now.filter(pc.invert(pc.is_in(now["account_no"], then["account_no"].combine_chunks())))
    gone = then.filter(pc.invert(pc.is_in(then["account_no"], now["account_no"].combine_chunks())))
    segments = [
        SegmentChange(s.name, s.title, s.joined, s.left)
        for s in run.about.segments
        if s.joined is not None and s.left is not None and (s.joined or s.left)
    ]
    segments.sort(key=lambda s: (-(s.joined + s.left), s.name))
    return Changes(before.as_of, new.num_rows, _names(new), gone.num_rows, _names(gone), tuple(segments))


def _names(accounts: pa.Table) -> tuple[str, ...]:
    """The best first, where they are scored."""
    if "value_rank" in accounts.column_names:
        accounts = accounts.sort_by([("value_rank", "ascending")])
    first = accounts.slice(0, _NAMES)
    ids = first["account_id"]
    names = pc.coalesce(first["account_name"], ids) if "account_name" in accounts.column_names else ids
    return tuple(names.to_pylist())


def _listed(names: Sequence[str], count: int) -> str:
    if not names:
        return ""
    return f": {', '.join(names)}{', …' if count > len(names) else ''}"
