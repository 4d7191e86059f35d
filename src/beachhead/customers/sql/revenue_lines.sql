-- The revenue ledger: what came in and went back, per customer and day. Failed payments do not count;
-- without tax; where the day of refunds is not mapped, each counts on the day of its payment.
SELECT account_no, as_of, charged_day AS day, amount - coalesce(tax, 0) AS amount_cents
FROM known_charges
WHERE status IS NULL OR (
    lower(status) NOT IN ('failed', 'void', 'uncollectible', 'pending', 'draft')
    -- Given back without an amount: all of it.
    AND (lower(status) <> 'refunded' OR refunded > 0)
)
UNION ALL
SELECT account_no, as_of, coalesce(refunded_day, charged_day), -refunded FROM known_charges WHERE refunded > 0
UNION ALL
SELECT account_no, as_of, ordered_day, revenue FROM known_orders WHERE cancelled_day IS NULL
UNION ALL
SELECT account_no, as_of, coalesce(refunded_day, ordered_day), -refunded FROM known_orders
WHERE refunded > 0 AND cancelled_day IS NULL
