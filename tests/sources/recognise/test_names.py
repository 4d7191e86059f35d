"""Names of columns and files, whatever their language and spelling."""

from __future__ import annotations

import pytest

from beachhead.sources.recognise.names import raw_words, words
from beachhead.sources.recognise.tables import file_words


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CustomerID", ("customer", "id")),
        ("customer_id", ("customer", "id")),
        ("Kunden-Nr.", ("customer", "id")),
        ("Kundennummer", ("customer", "id")),
        ("número de cliente", ("id", "de", "customer")),
        ("Bestelldatum", ("order", "date")),
        ("Straße", ("street",)),
        ("Geburtsdatum", ("geburts", "date")),
        ("Discount %", ("discount", "percent")),
        ("plan_tier", ("plan",)),
    ],
)
def test_spellings_and_languages_come_together(name: str, meant: tuple[str, ...]) -> None:
    assert words(name) == meant


@pytest.mark.parametrize(
    ("name", "plain"),
    [("BillingStateProvince", ("billing", "state", "province")), ("HTTPStatus", ("http", "status")), ("#", ("#",))],
)
def test_names_are_taken_apart(name: str, plain: tuple[str, ...]) -> None:
    assert raw_words(name) == plain


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("stg_orders_2026-10-31.csv.gz", ("orders",)),
        ("data/raw_customers.parquet", ("customers",)),
        ("Kundenliste 2026.csv", ("kundenliste",)),
        ("export.csv", ()),
    ],
)
def test_only_words_that_say_something_count_in_a_files_name(file: str, said: tuple[str, ...]) -> None:
    assert file_words(file) == said
