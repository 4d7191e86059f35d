-- An NPS answer outside of 0–10 is none; hygiene tells of it.
SELECT
    account_no, responded_day AS day, lower(survey) AS survey,
    CASE WHEN lower(survey) <> 'nps' OR score BETWEEN 0 AND 10 THEN score END AS score
FROM known_responses
WHERE score IS NOT NULL
