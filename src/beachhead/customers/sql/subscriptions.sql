-- One row per customer with a subscription known by D. A period counts as active on its days only; the periods
-- of one subscription do not overlap, so that at most one of them runs on a day.
WITH periods AS (
    SELECT
        *,
        version_day <= as_of AND (until_day IS NULL OR until_day > as_of) AS is_running,
        paid_from_day <= as_of AND (until_day IS NULL OR until_day > as_of) AS is_paid,
        paid_from_day <= as_of - 90 AND (until_day IS NULL OR until_day > as_of - 90) AS was_paid_90d,
        until_day IS NULL OR paid_from_day < until_day AS is_ever_paid,
        paid_from_day <= as_of AND (until_day IS NULL OR paid_from_day < until_day) AS has_been_paid,
        CASE billing_interval
            WHEN 'day' THEN 1 WHEN 'week' THEN 7 WHEN 'month' THEN 30 WHEN 'quarter' THEN 91 ELSE 365
        END * coalesce(interval_count, 1) AS term_days
    FROM subscription_periods
),
subscriptions AS (
    SELECT
        account_no,
        as_of,
        subscription_id,
        bool_or(is_running) AS is_running,
        bool_or(is_paid) AS is_paid,
        max(plan) FILTER (WHERE is_running) AS plan,
        max(billing_interval) FILTER (WHERE is_paid) AS billing_interval,
        coalesce(max(mrr_cents) FILTER (WHERE is_running), 0) AS running_mrr_cents,
        max(mrr_cents) FILTER (WHERE is_paid) AS mrr_cents,
        max(mrr_cents) FILTER (WHERE was_paid_90d) AS mrr_cents_90d_ago,
        max(list_mrr_cents) FILTER (WHERE is_paid) AS list_mrr_cents,
        max(quantity) FILTER (WHERE is_paid) AS quantity,
        max(product_line) FILTER (WHERE is_paid) AS product_line,
        max(trial_ends_day) FILTER (WHERE is_running) AS trial_ends_day,
        max(cancelled_day) AS cancelled_day,
        max(ended_day) AS ended_day,
        max(until_day) FILTER (WHERE is_ever_paid AND until_day <= as_of) AS last_ended_day,
        min(paid_from_day) FILTER (WHERE has_been_paid AND mrr_cents > 0) AS first_paid_day,
        arg_min(mrr_cents, paid_from_day) FILTER (WHERE has_been_paid AND mrr_cents > 0) AS first_mrr_cents,
        min(paid_from_day) FILTER (WHERE has_been_paid) AS term_start_day,
        max(term_days) FILTER (WHERE has_been_paid) AS term_days
    FROM periods
    GROUP BY account_no, as_of, subscription_id
),
placed AS (
    -- A term that has ended while the subscription ran on is a renewal; terms are counted in days.
    -- The plan and interval of a customer are those of the running subscription with the highest MRR.
    SELECT
        *,
        greatest(
            date_diff('day', term_start_day, least(as_of, coalesce(ended_day - 1, as_of))) // nullif(term_days, 0), 0
        ) AS renewal_count,
        min(first_paid_day) OVER customer AS customer_first_paid_day,
        is_running AND row_number() OVER customer = 1 AS is_leading
    FROM subscriptions
    WINDOW customer AS (
        PARTITION BY account_no, as_of
        ORDER BY CASE WHEN is_running THEN 0 ELSE 1 END, running_mrr_cents DESC, subscription_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
),
customers AS (
    SELECT
        account_no,
        as_of,
        max(plan) FILTER (WHERE is_leading) AS plan,
        coalesce(CAST(sum(mrr_cents) AS BIGINT), 0) AS mrr_cents,
        coalesce(CAST(sum(mrr_cents_90d_ago) AS BIGINT), 0) AS mrr_cents_90d_ago,
        CAST(sum(first_mrr_cents) FILTER (WHERE first_paid_day = customer_first_paid_day) AS BIGINT)
            AS mrr_first_cents,
        count(subscription_id) FILTER (WHERE is_running) AS subscription_count,
        count(subscription_id) AS subscription_count_total,
        count(DISTINCT product_line) FILTER (WHERE product_line IS NOT NULL) AS product_line_count,
        max(billing_interval) FILTER (WHERE is_leading) AS billing_interval,
        CAST(sum(quantity) AS BIGINT) AS seat_count,
        CAST(sum(mrr_cents) AS DOUBLE) AS paid_minor,
        CAST(sum(list_mrr_cents) AS DOUBLE) AS list_minor,
        coalesce(CAST(sum(renewal_count) AS BIGINT), 0) AS renewal_count,
        min(CASE WHEN is_paid THEN term_start_day + CAST((renewal_count + 1) * term_days AS INTEGER) END)
            AS next_renewal_on,
        coalesce(bool_or(cancelled_day <= as_of) FILTER (WHERE is_running), false) AS is_cancelling,
        coalesce(bool_or(trial_ends_day > as_of), false) AS is_in_trial,
        max(trial_ends_day) AS trial_ends_on,
        min(first_paid_day) AS first_paid_on,
        max(last_ended_day) AS last_ended_on,
        coalesce(bool_or(mrr_cents > 0), false) AS is_paying,
        coalesce(bool_or(is_running), false) AS is_running
    FROM placed
    GROUP BY account_no, as_of
)
SELECT
    *,
    mrr_cents - mrr_cents_90d_ago AS mrr_change_cents_90d,
    1 - paid_minor / nullif(list_minor, 0) AS discount_share,
    date_diff('day', as_of, next_renewal_on) AS days_to_renewal
FROM customers
