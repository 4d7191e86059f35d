-- One row per customer with a subscription known by D, from the MRR ledger. The versions of one subscription follow
-- each other without overlap: on each day one of them is current, and at most that one runs.
-- The plan and interval of a customer are those of the running subscription with the highest MRR.
-- A term that has ended while the subscription ran on is a renewal.
WITH periods AS (
    SELECT
        s.account_no, s.as_of, p.plan, p.product_line, p.billing_interval, p.quantity, p.trial_ends_day,
        p.cancelled_day, p.paid_from_day, p.until_day, p.is_first_paid, p.mrr_cents, p.list_mrr_cents,
        p.term_days,
        p.superseded_day IS NULL OR p.superseded_day > s.as_of AS is_current,
        p.until_day IS NULL OR p.until_day > s.as_of AS is_running,
        p.paid_from_day <= s.as_of AND (p.until_day IS NULL OR p.until_day > s.as_of) AS is_paid,
        p.paid_from_day <= s.as_of - 90 AND (p.until_day IS NULL OR p.until_day > s.as_of - 90) AS was_paid_90d,
        CASE WHEN p.term_start_day <= s.as_of THEN p.term_start_day END AS term_start_day,
        least(s.as_of, coalesce(p.ended_day - 1, s.as_of)) AS term_reach_day,
        CAST(coalesce(p.mrr_cents, 0) AS DOUBLE) - CAST(p.place AS DOUBLE) / 1000000 AS weight
    FROM subscription_periods AS p
    JOIN spine AS s ON s.account_no = p.account_no
    WHERE p.version_day <= s.as_of
        -- Versions of the past matter only for what was first paid, and for 90 days ago.
        AND (p.superseded_day IS NULL OR p.superseded_day > s.as_of - 90 OR p.is_first_paid)
),
renewed AS (
    SELECT
        *,
        CASE WHEN is_current
            THEN greatest(date_diff('day', term_start_day, term_reach_day) // nullif(term_days, 0), 0)
        END AS renewal_count
    FROM periods
),
customers AS (
    SELECT
        account_no,
        as_of,
        nullif(arg_max(coalesce(plan, ''), weight) FILTER (WHERE is_running), '') AS plan,
        greatest(CAST(sum(mrr_cents) FILTER (WHERE is_paid) AS BIGINT), 0) AS mrr_cents,
        greatest(CAST(sum(mrr_cents) FILTER (WHERE was_paid_90d) AS BIGINT), 0) AS mrr_cents_90d_ago,
        CAST(sum(mrr_cents) FILTER (WHERE is_first_paid AND paid_from_day <= as_of) AS BIGINT) AS mrr_first_cents,
        count(*) FILTER (WHERE is_running) AS subscription_count,
        count(*) FILTER (WHERE is_current) AS subscription_count_total,
        count(DISTINCT product_line) FILTER (WHERE is_paid AND product_line IS NOT NULL) AS product_line_count,
        nullif(arg_max(CASE WHEN is_paid THEN coalesce(billing_interval, '') ELSE '' END, weight)
            FILTER (WHERE is_running), '') AS billing_interval,
        CAST(sum(quantity) FILTER (WHERE is_paid) AS BIGINT) AS seat_count,
        CAST(sum(list_mrr_cents) FILTER (WHERE is_paid) AS DOUBLE) AS list_minor,
        coalesce(CAST(sum(renewal_count) AS BIGINT), 0) AS renewal_count,
        min(term_start_day + CAST((renewal_count + 1) * term_days AS INTEGER)) FILTER (WHERE is_paid AND (cancelled_day IS NULL OR cancelled_day > as_of))
            AS next_renewal_on,
        coalesce(bool_or(cancelled_day <= as_of) FILTER (WHERE is_running), false) AS is_cancelling,
        coalesce(bool_or(trial_ends_day > as_of) FILTER (WHERE is_running), false) AS is_in_trial,
        max(trial_ends_day) FILTER (WHERE is_running) AS trial_ends_on,
        min(paid_from_day) FILTER (WHERE is_first_paid AND paid_from_day <= as_of) AS first_paid_on,
        max(until_day) FILTER (WHERE is_current AND term_start_day IS NOT NULL AND until_day <= as_of) AS last_ended_on,
        coalesce(bool_or(is_paid AND mrr_cents > 0), false) AS is_paying
    FROM renewed
    GROUP BY account_no, as_of
)
SELECT
    *,
    mrr_cents - mrr_cents_90d_ago AS mrr_change_cents_90d,
    subscription_count > 0 AS is_running,
    1 - CAST(mrr_cents AS DOUBLE) / nullif(list_minor, 0) AS discount_share,
    date_diff('day', as_of, next_renewal_on) AS days_to_renewal
FROM customers
