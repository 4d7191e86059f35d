"""Rows that measures count, from an engine that holds the customer model as it was known at the end of a day.

The engine has the views of `customers.record.make_known` and the tables `products` and `spend`; what events say comes
from the event store, which is read by the embedded engine beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources

import pyarrow as pa

from beachhead.engines.base import Engine, Parameter
from beachhead.engines.dialect import emit
from beachhead.engines.duck import DuckEngine

TABLE = "table:"
"""Facts with this prefix are model tables as they are, for metrics that a project defines."""


@dataclass(frozen=True)
class Facts:
    """Where facts come from. `movements` gives the MRR movements, of all or of one product line.

    `mapped`: tables, and columns as table.column, that sources fill. `embedded`: the embedded engine, which has the
    view `activity` (account_no, user_no, day: one row for each person and day) where there are events. `records`
    gives a column of the customer records with account_no, None where they have none of that name. `only`: a fact and
    the condition that its rows must meet, for a breakdown by what is counted.
    """

    engine: Engine
    embedded: DuckEngine
    as_of: date
    mapped: Collection[str]
    movements: Callable[[str | None], pa.Table]
    product_lines: Callable[[], tuple[str, ...]]
    records: Callable[[str], pa.Table | None] = lambda _column: None
    only: tuple[str, str] | None = None

    def query(self, sql: str, parameters: Mapping[str, Parameter]) -> pa.Table:
        """The result of catalogue SQL."""
        given = {"as_of": self.as_of, **parameters}
        return self.engine.query(emit(sql, self.engine.dialect, given, self.engine.unsupported))

    def rows(self, fact: str) -> str:
        """The SELECT of a fact's rows, in the catalogue dialect."""
        sql = fact_sql(fact)
        if self.only is None or self.only[0] != fact.removeprefix(TABLE):
            return sql
        return f"SELECT * FROM ({sql}) AS every_row WHERE {self.only[1]}"

    def lacks(self, needs: Collection[str]) -> str | None:
        """What must be mapped for these `needs` and is not, in words; None when nothing is missing."""
        unmet = [need for need in needs if not any(choice in self.mapped for choice in need.split("|"))]
        return "needs " + " and ".join(need.replace("|", " or ") for need in unmet) if unmet else None


def fact_sql(name: str) -> str:
    """The SELECT of a fact, in the catalogue dialect."""
    if name.startswith(TABLE):
        return f"SELECT * FROM known_{name.removeprefix(TABLE)}"
    return resources.files("beachhead.metrics").joinpath("sql", f"{name}.sql").read_text("utf-8").strip()
