"""Made-up customer records for the report: a SaaS company, a shop, and a file of five columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from beachhead.analysis.segment import SegmentResult
from beachhead.customers.attributes import BUILT_IN, Attribute
from beachhead.customers.tiers import assign_tiers
from beachhead.customers.value import score
from beachhead.errors import Severity
from beachhead.project.definitions import ScoreInput, Settings, ValueDefinition
from beachhead.reports.data import Before, ReportData, SourceRows
from beachhead.sources.problems import Example, Problem

AS_OF = date(2026, 10, 31)
DAY = np.datetime64("2026-10-31")
ATTRIBUTES: Mapping[str, Attribute] = {
    "account_id": Attribute("account_id", "text", "Customer id", "accounts", kind="account"),
    **{a.name: a for a in BUILT_IN},
}
_FIRST = ("Alder", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Indigo", "Juniper", "Kestrel")
_SECOND = ("Analytics", "Foods", "Logistics", "Health", "Studio", "Robotics", "Legal", "Energy", "Travel", "Media")


def _names(rng: np.random.Generator, n: int) -> list[str]:
    return [
        f"{a} {b} {i + 1}" for i, (a, b) in enumerate(zip(rng.choice(_FIRST, n), rng.choice(_SECOND, n), strict=True))
    ]


def _masked(values: np.ndarray, unknown: np.ndarray) -> pa.Array:
    return pa.array(values, mask=unknown)


def _rank(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values)) / max(1, values.size - 1)


def saas(n: int = 2000, seed: int = 1) -> ReportData:
    """Software companies of 50 to 500 people are the best; support tickets are the worst sign."""
    rng = np.random.default_rng(seed)
    industry = rng.choice(
        ["Software", "Retail", "Healthcare", "Education", "Finance"], n, p=[0.25, 0.3, 0.15, 0.15, 0.15]
    )
    employees = np.round(np.exp(rng.normal(4, 1.4, n))).astype(int) + 1
    fit = (industry == "Software") * 1.0 + ((employees > 50) & (employees < 500)) * 0.8 + rng.normal(0, 0.6, n)
    age = rng.integers(5, 1400, n)
    left = rng.random(n) < 1 / (1 + np.exp(1.4 + fit))
    trial = ~left & (age < 60) & (rng.random(n) < 0.5)
    mrr = np.where(left | trial, 0, np.round(np.exp(rng.normal(4.2 + 0.6 * fit, 0.7, n))) * 100).astype(np.int64)
    active = np.where(left, 0, np.clip(rng.binomial(30, 1 / (1 + np.exp(0.6 - 0.9 * fit))), 0, 30))
    tickets = rng.poisson(np.exp(0.6 - 0.5 * fit))
    nps = np.clip(np.round(7 + 1.5 * fit + rng.normal(0, 1.5, n)), 0, 10)
    channel = np.where(
        rng.random(n) < 0.3 + 0.1 * fit, "referral", rng.choice(["google_ads", "organic", "twitter_paid"], n)
    )
    tenure = np.where(left, (age * rng.random(n)).astype(int), age)
    table = {
        "account_no": pa.array(np.arange(n), pa.uint32()),
        "account_id": pa.array([f"A{i + 1:05}" for i in range(n)]),
        "account_name": pa.array(_names(rng, n)),
        "signed_up_on": pa.array(DAY - age.astype("timedelta64[D]")),
        "days_since_signup": pa.array(age),
        "acquisition_channel": pa.array(channel),
        "industry": _masked(industry, rng.random(n) < 0.06),
        "employees": _masked(employees, rng.random(n) < 0.1),
        "country": pa.array(rng.choice(["DE", "FR", "US", "NL", "AT", "CH"], n, p=[0.4, 0.2, 0.2, 0.1, 0.05, 0.05])),
        "account_status": pa.array(np.where(left, "churned", np.where(trial, "active_trial", "active"))),
        "is_customer": pa.array(~left & ~trial),
        "was_customer": pa.array(~trial),
        "is_churned": pa.array(left),
        "tenure_days": pa.array(tenure),
        "plan": pa.array(np.where(mrr > 20000, "Business", np.where(mrr > 7000, "Team", "Starter"))),
        "mrr_cents": pa.array(mrr),
        "seat_count": pa.array(np.maximum(1, mrr // 2500)),
        "active_days_30d": pa.array(active),
        "user_count": pa.array(rng.poisson(3 + employees / 30) + 1),
        "ticket_count_90d": pa.array(tickets),
        "support_cost_cents_365d": pa.array(tickets * 2300),
        "nps_score": _masked(nps, rng.random(n) < 0.65),
        "referral_count_total": pa.array(rng.poisson(np.exp(fit - 2))),
    }
    value = ValueDefinition(
        inputs=(
            ScoreInput(attribute="tenure_days", theme="retention", weight=3),
            ScoreInput(attribute="active_days_30d", theme="engagement", weight=3),
            ScoreInput(attribute="mrr_cents", theme="revenue", weight=3),
            ScoreInput(attribute="nps_score", theme="advocacy", weight=1),
        )
    )
    segments = [
        ("at_risk", "At risk of leaving", (active < 8) & ~left & ~trial, {"active_days_30d", "is_customer"},
         "is_customer and active_days_30d < 8", "Is a customer now, and active days of 30 are under 8."),
        ("advocates", "Advocates", (active > 15) & (nps >= 9), {"active_days_30d", "nps_score"},
         "active_days_30d > 15 and nps_score >= 9", "Active days of 30 are over 15, and NPS answer is at least 9."),
        ("costly", "High maintenance", tickets >= 5, {"ticket_count_90d"}, "ticket_count_90d >= 5",
         "Tickets, 90 days, are at least 5."),
        ("trials", "In trial", trial, {"account_status"}, "account_status = 'active_trial'", "Status is active trial."),
        ("nobody", "Enterprise in Japan", np.zeros(n, dtype=bool), {"country"}, "country = 'JP'", "Country is JP."),
    ]  # fmt: skip
    return report(
        Settings(name="Northwind Cloud", template="sales-led", currency="EUR", customers_are="companies"),
        table,
        value,
        [
            SegmentResult(
                name, title, np.asarray(members), rule, english, "maria@northwind.example", None, None, frozenset(uses)
            )
            for name, title, members, uses, rule, english in segments
        ],
        problems=PROBLEMS,
        rows=(
            SourceRows("billing", "subscriptions", 4120, 4103, 17),
            SourceRows("crm", "accounts", n + 12, n, 12),
            SourceRows("product", "events", 182_400, 182_311, 89),
        ),
        before=Before(date(2026, 9, 30), n - 41, {"at_risk": 180, "advocates": 120, "costly": 90}),
    )


def shop(n: int = 400, seed: int = 2) -> ReportData:
    """A shop where repeat buyers came by newsletter."""
    rng = np.random.default_rng(seed)
    channel = rng.choice(["newsletter", "search", "social_paid", "unknown partner"], n)
    likes = (channel == "newsletter") * 1.0 + rng.normal(0, 0.7, n)
    orders = rng.poisson(np.exp(0.4 + 0.7 * likes)) + 1
    age = rng.integers(20, 900, n)
    since = (rng.random(n) * age / orders).astype(int)
    revenue = (orders * np.exp(rng.normal(3.6, 0.5, n)) * 100).astype(np.int64)
    now = since < 180
    table = {
        "account_no": pa.array(np.arange(n), pa.uint32()),
        "account_id": pa.array([f"K{i + 1}" for i in range(n)]),
        "account_name": pa.array(_names(rng, n)),
        "signed_up_on": pa.array(DAY - age.astype("timedelta64[D]")),
        "acquisition_channel": pa.array(channel),
        "country": pa.array(rng.choice(["DE", "AT"], n)),
        "is_customer": pa.array(now),
        "was_customer": pa.array(np.ones(n, dtype=bool)),
        "account_status": pa.array(np.where(now, "active", "lapsed")),
        "order_count_total": pa.array(orders),
        "days_since_last_order": pa.array(since),
        "average_order_cents": pa.array(revenue // orders),
        "revenue_cents_total": pa.array(revenue),
        "revenue_cents_365d": pa.array(np.where(since < 365, revenue // 2, 0)),
        "is_repeat_buyer": pa.array(orders > 1),
        "first_product": pa.array(rng.choice(["Tea", "Mugs", "Coffee"], n)),
    }
    value = ValueDefinition(
        inputs=(
            ScoreInput(attribute="days_since_last_order", theme="retention", direction="low", weight=2),
            ScoreInput(attribute="order_count_total", theme="engagement", weight=2),
            ScoreInput(attribute="revenue_cents_total", theme="revenue", weight=2, transform="log"),
        )
    )
    segments = [
        SegmentResult("first_time", "First-time buyers", orders == 1, "order_count_total = 1", "Orders are 1.",
                      uses=frozenset({"order_count_total"})),
        SegmentResult("lapsing", "Lapsing", np.flatnonzero((since > 120) & (orders > 1)), "…",
                      "Bought again, but not for 120 days.", uses=frozenset({"days_since_last_order"})),
    ]  # fmt: skip
    return report(
        Settings(name="Tea & Mugs", template="shop", currency="GBP", customers_are="customers"),
        table,
        value,
        segments,
        rows=(SourceRows("orders", "orders", 1213, 1213, 0),),
    )


def five_columns(n: int = 300, seed: int = 3) -> ReportData:
    """Name, sign-up date, plan, MRR, status: nothing else."""
    rng = np.random.default_rng(seed)
    age = rng.integers(1, 1000, n)
    left = rng.random(n) < 0.3
    mrr = np.where(left, 0, rng.choice([2900, 9900, 29900], n, p=[0.6, 0.3, 0.1])).astype(np.int64)
    names = _names(rng, n)
    table = {
        "account_no": pa.array(np.arange(n), pa.uint32()),
        "account_id": pa.array(names),
        "account_name": pa.array(names),
        "signed_up_on": pa.array(DAY - age.astype("timedelta64[D]")),
        "days_since_signup": pa.array(age),
        "source_status": pa.array(np.where(left, "cancelled", "active")),
        "plan": pa.array(np.where(mrr == 29900, "Pro", np.where(mrr == 9900, "Team", "Solo"))),
        "mrr_cents": pa.array(mrr),
        "account_status": pa.array(np.where(left, "churned", "active")),
        "is_customer": pa.array(~left),
        "was_customer": pa.array(np.ones(n, dtype=bool)),
    }
    settings = Settings(name="Side Project Ltd", template="selfserve", currency="USD")
    return report(settings, table, None, [], rows=(SourceRows("customers", "accounts", n + 1, n, 1),))


def report(
    settings: Settings,
    columns: Mapping[str, pa.Array],
    value: ValueDefinition | None,
    segments: Sequence[SegmentResult],
    *,
    problems: tuple[Problem, ...] = (),
    rows: tuple[SourceRows, ...] = (),
    before: Before | None = None,
) -> ReportData:
    accounts = pa.table(dict(columns))
    scores = tiering = None
    if value is not None:
        scope = accounts["was_customer"].to_numpy()
        inputs = {i.attribute: accounts[i.attribute].cast(pa.float64()).to_numpy() for i in value.inputs}
        scores = score(inputs, value, scope)
        tiering = assign_tiers(scores.score, scope, value.tiers)
        accounts = accounts.append_column("value_score", pa.array(scores.score, from_pandas=True))
        tiers = [tiering.tier_of(i) for i in range(accounts.num_rows)]
        accounts = accounts.append_column("tier", pa.array(tiers, pa.string()))
    missing = {
        n: f"needs {' and '.join(a.needs).replace('|', ' or ')}"
        for n, a in ATTRIBUTES.items()
        if n not in accounts.column_names and a.needs
    }
    return ReportData(
        settings,
        AS_OF,
        accounts,
        ATTRIBUTES,
        missing,
        tuple(segments),
        scores,
        tiering,
        problems,
        rows,
        before,
        "2026-10-31",
    )


PROBLEMS = (
    Problem(
        "date-unreadable", Severity.ERROR, "“signed_up_at” holds dates that cannot be read",
        "Add the format %d.%m.%Y to this column.", 12, 2012, "crm", "accounts", "signed_up_at",
        (Example("data/crm.csv", 118, "31.02.2026"), Example("data/crm.csv", 902, "soon")),
    ),
    Problem(
        "orphan-key", Severity.WARNING, "events name customers that are not in accounts",
        "Check the export's date range.", 89, 182_400, "product", "events", "account_id",
        (Example("data/events.csv", 7, "A99999"),),
    ),
    Problem("constant-column", Severity.INFO, "“region” is the same in every row", "Nothing to do.", 2000, 2000, "crm"),
)  # fmt: skip
