SELECT
    account_no,
    as_of,
    count(*) AS referral_count_total,
    count(*) FILTER (WHERE converted_day IS NOT NULL) AS converted_referral_count
FROM known_referrals
GROUP BY account_no, as_of
