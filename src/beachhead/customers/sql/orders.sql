-- Purchases that stood; cancelled or returned ones (negative value) are counted apart.
WITH bought AS (
    SELECT *, cancelled_day IS NULL AND coalesce(revenue, 0) >= 0 AS stands FROM known_orders
),
numbered AS (
    SELECT
        account_no, as_of, ordered_day,
        row_number() OVER (PARTITION BY account_no, as_of ORDER BY ordered_day, order_id) AS n
    FROM bought
    WHERE stands
)
SELECT
    b.account_no,
    b.as_of,
    count(*) FILTER (WHERE stands) AS order_count_total,
    count(*) FILTER (WHERE stands AND b.ordered_day > b.as_of - 90) AS order_count_90d,
    count(*) FILTER (WHERE stands AND b.ordered_day > b.as_of - 365) AS order_count_365d,
    round_half_up_div(
        CAST(sum(revenue) FILTER (WHERE stands) AS BIGINT), nullif(count(revenue) FILTER (WHERE stands), 0)
    ) AS average_order_cents,
    min(b.ordered_day) FILTER (WHERE stands) AS first_order_on,
    max(b.ordered_day) FILTER (WHERE stands) AS last_order_on,
    date_diff('day', max(b.ordered_day) FILTER (WHERE stands), b.as_of) AS days_since_last_order,
    date_diff('day', min(b.ordered_day) FILTER (WHERE stands), min(n.ordered_day)) AS days_to_second_order,
    CAST(date_diff(
        'day', min(b.ordered_day) FILTER (WHERE stands), max(b.ordered_day) FILTER (WHERE stands)
    ) AS DOUBLE) / nullif(CAST(count(*) FILTER (WHERE stands) - 1 AS DOUBLE), 0) AS days_between_orders,
    count(*) FILTER (WHERE stands) >= 2 AS is_repeat_buyer,
    count(*) FILTER (WHERE NOT stands) AS cancelled_order_count,
    CAST(count(*) FILTER (WHERE stands AND discount > 0) AS DOUBLE)
        / nullif(CAST(count(*) FILTER (WHERE stands) AS DOUBLE), 0) AS discounted_order_share
FROM bought AS b
LEFT JOIN numbered AS n ON n.account_no = b.account_no AND n.as_of = b.as_of AND n.n = 2
GROUP BY b.account_no, b.as_of
