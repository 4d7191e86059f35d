"""The customer model: its canonical tables, and when each value became known.

`known_at` is the timestamp from which a row exists; `reveals` names columns that are facts of a later
moment, each with the timestamp at which it became known. As of a day D a row with a later `known_at` does
not exist, and a column whose moment lies after D reads as null.

In memory and on disk: text is a string; integer int64; number float64 without NaN; money int64 minor units;
boolean; date a day; timestamp naive UTC microseconds, with the local day beside it (`day_column`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from beachhead.project.definitions import ValueTypeName

_LARGEST: Mapping[ValueTypeName, int] = {"money": 10**17, "number": 10**12, "integer": 10**12}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `required`: a row without it cannot be used and is set aside.

    `at_most`: the largest size of a number that can be counted with; if 0, what is usual for its type.
    """

    name: str
    type: ValueTypeName
    description: str
    required: bool = False
    at_most: int = 0

    @property
    def largest(self) -> int | None:
        """Numbers of this size or more are none; money in minor units. Below, no sum of some of them overflows."""
        return self.at_most or _LARGEST.get(self.type)


LARGEST_PRODUCT = 10**15
"""Minor units: ten trillion euros. What is computed from a price times a quantity stays far below 64 bits."""


@dataclass(frozen=True, slots=True)
class Table:
    """One model table.

    `product`: two columns that are multiplied, the first one money; together they are at most `LARGEST_PRODUCT`.
    `key` columns identify a row (empty: rows have no identity). `state` tables describe how something is
    (accounts, companies); the others hold facts with a date of their own.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    known_at: str | None = None
    reveals: Mapping[str, str] = field(default_factory=dict)
    state: bool = False
    product: tuple[str, str] | None = None

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)


def _text(name: str, description: str, required: bool = False) -> Column:
    return Column(name, "text", description, required)


def _money(name: str, description: str, required: bool = False) -> Column:
    return Column(name, "money", description, required)


def _number(name: str, description: str, at_most: int = 0) -> Column:
    return Column(name, "number", description, at_most=at_most)


def _integer(name: str, description: str, at_most: int = 0) -> Column:
    return Column(name, "integer", description, at_most=at_most)


def _moment(name: str, description: str, required: bool = False) -> Column:
    return Column(name, "timestamp", description, required)


_ACCOUNT = _text("account_id", "the customer's id, as in your other files", required=True)
_MAYBE_ACCOUNT = _text("account_id", "the customer's id; may come through user_id instead")
_USER = _text("user_id", "the person's id")
_CURRENCY = _text("currency", "ISO code; default the project's")
_INTERVAL = _text("interval", "day, week, month, quarter or year (also monthly, annual and such)")
_INTERVAL_COUNT = _integer("interval_count", "every so many intervals; default 1", at_most=1_000)

TABLES: tuple[Table, ...] = (
    Table(
        "accounts",
        "one row per customer (a company, shop, household, person)",
        (
            _ACCOUNT,
            _text("name", "what the customer is called"),
            _text("email", "main e-mail address"),
            _text("website", "web address"),
            _moment("signed_up_at", "when the customer signed up or first bought"),
            _moment("trial_ends_at", "when the trial ends or ended"),
            _moment("churned_at", "when the customer left"),
            _text("status", "status as the source states it"),
            Column("is_churned", "boolean", "true: the customer has left (where no date is known)"),
            _text("acquisition_channel", "first channel, such as twitter_paid"),
            _money("acquisition_cost", "what winning the customer cost"),
            _text("plan", "plan or contract as the source states it"),
            _money("mrr", "monthly recurring revenue as the source states it"),
            _money("total_revenue", "revenue to date as the source states it"),
            _number("tenure_months", "months as a customer as the source states it"),
            _number("nps", "0–10 answer as the source states it"),
            _number("satisfaction", "satisfaction as the source states it"),
            _text("country", "country"),
            _CURRENCY,
        ),
        key=("account_id",),
        known_at="signed_up_at",
        reveals={"churned_at": "churned_at"},
        state=True,
    ),
    Table(
        "companies",
        "firmographics of a customer",
        (
            _ACCOUNT,
            _text("industry", "industry"),
            _integer("employees", "number of employees"),
            _text("size_band", "size class, such as 11-50"),
            _text("country", "country"),
            _text("region", "state or region"),
            _text("city", "city"),
            _integer("founded_year", "year of foundation"),
            _money("annual_revenue", "the company's own yearly revenue"),
            _text("technology", "notable technology in use"),
        ),
        key=("account_id",),
        state=True,
    ),
    Table(
        "users",
        "people who use the product on behalf of a customer",
        (
            _text("user_id", "the person's id", required=True),
            _ACCOUNT,
            _text("name", "name"),
            _text("email", "e-mail address"),
            _text("role", "role in the product or job"),
            _moment("signed_up_at", "when the person signed up"),
        ),
        key=("user_id",),
        known_at="signed_up_at",
        state=True,
    ),
    Table(
        "events",
        "what people did in the product",
        (
            _text("event_id", "id of the event; without it repeats cannot be told"),
            _MAYBE_ACCOUNT,
            _USER,
            _text("event", "name of the event", required=True),
            _moment("occurred_at", "when", required=True),
        ),
        key=("event_id",),
        known_at="occurred_at",
    ),
    Table(
        "subscriptions",
        "recurring contracts; several rows with `valid_from` are versions of one subscription",
        (
            _text("subscription_id", "id", required=True),
            _ACCOUNT,
            _text("plan", "plan"),
            _text("product_line", "product line"),
            _moment("started_at", "when it started, trial included", required=True),
            _moment("trial_ends_at", "when the trial ends; no MRR before"),
            _moment("ended_at", "when it ended"),
            _moment("cancelled_at", "when it was cancelled (it may run on)"),
            _moment("valid_from", "from when this version of the row is true"),
            _text("status", "what it is in this version: active, past_due, paused, trialing, unpaid, canceled"),
            _money("amount", "price per interval and unit, less `tax`"),
            _money("tax", "tax contained in the price of all units together; default none"),
            _INTERVAL,
            _INTERVAL_COUNT,
            _integer("quantity", "seats or units; default 1"),
            _number("discount_percent", "0–100", at_most=10_000),
            _money("discount", "discount per interval"),
            _moment("discount_starts_at", "from when the discounts hold; default from the beginning"),
            _moment("discount_ends_at", "until when they hold; default for ever"),
            _moment("paused_at", "from when it pauses, without MRR"),
            _moment("resumed_at", "when it goes on after the pause"),
            _CURRENCY,
        ),
        key=("subscription_id", "valid_from"),
        known_at="started_at",
        product=("amount", "quantity"),
        reveals={"ended_at": "ended_at", "cancelled_at": "cancelled_at"},
    ),
    Table(
        "charges",
        "payments",
        (
            _text("charge_id", "id"),
            _ACCOUNT,
            _text("subscription_id", "subscription that it pays for"),
            _moment("charged_at", "when", required=True),
            _money("amount", "amount, less `tax`", required=True),
            _money("tax", "tax contained in the amount; default none"),
            _money("refunded", "amount given back"),
            _moment("refunded_at", "when it was given back"),
            _text("status", "paid, failed, refunded"),
            _moment("period_start", "from when it pays for the service"),
            _moment("period_end", "until when it pays for the service"),
            _INTERVAL,
            _INTERVAL_COUNT,
            Column("is_prorated", "boolean", "true: for a part of an interval only"),
            _text("plan", "plan that it pays for"),
            _text("product_line", "product line that it pays for"),
            _CURRENCY,
        ),
        key=("charge_id",),
        known_at="charged_at",
        reveals={"refunded": "refunded_at", "refunded_at": "refunded_at"},
    ),
    Table(
        "orders",
        "purchases",
        (
            _text("order_id", "id; without it repeats cannot be told"),
            _ACCOUNT,
            _moment("ordered_at", "when", required=True),
            _money("revenue", "order value after discount, without tax and shipping; negative: given back"),
            _money("discount", "discount"),
            _money("refunded", "amount given back later"),
            _moment("refunded_at", "when it was given back"),
            _moment("cancelled_at", "when it was cancelled"),
            _text("channel", "where it was placed"),
            _CURRENCY,
        ),
        key=("order_id",),
        known_at="ordered_at",
        reveals={"refunded": "refunded_at", "refunded_at": "refunded_at", "cancelled_at": "cancelled_at"},
    ),
    Table(
        "order_lines",
        "lines of purchases; without an orders table, orders are their sums",
        (
            _text("line_id", "id of the line"),
            _text("order_id", "the order", required=True),
            _MAYBE_ACCOUNT,
            _text("product_id", "the product"),
            _moment("ordered_at", "when; may come through the order"),
            _number("quantity", "units; negative: given back"),
            _money("unit_price", "price of a unit"),
            _money("amount", "value of the line; default quantity × unit price"),
            _CURRENCY,
        ),
        key=("line_id",),
        known_at="ordered_at",
        product=("unit_price", "quantity"),
    ),
    Table(
        "products",
        "what is sold",
        (
            _text("product_id", "id", required=True),
            _text("name", "name"),
            _text("category", "category"),
            _money("unit_cost", "what a unit costs you"),
            _money("price", "list price"),
        ),
        key=("product_id",),
        state=True,
    ),
    Table(
        "tickets",
        "support requests",
        (
            _text("ticket_id", "id"),
            _MAYBE_ACCOUNT,
            _USER,
            _moment("created_at", "when it was opened", required=True),
            _moment("first_replied_at", "first answer"),
            _moment("solved_at", "when it was solved"),
            _text("channel", "chat, e-mail, phone"),
            _text("priority", "priority"),
            _text("category", "subject class"),
            _number("minutes", "time spent"),
            _money("cost", "what handling it cost"),
            _number("satisfaction", "rating of the support"),
        ),
        key=("ticket_id",),
        known_at="created_at",
        reveals={
            "first_replied_at": "first_replied_at",
            "solved_at": "solved_at",
            "satisfaction": "solved_at",
            "cost": "solved_at",
            "minutes": "solved_at",
        },
    ),
    Table(
        "responses",
        "answers: NPS, CSAT, onboarding forms, free text",
        (
            _text("response_id", "id"),
            _MAYBE_ACCOUNT,
            _USER,
            _moment("responded_at", "when", required=True),
            _text("survey", "nps, csat, onboarding or another name", required=True),
            _text("question", "the question (onboarding forms)"),
            _number("score", "numeric answer"),
            _text("answer", "answer in words"),
        ),
        key=("response_id",),
        known_at="responded_at",
    ),
    Table(
        "requests",
        "features asked for",
        (
            _text("request_id", "id"),
            _MAYBE_ACCOUNT,
            _USER,
            _moment("requested_at", "when", required=True),
            _text("feature", "what is asked for"),
            _moment("done_at", "when it was delivered"),
        ),
        key=("request_id",),
        known_at="requested_at",
        reveals={"done_at": "done_at"},
    ),
    Table(
        "referrals",
        "customers who brought others",
        (
            _text("referral_id", "id"),
            _ACCOUNT,
            _text("referred_account_id", "who was brought"),
            _moment("referred_at", "when", required=True),
            _moment("converted_at", "when the referred became a customer"),
        ),
        key=("referral_id",),
        known_at="referred_at",
        reveals={"converted_at": "converted_at"},
    ),
    Table(
        "interviews",
        "conversations with customers",
        (
            _text("interview_id", "id"),
            _ACCOUNT,
            _moment("held_at", "when", required=True),
            _text("topic", "topic"),
            _text("notes", "notes"),
        ),
        key=("interview_id",),
        known_at="held_at",
    ),
    Table(
        "deals",
        "sales opportunities",
        (
            _text("deal_id", "id"),
            _ACCOUNT,
            _moment("created_at", "when it was opened", required=True),
            _moment("closed_at", "when it was won or lost"),
            Column("is_won", "boolean", "true won, false lost"),
            _money("amount", "value"),
            _text("stage", "stage"),
            _text("competitor", "competitor"),
            _text("lost_reason", "why it was lost"),
            _CURRENCY,
        ),
        key=("deal_id",),
        known_at="created_at",
        reveals={"closed_at": "closed_at", "is_won": "closed_at", "lost_reason": "closed_at"},
    ),
    Table(
        "touches",
        "contacts by marketing, sales, customer success",
        (
            _text("touch_id", "id"),
            _ACCOUNT,
            _moment("touched_at", "when", required=True),
            _text("kind", "call, e-mail, campaign, review"),
            _text("campaign", "campaign"),
        ),
        key=("touch_id",),
        known_at="touched_at",
    ),
    Table(
        "spend",
        "what marketing and sales cost, by day and channel",
        (
            _text("spend_id", "id"),
            _moment("spent_on", "day or start of the month", required=True),
            _text("channel", "channel, as in accounts.acquisition_channel", required=True),
            _text("campaign", "campaign"),
            _money("amount", "amount", required=True),
            _CURRENCY,
        ),
        key=("spend_id",),
        known_at="spent_on",
    ),
)

BY_NAME: Mapping[str, Table] = {t.name: t for t in TABLES}


def day_column(timestamp_column: str) -> str:
    """The column that holds a timestamp's local day (in the project's time zone): started_at → started_day."""
    for ending in ("_at", "_on"):
        if timestamp_column.endswith(ending):
            return timestamp_column.removesuffix(ending) + "_day"
    return timestamp_column + "_day"
