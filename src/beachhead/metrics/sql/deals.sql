SELECT
    account_no, created_day AS day, closed_day, is_won, coalesce(amount, 0) AS amount, stage, competitor, lost_reason,
    CASE WHEN is_won THEN date_diff('day', created_day, closed_day) END AS cycle_days
FROM known_deals
