-- Customers that are stated as churned while a paid subscription runs, by number, with what states it. A customer who
-- left and came back later contradicts nothing: of dates only those count at which the subscription ran already.
WITH stated AS (
    SELECT account_no, as_of, churned_day, coalesce(is_churned, false) AS is_stated, status,
        coalesce(lower(status) IN ('churned', 'canceled', 'cancelled', 'inactive', 'lost'), false) AS is_status
    FROM known_accounts
    WHERE churned_day <= as_of OR is_churned
        OR lower(status) IN ('churned', 'canceled', 'cancelled', 'inactive', 'lost')
),
running AS (
    SELECT s.account_no, p.subscription_id, min(p.paid_from_day) AS paid_from_day
    FROM stated AS s
    JOIN subscription_periods AS p ON p.account_no = s.account_no
    WHERE p.version_day <= s.as_of
    GROUP BY s.account_no, p.subscription_id
    HAVING bool_or(
        p.mrr_cents > 0 AND p.paid_from_day <= s.as_of AND (p.until_day IS NULL OR p.until_day > s.as_of)
    )
),
paying AS (
    SELECT account_no, min(paid_from_day) AS paid_from_day FROM running GROUP BY account_no
)
SELECT
    s.account_no,
    CASE
        WHEN s.churned_day <= s.as_of AND p.paid_from_day <= s.churned_day
            THEN 'churned_at ' || cast(s.churned_day AS TEXT)
        WHEN s.is_status THEN 'status ' || s.status
        ELSE 'is_churned'
    END AS states
FROM stated AS s
JOIN paying AS p ON p.account_no = s.account_no
WHERE s.is_stated OR s.is_status OR p.paid_from_day <= s.churned_day
ORDER BY s.account_no
