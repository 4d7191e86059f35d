"""What a value in the segment language can be, and what the language asks of the world around a rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

Value = str | int | float | bool | date | None
"""One attribute value: a timestamp is a `datetime` (local, without zone), money an int in minor units, null is None."""


class ValueType(StrEnum):
    """The type of an attribute. Money is an integer count of minor units (cents).

    A timestamp is in the project's time zone and without one, so that it compares with days. A list is a text of items
    joined by ";", each without spaces around it.
    """

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    LIST = "list"


NUMERIC = frozenset({ValueType.INTEGER, ValueType.NUMBER, ValueType.MONEY})
TEMPORAL = frozenset({ValueType.DATE, ValueType.TIMESTAMP})


class Catalog(Protocol):
    """The names that a rule may use, as far as the checker must know them."""

    def attribute_type(self, name: str) -> ValueType | None:
        """The type of an attribute, None when there is no such attribute. Names are case-sensitive."""
        ...

    def attribute_names(self) -> Collection[str]:
        """All attributes that a rule may use."""
        ...

    def unavailable(self, name: str) -> str | None:
        """Why an existing attribute has no data here ("needs tickets"), None when it has."""
        ...

    def segment_names(self) -> Collection[str]:
        """All segments that `in_segment` may name."""
        ...

    def values(self, name: str) -> Collection[str] | None:
        """The known values of a text attribute, of a list its items; None when they are unknown or too many to list."""
        ...

    def column_values(self, table: str, column: str) -> Collection[str] | None:
        """The same of a column of the rows of a table; those of `event` of events are the names of events."""
        ...

    def table_columns(self, table: str) -> Mapping[str, ValueType] | None:
        """The columns of the rows of a customer that a rule may name, without `day` and `week`; None: no data."""
        ...

    def list_names(self) -> Collection[str]:
        """All lists that `in_list` may name."""
        ...


@dataclass(frozen=True, slots=True)
class FixedCatalog:
    """A catalog that is given as mappings."""

    attributes: Mapping[str, ValueType]
    segments: Collection[str] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    known_values: Mapping[str, Collection[str]] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, ValueType]] = field(default_factory=dict)
    lists: Collection[str] = ()
    known_column_values: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)

    def attribute_type(self, name: str) -> ValueType | None:
        return self.attributes.get(name)

    def attribute_names(self) -> Collection[str]:
        return self.attributes.keys()

    def unavailable(self, name: str) -> str | None:
        return self.missing.get(name)

    def segment_names(self) -> Collection[str]:
        return self.segments

    def values(self, name: str) -> Collection[str] | None:
        return self.known_values.get(name)

    def column_values(self, table: str, column: str) -> Collection[str] | None:
        return self.known_column_values.get((table, column))

    def table_columns(self, table: str) -> Mapping[str, ValueType] | None:
        return self.tables.get(table)

    def list_names(self) -> Collection[str]:
        return self.lists
