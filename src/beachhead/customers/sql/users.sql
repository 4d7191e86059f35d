SELECT
    account_no,
    as_of,
    count(*) AS user_count,
    count(*) FILTER (WHERE signed_up_day > as_of - 30) AS new_user_count_30d
FROM known_users
GROUP BY account_no, as_of
