"""The words of a report: what customers are called, and which money is spoken of, by the project's template."""

from __future__ import annotations

from dataclasses import dataclass

from beachhead.analysis.display import singular
from beachhead.project.definitions import Settings

_SHOPS = ("shop",)


@dataclass(frozen=True, slots=True)
class Words:
    """`many` and `one`: the project's word for its customers; `is_shop`: orders instead of subscriptions."""

    many: str
    one: str
    is_shop: bool

    @property
    def capital(self) -> str:
        return self.many[:1].upper() + self.many[1:]

    @property
    def kept(self) -> str:
        return "Still buying" if self.is_shop else "Kept"


def spoken(title: str) -> str:
    """A title made from the name of a column or an event as one says it: `api_call: 30 days` → `Api call: 30 days`.

    One with a capital in its first word keeps it as it is.
    """
    said = title.replace("_", " ")
    return said[:1].upper() + said[1:] if said.split(" ", 1)[0].islower() else said


def words_of(settings: Settings) -> Words:
    """The words for these settings."""
    many = settings.customers_are.strip() or "customers"
    return Words(many, singular(many), settings.template in _SHOPS)
