SELECT
    account_no,
    as_of,
    count(*) AS deal_count_total,
    count(*) FILTER (WHERE is_won) AS won_deal_count,
    count(*) FILTER (WHERE NOT is_won) AS lost_deal_count,
    coalesce(CAST(sum(amount) FILTER (WHERE closed_day IS NULL AND is_won IS NULL) AS BIGINT), 0) AS open_deal_cents,
    coalesce(CAST(sum(amount) FILTER (WHERE is_won) AS BIGINT), 0) AS won_deal_cents,
    arg_max(competitor, created_at) FILTER (WHERE competitor IS NOT NULL) AS competitor,
    arg_max(lost_reason, closed_at) FILTER (WHERE lost_reason IS NOT NULL) AS lost_reason,
    min(created_day) AS first_deal_on
FROM known_deals
GROUP BY account_no, as_of
