"""How names, e-mails, addresses compare, value by value."""

from __future__ import annotations

from pathlib import Path

from companies import as_table

from beachhead.customers.matching.normalise import normalise_records
from beachhead.customers.matching.vocabulary import load_vocabulary
from beachhead.engines.duck import DuckEngine

CORES = {
    "Müller & Söhne GmbH & Co. KG": "muller sohne",
    "MUELLER UND SOEHNE": "muller sohne",
    "The Acme Company, Inc.": "acme",
    "Acme S.à r.l.": "acme",
    "Acme Sp. z o. o.": "acme",
    "Acme Spółka z o.o.": "acme",
    "Acme (UK) Ltd.": "acme",
    "Acme United Kingdom Limited": "acme",
    "Booking.com B.V.": "booking",
    "株式会社Acme": "acme",
    "Smith's Mgmt Svcs L.L.C.": "smiths management services",
    "日本電気": "日本電気",
    "n/a": None,
    " ": None,
}
EMAILS = {
    "J.Doe+news@GoogleMail.com": "jdoe@gmail.com",
    "mailto:Ann@Acme.com": "ann@acme.com",
    "no-reply@acme.com": None,
    "ann at acme": None,
}
DOMAINS = {
    "https://www.Acme.co.uk:8080/en?x=1": ["acme.co.uk"],
    "shop.acme.com": ["acme.com"],
    "acme.myshopify.com": ["acme.myshopify.com"],
    "myshopify.com": None,
    "linkedin.com/company/acme": None,
    "gmail.com": None,
    "acme": None,
}
PHONES = {
    "+49 (0)171 123-45 67": "711234567",
    "0171 1234567": "711234567",
    "310/246-1501 x12": "102461501",
    "000": None,
}
POSTCODES = {"D-01067": "1067", "1067": "1067", "94105-1234": "94105", "EC2A 4NE": "EC2A4NE", "-": None}
STREETS = {
    "Hauptstraße 12": "hauptstr 12",
    "12 Fifth Avenue": "12 5th ave",
    "435 S. La Cienega Blvd.": "435 s la cienega blvd",
}


def cleaned(field: str, column: str, values: list[str], temp: Path) -> dict[str, object]:
    rows = [{"account_id": str(n), "ids": "", field: value} for n, value in enumerate(values)]
    with DuckEngine(temp) as engine:
        engine.load("records", as_table(list(rows)))
        load_vocabulary(engine)
        normalise_records(engine, "records")
        found = engine.query(f"SELECT {column} AS v FROM match_clean ORDER BY record_no")["v"].to_pylist()
    return dict(zip(values, found, strict=True))


def test_names_without_legal_forms_joining_words_and_countries(tmp_path: Path) -> None:
    assert cleaned("name", "core", list(CORES), tmp_path) == CORES


def test_emails_without_tags_and_case(tmp_path: Path) -> None:
    assert cleaned("email", "email", list(EMAILS), tmp_path) == EMAILS


def test_domains_that_are_the_customers_own(tmp_path: Path) -> None:
    assert cleaned("website", "domains", list(DOMAINS), tmp_path) == DOMAINS


def test_phone_numbers_postcodes_and_streets(tmp_path: Path) -> None:
    assert cleaned("phone", "phone", list(PHONES), tmp_path) == PHONES
    assert cleaned("postcode", "postcode", list(POSTCODES), tmp_path) == POSTCODES
    assert cleaned("street", "street", list(STREETS), tmp_path) == STREETS
