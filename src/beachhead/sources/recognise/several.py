"""Columns whose texts hold several values each: tags, tools, interests. Told only where the values leave no doubt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from beachhead.sources.recognise.names import raw_words, words
from beachhead.sources.recognise.sample import Column
from beachhead.sources.recognise.shapes import is_unknown, profile

_SEPARATORS = (";", "|", ",")
_FEWEST = 10
"""So many rows with several items are needed to tell anything."""
_OFTEN = 3
_LEAST_REPEATED = 0.8
_MOST_OF_A_LENGTH = 0.9
_LEAST_MOVED = 0.6
_LONGEST_ITEM = 40
_ONE_VALUE = frozenset(
    {
        "address", "adresse", "city", "comment", "company", "country", "description", "email", "location", "message",
        "name", "note", "notes", "ort", "phone", "place", "region", "street", "subject", "text", "title",
    }
)  # fmt: skip
"""Words of names of columns whose commas belong to one value."""

Lists = Mapping[tuple[str, ...], int]
"""Different lists, each with how many rows have it."""


@dataclass(frozen=True, slots=True)
class Parted:
    """How a column of lists is to be read. `separator`: the one to name; None: the usual ones serve."""

    separator: str | None = None


@lru_cache(maxsize=512)
def parted(column: Column) -> Parted | None:
    """How the texts of a column part into items; None where they are one value each, or might be.

    Most rows must hold a separator, and nearly all items must stand in several different texts: those of names and
    addresses do not. Items between commas must also come in any number and in any place.
    """
    texts = {text: n for text, n in column.counts.items() if not is_unknown(text)}
    if profile(column).share("json") > 0.9:
        arrays = _arrays(texts)
        return Parted() if arrays is not None and _repeat(arrays) else None
    if _ONE_VALUE & {*words(column.name), *raw_words(column.name)}:
        return None
    for separator in _SEPARATORS:
        lists = _parted(texts, separator)
        several = sum(n for items, n in lists.items() if len(items) > 1)
        is_most = several >= _FEWEST and 2 * several > sum(lists.values())
        if is_most and _repeat(lists) and (separator != "," or _come_in_any_order(lists)):
            others = [s for s in _SEPARATORS if s != separator]
            return Parted(separator if any(s in text for text in texts for s in others) else None)
    return None


def _arrays(texts: Mapping[str, int]) -> Lists | None:
    """JSON arrays of plain values; None where some text is anything else."""
    found: Counter[tuple[str, ...]] = Counter()
    for text, n in texts.items():
        try:
            array = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(array, list) or any(isinstance(item, dict | list) for item in array):
            return None
        found[tuple(str(item) for item in array if item is not None)] += n
    return found


def _parted(texts: Mapping[str, int], separator: str) -> Lists:
    found: Counter[tuple[str, ...]] = Counter()
    for text, n in texts.items():
        found[tuple(filter(None, (item.strip() for item in text.split(separator))))] += n
    return found


def _repeat(lists: Lists) -> bool:
    """Whether nearly all items are short, and stand in several rows and in different lists."""
    rows, different = Counter[str](), Counter[str]()
    for items, n in lists.items():
        for item in set(items):
            rows[item] += n
            different[item] += 1
    repeated = sum(n for item, n in rows.items() if n >= _OFTEN and different[item] > 1 and len(item) <= _LONGEST_ITEM)
    return rows.total() > 0 and repeated >= _LEAST_REPEATED * rows.total()


def _come_in_any_order(lists: Lists) -> bool:
    """Whether lists have different lengths, and most items stand first in some and later in others."""
    lengths = Counter[int]()
    for items, n in lists.items():
        lengths[len(items)] += n
    if lengths.most_common(1)[0][1] > _MOST_OF_A_LENGTH * lengths.total():
        return False
    first = {items[0] for items in lists if items}
    later = {item for items in lists for item in items[1:]}
    several: Sequence[tuple[tuple[str, ...], int]] = [(items, n) for items, n in lists.items() if len(items) > 1]
    moved = sum(n * sum(item in first and item in later for item in items) for items, n in several)
    return moved >= _LEAST_MOVED * sum(n * len(items) for items, n in several)
