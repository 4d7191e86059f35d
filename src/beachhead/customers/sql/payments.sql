SELECT
    account_no,
    as_of,
    max(charged_day) FILTER (WHERE status IS NULL OR lower(status) NOT IN ('failed', 'void', 'uncollectible'))
        AS last_payment_on,
    count(*) FILTER (WHERE lower(status) IN ('failed', 'uncollectible') AND charged_day > as_of - 90)
        AS failed_payment_count_90d
FROM known_charges
GROUP BY account_no, as_of
