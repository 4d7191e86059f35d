SELECT
    account_no,
    as_of,
    count(*) AS request_count_total,
    count(*) FILTER (WHERE done_day IS NULL) AS open_request_count
FROM known_requests
GROUP BY account_no, as_of
