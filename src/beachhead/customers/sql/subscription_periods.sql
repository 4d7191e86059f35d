-- The periods of the MRR ledger with what the customer record needs beside them. Terms (for renewals) are counted in
-- days: their length is the longest so far, they begin with the first payment.
SELECT
    account_no, subscription_id, plan, product_line, billing_interval, currency, quantity, trial_ends_day,
    cancelled_day, ended_day, version_day, superseded_day, paid_from_day, until_day, native_mrr, mrr_cents,
    mrr_end_cents, list_mrr_cents,
    max(CASE WHEN until_day IS NULL OR paid_from_day < until_day THEN term_days END) OVER so_far AS term_days,
    min(CASE WHEN until_day IS NULL OR paid_from_day < until_day THEN paid_from_day END) OVER so_far AS term_start_day,
    coalesce(
        (until_day IS NULL OR paid_from_day < until_day) AND mrr_cents > 0 AND paid_from_day = min(
            CASE WHEN (until_day IS NULL OR paid_from_day < until_day) AND mrr_cents > 0 THEN paid_from_day END
        ) OVER (PARTITION BY account_no),
        false
    ) AS is_first_paid,
    dense_rank() OVER (PARTITION BY account_no ORDER BY subscription_id) AS place
FROM mrr_periods
WINDOW so_far AS (
    PARTITION BY account_no, subscription_id ORDER BY version_day, superseded_day
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
