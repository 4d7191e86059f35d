"""What published memberships remember: a segment over time, who was in on a day, how segments lie over each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyroaring import BitMap

from beachhead.analysis.display import number_text, plural, share_text
from beachhead.errors import UsageError
from beachhead.service.documents import Json, rows
from beachhead.service.results import Run
from beachhead.service.segment_answers import curve_lines, sized_json
from beachhead.store.bitmaps import numbers_of
from beachhead.store.membership_history import Dwell, MembershipHistory, Published, Returns, Spread, Turnover
from beachhead.store.membership_overlap import coverage, overlap, shared_with


@dataclass(frozen=True, slots=True)
class Memory:
    """A segment over all its published days."""

    sizes: tuple[Published, ...]
    turnover: Turnover
    dwell: Dwell
    returns: Returns


@dataclass(frozen=True, slots=True)
class Overlaps:
    """`pairs`: a row for each two segments that share customers, those that are most alike first. Beside it, how many
    customers are in no segment, in one, in several; `alone`: how many of the one asked about are in no other."""

    pairs: pa.Table
    in_none: int
    in_one: int
    in_several: int
    alone: int | None


def memory(history: MembershipHistory, segment: str) -> Memory:
    """Raises `UsageError` for a segment that was never published, `DataError`."""
    stays = history.all_stays(segment)
    return Memory(history.sizes(segment), history.turnover(segment), stays.dwell(), stays.returns())


def check_published(history: MembershipHistory, run: Run, segment: str) -> None:
    """Raise `UsageError`, `DataError` for what was a segment with members neither in a run nor on any published day."""
    with suppress(UsageError):
        history.sizes(segment)
        return
    run.members(segment)


@dataclass(frozen=True, slots=True)
class MembersOn:
    """Who was in a segment on the last published day up to one. `members`: those whom the newest update knows, as it
    knows them; `unknown`: how many others there are."""

    published: Published
    members: pa.Table
    unknown: int


def members_on(history: MembershipHistory, run: Run, segment: str, day: date) -> MembersOn:
    """Who was in a segment as of a day.

    Raises `UsageError` for a segment that was never published or a day before the first, `DataError`.
    """
    published, members = history.on(segment, day)
    accounts = run.accounts.arrow()
    table = accounts.filter(pc.is_in(accounts["account_no"], pa.array(numbers_of(members))))
    return MembersOn(published, table, len(members) - len(table))


def members_on_lines(found: MembersOn, asked: date, run: Run) -> Iterator[str]:
    """Of which day the members are, and what is not known of them."""
    published = found.published
    nearest = "" if published.day == asked else f", the last published day up to {asked}"
    yield f"in it on {published.day}{nearest}, with what is known of them as of {run.as_of}"
    if published.stale:
        yield "its rule could not be evaluated then, so that these are the members of the update before"
    if found.unknown:
        yield f"{found.unknown:,} more are not known any more"


def members_on_json(found: MembersOn, asked: date, columns: Sequence[str], run: Run) -> Json:
    return {
        "asked": asked.isoformat(),
        **sized_json(found.published),
        "unknown": found.unknown,
        "members": rows(found.members.select(columns), run.attributes, run.about.settings.currency),
    }


def overlaps(run: Run, segment: str | None = None) -> Overlaps:
    """Of all segments that have members, or of one with each other. Raises `UsageError`, `DataError`."""
    if segment is not None:
        run.members(segment)
    everyone = BitMap(run.columns("account_no")["account_no"].to_numpy())
    covered = coverage(run.memberships, everyone)
    names = np.array(run.memberships.segments, object)
    sizes = np.array([entry.size for entry in run.memberships.entries()], np.int64)
    alone = None
    if segment is None:
        shared = overlap(run.memberships)
        one, other = np.nonzero(np.triu(shared, 1))
        both = shared[one, other]
    else:
        place, of_one = int(np.flatnonzero(names == segment)[0]), shared_with(run.memberships, segment)
        other = np.flatnonzero(of_one)
        other = other[other != place]
        one, both, alone = np.full(len(other), place), of_one[other], int(covered.exclusive[place])
    alike = both / (sizes[one] + sizes[other] - both)
    order = np.argsort(-alike, kind="stable")
    one, other, both, alike = one[order], other[order], both[order], alike[order]
    return Overlaps(
        pa.table(
            {
                "segment": pa.array(names[one], pa.string()),
                "other": pa.array(names[other], pa.string()),
                "customers": pa.array(both, pa.int64()),
                "share": pa.array(both / sizes[one], pa.float64()),
                "other_share": pa.array(both / sizes[other], pa.float64()),
                "jaccard": pa.array(alike, pa.float64()),
            }
        ),
        len(covered.in_none),
        len(covered.in_one),
        len(covered.in_several),
        alone,
    )


def memory_lines(found: Memory, run: Run) -> Iterator[str]:
    """The size on each published day, how fast it changes, and how long members stay."""
    yield from curve_lines(found.sizes, run)
    if found.turnover.joined_share_30d is not None:
        joined, left = share_text(found.turnover.joined_share_30d), share_text(found.turnover.left_share_30d)
        yield f"in 30 days {joined} of its size join and {left} leave"
    yield from stay_lines(found)


def stay_lines(found: Memory) -> Iterator[str]:
    """How long members stay, and who came back."""
    inside, left, returns = found.dwell.inside, found.dwell.left, found.returns
    if inside.count > inside.at_least:
        yield f"{plural(inside.count, 'members')} have been in for {_days(inside)}"
    if left.count:
        yield f"{plural(left.count, 'stays')} ended, after {_days(left)}"
    if returns.left:
        again = f", after {_days(returns.away)}" if returns.returned else ""
        yield f"{returns.returned:,} of {returns.left:,} who left came back{again}"


def memory_json(found: Memory) -> Json:
    turnover, dwell, returns = found.turnover, found.dwell, found.returns
    return {
        "sizes": [sized_json(p) for p in found.sizes],
        "turnover": {
            "joined": turnover.joined,
            "left": turnover.left,
            "days": turnover.days,
            "joined_share_30d": turnover.joined_share_30d,
            "left_share_30d": turnover.left_share_30d,
            "rule_changes": turnover.rule_changes,
        },
        "inside": _spread_json(dwell.inside),
        "ended": _spread_json(dwell.left),
        "returns": {"left": returns.left, "returned": returns.returned, "away": _spread_json(returns.away)},
    }


def overlap_lines(found: Overlaps, run: Run) -> Iterator[str]:
    """How many customers are in no segment, in one, in several, or of one segment in no other."""
    if found.alone is not None:
        yield f"{plural(found.alone, 'members')} of it are in no other segment"
    total = found.in_none + found.in_one + found.in_several
    yield (
        f"of {plural(total, run.about.settings.customers_are)} {found.in_none:,} are in no segment, "
        f"{found.in_one:,} in one, {found.in_several:,} in several"
    )


def overlap_json(found: Overlaps, run: Run) -> Json:
    return {
        "pairs": rows(found.pairs, {}, run.about.settings.currency),
        "in_none": found.in_none,
        "in_one": found.in_one,
        "in_several": found.in_several,
        "alone": found.alone,
    }


def _days(spread: Spread) -> str:
    """Median and quartiles in words."""
    assert spread.lower is not None and spread.upper is not None
    days = "day" if spread.median == 1 else "days"
    middle = f"{number_text(spread.median)} {days} at the median"
    if spread.lower != spread.upper:
        middle += f", half of them {number_text(spread.lower)} to {number_text(spread.upper)}"
    return f"{middle}; {spread.at_least:,} perhaps longer" if spread.at_least else middle


def _spread_json(spread: Spread) -> Json:
    return {
        "count": spread.count,
        "at_least": spread.at_least,
        "lower_quartile": spread.lower,
        "median": spread.median,
        "upper_quartile": spread.upper,
    }
