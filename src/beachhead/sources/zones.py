"""Local time and UTC in SQL, faster than the engine's own: a zone's changes of offset, as a balanced CASE.

Exact from 1970 to 2050; outside it is left to the engine. A local time that does not exist (spring) or exists
twice (autumn) takes the offset from before the change, as PEP 495 with fold=0.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from beachhead.engines.duck import quote_literal

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)
_UTC_NAMES = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z", "Zulu", "Etc/Zulu"})


def is_utc(zone: str) -> bool:
    """Whether local time there is UTC."""
    return zone in _UTC_NAMES


def to_utc(local: str, zone: str) -> str:
    """SQL of the UTC timestamp of a naive local one. `local` is a column name (it is repeated many times)."""
    if is_utc(zone):
        return local
    points = [(at + max(before, after), after) for at, before, after in _changes(zone)]
    engine = f"CAST(timezone({quote_literal(zone)}, {local}) AS TIMESTAMP)"
    return _guarded(local, f"{local} - to_seconds({_case(local, _start(zone), points)})", engine)


def to_local(utc: str, zone: str) -> str:
    """SQL of the local naive timestamp of a UTC one. `utc` is a column name (it is repeated many times)."""
    if is_utc(zone):
        return utc
    points = [(at, after) for at, _, after in _changes(zone)]
    engine = f"timezone({quote_literal(zone)}, CAST({utc} AS TIMESTAMPTZ))"
    return _guarded(utc, f"{utc} + to_seconds({_case(utc, _start(zone), points)})", engine)


def _guarded(column: str, fast: str, engine: str) -> str:
    inside = f"{column} BETWEEN TIMESTAMP '1970-01-02' AND TIMESTAMP '2049-12-30'"
    return f"CASE WHEN {column} IS NULL THEN NULL WHEN {inside} THEN {fast} ELSE {engine} END"


def _case(column: str, start: timedelta, points: Sequence[tuple[datetime, timedelta]]) -> str:
    if not points:
        return str(int(start.total_seconds()))
    middle = len(points) // 2
    at, after = points[middle]
    below = _case(column, start, points[:middle])
    above = _case(column, after, points[middle + 1 :])
    return f"CASE WHEN {column} < TIMESTAMP '{at:%Y-%m-%d %H:%M:%S}' THEN {below} ELSE {above} END"


def _offset(zone: str, at: datetime) -> timedelta:
    return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


def _start(zone: str) -> timedelta:
    return _offset(zone, _FIRST)


@cache
def _changes(zone: str) -> tuple[tuple[datetime, timedelta, timedelta], ...]:
    """(UTC moment, offset before, offset after), found by halving between weeks that differ."""
    changes = []
    at, week = _FIRST, timedelta(days=7)
    before = _offset(zone, at)
    while at < _LAST:
        after = _offset(zone, at + week)
        if after != before:
            low, high = at, at + week
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (low, middle) if _offset(zone, middle) != before else (middle, high)
            changes.append((high, before, after))
            before = after
        at += week
    return tuple(changes)
