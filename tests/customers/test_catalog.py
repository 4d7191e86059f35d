"""Which attributes a project has, and what its mappings say of them."""

from __future__ import annotations

from beachhead.customers.catalog import source_catalog
from beachhead.project.definitions import Settings, SourceDefinition
from beachhead.rules import ValueType


def test_what_a_mapping_says_of_a_model_column_holds_for_its_attribute() -> None:
    source = SourceDefinition.model_validate(
        {
            "name": "status",
            "files": "x.csv",
            "table": "accounts",
            "columns": {
                "account_id": "id",
                "satisfaction": {"column": "Score", "known_from": "outcome", "title": "How they felt"},
            },
        }
    )
    found = source_catalog(Settings(name="x"), {"status": source}).attributes["csat_score"]
    assert (found.known_from, found.title, found.kind) == ("outcome", "How they felt", "psychographic")


def test_attribute_without_data_says_what_it_needs() -> None:
    catalog = source_catalog(Settings(name="x"), {})
    assert (
        catalog.unavailable("mrr_cents")
        == "needs subscriptions.amount or charges.interval or charges.period_start or accounts.mrr"
    )
    assert "mrr_cents" not in catalog.available


def _source(name: str, table: str, columns: dict[str, str], extra: dict[str, object] | None = None) -> SourceDefinition:
    return SourceDefinition.model_validate(
        {"name": name, "files": "x.csv", "table": table, "columns": columns, "extra": extra or {}}
    )


def test_rows_have_the_columns_that_sources_map_and_those_that_follow() -> None:
    lines = {"order_id": "o", "account_id": "a", "quantity": "q", "unit_price": "p", "ordered_at": "d"}
    extra = {"size": {"column": "s", "type": "integer"}, "secret": {"column": "x", "hidden": True}}
    sources = [
        _source("log", "events", {"event_id": "i", "account_id": "a", "event": "e", "occurred_at": "t"}, extra),
        _source("more", "events", {"user_id": "u", "event": "e", "occurred_at": "t"}),
        _source("lines", "order_lines", lines),
        _source("firms", "companies", {"account_id": "a", "industry": "i"}),
    ]
    catalog = source_catalog(Settings(name="x"), {s.name: s for s in sources})
    assert catalog.table_columns("events") == {
        "event": ValueType.TEXT,
        "occurred_at": ValueType.TIMESTAMP,
        "size": ValueType.INTEGER,
        "user_id": ValueType.TEXT,
    }
    assert (catalog.table_columns("order_lines") or {})["amount"] is ValueType.MONEY
    assert catalog.table_columns("orders") == {
        "order_id": ValueType.TEXT,
        "ordered_at": ValueType.TIMESTAMP,
        "revenue": ValueType.MONEY,
    }
    assert catalog.table_columns("tickets") is None
    assert catalog.table_columns("companies") is None
    assert catalog.list_names() == frozenset()
