"""Customers who are in no list but pay: what orders, subscriptions and charges say of them makes them customers."""

from __future__ import annotations

from beachhead.project.definitions import ColumnMap, MatchField, SourceDefinition

PAYING = frozenset({"orders", "order_lines", "subscriptions", "charges"})
"""Tables whose rows are of customers, whether or not a list has them."""
_SAID: tuple[MatchField, ...] = ("name", "email", "website", "country")


def mentioned_customers(source: SourceDefinition) -> SourceDefinition | None:
    """The list of customers that a source of payments holds between the lines; None for any other source."""
    if source.table not in PAYING or not source.match.by:
        return None
    said = [field for field in _SAID if field in source.match.by]
    columns = {"account_id": ColumnMap(column="account_id")} | {str(f): source.match.by[f] for f in said}
    return SourceDefinition(
        name=source.name, files=source.files, table="accounts", columns=columns, stable=True, history=source.history
    )
