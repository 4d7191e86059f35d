-- Subscriptions as lines of the MRR ledger: days on which nothing changes, each with its monthly price.
-- A version holds from version_day until the next one of its subscription, whoever that belongs to; discounts that
-- begin or end, and pauses, cut it. Tax and discounts take at most the whole price; a price below 0 is a credit.
-- [version_day, superseded_day) are the days of a line, [paid_from_day, until_day) those on which it is paid; null:
-- open. native_mrr: (price × quantity, less tax, less discounts) per month, rounded once, half-up, in the currency of
-- the line (null: the project's); native_list_mrr: without discounts. Weeks are 52, days 365 a year.
-- Without an interval a price is one of a month; with a word that is none, MRR is unknown, and hygiene tells of it.
-- What 64 bits do not hold exactly is computed as a DOUBLE; prices beyond all reason were set aside at ingest.
WITH versions AS (
    SELECT
        *,
        CASE
            WHEN lower("interval") IN ('day', 'daily') THEN 'day'
            WHEN lower("interval") IN ('week', 'weekly') THEN 'week'
            WHEN "interval" IS NULL OR lower("interval") IN ('month', 'monthly') THEN 'month'
            WHEN lower("interval") IN ('quarter', 'quarterly') THEN 'quarter'
            WHEN lower("interval") IN ('year', 'yearly', 'annual', 'annually') THEN 'year'
        END AS billing_interval,
        CASE WHEN abs(CAST(amount AS DOUBLE) * coalesce(quantity, 1)) < 9000000000000000000.0
            THEN amount * coalesce(quantity, 1) - coalesce(tax, 0) END AS list_minor,
        CASE WHEN $discounts = 'all' OR ($discounts = 'forever' AND discount_ends_day IS NULL)
            THEN round_half_up(coalesce(discount_percent, 0) * 10000) ELSE 0 END AS percent_e4,
        CASE WHEN $discounts = 'all' OR ($discounts = 'forever' AND discount_ends_day IS NULL)
            THEN coalesce(discount, 0) ELSE 0 END AS discount_minor,
        coalesce(interval_count, 1) AS every
    FROM subscriptions
),
timed AS (
    SELECT
        *,
        CASE billing_interval WHEN 'week' THEN 52 WHEN 'day' THEN 365 ELSE 1 END AS times,
        CASE billing_interval
            WHEN 'day' THEN 12 WHEN 'week' THEN 12 WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12
        END * every AS months,
        CASE billing_interval
            WHEN 'day' THEN 1 WHEN 'week' THEN 7 WHEN 'month' THEN 30 WHEN 'quarter' THEN 91 WHEN 'year' THEN 365
        END * every AS term_days
    FROM versions
),
priced AS (
    SELECT
        account_no, subscription_id, plan, product_line, billing_interval, quantity, term_days, trial_ends_day,
        cancelled_day,
        CASE WHEN upper(currency) <> $currency THEN upper(currency) END AS currency,
        CASE WHEN $churn_on = 'cancellation' THEN least(ended_day, cancelled_day) ELSE ended_day END AS ended_day,
        greatest(started_day, coalesce(valid_from_day, started_day)) AS version_day,
        coalesce(valid_from, started_at) AS version_at,
        valid_from IS NOT NULL AS is_dated,
        coalesce(amount < 0, false) AS is_credit,
        CASE WHEN paused_day < coalesce(resumed_day, paused_day + 1) THEN paused_day END AS paused_day,
        CASE WHEN paused_day < resumed_day THEN resumed_day END AS resumed_day,
        CASE WHEN percent_e4 <> 0 OR discount_minor <> 0 THEN discount_starts_day END AS discount_starts_day,
        CASE WHEN percent_e4 <> 0 OR discount_minor <> 0 THEN discount_ends_day END AS discount_ends_day,
        coalesce(
            lower(status) IN ('paused', 'unpaid', 'incomplete', 'incomplete_expired', 'draft', 'pending', 'future')
            OR (lower(status) IN ('trial', 'trialing', 'in_trial') AND trial_ends_day IS NULL),
            false
        ) AS is_unpaid,
        coalesce(lower(status) IN ('expired', 'ended', 'canceled', 'cancelled', 'churned'), false) AS is_over,
        CASE
            WHEN abs(CAST(list_minor AS DOUBLE)) * times < 3000000000000000000.0
                THEN round_half_up_div(list_minor * times, months)
            ELSE round_half_up(CAST(list_minor AS DOUBLE) * times / nullif(CAST(months AS DOUBLE), 0))
        END AS list_mrr,
        CASE
            WHEN percent_e4 = 0 AND discount_minor = 0 THEN NULL
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
        END AS discounted_mrr
    FROM timed
),
followed AS (
    SELECT
        *,
        lead(version_day) OVER (
            PARTITION BY subscription_id ORDER BY version_day, version_at, CASE WHEN is_dated THEN 1 ELSE 0 END
        ) AS superseded_day
    FROM priced
),
bounded AS (
    SELECT
        *,
        least(coalesce(ended_day, superseded_day), coalesce(superseded_day, ended_day)) AS until_day
    FROM followed
),
-- The days within the version on which its price changes.
cuts AS (
    SELECT
        *,
        CASE WHEN discount_starts_day > version_day
            AND discount_starts_day < coalesce(until_day, discount_starts_day + 1) THEN discount_starts_day END
            AS discount_cut,
        CASE WHEN discount_ends_day > version_day AND discount_ends_day < coalesce(until_day, discount_ends_day + 1)
            THEN discount_ends_day END AS full_price_cut,
        CASE WHEN paused_day > version_day AND paused_day < coalesce(until_day, paused_day + 1) THEN paused_day END
            AS pause_cut,
        CASE WHEN resumed_day > version_day AND resumed_day < coalesce(until_day, resumed_day + 1) THEN resumed_day END
            AS resume_cut
    FROM bounded
),
pieces AS (
    SELECT
        c.*,
        CASE k.n WHEN 0 THEN version_day WHEN 1 THEN discount_cut WHEN 2 THEN full_price_cut WHEN 3 THEN pause_cut
            ELSE resume_cut END AS from_day
    FROM cuts AS c
    JOIN (VALUES (0), (1), (2), (3), (4)) AS k(n)
        ON k.n = 0
        OR (k.n = 1 AND discount_cut IS NOT NULL)
        OR (k.n = 2 AND full_price_cut IS NOT NULL AND full_price_cut IS DISTINCT FROM discount_cut)
        OR (k.n = 3 AND pause_cut IS NOT NULL AND pause_cut IS DISTINCT FROM discount_cut
            AND pause_cut IS DISTINCT FROM full_price_cut)
        OR (k.n = 4 AND resume_cut IS NOT NULL AND resume_cut IS DISTINCT FROM discount_cut
            AND resume_cut IS DISTINCT FROM full_price_cut AND resume_cut IS DISTINCT FROM pause_cut)
),
monthly AS (
    SELECT
        *,
        least(
            CASE WHEN discount_cut > from_day THEN discount_cut END,
            CASE WHEN full_price_cut > from_day THEN full_price_cut END,
            CASE WHEN pause_cut > from_day THEN pause_cut END,
            CASE WHEN resume_cut > from_day THEN resume_cut END
        ) AS next_cut,
        NOT is_unpaid AND NOT (is_over AND ended_day IS NULL AND superseded_day IS NULL)
            AND NOT coalesce(paused_day <= from_day AND (resumed_day IS NULL OR resumed_day > from_day), false)
            AS is_charged,
        CASE WHEN coalesce(discount_starts_day <= from_day, true) AND coalesce(discount_ends_day > from_day, true)
            THEN coalesce(discounted_mrr, list_mrr) ELSE list_mrr END AS mrr
    FROM pieces
)
SELECT
    account_no, subscription_id, plan, product_line, billing_interval, currency, coalesce(quantity, 1) AS quantity,
    trial_ends_day, cancelled_day, ended_day, from_day AS version_day,
    coalesce(next_cut, superseded_day) AS superseded_day,
    greatest(from_day, coalesce(trial_ends_day, from_day)) AS paid_from_day, least(next_cut, until_day) AS until_day,
    term_days,
    CASE WHEN NOT is_charged OR (mrr < 0 AND NOT is_credit) THEN 0 ELSE mrr END AS native_mrr,
    CASE WHEN NOT is_charged OR (list_mrr < 0 AND NOT is_credit) THEN 0 ELSE list_mrr END AS native_list_mrr
FROM monthly
