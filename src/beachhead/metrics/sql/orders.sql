-- Purchases that stood, numbered per customer; the first one knows when the second came.
SELECT
    account_no, ordered_day AS day, revenue, discount, channel, nth, next_day,
    date_diff('day', ordered_day, next_day) AS days_to_next
FROM (
    SELECT
        *,
        row_number() OVER (PARTITION BY account_no ORDER BY ordered_day, order_id) AS nth,
        lead(ordered_day) OVER (PARTITION BY account_no ORDER BY ordered_day, order_id) AS next_day
    FROM known_orders
    WHERE cancelled_day IS NULL AND coalesce(revenue, 0) >= 0
) AS numbered
