-- The yardstick of the MRR ledger: from subscription versions to MRR movements per customer and day, and per month, by hand.
--
-- What a good analytics engineer would write for DuckDB: each version's paid days and MRR, plus and minus at their two ends,
-- added up per customer and day, running sums, and the kind of each change. It reads `subscriptions` and leaves
-- `movements` and `months`. One currency, one product; discounts and pauses for the whole version only.
CREATE TEMP TABLE entries AS
WITH versions AS (
    SELECT
        account_no, subscription_id,
        greatest(started_day, coalesce(valid_from_day, started_day)) AS version_day,
        coalesce(valid_from, started_at) AS version_at,
        trial_ends_day, ended_day,
        CASE "interval"
            WHEN 'month' THEN round(amount * coalesce(quantity, 1) * (1 - coalesce(discount_percent, 0) / 100.0))
            WHEN 'quarter' THEN round(amount * coalesce(quantity, 1) * (1 - coalesce(discount_percent, 0) / 100.0) / 3)
            WHEN 'year' THEN round(amount * coalesce(quantity, 1) * (1 - coalesce(discount_percent, 0) / 100.0) / 12)
            WHEN 'week' THEN round(amount * coalesce(quantity, 1) * (1 - coalesce(discount_percent, 0) / 100.0) * 52 / 12)
        END::BIGINT AS mrr
    FROM subscriptions
),
followed AS (
    SELECT *, lead(version_day) OVER (PARTITION BY subscription_id ORDER BY version_day, version_at) AS next_day
    FROM versions
),
paid AS (
    SELECT
        account_no, mrr,
        greatest(version_day, coalesce(trial_ends_day, version_day)) AS from_day,
        least(ended_day, next_day) AS until_day
    FROM followed
    WHERE mrr > 0
)
SELECT account_no, from_day AS day, mrr FROM paid WHERE until_day IS NULL OR from_day < until_day
UNION ALL
SELECT account_no, until_day, -mrr FROM paid WHERE from_day < until_day;

CREATE TEMP TABLE movements AS
WITH days AS (
    SELECT account_no, day, sum(mrr)::BIGINT AS change FROM entries GROUP BY ALL HAVING sum(mrr) <> 0
),
running AS (
    SELECT
        *,
        sum(change) OVER so_far AS mrr,
        row_number() OVER so_far AS nth
    FROM days
    WINDOW so_far AS (PARTITION BY account_no ORDER BY day ROWS UNBOUNDED PRECEDING)
)
SELECT
    account_no, day, change, mrr,
    CASE
        WHEN mrr - change > 0 AND mrr > 0 THEN CASE WHEN change > 0 THEN 'expansion' ELSE 'contraction' END
        WHEN mrr > 0 THEN CASE WHEN nth = 1 THEN 'new' ELSE 'reactivation' END
        ELSE 'churn'
    END AS kind
FROM running;

CREATE TEMP TABLE months AS
SELECT date_trunc('month', day) AS month, kind, sum(change)::BIGINT AS amount, count(*) AS movements
FROM movements
GROUP BY ALL;
