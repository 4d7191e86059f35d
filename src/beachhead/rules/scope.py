"""Whose values the names in a condition are: the customer's, or those of the rows that a form speaks of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from beachhead.rules.forms import DAY, FORMS
from beachhead.rules.types import Catalog, FixedCatalog, ValueType


@dataclass(frozen=True, slots=True)
class Scope:
    """`form`: the rows form in whose condition one is, empty outside of all; `columns` is None without data."""

    form: str = ""
    columns: Mapping[str, ValueType] | None = None

    def column_type(self, name: str) -> ValueType | None:
        if self.columns is None:
            return None
        return ValueType.DATE if name == DAY else self.columns.get(name)

    def column_names(self) -> Collection[str]:
        return [*(self.columns or ()), DAY]


CUSTOMER = Scope()
"""Names are attributes of the customer."""


def columns_as_catalog(form: str, catalog: Catalog) -> Catalog:
    """The columns of a rows form as if they were attributes, with the rows of people for those of customers."""
    table = FORMS[form].table or form
    columns = catalog.table_columns(table) or {}
    nested = {t.key: dict(found) for t in FORMS.values() if t.table and (found := catalog.table_columns(t.table))}
    return FixedCatalog({**columns, DAY: ValueType.DATE}, tables=nested if table == "users" else {})
