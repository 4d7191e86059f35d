"""ISO 4217 digits and what is said about codes that do not exist."""

from __future__ import annotations

import pytest

from beachhead.errors import DefinitionError
from beachhead.project.currency import CURRENCIES, minor_digits, unknown_currency


@pytest.mark.parametrize(("code", "digits"), [("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("ISK", 0)])
def test_digits_of_a_currency(code: str, digits: int) -> None:
    assert minor_digits(code) == digits


def test_all_codes_are_three_capitals() -> None:
    assert len(CURRENCIES) > 150
    assert all(len(c) == 3 and c.isascii() and c.isupper() for c in CURRENCIES)


@pytest.mark.parametrize(
    ("code", "nearest"), [("eur", "EUR"), ("euro", "EUR"), ("$", "USD"), ("USF", "USD"), ("GPB", "GBP"), ("12", None)]
)
def test_unknown_code_gets_the_one_that_was_meant(code: str, nearest: str | None) -> None:
    assert unknown_currency(code).nearest == nearest
    with pytest.raises(DefinitionError, match=r"there is no currency"):
        minor_digits(code)
