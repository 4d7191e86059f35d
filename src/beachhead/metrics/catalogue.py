"""The metrics that there are: one row each, with formula, unit, direction, null rule and the published source.

Where publishers differ, the first formula is ours and the others are `variants`; `metrics/<name>.yml` chooses. Names in
formulas are measures (`measures.py`), parameters, or other metrics.
"""

from __future__ import annotations

from collections.abc import Mapping

from beachhead.metrics.metric import Metric, Variant

_CHARTMOGUL = "ChartMogul"
_NO_START = "null without MRR at the start"
_NO_CUSTOMERS = "null without paying customers"
_MONTHLY = "MRR of the last day; 0 where nobody pays"
_FLOW = "0 where nothing moved"

RECURRING: tuple[Metric, ...] = (
    Metric("mrr", "MRR", "recurring revenue", "closing_mrr", "monthly recurring revenue on the last day of the period",
           "money", "high", "closing_customers", _MONTHLY, f"{_CHARTMOGUL}; Stripe",
           variants={"stated": Variant("stated_mrr", "MRR as the sources state it, for the day of the update only",
                                       "your data", "stated_customers")}),
    Metric("arr", "ARR", "recurring revenue", "12 * closing_mrr", "twelve times MRR", "money", "high",
           "closing_customers", _MONTHLY, _CHARTMOGUL,
           variants={"stated": Variant("12 * stated_mrr", "twelve times the MRR that the sources state", "your data",
                                       "stated_customers")}),
    Metric("new_mrr", "New MRR", "recurring revenue", "new_mrr", "MRR of customers who pay for the first time",
           "money", "high", "new_customers", _FLOW, _CHARTMOGUL),
    Metric("expansion_mrr", "Expansion MRR", "recurring revenue", "expansion_mrr",
           "what customers pay more than before", "money", "high", "opening_customers", _FLOW, _CHARTMOGUL),
    Metric("contraction_mrr", "Contraction MRR", "recurring revenue", "contraction_mrr",
           "what customers who stay pay less than before", "money", "low", "opening_customers", _FLOW, _CHARTMOGUL),
    Metric("churned_mrr", "Churned MRR", "recurring revenue", "churned_mrr",
           "MRR of customers whose last subscription ended", "money", "low", "opening_customers", _FLOW, _CHARTMOGUL),
    Metric("reactivated_mrr", "Reactivated MRR", "recurring revenue", "reactivated_mrr",
           "MRR of customers who pay again after having left", "money", "high", "reactivated_customers", _FLOW,
           _CHARTMOGUL),
    Metric("fx_mrr", "Exchange rates", "recurring revenue", "fx_mrr",
           "what changed rates did to MRR; it is no movement", "money", "neither", "opening_customers", _FLOW,
           f"{_CHARTMOGUL} (FX impact)"),
    Metric("net_new_mrr", "Net new MRR", "recurring revenue",
           "new_mrr + expansion_mrr + reactivated_mrr - contraction_mrr - churned_mrr",
           "all movements together, without exchange rates", "money", "high", "closing_customers", _FLOW, _CHARTMOGUL),
    Metric("arpa", "ARPA", "recurring revenue", "closing_mrr / closing_customers", "MRR per paying customer", "money",
           "high", "closing_customers", _NO_CUSTOMERS, _CHARTMOGUL,
           variants={"stated": Variant("stated_mrr / stated_customers", "stated MRR per customer of that day",
                                       "your data", "stated_customers")}),
    Metric("asp", "Average sale price", "recurring revenue", "new_mrr / new_customers",
           "first MRR per new customer", "money", "high", "new_customers", "null without new customers", _CHARTMOGUL),
    Metric("realised_price", "Realised price", "recurring revenue", "closing_mrr / closing_list_mrr",
           "MRR as a share of what it would be without discounts", "share", "high", "closing_customers", _NO_CUSTOMERS,
           "Marn & Rosiello 1992 (price waterfall)"),
    Metric("discount_depth", "Discount depth", "recurring revenue", "1 - closing_mrr / closing_list_mrr",
           "share of the list price that discounts take", "share", "low", "closing_customers", _NO_CUSTOMERS,
           "Marn & Rosiello 1992 (price waterfall)"),
    Metric("gross_mrr_churn", "Gross MRR churn", "recurring revenue", "(churned_mrr + contraction_mrr) / opening_mrr",
           "MRR lost to churn and contraction, as a share of MRR at the start", "share", "low", "opening_customers",
           _NO_START, _CHARTMOGUL),
    Metric("net_mrr_churn", "Net MRR churn", "recurring revenue",
           "(churned_mrr + contraction_mrr - expansion_mrr - reactivated_mrr) / opening_mrr",
           "MRR lost less MRR gained from customers, as a share of MRR at the start; below 0 is growth", "share",
           "low", "opening_customers", _NO_START, _CHARTMOGUL),
    Metric("nrr", "Net revenue retention", "recurring revenue", "kept_mrr / opening_mrr",
           "MRR at the end of those who paid at the start, without exchange rates, as a share of MRR at the start",
           "share", "high", "opening_customers", _NO_START, "KeyBanc SaaS survey",
           variants={"by_movements": Variant(
               "(closing_mrr - new_mrr - fx_mrr) / opening_mrr",
               "MRR at the end less new MRR: the same but for who joins and leaves, or comes back, within the period",
               _CHARTMOGUL)}),
    Metric("grr", "Gross revenue retention", "recurring revenue", "retained_mrr / opening_mrr",
           "per customer the smaller of MRR at start and end, as a share of MRR at the start", "share", "high",
           "opening_customers", _NO_START, "KeyBanc SaaS survey"),
    Metric("quick_ratio", "Quick ratio", "recurring revenue",
           "(new_mrr + expansion_mrr) / (contraction_mrr + churned_mrr)", "MRR gained for each unit of MRR lost",
           "ratio", "high", "closing_customers", "null when nothing was lost", "Mamoon Hamid 2015",
           variants={"with_reactivation": Variant(
               "(new_mrr + expansion_mrr + reactivated_mrr) / (contraction_mrr + churned_mrr)",
               "reactivation counts as a gain", _CHARTMOGUL)}),
    Metric("ltv", "Lifetime value", "recurring revenue",
           "arpa * gross_margin * annuity(trailing_churn, discount_rate, horizon_months)",
           "ARPA × margin over the months that a customer stays at the churn of the last 6 months, discounted, up to a "
           "horizon", "money", "high", "closing_customers", "null without customers, or without any before",
           "Gupta & Lehmann 2003; Fader & Hardie 2010",
           parameters={"gross_margin": 1.0, "discount_rate": 0.10, "horizon_months": 60.0},
           variants={"arpa_over_churn": Variant(
               "arpa / trailing_churn", "ARPA divided by the churn of the last 6 months; undefined at zero churn",
               _CHARTMOGUL)}),
)  # fmt: skip

CUSTOMERS: tuple[Metric, ...] = (
    Metric("customers", "Paying customers", "customers", "closing_customers", "customers with MRR on the last day",
           "count", "high", "closing_customers", "0 where nobody pays", _CHARTMOGUL,
           variants={"stated": Variant("stated_customers", "customers on the day of the update", "your data",
                                       "stated_customers")}),
    Metric("new_customers", "New customers", "customers", "new_customers", "customers who pay for the first time",
           "count", "high", "new_customers", _FLOW, _CHARTMOGUL),
    Metric("customer_churn", "Customer churn", "customers", "lost_customers / opening_customers",
           "customers who paid at the start and not at the end, as a share of those at the start; who joined and left "
           "within the period, or left and came back, does not count", "share", "low", "opening_customers",
           "null without customers at the start", _CHARTMOGUL, "proportion",
           variants={
               "stripe": Variant("churned_customers / (opening_customers + new_customers)",
                                 "all who left, as a share of those at the start and the new ones", "Stripe"),
               "baremetrics": Variant("churned_customers / opening_customers",
                                      "all who left, also who joined within the period, as a share of those at the "
                                      "start", "Baremetrics")}),
    Metric("trailing_churn", "Churn of 6 months", "customers",
           "trailing(lost_customers, 6) / trailing(opening_customers, 6) / months_per_period",
           "monthly customer churn over the 6 months before the period", "share", "low",
           "trailing(opening_customers, 6)", "null without customers before", _CHARTMOGUL),
)  # fmt: skip

ACQUISITION: tuple[Metric, ...] = (
    Metric("cac", "CAC", "acquisition", "spend / new_customers", "spend per new customer of the same period", "money",
           "low", "new_customers", "null without new customers", "Skok, For Entrepreneurs 2009",
           variants={"lagged": Variant("before(spend) / new_customers", "spend of the period before per new customer",
                                       "Bessemer")}),
    Metric("cac_payback", "CAC payback", "acquisition", "before(spend) / (new_mrr * gross_margin)",
           "months until the gross profit of new customers has paid back the spend of the period before", "months",
           "low", "new_customers", "null without new MRR", "Bessemer", parameters={"gross_margin": 1.0},
           variants={
               "per_customer": Variant("cac / (arpa * gross_margin)", "CAC over monthly gross profit per customer",
                                       "calcmastery"),
               "churn_adjusted": Variant("cac / (arpa * gross_margin * (1 - trailing_churn))",
                                         "the same, with profit reduced by one month of churn", "calcmastery")}),
    Metric("ltv_to_cac", "LTV to CAC", "acquisition", "ltv / cac", "lifetime value for each unit of CAC", "ratio",
           "high", "new_customers", "null without CAC", "Skok, For Entrepreneurs 2009"),
    Metric("signups", "Sign-ups", "acquisition", "signups", "customers who signed up", "count", "high", "signups",
           _FLOW, "common"),
    Metric("trial_to_paid", "Trial to paid", "acquisition", "converted_trials / mature_trials",
           "of the trials that began in the period and are over, the share that led to a payment", "share", "high",
           "mature_trials", "null without trials", _CHARTMOGUL, "proportion", young="young_trials",
           parameters={"trial_grace_days": 7.0}),
    Metric("trial_to_paid_rolling", "Trial to paid, rolling", "acquisition", "paid_trials / ended_trials",
           "first payments after a trial, for each trial that ended in the period", "share", "high", "ended_trials",
           "null where no trial ended", "Glassfy"),
    Metric("activation_rate", "Activation rate", "acquisition", "activated_signups / mature_signups",
           "of those who signed up in the period, the share that did the activating event within so many days", "share",
           "high", "mature_signups", "null without sign-ups", "Reforge", "proportion", young="young_signups",
           parameters={"activation_days": 14.0}),
    Metric("time_to_activate", "Time to activate", "acquisition", "days_to_activate",
           "median days from sign-up to the activating event, of those who did it within so many days", "days", "low",
           "days_to_activate", "null where nobody was activated", "common", "quantile", minimum=5,
           young="young_signups", parameters={"activation_days": 14.0}),
)  # fmt: skip

USAGE: tuple[Metric, ...] = (
    Metric("dau", "Daily active users", "usage", "active_days / counted_days",
           "different people active per day, mean over the period's days", "number", "high", "active_30d",
           "0 where nobody is active", "common"),
    Metric("wau", "Weekly active users", "usage", "active_7d", "different people active in the period's last 7 days",
           "count", "high", "active_7d", "0 where nobody is active", "common"),
    Metric("mau", "Monthly active users", "usage", "active_30d", "different people active in the period's last 30 days",
           "count", "high", "active_30d", "0 where nobody is active", "common"),
    Metric("stickiness", "Stickiness", "usage", "dau / mau", "daily as a share of monthly active users", "share",
           "high", "active_30d", "null where nobody is active", "common"),
)  # fmt: skip

ADVOCACY: tuple[Metric, ...] = (
    Metric("nps", "NPS", "advocacy", "100 * (promoters - detractors) / (promoters + passives + detractors)",
           "share of answers 9–10 less share of answers 0–6, in points", "points", "high",
           "promoters + passives + detractors", "null without answers", "Reichheld 2003; range Rocks 2016", "nps"),
    Metric("csat", "CSAT", "advocacy", "csat_points / csat_answers", "mean rating of satisfaction surveys", "number",
           "high", "csat_answers", "null without answers", "common", "mean", squares="csat_points_squared"),
    Metric("referral_rate", "Referral rate", "advocacy", "converted_referrals / new_customers",
           "customers won by referral, for each new customer", "share", "high", "new_customers",
           "null without new customers", "common",
           variants={"per_buyer": Variant("converted_referrals / first_orders",
                                          "customers won by referral, for each first order", "common")}),
)  # fmt: skip

SUPPORT: tuple[Metric, ...] = (
    Metric("tickets", "Tickets", "support", "tickets", "support requests opened", "count", "low", "tickets", _FLOW,
           "common"),
    Metric("tickets_per_customer", "Tickets per customer", "support", "tickets / closing_customers",
           "support requests per paying customer", "number", "low", "closing_customers", _NO_CUSTOMERS, "common",
           variants={"per_order": Variant("tickets / orders", "support requests per order", "common")}),
    Metric("first_response", "First response", "support", "first_reply_hours",
           "median hours until a ticket got its first answer", "hours", "low", "first_reply_hours",
           "null without answered tickets", "common", "quantile", minimum=5),
    Metric("support_cost", "Support cost", "support", "support_cost", "what handling tickets cost", "money", "low",
           "tickets", _FLOW, "common"),
    Metric("support_cost_share", "Support cost of revenue", "support", "support_cost / revenue",
           "support cost as a share of revenue", "share", "low", "tickets", "null without revenue", "common"),
)  # fmt: skip

SALES: tuple[Metric, ...] = (
    Metric("win_rate", "Win rate", "sales", "won_deals / (won_deals + lost_deals)",
           "deals won, as a share of deals closed in the period", "share", "high", "won_deals + lost_deals",
           "null without closed deals", "common", "proportion"),
    Metric("won_deals", "Deals won", "sales", "won_deals", "deals won", "count", "high", "won_deals", _FLOW, "common"),
    Metric("won_amount", "Value of deals won", "sales", "won_amount", "value of deals won", "money", "high",
           "won_deals", _FLOW, "common"),
    Metric("sales_cycle", "Sales cycle", "sales", "sales_cycle_days", "median days from opening to winning a deal",
           "days", "low", "sales_cycle_days", "null where no deal was won", "common", "quantile", minimum=5),
    Metric("pipeline", "Pipeline", "sales", "open_amount", "value of deals open on the last day", "money", "high",
           "open_deals", "0 without open deals", "common"),
)  # fmt: skip

SHOP: tuple[Metric, ...] = (
    Metric("revenue", "Revenue", "shop", "revenue", "payments or orders, without tax, less refunds", "money", "high",
           "revenue_rows", _FLOW, "common"),
    Metric("orders", "Orders", "shop", "orders", "orders that stand", "count", "high", "orders", _FLOW, "common"),
    Metric("aov", "Average order value", "shop", "order_revenue / valued_orders",
           "value per order whose value is known", "money", "high", "valued_orders", "null without orders", "Shopify",
           "mean", squares="order_revenue_squared"),
    Metric("margin", "Margin", "shop", "margin", "value less cost of lines whose cost is known", "money", "high",
           "orders", _FLOW, "common"),
    Metric("margin_share", "Margin of revenue", "shop", "margin / costed_revenue",
           "margin as a share of the value of lines whose cost is known", "share", "high", "orders",
           "null where no cost is known", "common"),
    Metric("first_orders", "First-time buyers", "shop", "first_orders", "customers who order for the first time",
           "count", "high", "first_orders", _FLOW, "common"),
    Metric("returning_share", "Orders of returning customers", "shop", "later_orders / orders",
           "orders that are not the customer's first, as a share of all", "share", "high", "orders",
           "null without orders", "Shopify", "proportion"),
    Metric("repeat_rate", "Repeat rate", "shop", "repeat_buyers / mature_buyers",
           "of the customers whose first order lies in the period, the share that ordered again within so many days",
           "share", "high", "mature_buyers", "null without first orders", "common", "proportion", young="young_buyers",
           parameters={"repeat_days": 90.0}),
    Metric("time_to_second_order", "Time to second order", "shop", "days_to_second_order",
           "median days from the first to the second order, of those who ordered again within so many days", "days",
           "low", "days_to_second_order", "null where nobody ordered again", "common", "quantile", minimum=5,
           young="young_buyers", parameters={"repeat_days": 90.0}),
    Metric("refund_rate", "Refund rate", "shop", "refunds / gross_revenue", "refunds as a share of revenue before them",
           "share", "low", "revenue_rows", "null without revenue", "common"),
)  # fmt: skip

BUILT_IN: Mapping[str, Metric] = {
    m.name: m for m in (*RECURRING, *CUSTOMERS, *ACQUISITION, *USAGE, *ADVOCACY, *SUPPORT, *SALES, *SHOP)
}

HEADLINES: Mapping[str, tuple[str, ...]] = {
    "selfserve": ("mrr", "nrr", "customer_churn", "trial_to_paid", "arpa"),
    "sales-led": ("arr", "nrr", "grr", "win_rate", "pipeline"),
    "shop": ("revenue", "orders", "aov", "repeat_rate", "margin"),
    "subscription-box": ("mrr", "customer_churn", "arpa", "revenue", "margin"),
    "blank": ("mrr", "revenue", "customers", "customer_churn", "aov"),
}
"""By template the metrics shown first; the first one is the headline."""
