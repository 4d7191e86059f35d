-- Lines of cancelled orders count nowhere; those whose product has no known cost are left out of the margin.
SELECT
    l.account_no,
    l.as_of,
    CAST(sum(l.amount - round_half_up(l.quantity * p.unit_cost)) FILTER (WHERE p.unit_cost IS NOT NULL)
        AS BIGINT) AS margin_cents_total,
    count(DISTINCT l.product_id) FILTER (WHERE l.amount > 0) AS product_count,
    arg_min(coalesce(p.name, l.product_id), l.line_order) FILTER (WHERE l.amount > 0) AS first_product
FROM known_order_lines AS l
LEFT JOIN products AS p ON p.product_id = l.product_id
LEFT JOIN known_orders AS o ON o.order_id = l.order_id AND o.as_of = l.as_of AND o.cancelled_day IS NOT NULL
WHERE o.order_id IS NULL
GROUP BY l.account_no, l.as_of
