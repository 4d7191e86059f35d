-- One row per customer that had a trial: its first one, and the day of the first payment by then.
SELECT
    t.account_no, t.day, t.trial_ends_day, p.day AS paid_day
FROM (
    SELECT account_no, min(day) AS day, min(trial_ends_day) AS trial_ends_day
    FROM (
        SELECT account_no, started_day AS day, trial_ends_day
        FROM known_subscriptions
        WHERE trial_ends_day > started_day
        UNION ALL
        SELECT account_no, signed_up_day, trial_ends_day FROM known_accounts WHERE trial_ends_day > signed_up_day
    ) AS trials
    GROUP BY account_no
) AS t
LEFT JOIN first_payments AS p ON p.account_no = t.account_no AND p.day <= $as_of
