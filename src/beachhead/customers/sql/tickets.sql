SELECT
    account_no,
    as_of,
    count(*) FILTER (WHERE created_day > as_of - 30) AS ticket_count_30d,
    count(*) FILTER (WHERE created_day > as_of - 90) AS ticket_count_90d,
    count(*) AS ticket_count_total,
    count(*) FILTER (WHERE solved_day IS NULL) AS open_ticket_count,
    coalesce(CAST(sum(cost) FILTER (WHERE created_day > as_of - 90) AS BIGINT), 0) AS support_cost_cents_90d,
    coalesce(CAST(sum(cost) FILTER (WHERE created_day > as_of - 365) AS BIGINT), 0) AS support_cost_cents_365d,
    coalesce(CAST(sum(cost) AS BIGINT), 0) AS support_cost_cents_total,
    avg(hours_between(created_at, first_replied_at)) AS first_reply_hours,
    avg(satisfaction) AS ticket_satisfaction
FROM known_tickets
GROUP BY account_no, as_of
