-- One row per customer and day on which MRR changed: what kind of movement it is, its size, what rates did (fx_cents), and
-- the MRR after. A customer's first MRR ever is new; a change while something is paid before and after is expansion or
-- contraction; MRR that ends is churn, and reactivation when it returns. Nobody pays less than nothing.
WITH days AS (
    SELECT
        account_no, day,
        CAST(sum(change_cents) AS BIGINT) AS change_cents,
        CAST(sum(fx_cents) AS BIGINT) AS fx_cents,
        CAST(sum(list_change_cents) AS BIGINT) AS list_change_cents
    FROM mrr_entries
    GROUP BY account_no, day
),
changes AS (
    SELECT
        *,
        CAST(sum(change_cents + fx_cents) OVER so_far AS BIGINT) AS mrr_cents,
        row_number() OVER so_far AS nth
    FROM days
    WHERE change_cents <> 0 OR fx_cents <> 0 OR list_change_cents <> 0
    WINDOW so_far AS (PARTITION BY account_no ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
    account_no, day,
    CASE
        WHEN change_cents = 0 THEN NULL
        WHEN mrr_cents - change_cents - fx_cents > 0 AND mrr_cents > 0
            THEN CASE WHEN change_cents > 0 THEN 'expansion' ELSE 'contraction' END
        WHEN mrr_cents > 0 THEN CASE WHEN is_first THEN 'new' ELSE 'reactivation' END
        ELSE 'churn'
    END AS kind,
    change_cents, fx_cents, list_change_cents, mrr_cents
FROM (
    SELECT
        *,
        coalesce(max(CASE WHEN mrr_cents > 0 THEN 1 END) OVER (
            PARTITION BY account_no ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) = 0 AS is_first
    FROM changes
) AS told
ORDER BY account_no, day
