-- Customers by the day of their sign-up, and the day of the first event that counts as activation.
SELECT
    a.account_no, a.signed_up_day AS day, e.day AS activated_day,
    CASE WHEN e.day >= a.signed_up_day THEN date_diff('day', a.signed_up_day, e.day) END AS days_to_activate
FROM known_accounts AS a
LEFT JOIN activations AS e ON e.account_no = a.account_no
WHERE a.signed_up_day IS NOT NULL
