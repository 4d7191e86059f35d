SELECT
    account_no, created_day AS day, channel, priority, category, cost, minutes, satisfaction,
    hours_between(created_at, first_replied_at) AS reply_hours,
    hours_between(created_at, solved_at) AS solve_hours
FROM known_tickets
