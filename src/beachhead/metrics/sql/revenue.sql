SELECT account_no, day, amount_cents AS amount FROM revenue_lines
