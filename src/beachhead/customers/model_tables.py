"""Tables between the embedded engine, which assembles them, and the engine that runs the customer model's SQL.

Both are one object for DuckDB; then every function here does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from beachhead.engines.base import Engine
from beachhead.engines.duck import DuckEngine, quote_name

_NUMBERS = ("account_no", "user_no")


def hand_over(embedded: DuckEngine, model: Engine, tables: Iterable[str]) -> None:
    """Copy `tables` of the embedded engine into the model's."""
    if model is not embedded:
        for name in tables:
            model.load(name, embedded.query(f"SELECT * FROM {quote_name(name)}"))


def brought_back(embedded: DuckEngine, model: Engine, name: str, sql: str) -> str:
    """A FROM item of the embedded engine with the result of `sql`, which is in the model engine's dialect."""
    if model is embedded:
        return f"({sql})"
    relation = f"{name}_of_the_model"
    embedded.load(relation, with_own_numbers(model.query(sql)))
    return relation


def with_own_numbers(table: pa.Table) -> pa.Table:
    """`table` with numbers of accounts and users in the 32 bits in which they are kept; not every engine has them."""
    fields = [f.with_type(pa.uint32()) if f.name in _NUMBERS else f for f in table.schema]
    return table.cast(pa.schema(fields))
