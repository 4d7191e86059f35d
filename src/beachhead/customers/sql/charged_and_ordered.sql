-- Customers for whom both payments and purchases bring in money, which the revenue ledger adds up.
WITH charged AS (
    SELECT account_no, CAST(sum(amount - coalesce(tax, 0)) AS BIGINT) AS charge_cents
    FROM known_charges
    WHERE amount > 0 AND (
        status IS NULL OR lower(status) NOT IN ('failed', 'void', 'uncollectible', 'pending', 'draft', 'refunded')
    )
    GROUP BY account_no
),
ordered AS (
    SELECT account_no, CAST(sum(revenue) AS BIGINT) AS order_cents
    FROM known_orders
    WHERE revenue > 0 AND cancelled_day IS NULL
    GROUP BY account_no
)
SELECT
    c.account_no, c.charge_cents, o.order_cents,
    abs(c.charge_cents - o.order_cents) <= 0.05 * CAST(greatest(c.charge_cents, o.order_cents) AS DOUBLE) AS is_alike
FROM charged AS c
JOIN ordered AS o ON o.account_no = c.account_no
ORDER BY c.account_no
