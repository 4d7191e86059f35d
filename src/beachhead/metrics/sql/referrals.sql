SELECT account_no, referred_day AS day, converted_day FROM known_referrals
