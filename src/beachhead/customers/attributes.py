"""The built-in attributes of the customer record: one row each, grouped by the area that computes them.

Names are `<thing>_<measure>_<window>`. `needs` lists what must be mapped (`table` or `table.column`;
`a|b`: one of them suffices); an attribute whose needs are unmet has no data and says which are missing.
Windows of N days reach from D−N+1 to D. Null: unknown, or nothing to measure; counts are 0 only where
their table is mapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from beachhead.project.definitions import Kind, KnownFrom, Settings, ValueTypeName

Origin = Literal["explicit", "implicit"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A typed, named value per customer as of a day. `explicit`: stated by somebody; `implicit`: observed."""

    name: str
    type: ValueTypeName
    title: str
    area: str
    needs: tuple[str, ...] = ()
    kind: Kind = "behavioural"
    origin: Origin = "implicit"
    known_from: KnownFrom = "usage"
    addressable: bool = False
    stable: bool = False
    description: str = ""


def _rows(
    area: str,
    kind: Kind,
    known_from: KnownFrom,
    needs: str,
    *rows: tuple[str, ValueTypeName, str] | tuple[str, ValueTypeName, str, str],
    origin: Origin = "implicit",
    addressable: bool = False,
) -> list[Attribute]:
    """Rows (name, type, title[, own needs]) that share everything else."""
    return [
        Attribute(
            row[0],
            row[1],
            row[2],
            area,
            tuple((row[3] if len(row) == 4 else needs).split()),
            kind,
            origin,
            known_from,
            addressable,
        )
        for row in rows
    ]


_ACCOUNTS = [
    *_rows(
        "accounts",
        "account",
        "signup",
        "accounts",
        ("account_name", "text", "Name", "accounts.name"),
        ("account_email", "text", "E-mail", "accounts.email"),
        ("website", "text", "Website", "accounts.website"),
        ("email_domain", "text", "E-mail domain", "accounts.email"),
        ("is_free_mail", "boolean", "Uses a free e-mail provider", "accounts.email"),
        ("signed_up_on", "date", "Signed up on", "accounts.signed_up_at"),
        ("days_since_signup", "integer", "Days since sign-up", "accounts.signed_up_at"),
        ("source_status", "text", "Status in the source", "accounts.status"),
        origin="explicit",
    ),
    *_rows(
        "accounts",
        "account",
        "before_purchase",
        "accounts.acquisition_channel",
        ("acquisition_channel", "text", "Acquisition channel"),
        ("channel_type", "text", "Organic or paid channel"),
        ("acquisition_cost_cents", "money", "Acquisition cost", "accounts.acquisition_cost"),
        addressable=True,
    ),
    *_rows(
        "companies",
        "firmographic",
        "before_purchase",
        "companies",
        ("industry", "text", "Industry", "companies.industry"),
        ("employees", "integer", "Employees", "companies.employees"),
        ("size_band", "text", "Company size", "companies.size_band|companies.employees"),
        ("founded_year", "integer", "Founded in", "companies.founded_year"),
        ("annual_revenue_cents", "money", "Company's yearly revenue", "companies.annual_revenue"),
        ("technology", "text", "Technology in use", "companies.technology"),
        origin="explicit",
        addressable=True,
    ),
    *_rows(
        "companies",
        "geographic",
        "before_purchase",
        "companies",
        ("country", "text", "Country", "companies.country|accounts.country"),
        ("region", "text", "Region", "companies.region"),
        ("city", "text", "City", "companies.city"),
        origin="explicit",
        addressable=True,
    ),
]

_LIFECYCLE = _rows(
    "lifecycle",
    "account",
    "outcome",
    "",
    ("account_status", "text", "Status"),
    ("is_customer", "boolean", "Is a customer now"),
    ("was_customer", "boolean", "Is or was a customer"),
    ("is_churned", "boolean", "Has left"),
    ("customer_since_on", "date", "Customer since", "subscriptions|charges|orders|order_lines|accounts.signed_up_at"),
    ("churned_on", "date", "Left on", "subscriptions|accounts.churned_at"),
    (
        "tenure_days",
        "integer",
        "Days as a customer",
        "subscriptions|charges|orders|order_lines|accounts.signed_up_at|accounts.tenure_months",
    ),
    ("buying_motion", "text", "Bought through sales or by self-service", "deals subscriptions|charges|orders"),
)

_SUBSCRIPTIONS = [
    *_rows(
        "subscriptions",
        "account",
        "usage",
        "subscriptions",
        ("plan", "text", "Plan", "subscriptions.plan|accounts.plan"),
        ("mrr_cents", "money", "MRR", "subscriptions.amount|charges.interval|charges.period_start|accounts.mrr"),
        ("mrr_change_cents_90d", "money", "MRR change in 90 days", "subscriptions.amount"),
        ("mrr_first_cents", "money", "First MRR", "subscriptions.amount"),
        ("subscription_count", "integer", "Active subscriptions"),
        ("subscription_count_total", "integer", "Subscriptions ever"),
        ("product_line_count", "integer", "Active product lines", "subscriptions.product_line"),
        ("billing_interval", "text", "Billing interval", "subscriptions.interval"),
        ("seat_count", "integer", "Seats", "subscriptions.quantity"),
        ("discount_share", "number", "Discount depth", "subscriptions.discount_percent|subscriptions.discount"),
        ("renewal_count", "integer", "Renewals"),
        ("next_renewal_on", "date", "Next renewal"),
        ("days_to_renewal", "integer", "Days to renewal"),
        ("is_cancelling", "boolean", "Has cancelled, still running", "subscriptions.cancelled_at"),
        ("is_in_trial", "boolean", "In trial", "subscriptions.trial_ends_at|accounts.trial_ends_at"),
        ("trial_ends_on", "date", "Trial ends on", "subscriptions.trial_ends_at|accounts.trial_ends_at"),
    ),
]

_REVENUE_SOURCES = "charges|orders|order_lines"
_REVENUE = _rows(
    "revenue",
    "behavioural",
    "usage",
    _REVENUE_SOURCES,
    ("revenue_cents_total", "money", "Revenue to date", f"{_REVENUE_SOURCES}|accounts.total_revenue"),
    ("revenue_cents_30d", "money", "Revenue, 30 days"),
    ("revenue_cents_90d", "money", "Revenue, 90 days"),
    ("revenue_cents_365d", "money", "Revenue, 12 months"),
    ("refund_cents_total", "money", "Refunds", "charges.refunded|orders.refunded|order_lines"),
    ("last_payment_on", "date", "Last payment", "charges"),
    ("failed_payment_count_90d", "integer", "Failed payments, 90 days", "charges.status"),
)

_ORDERS = _rows(
    "orders",
    "behavioural",
    "usage",
    "orders|order_lines",
    ("order_count_total", "integer", "Orders"),
    ("order_count_90d", "integer", "Orders, 90 days"),
    ("order_count_365d", "integer", "Orders, 12 months"),
    ("average_order_cents", "money", "Average order"),
    ("margin_cents_total", "money", "Margin to date", "order_lines products.unit_cost"),
    ("first_order_on", "date", "First order"),
    ("last_order_on", "date", "Last order"),
    ("days_since_last_order", "integer", "Days since last order"),
    ("days_to_second_order", "integer", "Days from first to second order"),
    ("days_between_orders", "number", "Average days between orders"),
    ("is_repeat_buyer", "boolean", "Has bought again"),
    ("cancelled_order_count", "integer", "Cancelled or returned orders"),
    ("discounted_order_share", "number", "Share of orders with a discount", "orders.discount"),
    ("product_count", "integer", "Different products bought", "order_lines.product_id"),
    ("first_product", "text", "First product", "order_lines.product_id"),
    ("rfm_recency_score", "integer", "RFM: recency, 1 to 5"),
    ("rfm_frequency_score", "integer", "RFM: frequency, 1 to 5"),
    ("rfm_monetary_score", "integer", "RFM: money, 1 to 5"),
    ("rfm_segment", "text", "RFM segment"),
)

_USERS = _rows(
    "users",
    "account",
    "usage",
    "users",
    ("user_count", "integer", "People"),
    ("new_user_count_30d", "integer", "New people, 30 days", "users.signed_up_at"),
    ("active_user_count_7d", "integer", "Active people, 7 days", "events.user_id"),
    ("active_user_count_30d", "integer", "Active people, 30 days", "events.user_id"),
    ("active_user_share_30d", "number", "Share of people active, 30 days", "users events.user_id"),
)

_EVENTS = _rows(
    "events",
    "behavioural",
    "usage",
    "events",
    ("event_count_7d", "integer", "Events, 7 days"),
    ("event_count_30d", "integer", "Events, 30 days"),
    ("event_count_90d", "integer", "Events, 90 days"),
    ("event_count_prior_30d", "integer", "Events, the 30 days before"),
    ("event_count_total", "integer", "Events"),
    ("event_trend_30d", "number", "Events against the 30 days before"),
    ("active_days_7d", "integer", "Active days of 7"),
    ("active_days_30d", "integer", "Active days of 30"),
    ("active_days_90d", "integer", "Active days of 90"),
    ("first_event_on", "date", "First event"),
    ("last_event_on", "date", "Last event"),
    ("days_since_last_event", "integer", "Days since last event"),
    ("key_event_breadth_30d", "integer", "Different key events, 30 days"),
)

_TICKETS = _rows(
    "tickets",
    "behavioural",
    "usage",
    "tickets",
    ("ticket_count_30d", "integer", "Tickets, 30 days"),
    ("ticket_count_90d", "integer", "Tickets, 90 days"),
    ("ticket_count_total", "integer", "Tickets"),
    ("open_ticket_count", "integer", "Open tickets"),
    ("support_cost_cents_90d", "money", "Support cost, 90 days", "tickets.cost"),
    ("support_cost_cents_365d", "money", "Support cost, 12 months", "tickets.cost"),
    ("support_cost_cents_total", "money", "Support cost", "tickets.cost"),
    ("first_reply_hours", "number", "Hours to first reply", "tickets.first_replied_at"),
    ("ticket_satisfaction", "number", "Rating of support", "tickets.satisfaction"),
)

_RESPONSES = _rows(
    "responses",
    "psychographic",
    "usage",
    "responses",
    ("nps_score", "number", "NPS answer", "responses.score|accounts.nps"),
    ("nps_class", "text", "Promoter, passive or detractor", "responses.score|accounts.nps"),
    ("nps_on", "date", "NPS answered on", "responses.score"),
    ("csat_score", "number", "Satisfaction", "responses.score|accounts.satisfaction"),
    ("response_count_total", "integer", "Survey answers"),
    origin="explicit",
)

_RELATIONS = [
    *_rows(
        "requests",
        "psychographic",
        "usage",
        "requests",
        ("request_count_total", "integer", "Feature requests"),
        ("open_request_count", "integer", "Open feature requests"),
    ),
    *_rows(
        "referrals",
        "behavioural",
        "usage",
        "referrals",
        ("referral_count_total", "integer", "Referrals"),
        ("converted_referral_count", "integer", "Referrals that became customers"),
    ),
    *_rows(
        "interviews",
        "psychographic",
        "usage",
        "interviews",
        ("interview_count_total", "integer", "Interviews"),
        ("last_interview_on", "date", "Last interview"),
    ),
    *_rows(
        "deals",
        "account",
        "before_purchase",
        "deals",
        ("deal_count_total", "integer", "Deals"),
        ("won_deal_count", "integer", "Deals won", "deals.is_won"),
        ("lost_deal_count", "integer", "Deals lost", "deals.is_won"),
        ("open_deal_cents", "money", "Open deals", "deals.amount"),
        ("won_deal_cents", "money", "Deals won, value", "deals.amount deals.is_won"),
        ("competitor", "text", "Competitor", "deals.competitor"),
        ("lost_reason", "text", "Why the last deal was lost", "deals.lost_reason"),
    ),
    *_rows(
        "touches",
        "account",
        "usage",
        "touches",
        ("touch_count_30d", "integer", "Contacts, 30 days"),
        ("touch_count_90d", "integer", "Contacts, 90 days"),
        ("last_touch_on", "date", "Last contact"),
        ("days_since_last_touch", "integer", "Days since last contact"),
    ),
]

_VALUE = _rows(
    "value",
    "account",
    "outcome",
    "",
    ("value_score", "number", "Good-customer score"),
    ("value_rank", "integer", "Rank by score"),
    ("tier", "text", "Tier"),
)

BUILT_IN: tuple[Attribute, ...] = (
    *_ACCOUNTS,
    *_LIFECYCLE,
    *_SUBSCRIPTIONS,
    *_REVENUE,
    *_ORDERS,
    *_USERS,
    *_EVENTS,
    *_TICKETS,
    *_RESPONSES,
    *_RELATIONS,
    *_VALUE,
)

KEY_EVENT_MEASURES: tuple[tuple[str, ValueTypeName, str], ...] = (
    ("count_7d", "integer", "7 days"),
    ("count_30d", "integer", "30 days"),
    ("count_90d", "integer", "90 days"),
    ("active_days_30d", "integer", "active days of 30"),
    ("first_on", "date", "first"),
    ("last_on", "date", "last"),
)


def key_event_attributes(key_events: Iterable[str]) -> list[Attribute]:
    """Six attributes for each key event: `export` → `export_count_30d`, `export_last_on`, …"""
    return [
        Attribute(f"{slug(e)}_{measure}", type_, f"{e}: {title}", "key_events", ("events",))
        for e in key_events
        for measure, type_, title in KEY_EVENT_MEASURES
    ]


def onboarding_attributes(questions: Sequence[str]) -> list[Attribute]:
    """One text attribute for each onboarding question: `use case` → `onboarding_use_case`."""
    return [
        Attribute(
            f"onboarding_{slug(q)}",
            "text",
            q,
            "onboarding",
            ("responses.answer",),
            "psychographic",
            "explicit",
            "signup",
        )
        for q in questions
    ]


def built_in(settings: Settings) -> tuple[Attribute, ...]:
    """All built-in attributes under these settings."""
    return (
        *BUILT_IN,
        *key_event_attributes(settings.key_events),
        *onboarding_attributes(settings.onboarding_questions),
    )


def slug(text: str) -> str:
    """A text as part of an attribute's name: lower case, everything but letters and digits becomes `_`."""
    return "_".join("".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split())
