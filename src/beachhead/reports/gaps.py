"""What is missing, and what it would give: areas of the customer record without data, most useful first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from beachhead.customers.attributes import Attribute

_GIVES: tuple[tuple[str, str, str, str], ...] = (
    (
        "value",
        "a good-customer score",
        "value.yml",
        "the best and the worst customers by name, and what sets them apart",
    ),
    ("subscriptions", "subscriptions", "subscriptions", "MRR and how it grows, plans, renewals ahead, discounts given"),
    ("revenue", "payments", "charges", "revenue to date and of the last months, refunds, failed payments"),
    ("orders", "orders", "orders", "who buys again and who drifts away, average order, first product"),
    ("events", "product events", "events", "who uses the product, who stops using it, and the first signs of leaving"),
    ("companies", "company facts", "companies", "which industries, sizes and countries your best customers come from"),
    ("responses", "survey answers", "responses", "NPS for each segment, and who would recommend you"),
    ("tickets", "support tickets", "tickets", "what each customer costs in support, and who waits for an answer"),
    ("users", "people", "users", "how many people at each customer are active"),
    ("referrals", "referrals", "referrals", "who brings you new customers"),
    ("deals", "deals", "deals", "who came through sales, against which competitor, and why deals are lost"),
    ("touches", "contacts", "touches", "whom nobody has spoken to for too long"),
    ("requests", "feature requests", "requests", "what customers ask for, by segment"),
    ("interviews", "interviews", "interviews", "whom you have listened to already"),
)
_NOT_FOR_SHOPS = frozenset({"subscriptions", "users", "deals"})
_NOT_FOR_SUBSCRIPTIONS = frozenset({"orders"})
_COLUMN_GAPS = {
    "acquisition_channel": "which channels bring good customers",
    "acquisition_cost_cents": "what each customer cost to win",
    "signed_up_on": "how long customers have been with you, and how segments grow",
    "country": "where your best customers are",
    "account_name": "customers by name instead of by id",
    "churned_on": "when customers left, and so how long they stay",
    "support_cost_cents_365d": "what support costs for each customer",
    "margin_cents_total": "profit instead of revenue",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """`what` is not mapped (`where` it would go); with it the report would show `gives`."""

    what: str
    where: str
    gives: str


def gaps(
    attributes: Mapping[str, Attribute], missing: Mapping[str, str], present: Collection[str], *, is_shop: bool
) -> tuple[Gap, ...]:
    """Areas of which nothing is there, then single columns whose area is there. `present`: columns with data."""
    unfit = unfit_tables(is_shop=is_shop)
    found: list[Gap] = []
    empty: set[str] = set()
    for area, what, where, gives in _GIVES:
        names = [n for n, a in attributes.items() if a.area == area]
        if area in unfit or not names or any(n in present for n in names):
            continue
        empty.add(area)
        found.append(Gap(what, where, gives))
    for name, gives in _COLUMN_GAPS.items():
        attribute = attributes.get(name)
        if attribute and attribute.area not in empty | unfit and name not in present and name in missing:
            found.append(Gap(f"“{attribute.title}”", fitting(missing[name], unfit), gives))
    return tuple(found)


def unfit_tables(*, is_shop: bool) -> frozenset[str]:
    """Tables that this kind of company does not have."""
    return _NOT_FOR_SHOPS if is_shop else _NOT_FOR_SUBSCRIPTIONS


def fitting(needs: str, unfit: Collection[str]) -> str:
    """`needs subscriptions or orders` as `orders` for a shop: without the choices that do not fit, if any does."""
    parts = []
    for part in needs.removeprefix("needs ").split(" and "):
        choices = part.split(" or ")
        parts.append(" or ".join([c for c in choices if c.split(".")[0] not in unfit] or choices))
    return " and ".join(parts)
