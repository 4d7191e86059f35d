-- An NPS answer outside of 0–10 is none; hygiene tells of it.
WITH latest AS (
    SELECT
        account_no,
        as_of,
        arg_max(score, responded_at) FILTER (WHERE lower(survey) = 'nps' AND score BETWEEN 0 AND 10) AS nps_score,
        max(responded_day) FILTER (WHERE lower(survey) = 'nps' AND score BETWEEN 0 AND 10) AS nps_on,
        avg(score) FILTER (WHERE lower(survey) = 'csat') AS csat_score,
        count(*) AS response_count_total
    FROM known_responses
    GROUP BY account_no, as_of
)
SELECT
    *,
    CASE WHEN nps_score >= 9 THEN 'promoter' WHEN nps_score >= 7 THEN 'passive' WHEN nps_score >= 0 THEN 'detractor' END
        AS nps_class
FROM latest
