from __future__ import annotations

import pytest

from beachhead.sources.spellings import spellings


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"Pro": 50, "pro": 3, "PRO ": 1}, [("Pro", {"Pro", "pro", "PRO "}, False)]),
        ({"Self-serve": 9, "self serve": 2, "Enterprise": 5}, [("Self-serve", {"Self-serve", "self serve"}, False)]),
        ({"São Paulo": 9, "Sao Paulo": 2}, [("São Paulo", {"São Paulo", "Sao Paulo"}, False)]),
        ({"Healthcare": 90, "Helthcare": 2}, [("Healthcare", {"Healthcare", "Helthcare"}, True)]),
        (
            {"Healthcare": 90, "healthcare": 5, "Helthcare": 2},
            [("Healthcare", {"Healthcare", "healthcare", "Helthcare"}, True)],
        ),
        (  # a misspelling of a misspelling
            {"marketing": 1000, "markketing": 100, "markkettinghh": 6, "Markkettinghh": 5},
            [("marketing", {"marketing", "markketing", "markkettinghh", "Markkettinghh"}, True)],
        ),
    ],
)
def test_words_that_are_probably_one(counts, expected):
    assert [(s.target, {v for v, _ in s.variants}, s.is_typo) for s in spellings(counts)] == expected


@pytest.mark.parametrize(
    "counts",
    [
        {"Pro": 50, "Pro 2": 3},  # a number makes a difference
        {"Austria": 90, "Australia": 80},  # both are frequent
        {"Basic": 10, "Base": 2},  # too short, too different
        {"north": 40, "south": 3},
        {"A": 10, "A-": 9, "10": 5, "-10": 4},
        {},
    ],
)
def test_words_that_are_not(counts):
    assert spellings(counts) == ()


def test_a_column_with_very_many_values_holds_no_categories():
    assert spellings({f"Name {n}": 1 for n in range(501)} | {"name 1": 1}) == ()
