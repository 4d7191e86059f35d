-- One row per customer and day on which MRR changed: what kind of movement it is, its size, what rates did (fx_cents),
-- and the MRR after. A customer's first MRR ever is new; a change while something is paid before and after is expansion
-- or contraction; MRR that ends is churn, and reactivation when it returns. Nobody pays less than nothing.
WITH days AS (
    SELECT
        account_no, day,
        CAST(sum(change_cents) AS BIGINT) AS change,
        CAST(sum(fx_cents) AS BIGINT) AS fx,
        CAST(sum(list_change_cents) AS BIGINT) AS list_change_cents
    FROM mrr_entries
    GROUP BY account_no, day
),
running AS (
    SELECT
        *,
        CAST(sum(change + fx) OVER (
            PARTITION BY account_no ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS total
    FROM days
    WHERE change <> 0 OR fx <> 0 OR list_change_cents <> 0
),
changes AS (
    SELECT
        account_no, day, list_change_cents,
        greatest(total, 0) AS mrr_cents,
        greatest(total, 0) - greatest(total - change, 0) AS change_cents,
        greatest(total - change, 0) - greatest(total - change - fx, 0) AS fx_cents,
        coalesce(max(total) OVER (
            PARTITION BY account_no ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) <= 0 AS is_first
    FROM running
)
SELECT
    account_no, day,
    CASE
        WHEN change_cents = 0 THEN NULL
        WHEN mrr_cents = 0 THEN 'churn'
        WHEN mrr_cents > change_cents THEN CASE WHEN change_cents > 0 THEN 'expansion' ELSE 'contraction' END
        WHEN is_first THEN 'new'
        ELSE 'reactivation'
    END AS kind,
    change_cents, fx_cents, list_change_cents, mrr_cents
FROM changes
ORDER BY account_no, day
