"""Which attributes a project has, and what its mappings say of them."""

from __future__ import annotations

from beachhead.customers.catalog import source_catalog
from beachhead.project.definitions import Settings, SourceDefinition


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
