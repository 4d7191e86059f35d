"""Which columns a model table has in an engine, and their SQL types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from beachhead.engines.base import SQL_TYPES
from beachhead.project.definitions import SourceDefinition, ValueTypeName
from beachhead.project.model import Table, day_column

_COMPUTED: Mapping[str, Mapping[str, str]] = {
    "users": {"user_no": "UINTEGER"},
    "order_lines": {"line_order": "BIGINT"},
    "charges": {"native_net": "BIGINT"},
}


def columns_of(table: Table, extra: Mapping[str, ValueTypeName]) -> dict[str, str]:
    """SQL types of all columns of a model table: canonical, local days, further ones."""
    types: dict[str, str] = {}
    for column in table.columns:
        types[column.name] = SQL_TYPES[column.type]
        if column.type == "timestamp":
            types[day_column(column.name)] = "DATE"
    return types | {name: SQL_TYPES[type_] for name, type_ in extra.items()}


def extra_types(sources: Sequence[SourceDefinition]) -> dict[str, ValueTypeName]:
    """Types of the further columns that these sources bring, hidden ones left out."""
    return {name: c.type or "text" for s in sources for name, c in s.extra.items() if not c.hidden}


def model_columns(table: Table, extra: Mapping[str, ValueTypeName]) -> dict[str, str]:
    """Columns of the finished table: `account_no` takes the place of `account_id`.

    People also have `user_no`; order lines `line_order`, which rises in the order of source, file and row; charges
    `native_net`, the amount less tax in its own currency on the scale of the project's.
    """
    columns = columns_of(table, extra)
    if "account_id" in columns:
        columns = {"account_no": "UINTEGER"} | {n: t for n, t in columns.items() if n != "account_id"}
    return {**columns, **_COMPUTED.get(table.name, {})}
