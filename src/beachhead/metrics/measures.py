"""Measures: what is counted, added up or ranked, from rows of facts. Metrics are formulas over them.

`value` and `where` are catalogue SQL over the columns of a fact (`metrics/sql/<fact>.sql`); a row in which `value` is
null does not count. `kind`: sum (adds up over customers and periods), open (rows that had begun and not ended at the
period's last day), quantile (the median of the rows, not a sum), mrr (from the walk over movements), active (different
people or customers in trailing days, from events), record (a column of the customer record, for the day of the update).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MRR_MEASURES = (
    "opening_mrr", "closing_mrr", "new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr", "reactivated_mrr",
    "fx_mrr", "retained_mrr", "closing_list_mrr", "opening_customers", "closing_customers", "new_customers",
    "churned_customers", "reactivated_customers", "lost_customers", "kept_mrr",
)  # fmt: skip
"""Measures in the order in which the walk over movements gives them (`kernels.walk_movements`)."""
_MONEY = ("_mrr", "revenue", "refunds", "margin", "_cost", "_amount", "spend")
MeasureKind = Literal["sum", "open", "quantile", "mrr", "active", "record"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. `day`: the column by whose day a row counts; `until`: of `open` ones, where they end.

    `value` and `where` read parameters as `$name`. `needs`: as of an attribute, what must be mapped.
    `of_all`: known of all customers together only. `unit`: money, or what it is; empty: what its name says.
    """

    name: str
    title: str
    fact: str
    value: str = "1"
    where: str = ""
    day: str = "day"
    until: str = ""
    kind: MeasureKind = "sum"
    quantile: float = 0.5
    unit: str = ""
    needs: tuple[str, ...] = ()
    of_all: bool = False

    @property
    def is_money(self) -> bool:
        """Whether it counts minor units."""
        return self.name.endswith(_MONEY) if self.unit == "" else self.unit == "money"

    @property
    def reads(self) -> frozenset[str]:
        """Names of the parameters that it reads."""
        return frozenset(re.findall(r"\$(\w+)", f"{self.value} {self.where}")) - {"as_of"}


def _mrr(name: str, title: str) -> Measure:
    return Measure(name, title, "movements", kind="mrr", needs=("subscriptions|charges.interval|charges.period_start",))


_MATURE_SIGNUP = "day <= $as_of - $activation_days"
_MATURE_TRIAL = "coalesce(trial_ends_day, day) <= $as_of - $trial_grace_days"
_MATURE_BUYER = "nth = 1 AND day <= $as_of - $repeat_days"
_CONVERTED = "paid_day >= day"
_NPS = "survey = 'nps' AND score "

_MRR_TITLES = (
    "MRR at the start", "MRR at the end", "new MRR", "expansion MRR", "contraction MRR", "churned MRR",
    "reactivated MRR", "what exchange rates did to MRR", "MRR kept of what was there at the start",
    "MRR at the end without discounts", "paying customers at the start", "paying customers at the end",
    "customers who paid for the first time", "ends of paying", "customers who came back",
    "customers who paid at the start and not at the end",
    "MRR at the end of those who paid at the start, without what rates did",
)  # fmt: skip

MEASURES: tuple[Measure, ...] = (
    *(_mrr(name, title) for name, title in zip(MRR_MEASURES, _MRR_TITLES, strict=True)),
    Measure("stated_mrr", "MRR as sources state it, on the day of the update", "record", "mrr_cents", kind="record",
            needs=("accounts.mrr",)),
    Measure("stated_customers", "customers on the day of the update", "record", "is_customer", kind="record",
            needs=("accounts",)),
    Measure("revenue", "revenue less refunds", "revenue", "amount", needs=("charges|orders|order_lines",)),
    Measure("revenue_rows", "amounts received or given back", "revenue", needs=("charges|orders|order_lines",)),
    Measure("gross_revenue", "revenue before refunds", "revenue", "amount", "amount > 0",
            needs=("charges|orders|order_lines",)),
    Measure("refunds", "refunds", "revenue", "-amount", "amount < 0", needs=("charges|orders|order_lines",)),
    Measure("orders", "orders", "orders", needs=("orders|order_lines",)),
    Measure("valued_orders", "orders whose value is known", "orders", where="revenue IS NOT NULL",
            needs=("orders|order_lines",)),
    Measure("order_revenue", "value of orders", "orders", "revenue", needs=("orders|order_lines",)),
    Measure("order_revenue_squared", "squares of order values", "orders", "CAST(revenue AS DOUBLE) * revenue",
            needs=("orders|order_lines",)),
    Measure("first_orders", "customers by their first order", "orders", where="nth = 1",
            needs=("orders|order_lines",)),
    Measure("later_orders", "orders after the first", "orders", where="nth > 1", needs=("orders|order_lines",)),
    Measure("mature_buyers", "first orders that are old enough", "orders", where=_MATURE_BUYER,
            needs=("orders|order_lines",)),
    Measure("young_buyers", "first orders that are too young", "orders", where=f"nth = 1 AND NOT ({_MATURE_BUYER})",
            needs=("orders|order_lines",)),
    Measure("repeat_buyers", "of them those who bought again in time", "orders",
            where=f"{_MATURE_BUYER} AND days_to_next <= $repeat_days", needs=("orders|order_lines",)),
    Measure("days_to_second_order", "days from first to second order", "orders", "days_to_next",
            f"{_MATURE_BUYER} AND days_to_next <= $repeat_days",
            kind="quantile", needs=("orders|order_lines",)),
    Measure("margin", "margin of lines whose cost is known", "order_lines", "amount - cost",
            needs=("order_lines", "products.unit_cost")),
    Measure("costed_revenue", "value of lines whose cost is known", "order_lines", "amount", "cost IS NOT NULL",
            needs=("order_lines", "products.unit_cost")),
    Measure("tickets", "tickets", "tickets", needs=("tickets",)),
    Measure("support_cost", "cost of support", "tickets", "cost", needs=("tickets.cost",)),
    Measure("first_reply_hours", "hours to the first reply", "tickets", "reply_hours", kind="quantile",
            needs=("tickets.first_replied_at",)),
    Measure("promoters", "answers 9 and 10", "responses", where=f"{_NPS}>= 9", needs=("responses.score",)),
    Measure("passives", "answers 7 and 8", "responses", where=f"{_NPS}>= 7 AND score < 9",
            needs=("responses.score",)),
    Measure("detractors", "answers 0 to 6", "responses", where=f"{_NPS}< 7", needs=("responses.score",)),
    Measure("csat_points", "points of satisfaction", "responses", "score", "survey = 'csat'",
            needs=("responses.score",)),
    Measure("csat_points_squared", "squares of them", "responses", "score * score", "survey = 'csat'",
            needs=("responses.score",)),
    Measure("csat_answers", "answers on satisfaction", "responses", where="survey = 'csat'",
            needs=("responses.score",)),
    Measure("won_deals", "deals won", "deals", where="is_won", day="closed_day",
            needs=("deals.is_won", "deals.closed_at")),
    Measure("lost_deals", "deals lost", "deals", where="NOT is_won", day="closed_day",
            needs=("deals.is_won", "deals.closed_at")),
    Measure("won_amount", "value of deals won", "deals", "amount", "is_won", "closed_day",
            needs=("deals.is_won", "deals.amount", "deals.closed_at")),
    Measure("sales_cycle_days", "days from opening to winning a deal", "deals", "cycle_days", day="closed_day",
            kind="quantile", needs=("deals.is_won", "deals.closed_at")),
    Measure("open_deals", "deals open at the end", "deals", until="closed_day", kind="open",
            needs=("deals.closed_at",)),
    Measure("open_amount", "value of deals open at the end", "deals", "amount", until="closed_day", kind="open",
            needs=("deals.amount", "deals.closed_at")),
    Measure("referrals", "referrals", "referrals", needs=("referrals",)),
    Measure("converted_referrals", "referrals that became customers", "referrals", day="converted_day", of_all=True,
            needs=("referrals.converted_at",)),
    Measure("signups", "sign-ups", "signups", needs=("accounts.signed_up_at",)),
    Measure("mature_signups", "sign-ups that are old enough", "signups", where=_MATURE_SIGNUP,
            needs=("accounts.signed_up_at", "events")),
    Measure("young_signups", "sign-ups that are too young", "signups", where=f"NOT ({_MATURE_SIGNUP})",
            needs=("accounts.signed_up_at", "events")),
    Measure("activated_signups", "of them those who were activated in time", "signups",
            where=f"{_MATURE_SIGNUP} AND days_to_activate <= $activation_days",
            needs=("accounts.signed_up_at", "events")),
    Measure("days_to_activate", "days from sign-up to activation", "signups", "days_to_activate",
            f"{_MATURE_SIGNUP} AND days_to_activate <= $activation_days", kind="quantile",
            needs=("accounts.signed_up_at", "events")),
    Measure("mature_trials", "trials that are over", "trials", where=_MATURE_TRIAL,
            needs=("subscriptions.trial_ends_at|accounts.trial_ends_at",)),
    Measure("young_trials", "trials that are not over", "trials", where=f"NOT ({_MATURE_TRIAL})",
            needs=("subscriptions.trial_ends_at|accounts.trial_ends_at",)),
    Measure("converted_trials", "of the trials that are over those that led to a payment", "trials",
            where=f"{_MATURE_TRIAL} AND {_CONVERTED}",
            needs=("subscriptions.trial_ends_at|accounts.trial_ends_at",)),
    Measure("ended_trials", "trials that ended in the period", "trials", day="trial_ends_day",
            where="trial_ends_day <= $as_of", needs=("subscriptions.trial_ends_at|accounts.trial_ends_at",)),
    Measure("paid_trials", "trials that led to a payment in the period", "trials", day="paid_day", where=_CONVERTED,
            needs=("subscriptions.trial_ends_at|accounts.trial_ends_at",)),
    Measure("spend", "spend on marketing and sales", "spend", "amount", needs=("spend",)),
    Measure("active_days", "different people active, added up over days", "activity", kind="active",
            needs=("events",)),
    Measure("counted_days", "days that are over", "activity", kind="active", needs=("events",)),
    Measure("active_7d", "people active in the last 7 days", "activity", kind="active", needs=("events",)),
    Measure("active_30d", "people active in the last 30 days", "activity", kind="active", needs=("events",)),
)  # fmt: skip

BUILT_IN: Mapping[str, Measure] = {m.name: m for m in MEASURES}
