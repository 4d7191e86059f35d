SELECT
    account_no,
    as_of,
    CAST(sum(amount_cents) AS BIGINT) AS revenue_cents_total,
    coalesce(CAST(sum(amount_cents) FILTER (WHERE day > as_of - 30) AS BIGINT), 0) AS revenue_cents_30d,
    coalesce(CAST(sum(amount_cents) FILTER (WHERE day > as_of - 90) AS BIGINT), 0) AS revenue_cents_90d,
    coalesce(CAST(sum(amount_cents) FILTER (WHERE day > as_of - 365) AS BIGINT), 0) AS revenue_cents_365d,
    -coalesce(CAST(sum(amount_cents) FILTER (WHERE amount_cents < 0) AS BIGINT), 0) AS refund_cents_total,
    min(day) FILTER (WHERE amount_cents > 0) AS first_revenue_on
FROM revenue_lines
GROUP BY account_no, as_of
