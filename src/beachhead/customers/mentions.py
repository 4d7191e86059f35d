"""Customers who are in no list but pay: what orders, subscriptions and charges say of them makes them customers."""

from __future__ import annotations

from beachhead.project.definitions import ColumnMap, MatchField, SourceDefinition

PAYING = frozenset({"orders", "order_lines", "subscriptions", "charges"})
"""Tables whose rows are of customers, whether or not a list has them."""
_SAID: tuple[MatchField, ...] = ("name", "email", "website", "country")


def said_of(source: SourceDefinition) -> dict[str, MatchField]:
    """Column of a customer → the field of `match` that says it; who has no name is called by the e-mail address."""
    said: dict[str, MatchField] = {str(field): field for field in _SAID if field in source.match.by}
    if "email" in said:
        said.setdefault("name", "email")
    return said


def mentioned_customers(source: SourceDefinition) -> SourceDefinition | None:
    """The list of customers that a source of payments holds between the lines; None for any other source."""
    if source.table not in PAYING or not source.match.by:
        return None
    columns = {"account_id": ColumnMap(column="account_id")}
    columns |= {column: source.match.by[field] for column, field in said_of(source).items()}
    return SourceDefinition(
        name=source.name, files=source.files, table="accounts", columns=columns, stable=True, history=source.history
    )
