SELECT
    account_no,
    as_of,
    count(*) FILTER (WHERE touched_day > as_of - 30) AS touch_count_30d,
    count(*) FILTER (WHERE touched_day > as_of - 90) AS touch_count_90d,
    max(touched_day) AS last_touch_on,
    date_diff('day', max(touched_day), as_of) AS days_since_last_touch
FROM known_touches
GROUP BY account_no, as_of
