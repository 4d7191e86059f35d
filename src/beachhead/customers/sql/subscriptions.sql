-- One row per customer with a subscription known by D. A period counts as active on its days only.
WITH current AS (
    SELECT
        *,
        version_day <= as_of AND (until_day IS NULL OR until_day > as_of) AS is_running,
        paid_from_day <= as_of AND (until_day IS NULL OR until_day > as_of) AS is_paid,
        paid_from_day <= as_of - 90 AND (until_day IS NULL OR until_day > as_of - 90) AS was_paid_90d,
        until_day IS NULL OR paid_from_day < until_day AS is_ever_paid,
        min(CASE
            WHEN mrr_cents > 0 AND paid_from_day <= as_of AND (until_day IS NULL OR paid_from_day < until_day)
                THEN paid_from_day
        END) OVER (PARTITION BY account_no, as_of) AS first_paid_day,
        CASE billing_interval
            WHEN 'day' THEN 1 WHEN 'week' THEN 7 WHEN 'month' THEN 30 WHEN 'quarter' THEN 91 ELSE 365
        END * coalesce(interval_count, 1) AS term_days
    FROM subscription_periods
),
leading AS (
    -- The plan and interval of a customer are those of the running subscription with the highest MRR.
    SELECT
        account_no, as_of, subscription_id, plan, billing_interval, is_paid,
        row_number() OVER (
            PARTITION BY account_no, as_of ORDER BY coalesce(mrr_cents, 0) DESC, subscription_id
        ) AS place
    FROM current
    WHERE is_running
),
renewals AS (
    -- A term that has ended while the subscription ran on is a renewal; terms are counted in days.
    SELECT
        account_no, as_of, subscription_id,
        max(term_days) AS term_days,
        min(paid_from_day) AS term_start_day,
        greatest(
            date_diff('day', min(paid_from_day), least(max(as_of), coalesce(max(ended_day) - 1, max(as_of))))
            // nullif(max(term_days), 0),
            0
        ) AS renewal_count,
        max(CASE WHEN is_paid THEN 1 ELSE 0 END) AS is_paid
    FROM current
    WHERE is_ever_paid AND paid_from_day <= as_of
    GROUP BY account_no, as_of, subscription_id
),
renewed AS (
    SELECT
        account_no, as_of,
        CAST(sum(renewal_count) AS BIGINT) AS renewal_count,
        min(CASE WHEN is_paid = 1 THEN term_start_day + CAST((renewal_count + 1) * term_days AS INTEGER) END)
            AS next_renewal_on
    FROM renewals
    GROUP BY account_no, as_of
)
SELECT
    c.account_no,
    c.as_of,
    max(l.plan) AS plan,
    coalesce(CAST(sum(c.mrr_cents) FILTER (WHERE c.is_paid) AS BIGINT), 0) AS mrr_cents,
    coalesce(CAST(sum(c.mrr_cents) FILTER (WHERE c.is_paid) AS BIGINT), 0)
        - coalesce(CAST(sum(c.mrr_cents) FILTER (WHERE c.was_paid_90d) AS BIGINT), 0) AS mrr_change_cents_90d,
    CAST(sum(c.mrr_cents) FILTER (WHERE c.paid_from_day = c.first_paid_day) AS BIGINT) AS mrr_first_cents,
    count(DISTINCT c.subscription_id) FILTER (WHERE c.is_running) AS subscription_count,
    count(DISTINCT c.subscription_id) AS subscription_count_total,
    count(DISTINCT c.product_line) FILTER (WHERE c.is_paid) AS product_line_count,
    max(CASE WHEN l.is_paid THEN l.billing_interval END) AS billing_interval,
    CAST(sum(c.quantity) FILTER (WHERE c.is_paid) AS BIGINT) AS seat_count,
    1 - CAST(sum(c.mrr_cents) FILTER (WHERE c.is_paid) AS DOUBLE)
        / nullif(CAST(sum(c.list_mrr_cents) FILTER (WHERE c.is_paid) AS DOUBLE), 0) AS discount_share,
    coalesce(max(r.renewal_count), 0) AS renewal_count,
    max(r.next_renewal_on) AS next_renewal_on,
    date_diff('day', c.as_of, max(r.next_renewal_on)) AS days_to_renewal,
    coalesce(bool_or(c.cancelled_day <= c.as_of) FILTER (WHERE c.is_running), false) AS is_cancelling,
    coalesce(bool_or(c.trial_ends_day > c.as_of) FILTER (WHERE c.is_running), false) AS is_in_trial,
    max(c.trial_ends_day) FILTER (WHERE c.is_running) AS trial_ends_on,
    min(c.first_paid_day) AS first_paid_on,
    max(c.until_day) FILTER (WHERE c.is_ever_paid AND c.until_day <= c.as_of) AS last_ended_on,
    coalesce(bool_or(c.is_paid AND c.mrr_cents > 0), false) AS is_paying,
    coalesce(bool_or(c.is_running), false) AS is_running
FROM current AS c
LEFT JOIN renewed AS r ON r.account_no = c.account_no AND r.as_of = c.as_of
LEFT JOIN leading AS l
    ON l.account_no = c.account_no AND l.as_of = c.as_of AND l.subscription_id = c.subscription_id AND l.place = 1
GROUP BY c.account_no, c.as_of
