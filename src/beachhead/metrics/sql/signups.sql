-- Customers by the day of their sign-up, and the first day from then on with an event that counts as activation.
SELECT
    a.account_no, a.signed_up_day AS day, e.day AS activated_day, date_diff('day', a.signed_up_day, e.day)
        AS days_to_activate
FROM known_accounts AS a
LEFT JOIN (
    SELECT s.account_no, min(d.day) AS day
    FROM known_accounts AS s
    JOIN activations AS d ON d.account_no = s.account_no AND d.day >= s.signed_up_day
    GROUP BY s.account_no
) AS e ON e.account_no = a.account_no
WHERE a.signed_up_day IS NOT NULL
