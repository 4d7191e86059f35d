"""Where a statement finds customers and what belongs to them."""

from __future__ import annotations

from datetime import date
from typing import Protocol


class Relations(Protocol):
    """The relations of a warehouse (or of our own engine), by what a statement calls them, in catalogue SQL.

    A relation is what may stand after FROM: a name, or a SELECT in brackets. All but lists have the column `key`. `row`
    is the alias of a row of the relation. Every relation "as of a day" holds only what was known by its end.
    """

    @property
    def key(self) -> str:
        """The column that tells customers apart, never null: account_no, account_id."""
        ...

    @property
    def person(self) -> str:
        """The column that tells people apart, in the rows of `users` and of what people did; null for nobody."""
        ...

    def customers(self, day: date) -> str:
        """One row for each customer known by the end of a day, with all attributes as of then."""
        ...

    def attribute(self, name: str, row: str) -> str:
        """The value of an attribute in a row of `customers`."""
        ...

    def account_id(self, row: str) -> str:
        """The account's id, a text, in a row of `customers`."""
        ...

    def rows(self, table: str, day: date) -> str:
        """The rows of a table as they were known by the end of a day; later ones may be there, and are left out."""
        ...

    def column(self, table: str, name: str, row: str) -> str:
        """The value of a column in a row of `rows`; for every table also `day`, a DATE, and `moment`, a TIMESTAMP, in
        local time; both null where a row has no date."""
        ...

    def members(self, segment: str, day: date) -> str:
        """The customers in a segment as of a day, each once."""
        ...

    def moved(self, segment: str, has_joined: bool, first: date, last: date) -> str:
        """The customers who joined (or else left) a segment on one of the days, each once."""
        ...

    def listed(self, name: str) -> str:
        """The accounts on a list: a relation with the one column `account_id`, each once."""
        ...
