"""A catalog with every table of rows as the customer model has it, and attributes that the examples of forms name."""

from __future__ import annotations

from rule_world import table_columns

from beachhead.rules import FORMS, FixedCatalog, ValueType

CATALOG = FixedCatalog(
    {
        "plan": ValueType.TEXT,
        "country": ValueType.TEXT,
        "seats": ValueType.INTEGER,
        "mrr_cents": ValueType.MONEY,
        "value_score": ValueType.NUMBER,
        "is_customer": ValueType.BOOLEAN,
        "signed_up_on": ValueType.DATE,
        "last_seen_at": ValueType.TIMESTAMP,
        "tags": ValueType.LIST,
    },
    ["at_risk", "by_country/Germany"],
    tables={
        row.table: table_columns(row.table, {"size": ValueType.INTEGER} if row.table == "events" else None)
        for row in FORMS.values()
        if row.table
    },
    lists=["partners"],
)
