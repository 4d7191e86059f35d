"""Columns whose texts hold several values: which are told to be lists, and which only look like one."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from beachhead.sources.recognise.sample import Column
from beachhead.sources.recognise.several import Parted, parted

TOOLS = ("slack", "jira", "teams", "notion", "github", "figma")
Row = Callable[[random.Random], str]


def column(row: Row, name: str = "tools", rows: int = 200) -> Column:
    rng = random.Random(7)
    return Column(name, tuple(row(rng) or None for _ in range(rows)))


def some(rng: random.Random, least: int = 1, most: int = 4) -> list[str]:
    return rng.sample(TOOLS, rng.randint(least, most))


LISTS: dict[str, tuple[Row, str | None]] = {
    "commas": (lambda r: ", ".join(some(r)), None),
    "commas in the order of the alphabet": (lambda r: ",".join(sorted(some(r))), None),
    "semicolons": (lambda r: ";".join(some(r)), None),
    "bars": (lambda r: "|".join(some(r, 2, 3)), None),
    "semicolons between items with commas": (lambda r: "; ".join(f"{t}, Inc." for t in some(r, 2)), ";"),
    "JSON": (lambda r: str(some(r)).replace("'", '"'), None),
    "with gaps": (lambda r: ", ".join(some(r)) if r.random() < 0.6 else r.choice(["", "N/A"]), None),
}
CITIES = (
    "Berlin, Germany",
    "Munich, Germany",
    "Paris, France",
    "Nice, France",
    "Rome, Italy",
    "Boston, MA, USA",
    "USA",
)
TEXTS: dict[str, tuple[Row, str]] = {
    "cities with countries": (lambda r: r.choice(CITIES), "where"),
    "addresses": (lambda r: f"{r.randint(1, 900)} Main St, Berlin, Germany", "address line"),
    "addresses by another name": (lambda r: f"{r.randint(1, 9000)} Main St, {r.choice(CITIES)}", "hq"),
    "people": (lambda r: f"{r.choice(['Smith', 'Bell', 'Ray'])}, {r.choice(['Ann', 'Bo', 'Cy'])}", "contact"),
    "lists that are called a name": (lambda r: ", ".join(some(r)), "tool name"),
    "companies": (lambda r: f"Firm {r.randint(1, 10**6)}, Inc.", "parent"),
    "sentences": (lambda r: f"Good, but slow in case {r.randint(1, 10**6)}; will stay", "opinion"),
    "few with several": (lambda r: ", ".join(some(r, 1, 1 + (r.random() < 0.3))), "tools"),
    "one value": (lambda r: r.choice(TOOLS), "tools"),
    "pairs of ids": (lambda r: f"{r.randint(1, 10**6)};{r.randint(1, 10**6)}", "pairs"),
    "JSON objects": (lambda r: f'{{"tool": "{r.choice(TOOLS)}"}}', "tools"),
    "JSON arrays of objects": (lambda r: f'[{{"tool": "{r.choice(TOOLS)}"}}]', "tools"),
}


@pytest.mark.parametrize(("row", "separator"), LISTS.values(), ids=LISTS)
def test_lists_are_told_by_items_that_repeat(row: Row, separator: str | None) -> None:
    assert parted(column(row)) == Parted(separator)


@pytest.mark.parametrize(("row", "name"), TEXTS.values(), ids=TEXTS)
def test_what_is_one_value_stays_one(row: Row, name: str) -> None:
    assert parted(column(row, name)) is None


def test_a_handful_of_rows_tells_nothing() -> None:
    assert parted(column(lambda r: ", ".join(some(r, 2)), rows=9)) is None
