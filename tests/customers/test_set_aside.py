"""What is said of rows that are not used: of all together, and of one."""

from __future__ import annotations

import pytest

from beachhead.customers.set_aside import of_one_row, with_article
from beachhead.sources.problems import Example


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "{n} rows repeat the id of an earlier row; the first was used",
            "repeats the id of an earlier row; the first was used",
        ),
        ("{n} rows of tickets have no customer", "has no customer"),
        ("{n} events name a customer that no customer list has", "names a customer that no customer list has"),
        ("{n} rows of deals have a ended_at before their started_at", "has an ended_at before its started_at"),
    ],
)
def test_a_row_has_a_reason_of_its_own(message: str, said: str) -> None:
    assert of_one_row(message) == said


def test_article_goes_by_the_first_letter() -> None:
    assert (
        with_article("3 rows have a ended_at, a user_id, a closed_at")
        == "3 rows have an ended_at, a user_id, a closed_at"
    )


def test_example_without_a_value_is_its_place() -> None:
    assert str(Example("a.csv", 3, "")) == "a.csv:3"
    assert str(Example("a.json", 0, "x")) == "a.json: x"
