-- The MRR ledger: for each version of a subscription the days on which it is paid, and its MRR. It reads the model
-- table and no day: what was known on a day are the rows with version_day up to it, of which until_day counts
-- where it lies up to that day.
-- [paid_from_day, until_day): the end is the first day on which the version no longer counts; null: open.
-- MRR = (price × quantity, less discounts) per month, rounded once, half-up. Weeks are 52, days 365 a year. Without
-- an interval a price is one of a month; with a word that is none, MRR is unknown, and hygiene tells of it.
-- What 64 bits do not hold exactly is computed as a DOUBLE; prices beyond all reason were set aside at ingest.
-- Terms (for renewals) are counted in days: their length is the longest so far, they begin with the first payment.
WITH versions AS (
    SELECT
        account_no, subscription_id, plan, product_line, started_day, trial_ends_day,
        CASE
            WHEN lower("interval") IN ('day', 'daily') THEN 'day'
            WHEN lower("interval") IN ('week', 'weekly') THEN 'week'
            WHEN "interval" IS NULL OR lower("interval") IN ('month', 'monthly') THEN 'month'
            WHEN lower("interval") IN ('quarter', 'quarterly') THEN 'quarter'
            WHEN lower("interval") IN ('year', 'yearly', 'annual', 'annually') THEN 'year'
        END AS billing_interval,
        ended_day, cancelled_day, amount, discount_percent,
        coalesce(discount, 0) AS discount_minor,
        coalesce(quantity, 1) AS quantity,
        coalesce(interval_count, 1) AS interval_count,
        greatest(started_day, coalesce(valid_from_day, started_day)) AS version_day,
        coalesce(valid_from, started_at) AS version_at
    FROM subscriptions
),
followed AS (
    SELECT
        *,
        greatest(version_day, coalesce(trial_ends_day, version_day)) AS paid_from_day,
        lead(version_day) OVER (PARTITION BY account_no, subscription_id ORDER BY version_day, version_at)
            AS superseded_day
    FROM versions
),
priced AS (
    SELECT
        *,
        least(coalesce(ended_day, superseded_day), coalesce(superseded_day, ended_day)) AS until_day,
        CASE WHEN abs(CAST(amount AS DOUBLE) * quantity) < 9000000000000000000.0 THEN amount * quantity END
            AS list_minor,
        round_half_up(coalesce(discount_percent, 0) * 10000) AS percent_e4,
        CASE billing_interval WHEN 'week' THEN 52 WHEN 'day' THEN 365 ELSE 1 END AS times,
        CASE billing_interval
            WHEN 'day' THEN 12 WHEN 'week' THEN 12 WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12
        END * interval_count AS months,
        CASE billing_interval
            WHEN 'day' THEN 1 WHEN 'week' THEN 7 WHEN 'month' THEN 30 WHEN 'quarter' THEN 91 WHEN 'year' THEN 365
        END * interval_count AS own_term_days
    FROM followed
),
periods AS (
    SELECT
        *,
        until_day IS NULL OR paid_from_day < until_day AS is_ever_paid,
        CASE
            WHEN (
                abs(CAST(list_minor AS DOUBLE)) * (1000000 + abs(percent_e4))
                + abs(CAST(discount_minor AS DOUBLE)) * 1000000
            ) * times < 3000000000000000000.0 AND CAST(months AS DOUBLE) < 3000000000000.0
                THEN round_half_up_div(
                    (list_minor * (1000000 - percent_e4) - discount_minor * 1000000) * times, months * 1000000
                )
            ELSE round_half_up(
                (CAST(list_minor AS DOUBLE) * (1000000 - percent_e4) / 1000000.0 - discount_minor) * times
                / nullif(CAST(months AS DOUBLE), 0)
            )
        END AS mrr_cents,
        CASE
            WHEN abs(CAST(list_minor AS DOUBLE)) * times < 3000000000000000000.0
                THEN round_half_up_div(list_minor * times, months)
        END AS list_mrr_cents
    FROM priced
)
SELECT
    account_no, subscription_id, plan, product_line, billing_interval, quantity, trial_ends_day, cancelled_day,
    ended_day, version_day, superseded_day, paid_from_day, until_day, mrr_cents, list_mrr_cents,
    max(CASE WHEN is_ever_paid THEN own_term_days END) OVER so_far AS term_days,
    min(CASE WHEN is_ever_paid THEN paid_from_day END) OVER so_far AS term_start_day,
    coalesce(
        is_ever_paid AND mrr_cents > 0 AND paid_from_day
            = min(CASE WHEN is_ever_paid AND mrr_cents > 0 THEN paid_from_day END) OVER (PARTITION BY account_no),
        false
    ) AS is_first_paid,
    dense_rank() OVER (PARTITION BY account_no ORDER BY subscription_id) AS place
FROM periods
WINDOW so_far AS (
    PARTITION BY account_no, subscription_id ORDER BY version_day, superseded_day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
