SELECT spent_day AS day, channel, campaign, amount FROM spend WHERE spent_day <= $as_of
