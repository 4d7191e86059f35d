-- Lines of cancelled orders count nowhere. Lines whose product has no known cost, or one too large to count with, are
-- left out of the margin.
WITH lines AS (
    SELECT
        l.account_no, l.as_of, l.product_id, l.line_order, l.amount, p.name,
        CASE WHEN abs(l.quantity * p.unit_cost) < 1000000000000000.0 THEN round_half_up(l.quantity * p.unit_cost) END
            AS cost
    FROM known_order_lines AS l
    LEFT JOIN products AS p ON p.product_id = l.product_id
    LEFT JOIN known_orders AS o ON o.order_id = l.order_id AND o.as_of = l.as_of AND o.cancelled_day IS NOT NULL
    WHERE o.order_id IS NULL
)
SELECT
    account_no,
    as_of,
    CAST(sum(amount - cost) AS BIGINT) AS margin_cents_total,
    count(DISTINCT product_id) FILTER (WHERE amount > 0) AS product_count,
    arg_min(coalesce(name, product_id), line_order) FILTER (WHERE amount > 0) AS first_product
FROM lines
GROUP BY account_no, as_of
