-- Charges as lines of the MRR ledger, where there are no subscriptions: of each subscription, or else of each customer,
-- the days between two changes of what is paid for. Only charges with an interval or a period are recurring.
-- MRR of a charge: (amount − tax) per month, over its period; prorated ones × full period ÷ own period, in seconds
-- (ChartMogul), where the interval is stated. Charges of one subscription add up, credits with them.
-- Rounded once, half-up.
-- Where no period is stated, a charge pays from its day for one interval, and the next one may come up to 7 days before
-- or after its end (weeks and days: 1 day) without a gap or an overlap; without one it pays to the end of that time.
WITH recurring AS (
    SELECT
        account_no, charge_id, coalesce(subscription_id, '') AS subscription_id, plan, product_line,
        CASE WHEN upper(currency) <> $currency THEN upper(currency) END AS currency,
        coalesce(native_net, amount - coalesce(tax, 0)) AS net,
        charged_day, period_start, period_end, period_start_day, period_end_day,
        coalesce(is_prorated, false) AS is_prorated,
        period_start_day IS NOT NULL AND period_end_day IS NOT NULL AS has_period,
        date_diff('day', period_start_day, period_end_day) AS period_days,
        coalesce(interval_count, 1) AS stated_count,
        CASE
            WHEN lower("interval") IN ('day', 'daily') THEN 'day'
            WHEN lower("interval") IN ('week', 'weekly') THEN 'week'
            WHEN lower("interval") IN ('month', 'monthly') THEN 'month'
            WHEN lower("interval") IN ('quarter', 'quarterly') THEN 'quarter'
            WHEN lower("interval") IN ('year', 'yearly', 'annual', 'annually') THEN 'year'
        END AS stated_interval
    FROM charges
    WHERE ("interval" IS NOT NULL OR (period_start IS NOT NULL AND period_end IS NOT NULL))
        AND (status IS NULL OR lower(status) NOT IN ('failed', 'void', 'uncollectible', 'pending', 'draft'))
),
timed AS (
    SELECT
        *,
        coalesce(stated_interval, CASE
            WHEN period_days = 1 THEN 'day'
            WHEN period_days BETWEEN 6 AND 8 OR period_days BETWEEN 13 AND 15 THEN 'week'
            WHEN period_days BETWEEN 27 AND 32 OR period_days BETWEEN 58 AND 63 THEN 'month'
            WHEN period_days BETWEEN 88 AND 93 OR period_days BETWEEN 178 AND 186 THEN 'quarter'
            WHEN period_days BETWEEN 360 AND 370 OR period_days BETWEEN 725 AND 735 THEN 'year'
        END) AS billing_interval,
        CASE
            WHEN stated_interval IS NOT NULL THEN stated_count
            WHEN period_days BETWEEN 13 AND 15 OR period_days BETWEEN 58 AND 63 OR period_days BETWEEN 178 AND 186
                OR period_days BETWEEN 725 AND 735 THEN 2
            ELSE 1
        END AS interval_count
    FROM recurring
),
lasting AS (
    SELECT
        *,
        CASE billing_interval WHEN 'week' THEN 52 WHEN 'day' THEN 365 ELSE 1 END AS times,
        CASE billing_interval
            WHEN 'day' THEN 12 WHEN 'week' THEN 12 WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12
        END * interval_count AS months,
        CASE billing_interval WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 END * interval_count
            AS calendar_months,
        CASE billing_interval WHEN 'day' THEN 1 WHEN 'week' THEN 7 END * interval_count AS plain_days,
        CASE WHEN billing_interval IN ('day', 'week') THEN 1 ELSE 7 END AS grace_days,
        CASE WHEN has_period THEN period_start_day ELSE charged_day END AS from_day
    FROM timed
),
ended AS (
    SELECT
        *,
        CASE WHEN has_period THEN period_end_day
            ELSE coalesce(add_months(from_day, calendar_months), from_day + CAST(plain_days AS INTEGER)) END AS end_day,
        round_half_up(hours_between(period_start, period_end) * 3600) AS seconds,
        86400 * coalesce(
            date_diff('day', add_months(period_end_day, -calendar_months), period_end_day), plain_days
        ) AS full_seconds
    FROM lasting
),
-- The next charge of each that has no period.
followed AS (
    SELECT e.account_no, e.subscription_id, e.from_day, e.end_day, min(n.from_day) AS next_day
    FROM (
        SELECT DISTINCT account_no, subscription_id, from_day, end_day, grace_days FROM ended WHERE NOT has_period
    ) AS e
    JOIN (SELECT DISTINCT account_no, subscription_id, from_day FROM ended) AS n
        ON n.account_no = e.account_no AND n.subscription_id = e.subscription_id AND n.from_day > e.from_day
        AND n.from_day BETWEEN e.end_day - CAST(e.grace_days AS INTEGER) AND e.end_day + CAST(e.grace_days AS INTEGER)
    GROUP BY e.account_no, e.subscription_id, e.from_day, e.end_day
),
ending AS (
    SELECT
        e.*,
        CASE WHEN has_period THEN e.end_day ELSE coalesce(f.next_day, e.end_day + CAST(grace_days AS INTEGER)) END
            AS until_day,
        -- By the clock on the wall: an hour more or less is the change of the clocks.
        CASE WHEN abs(seconds - 86400 * period_days) = 3600 THEN 86400 * period_days ELSE seconds END AS own_seconds
    FROM ended AS e
    LEFT JOIN followed AS f
        ON f.account_no = e.account_no AND f.subscription_id = e.subscription_id AND f.from_day = e.from_day
        AND f.end_day = e.end_day
),
lines AS (
    SELECT
        account_no, charge_id, subscription_id, plan, product_line, currency, billing_interval, from_day, until_day,
        CASE
            WHEN months IS NULL THEN round_half_up_div(net * 365, period_days * 12)
            WHEN NOT (is_prorated AND stated_interval IS NOT NULL AND own_seconds > 0)
                THEN round_half_up_div(net * times, months)
            WHEN abs(CAST(net AS DOUBLE)) * times * full_seconds < 3000000000000000000.0
                THEN round_half_up_div(net * times * full_seconds, months * own_seconds)
            ELSE round_half_up(CAST(net AS DOUBLE) * times * full_seconds
                / nullif(CAST(months AS DOUBLE) * own_seconds, 0))
        END AS mrr
    FROM ending
),
changes AS (
    SELECT account_no, subscription_id, currency, from_day AS day, mrr, plan, product_line, billing_interval, charge_id
    FROM lines WHERE until_day > from_day AND mrr <> 0
    UNION ALL
    SELECT account_no, subscription_id, currency, until_day, -mrr, NULL, NULL, NULL, NULL
    FROM lines WHERE until_day > from_day AND mrr <> 0
),
days AS (
    SELECT
        account_no, subscription_id, currency, day, CAST(sum(mrr) AS BIGINT) AS change,
        max(plan) AS plan, max(product_line) AS product_line, max(billing_interval) AS billing_interval
    FROM changes
    GROUP BY account_no, subscription_id, currency, day
),
running AS (
    SELECT
        *,
        CAST(sum(change) OVER (
            PARTITION BY account_no, subscription_id, currency ORDER BY day
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS mrr,
        lead(day) OVER (PARTITION BY account_no, subscription_id, currency ORDER BY day) AS next_day
    FROM days
)
SELECT
    account_no,
    subscription_id || CASE WHEN currency IS NULL THEN '' ELSE ' ' || currency END AS subscription_id,
    plan, product_line, billing_interval, currency, CAST(1 AS BIGINT) AS quantity,
    CAST(NULL AS DATE) AS trial_ends_day, CAST(NULL AS DATE) AS cancelled_day,
    CASE WHEN next_day IS NULL THEN day END AS ended_day,
    day AS version_day, next_day AS superseded_day, day AS paid_from_day, coalesce(next_day, day) AS until_day,
    CASE billing_interval
        WHEN 'day' THEN 1 WHEN 'week' THEN 7 WHEN 'month' THEN 30 WHEN 'quarter' THEN 91 WHEN 'year' THEN 365
    END AS term_days,
    mrr AS native_mrr, mrr AS native_list_mrr
FROM running
