"""Which landed files a source consisted of at each update: what `history` is made of.

`loads.json` lists, for each source with `history: kept`, the loads whose content differed from the one before: the
day up to which the data reached (`observed_on`) and the keys of its landed files. Of any other source it has one: the
day of the first load, and what the source consists of now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from beachhead.errors import DataError, Diagnostic


@dataclass(frozen=True, slots=True)
class Load:
    """What a source consisted of. The data of that update reached to the end of `observed_on`."""

    observed_on: date
    keys: tuple[str, ...]


Loads = Mapping[str, tuple[Load, ...]]


def read_loads(path: Path) -> dict[str, tuple[Load, ...]]:
    """All loads by source, oldest first; empty before the first update. Raises `DataError` when damaged."""
    if not path.exists():
        return {}
    try:
        raw = json.loads(path.read_text("utf-8"))
        return {
            source: tuple(Load(date.fromisoformat(x["observed_on"]), tuple(x["keys"])) for x in loads)
            for source, loads in raw.items()
        }
    except (OSError, ValueError, KeyError, TypeError) as e:
        remedy = (
            "Restore it from a backup. Without it the history of kept sources begins anew: remove it to accept that."
        )
        raise DataError(Diagnostic("loads-damaged", f"{path} is damaged", why=str(e), remedy=remedy)) from e


def encode_loads(loads: Loads) -> bytes:
    """The content of `loads.json`."""
    plain = {
        source: [{"observed_on": x.observed_on.isoformat(), "keys": list(x.keys)} for x in each]
        for source, each in loads.items()
    }
    return (json.dumps(plain, indent=1) + "\n").encode()


def add_load(
    loads: Loads, source: str, keys: Sequence[str], observed_on: date, *, keeps_history: bool
) -> dict[str, tuple[Load, ...]]:
    """`loads` with what the source consists of now, unless that is what it consisted of before."""
    before = loads.get(source, ())
    if not before:
        after: tuple[Load, ...] = (Load(observed_on, tuple(keys)),)
    elif not keeps_history:
        after = (Load(before[0].observed_on, tuple(keys)),)
    elif before[-1].keys == tuple(keys):
        after = before
    else:
        after = (*before, Load(observed_on, tuple(keys)))
    return {**loads, source: after}


def load_as_of(loads: Sequence[Load], day: date) -> tuple[Load, bool]:
    """The load that was known on `day`, and whether there was one: before the first, the first stands in."""
    known = [x for x in loads if x.observed_on <= day]
    return (known[-1], True) if known else (loads[0], False)
