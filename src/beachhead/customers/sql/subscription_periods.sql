-- The MRR ledger: for each version of a subscription the days on which it is paid, and its MRR.
-- [paid_from_day, until_day): the end is the first day on which it no longer counts; null: open.
-- MRR = (price × quantity, less discounts) per month, rounded once, half-up. Weeks are 52, days 365 a year.
WITH versions AS (
    SELECT
        account_no, as_of, subscription_id, plan, product_line, billing_interval, interval_count, quantity,
        amount, discount, discount_percent, trial_ends_day, started_day,
        coalesce(valid_from_day, started_day) AS version_day,
        max(ended_day) OVER subscription AS ended_day,
        max(cancelled_day) OVER subscription AS cancelled_day,
        lead(coalesce(valid_from_day, started_day)) OVER subscription AS next_version_day
    FROM known_subscriptions
    WINDOW subscription AS (
        PARTITION BY account_no, as_of, subscription_id
        ORDER BY coalesce(valid_from_day, started_day)
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
),
priced AS (
    SELECT
        *,
        amount * coalesce(quantity, 1) AS list_minor,
        round_half_up(coalesce(discount_percent, 0) * 10000) AS percent_e4,
        CASE billing_interval WHEN 'week' THEN 52 WHEN 'day' THEN 365 ELSE 1 END AS times,
        CASE billing_interval WHEN 'quarter' THEN 3 WHEN 'month' THEN 1 ELSE 12 END
        * coalesce(interval_count, 1) AS months
    FROM versions
)
SELECT
    account_no, as_of, subscription_id, plan, product_line, billing_interval, interval_count,
    coalesce(quantity, 1) AS quantity, started_day, trial_ends_day, cancelled_day, ended_day, version_day,
    greatest(version_day, coalesce(trial_ends_day, version_day)) AS paid_from_day,
    least(coalesce(ended_day, next_version_day), coalesce(next_version_day, ended_day)) AS until_day,
    round_half_up_div(
        (list_minor * (1000000 - percent_e4) - coalesce(discount, 0) * 1000000) * times, months * 1000000
    ) AS mrr_cents,
    round_half_up_div(list_minor * times, months) AS list_mrr_cents
FROM priced
