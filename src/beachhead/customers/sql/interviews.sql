SELECT account_no, as_of, count(*) AS interview_count_total, max(held_day) AS last_interview_on
FROM known_interviews
GROUP BY account_no, as_of
