-- Lines of purchases that were not cancelled, with what they cost where that is known.
SELECT
    l.account_no, l.ordered_day AS day, l.product_id, p.name AS product, p.category, l.quantity, l.amount,
    CASE WHEN abs(l.quantity * p.unit_cost) < 1000000000000000.0 THEN round_half_up(l.quantity * p.unit_cost) END
        AS cost
FROM known_order_lines AS l
LEFT JOIN products AS p ON p.product_id = l.product_id
LEFT JOIN known_orders AS o ON o.order_id = l.order_id AND o.cancelled_day IS NOT NULL
WHERE o.order_id IS NULL
