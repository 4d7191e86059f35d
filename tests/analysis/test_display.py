"""Numbers as people read them."""

from __future__ import annotations

from datetime import date

import pytest

from beachhead.analysis.display import date_text, money_text, number_text, plural, share_text, singular, value_text
from beachhead.customers.attributes import BUILT_IN as ROWS

BUILT_IN = {a.name: a for a in ROWS}


@pytest.mark.parametrize(
    ("name", "value", "currency", "text"),
    [
        ("mrr_cents", 24_999, "EUR", "€249.99"),
        ("mrr_cents", 24_900, "JPY", "¥24,900"),
        ("is_churned", True, "EUR", "yes"),
        ("is_churned", 0.0, "EUR", "no"),
        ("tier", "next_best", "EUR", "next best"),
        ("account_status", "active_customer", "EUR", "active customer"),
        ("plan", "pro_plus", "EUR", "pro_plus"),
        ("tenure_days", None, "EUR", "unknown"),
    ],
)
def test_values_of_attributes_in_words(name, value, currency, text):
    assert value_text(value, BUILT_IN[name], currency) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.384, "38 %"), (0.0812, "8.1 %"), (0.08, "8 %"), (0.0, "0 %"), (1.0, "100 %"), (0.997, "99.7 %"),
     (0.99999, "99.9 %"), (0.0001, "under 0.1 %"), (None, "unknown"), (float("nan"), "unknown")],
)  # fmt: skip
def test_shares_never_round_to_nothing_or_all(share, text):
    assert share_text(share).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("minor", "currency", "short", "text"),
    [
        (1_234_500, "EUR", False, "€12,345"),
        (1_234_500, "EUR", True, "€12.3k"),
        (999_900, "EUR", True, "€9,999"),
        (123_456_789_00, "USD", True, "$123m"),
        (450, "GBP", False, "£4.50"),
        (1234, "JPY", False, "¥1,234"),
        (-5000, "CHF", False, "−CHF 50"),
        (None, "EUR", False, "unknown"),
    ],
)
def test_money_in_its_currency(minor, currency, short, text):
    assert money_text(minor, currency, short=short).replace("\u00a0", " ") == text


def test_numbers_and_dates():
    assert [number_text(v) for v in (0.0, 3.0, 3.14159, 0.012345, 12345.6)] == ["0", "3", "3.14", "0.0123", "12,346"]
    assert date_text(date(2026, 10, 31)).replace("\u00a0", " ") == "31 Oct 2026"


def test_words_agree_with_their_number():
    assert [singular(w) for w in ("companies", "shops", "boxes", "people", "glass")] == [
        "company",
        "shop",
        "box",
        "person",
        "glass",
    ]
    assert plural(1, "companies") == "1\u00a0company"
