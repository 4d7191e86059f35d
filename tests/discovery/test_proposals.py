"""A planted segment is found, with its cut points; where there is none, nothing is confirmed."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest

from beachhead.customers.attributes import Attribute
from beachhead.discovery.criteria import Criterion, criterion
from beachhead.discovery.segments import Settings, propose_segments


def company(rows: int, seed: int) -> tuple[pa.Table, list[Criterion]]:
    rng = np.random.default_rng(seed)
    table = pa.table(
        {
            "industry": rng.choice(["Agency", "Software", "Retail", "Health", "Legal"], rows),
            "employees": rng.lognormal(3, 1.5, rows).astype(int) + 1,
            "country": rng.choice(["DE", "FR", "US", "GB"], rows),
            "founded_year": rng.integers(1990, 2024, rows),
        }
    )
    kinds = {"industry": "text", "employees": "integer", "country": "text", "founded_year": "integer"}
    found = [criterion(table, Attribute(name, kind, name, "companies"), 12) for name, kind in kinds.items()]
    return table, [c for c in found if c is not None]


def inside(table: pa.Table) -> np.ndarray:
    employees = table["employees"].to_numpy()
    return (table["industry"].to_numpy(zero_copy_only=False) == "Agency") & (employees >= 11) & (employees <= 50)


@pytest.mark.parametrize("rows", [4_000, 40_000])
def test_a_planted_segment_comes_first_with_its_cut_points(rows: int) -> None:
    """4,000 are all searched and compared with luck; of 40,000 some are set aside for the test."""
    table, criteria = company(rows, 3)
    rng = np.random.default_rng(4)
    outcome = (rng.random(rows) < np.where(inside(table), 0.6, 0.2)).astype(float)
    found = propose_segments(criteria, outcome, is_rate=True, settings=Settings(direction="higher"))
    first = found.proposals[0]
    assert first.rule == "industry = 'Agency' and employees between 11 and 50"
    assert (first.verdict, first.stability) == ("confirmed", 1.0)
    assert first.tested.difference.low < 0.4 < first.tested.difference.high
    assert (found.set_aside > 0) is (rows > 20_000)
    again = propose_segments(criteria, outcome, is_rate=True, settings=Settings(direction="higher"))
    assert again.proposals[0].tested == first.tested


def test_of_amounts_the_planted_segment_is_found() -> None:
    table, criteria = company(4_000, 5)
    rng = np.random.default_rng(6)
    outcome = rng.lognormal(8, 1, 4_000) * np.where(inside(table), 3.0, 1.0)
    found = propose_segments(criteria, outcome, is_rate=False, settings=Settings(direction="higher"))
    assert found.proposals[0].verdict == "confirmed"
    assert re.fullmatch(r"industry = 'Agency' and employees between 1[01] and (49|50)", found.proposals[0].rule)


def test_where_there_is_nothing_hardly_anything_is_confirmed() -> None:
    """At a level of 5 % the chance that more than 3 of 12 have any is 0.2 %."""
    _, criteria = company(500, 7)
    seeds = [np.random.default_rng(seed) for seed in range(12)]
    outcomes = [(rng.random(500) < 0.2).astype(float) if n % 2 else rng.lognormal(5, 1, 500) for n, rng in
                enumerate(seeds)]  # fmt: skip
    some = [
        any(p.verdict == "confirmed" for p in propose_segments(criteria, y, is_rate=bool(n % 2)).proposals)
        for n, y in enumerate(outcomes)
    ]
    assert sum(some) <= 3


def test_nothing_is_proposed_of_nothing() -> None:
    _, criteria = company(100, 1)
    assert propose_segments([], np.ones(100), is_rate=True).proposals == ()
    assert propose_segments(criteria, np.ones(100), is_rate=True).proposals == ()
    few = [c.only(np.arange(100) < 20) for c in criteria]
    assert propose_segments(few, np.arange(20) % 2 * 1.0, is_rate=True).proposals == ()
