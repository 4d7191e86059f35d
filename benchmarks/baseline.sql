-- The yardstick: from raw CSV exports to the customer record and the user record in one go, by hand.
--
-- What a good analytics engineer would write who knows these files, this schema and DuckDB: types are given, ids
-- become integers once, every table is scanned as rarely as possible, nothing is kept for the next day. It reads
-- data/*.csv below the current folder and writes baseline/accounts.parquet, users.parquet and problems.parquet.
-- The day comes in as a variable: SET VARIABLE as_of = DATE '2026-10-31'. Windows of N days reach from D−N+1 to D.
-- What was kept after trying it is listed in docs/speed.md.

-- 1. Read ------------------------------------------------------------------------------------------------------

CREATE TEMP TABLE raw_accounts AS
FROM read_csv('data/accounts.csv', header = true, columns = {
    'id': 'VARCHAR', 'company_name': 'VARCHAR', 'email': 'VARCHAR', 'website': 'VARCHAR',
    'created_at': 'TIMESTAMP', 'trial_ends_at': 'DATE', 'utm_channel': 'VARCHAR', 'signup_form': 'VARCHAR'
});

CREATE TEMP TABLE raw_companies AS
SELECT * EXCLUDE ("Account ID", "Account Name")
FROM read_csv('data/salesforce_accounts.csv', header = true, columns = {
    'Account ID': 'VARCHAR', 'App Account ID': 'VARCHAR', 'Account Name': 'VARCHAR', 'Industry': 'VARCHAR',
    'Employees': 'BIGINT', 'Billing Country': 'VARCHAR', 'Billing State/Province': 'VARCHAR',
    'Billing City': 'VARCHAR', 'Year Started': 'BIGINT', 'Annual Revenue': 'DECIMAL(18, 2)', 'Technology': 'VARCHAR'
});

CREATE TEMP TABLE raw_users AS
SELECT user_id, account_id, first_name AS name, email, job AS role, created_at::DATE AS signed_up_on
FROM read_csv('data/users.csv', header = true, columns = {
    'user_id': 'VARCHAR', 'account_id': 'VARCHAR', 'first_name': 'VARCHAR', 'last_name': 'VARCHAR',
    'email': 'VARCHAR', 'job': 'VARCHAR', 'created_at': 'TIMESTAMP'
});

CREATE TEMP TABLE raw_subscriptions AS
SELECT
    id AS subscription_id, "account_id (metadata)" AS account_id, "Product" AS product_line, "Plan" AS plan,
    coalesce("Quantity", 1) AS quantity, "Interval" AS billing_interval,
    CASE WHEN coalesce("Currency", 'eur') = 'eur' THEN ("Amount" * 100)::BIGINT END AS amount,
    coalesce("Discount %", 0) AS discount_percent,
    "Start (UTC)"::DATE AS started_on, "Trial End (UTC)"::DATE AS trial_ends_on,
    "Canceled At (UTC)"::DATE AS cancelled_on, "Ended At (UTC)"::DATE AS ended_on,
    "Version From (UTC)" AS version_from
FROM read_csv('data/stripe_subscriptions.csv', header = true, timestampformat = '%Y-%m-%d %H:%M', columns = {
    'id': 'VARCHAR', 'Customer ID': 'VARCHAR', 'account_id (metadata)': 'VARCHAR', 'Product': 'VARCHAR',
    'Plan': 'VARCHAR', 'Quantity': 'BIGINT', 'Currency': 'VARCHAR', 'Interval': 'VARCHAR',
    'Amount': 'DECIMAL(18, 2)', 'Discount %': 'DOUBLE', 'Status': 'VARCHAR', 'Start (UTC)': 'TIMESTAMP',
    'Trial End (UTC)': 'TIMESTAMP', 'Canceled At (UTC)': 'TIMESTAMP', 'Ended At (UTC)': 'TIMESTAMP',
    'Version From (UTC)': 'TIMESTAMP'
});

CREATE TEMP TABLE free_mail AS
SELECT unnest([
    '126.com', '163.com', 'aol.com', 'att.net', 'bluewin.ch', 'comcast.net', 'fastmail.com', 'free.fr', 'freenet.de',
    'gmail.com', 'gmx.com', 'gmx.de', 'gmx.net', 'googlemail.com', 'hey.com', 'hotmail.co.uk', 'hotmail.com',
    'hotmail.fr', 'icloud.com', 'laposte.net', 'libero.it', 'live.com', 'mac.com', 'mail.com', 'mail.ru', 'me.com',
    'msn.com', 'naver.com', 'orange.fr', 'outlook.com', 'pm.me', 'proton.me', 'protonmail.com', 'qq.com',
    'rediffmail.com', 'sina.com', 't-online.de', 'tutanota.com', 'verizon.net', 'virgilio.it', 'wanadoo.fr',
    'web.de', 'yahoo.co.uk', 'yahoo.com', 'yahoo.de', 'yahoo.fr', 'yandex.com', 'yandex.ru', 'ymail.com', 'zoho.com'
]) AS domain;

-- 2. Keys: the first row of a key counts; customers and people get numbers ------------------------------------

CREATE TEMP TABLE accounts AS
SELECT (row_number() OVER (ORDER BY a.rowid))::UINTEGER AS account_no, a.*
FROM raw_accounts AS a SEMI JOIN (SELECT min(rowid) AS first FROM raw_accounts GROUP BY id) AS f ON f.first = a.rowid;

CREATE TEMP TABLE companies AS
SELECT a.account_no, c.*
FROM raw_companies AS c
SEMI JOIN (SELECT min(rowid) AS first FROM raw_companies GROUP BY "App Account ID") AS f ON f.first = c.rowid
LEFT JOIN accounts AS a ON a.id = c."App Account ID";

CREATE TEMP TABLE people AS
SELECT (row_number() OVER (ORDER BY u.rowid))::UINTEGER AS user_no, a.account_no, u.*
FROM raw_users AS u
SEMI JOIN (SELECT min(rowid) AS first FROM raw_users GROUP BY user_id) AS f ON f.first = u.rowid
LEFT JOIN accounts AS a ON a.id = u.account_id;

CREATE TEMP TABLE subscriptions AS
SELECT a.account_no, s.* EXCLUDE (account_id)
FROM raw_subscriptions AS s
SEMI JOIN (
    SELECT min(rowid) AS first FROM raw_subscriptions GROUP BY subscription_id, version_from
) AS f ON f.first = s.rowid
LEFT JOIN accounts AS a ON a.id = s.account_id;

-- 3. Events: numbers for customer and person while reading; most events name a person of the same customer, so
--    that the customer is looked up by name for the others only. Events that are not key events are null.

CREATE TYPE key_event AS ENUM (
    'connect_source', 'create_report', 'export', 'share', 'invite', 'schedule_report', 'comment', 'api_call'
);

CREATE TEMP TABLE raw_events AS
SELECT
    e.event_id,
    coalesce(u.account_no, a.account_no) AS account_no,
    u.user_no,
    TRY_CAST(e.event AS key_event) AS event,
    TRY_CAST(e."timestamp" AS TIMESTAMP)::DATE AS day
FROM read_csv('data/events*.csv', header = true, columns = {
    'event_id': 'BIGINT', 'account_id': 'VARCHAR', 'user_id': 'VARCHAR', 'event': 'VARCHAR', 'timestamp': 'VARCHAR'
}) AS e
LEFT JOIN people AS u ON u.user_id = e.user_id AND u.account_id = e.account_id AND u.account_no IS NOT NULL
LEFT JOIN accounts AS a ON a.id = CASE WHEN u.user_no IS NULL THEN e.account_id END;

CREATE TEMP TABLE repeated_events AS
SELECT r.rowid AS row
FROM raw_events AS r
JOIN (
    SELECT event_id, min(rowid) AS first FROM raw_events
    WHERE event_id IS NOT NULL AND day IS NOT NULL GROUP BY event_id HAVING count(*) > 1
) AS d ON d.event_id = r.event_id AND r.rowid > d.first
WHERE r.day IS NOT NULL;

CREATE TEMP VIEW events AS
SELECT account_no, user_no, event, day, getvariable('as_of') - day AS age
FROM raw_events
WHERE account_no IS NOT NULL AND day <= getvariable('as_of')
    AND rowid NOT IN (SELECT row FROM repeated_events);

-- Active days are bits, so that one pass counts rows and days and no rows have to be made distinct.
CREATE TEMP TABLE event_sums AS
SELECT
    account_no, event,
    count(*) AS n,
    count(*) FILTER (age < 7) AS n_7d,
    count(*) FILTER (age < 30) AS n_30d,
    count(*) FILTER (age < 90) AS n_90d,
    count(*) FILTER (age BETWEEN 30 AND 59) AS n_prior_30d,
    bit_or(CASE WHEN age < 30 THEN 1 << age ELSE 0 END) AS days_30d,
    bit_or(CASE WHEN age BETWEEN 30 AND 59 THEN 1 << (age - 30) ELSE 0 END) AS days_60d,
    bit_or(CASE WHEN age BETWEEN 60 AND 89 THEN 1 << (age - 60) ELSE 0 END) AS days_90d,
    bit_count(bit_or(CASE WHEN age < 30 THEN 1 << age ELSE 0 END))::BIGINT AS active_30d,
    min(day) AS first_day,
    max(day) AS last_day
FROM events
GROUP BY account_no, event;

CREATE TEMP TABLE account_events AS
SELECT
    account_no,
    sum(n_7d)::BIGINT AS event_count_7d,
    sum(n_30d)::BIGINT AS event_count_30d,
    sum(n_90d)::BIGINT AS event_count_90d,
    sum(n_prior_30d)::BIGINT AS event_count_prior_30d,
    sum(n)::BIGINT AS event_count_total,
    bit_count(bit_or(days_30d) & 127)::BIGINT AS active_days_7d,
    bit_count(bit_or(days_30d))::BIGINT AS active_days_30d,
    (bit_count(bit_or(days_30d)) + bit_count(bit_or(days_60d)) + bit_count(bit_or(days_90d)))::BIGINT
        AS active_days_90d,
    min(first_day) AS first_event_on,
    max(last_day) AS last_event_on,
    count(*) FILTER (event IS NOT NULL AND n_30d > 0) AS key_event_breadth_30d,
    max(n_7d) FILTER (event = 'connect_source') AS connect_source_count_7d,
    max(n_30d) FILTER (event = 'connect_source') AS connect_source_count_30d,
    max(n_90d) FILTER (event = 'connect_source') AS connect_source_count_90d,
    max(active_30d) FILTER (event = 'connect_source') AS connect_source_active_days_30d,
    min(first_day) FILTER (event = 'connect_source') AS connect_source_first_on,
    max(last_day) FILTER (event = 'connect_source') AS connect_source_last_on,
    max(n_7d) FILTER (event = 'create_report') AS create_report_count_7d,
    max(n_30d) FILTER (event = 'create_report') AS create_report_count_30d,
    max(n_90d) FILTER (event = 'create_report') AS create_report_count_90d,
    max(active_30d) FILTER (event = 'create_report') AS create_report_active_days_30d,
    min(first_day) FILTER (event = 'create_report') AS create_report_first_on,
    max(last_day) FILTER (event = 'create_report') AS create_report_last_on,
    max(n_7d) FILTER (event = 'export') AS export_count_7d,
    max(n_30d) FILTER (event = 'export') AS export_count_30d,
    max(n_90d) FILTER (event = 'export') AS export_count_90d,
    max(active_30d) FILTER (event = 'export') AS export_active_days_30d,
    min(first_day) FILTER (event = 'export') AS export_first_on,
    max(last_day) FILTER (event = 'export') AS export_last_on,
    max(n_7d) FILTER (event = 'share') AS share_count_7d,
    max(n_30d) FILTER (event = 'share') AS share_count_30d,
    max(n_90d) FILTER (event = 'share') AS share_count_90d,
    max(active_30d) FILTER (event = 'share') AS share_active_days_30d,
    min(first_day) FILTER (event = 'share') AS share_first_on,
    max(last_day) FILTER (event = 'share') AS share_last_on,
    max(n_7d) FILTER (event = 'invite') AS invite_count_7d,
    max(n_30d) FILTER (event = 'invite') AS invite_count_30d,
    max(n_90d) FILTER (event = 'invite') AS invite_count_90d,
    max(active_30d) FILTER (event = 'invite') AS invite_active_days_30d,
    min(first_day) FILTER (event = 'invite') AS invite_first_on,
    max(last_day) FILTER (event = 'invite') AS invite_last_on,
    max(n_7d) FILTER (event = 'schedule_report') AS schedule_report_count_7d,
    max(n_30d) FILTER (event = 'schedule_report') AS schedule_report_count_30d,
    max(n_90d) FILTER (event = 'schedule_report') AS schedule_report_count_90d,
    max(active_30d) FILTER (event = 'schedule_report') AS schedule_report_active_days_30d,
    min(first_day) FILTER (event = 'schedule_report') AS schedule_report_first_on,
    max(last_day) FILTER (event = 'schedule_report') AS schedule_report_last_on,
    max(n_7d) FILTER (event = 'comment') AS comment_count_7d,
    max(n_30d) FILTER (event = 'comment') AS comment_count_30d,
    max(n_90d) FILTER (event = 'comment') AS comment_count_90d,
    max(active_30d) FILTER (event = 'comment') AS comment_active_days_30d,
    min(first_day) FILTER (event = 'comment') AS comment_first_on,
    max(last_day) FILTER (event = 'comment') AS comment_last_on,
    max(n_7d) FILTER (event = 'api_call') AS api_call_count_7d,
    max(n_30d) FILTER (event = 'api_call') AS api_call_count_30d,
    max(n_90d) FILTER (event = 'api_call') AS api_call_count_90d,
    max(active_30d) FILTER (event = 'api_call') AS api_call_active_days_30d,
    min(first_day) FILTER (event = 'api_call') AS api_call_first_on,
    max(last_day) FILTER (event = 'api_call') AS api_call_last_on
FROM event_sums
GROUP BY account_no;

CREATE TEMP TABLE user_events AS
SELECT
    user_no,
    any_value(account_no) AS account_no,
    count(*) FILTER (age < 7) AS event_count_7d,
    count(*) FILTER (age < 30) AS event_count_30d,
    count(*) FILTER (age < 90) AS event_count_90d,
    count(*) AS event_count_total,
    bit_count(bit_or(CASE WHEN age < 30 THEN 1 << age ELSE 0 END))::BIGINT AS active_days_30d,
    min(day) AS first_event_on,
    max(day) AS last_event_on
FROM events
WHERE user_no IS NOT NULL
GROUP BY user_no;

CREATE TEMP TABLE account_people AS
SELECT
    p.account_no,
    count(*) FILTER (p.signed_up_on IS NULL OR p.signed_up_on <= getvariable('as_of')) AS user_count,
    count(*) FILTER (p.signed_up_on > getvariable('as_of') - 30 AND p.signed_up_on <= getvariable('as_of'))
        AS new_user_count_30d,
    count(*) FILTER (e.event_count_7d > 0) AS active_user_count_7d,
    count(*) FILTER (e.event_count_30d > 0) AS active_user_count_30d
FROM people AS p LEFT JOIN user_events AS e USING (user_no)
WHERE p.account_no IS NOT NULL
GROUP BY p.account_no;

-- 4. Subscriptions: paid days and MRR of each version, then one row per customer -------------------------------

CREATE TEMP TABLE periods AS
WITH known AS (
    SELECT
        account_no, subscription_id, product_line, plan, quantity, billing_interval, trial_ends_on,
        amount * quantity AS list_minor,
        round(discount_percent * 10000)::BIGINT AS percent_e4,
        CASE billing_interval WHEN 'week' THEN 52 WHEN 'day' THEN 365 ELSE 1 END AS times,
        CASE billing_interval WHEN 'quarter' THEN 3 WHEN 'month' THEN 1 ELSE 12 END AS months,
        CASE billing_interval WHEN 'day' THEN 1 WHEN 'week' THEN 7 WHEN 'month' THEN 30 WHEN 'quarter' THEN 91
            ELSE 365 END AS term_days,
        coalesce(version_from::DATE, started_on) AS version_on,
        CASE WHEN ended_on <= getvariable('as_of') THEN ended_on END AS ended_on,
        CASE WHEN cancelled_on <= getvariable('as_of') THEN cancelled_on END AS cancelled_on
    FROM subscriptions
    WHERE account_no IS NOT NULL AND started_on <= getvariable('as_of')
        AND (version_from IS NULL OR version_from::DATE <= getvariable('as_of'))
),
versions AS (
    SELECT
        * EXCLUDE (ended_on, cancelled_on),
        max(ended_on) OVER same AS ended_on,
        max(cancelled_on) OVER same AS cancelled_on,
        lead(version_on) OVER (PARTITION BY subscription_id, account_no ORDER BY version_on) AS next_version_on
    FROM known
    WINDOW same AS (PARTITION BY subscription_id, account_no)
),
priced AS (
    SELECT
        * EXCLUDE (list_minor, percent_e4, times, months),
        greatest(version_on, trial_ends_on) AS paid_from,
        least(ended_on, next_version_on) AS until_on,
        -- Half up in whole numbers: (2a + b) // 2b.
        (2 * list_minor * (1000000 - percent_e4) * times + months * 1000000) // (2 * months * 1000000) AS mrr,
        (2 * list_minor * times + months) // (2 * months) AS list_mrr
    FROM versions
)
SELECT
    *,
    version_on <= getvariable('as_of') AND (until_on IS NULL OR until_on > getvariable('as_of')) AS is_running,
    paid_from <= getvariable('as_of') AND (until_on IS NULL OR until_on > getvariable('as_of')) AS is_paid,
    paid_from <= getvariable('as_of') - 90 AND (until_on IS NULL OR until_on > getvariable('as_of') - 90)
        AS was_paid_90d,
    until_on IS NULL OR paid_from < until_on AS is_ever_paid
FROM priced;

CREATE TEMP TABLE account_subscriptions AS
WITH contracts AS (
    -- One row per subscription: everything of a customer is a sum, a smallest or a largest over these.
    SELECT
        account_no,
        subscription_id,
        sum(mrr) FILTER (is_paid) AS mrr,
        sum(list_mrr) FILTER (is_paid) AS list_mrr,
        sum(quantity) FILTER (is_paid) AS seats,
        sum(mrr) FILTER (was_paid_90d) AS mrr_90d,
        min(paid_from) FILTER (is_ever_paid AND mrr > 0 AND paid_from <= getvariable('as_of')) AS first_paid_on,
        bool_or(is_running) AS is_running,
        coalesce(bool_or(is_paid), false) AS is_paid,
        coalesce(bool_or(is_paid AND mrr > 0), false) AS is_paying,
        max(product_line) FILTER (is_paid) AS product_line,
        coalesce(max(mrr) FILTER (is_running), 0) AS running_mrr,
        max(plan) FILTER (is_running) AS plan,
        max(billing_interval) FILTER (is_running AND is_paid) AS billing_interval,
        bool_or(is_running AND cancelled_on IS NOT NULL) AS is_cancelling,
        bool_or(is_running AND trial_ends_on > getvariable('as_of')) AS is_in_trial,
        max(trial_ends_on) FILTER (is_running) AS trial_ends_on,
        max(until_on) FILTER (is_ever_paid AND until_on <= getvariable('as_of')) AS last_ended_on,
        max(term_days) FILTER (is_ever_paid AND paid_from <= getvariable('as_of')) AS term_days,
        min(paid_from) FILTER (is_ever_paid AND paid_from <= getvariable('as_of')) AS term_start,
        max(ended_on) FILTER (is_ever_paid AND paid_from <= getvariable('as_of')) AS ended_on
    FROM periods
    GROUP BY account_no, subscription_id
),
renewed AS (
    SELECT
        *,
        greatest(
            (least(getvariable('as_of'), coalesce(ended_on - 1, getvariable('as_of'))) - term_start) // term_days, 0
        ) AS renewals
    FROM contracts
),
first_mrr AS (
    SELECT p.account_no, sum(p.mrr) AS mrr
    FROM periods AS p
    JOIN (SELECT account_no, min(first_paid_on) AS day FROM contracts GROUP BY account_no) AS f
        ON f.account_no = p.account_no AND f.day = p.paid_from
    WHERE p.is_ever_paid AND p.mrr > 0
    GROUP BY p.account_no
)
SELECT
    r.account_no,
    -- Plan and interval are those of the running subscription with the highest MRR.
    arg_min(plan, (-running_mrr, subscription_id)) FILTER (is_running) AS plan,
    coalesce(sum(r.mrr), 0)::BIGINT AS mrr_cents,
    (coalesce(sum(r.mrr), 0) - coalesce(sum(r.mrr_90d), 0))::BIGINT AS mrr_change_cents_90d,
    any_value(f.mrr)::BIGINT AS mrr_first_cents,
    count(*) FILTER (is_running) AS subscription_count,
    count(*) AS subscription_count_total,
    count(DISTINCT product_line) AS product_line_count,
    arg_min_null(billing_interval, (-running_mrr, subscription_id)) FILTER (is_running) AS billing_interval,
    sum(seats)::BIGINT AS seat_count,
    1 - sum(r.mrr)::DOUBLE / nullif(sum(list_mrr)::DOUBLE, 0) AS discount_share,
    coalesce(sum(renewals), 0)::BIGINT AS renewal_count,
    min(CASE WHEN is_paid AND NOT coalesce(is_cancelling, false) THEN term_start + ((renewals + 1) * term_days)::INTEGER
        END) AS next_renewal_on,
    coalesce(bool_or(is_cancelling), false) AS is_cancelling,
    coalesce(bool_or(is_in_trial), false) AS is_in_trial,
    max(trial_ends_on) AS trial_ends_on,
    min(first_paid_on) AS first_paid_on,
    max(last_ended_on) AS last_ended_on,
    bool_or(is_paying) AS is_paying,
    bool_or(is_running) AS is_running
FROM renewed AS r LEFT JOIN first_mrr AS f ON f.account_no = r.account_no
GROUP BY r.account_no;

-- 5. Write -----------------------------------------------------------------------------------------------------

COPY (
    WITH facts AS (
        SELECT
            a.*,
            nullif(lower(split_part(a.email, '@', 2)), '') AS email_domain,
            a.created_at::DATE AS signed_up_on,
            s.* EXCLUDE (account_no, is_in_trial, trial_ends_on, is_running, is_paying),
            s.account_no IS NOT NULL AS has_subscription,
            coalesce(s.is_running, false) AS is_running,
            coalesce(s.is_paying, false) AS is_paying,
            coalesce(s.trial_ends_on, a.trial_ends_at) AS trial_ends_on,
            coalesce(s.is_in_trial, false) OR coalesce(a.trial_ends_at > getvariable('as_of'), false) AS is_in_trial
        FROM accounts AS a LEFT JOIN account_subscriptions AS s USING (account_no)
        WHERE a.created_at::DATE <= getvariable('as_of')
    ),
    placed AS (
        SELECT
            *,
            CASE
                WHEN is_paying THEN 'active_customer'
                WHEN is_in_trial THEN 'active_trial'
                WHEN first_paid_on IS NOT NULL THEN 'churned'
                WHEN is_running THEN 'free'
                WHEN has_subscription OR trial_ends_on <= getvariable('as_of') THEN 'expired_trial'
                ELSE 'prospect'
            END AS account_status
        FROM facts
    )
    SELECT
        p.account_no, p.id AS account_id, p.company_name AS account_name, p.email AS account_email, p.website,
        p.email_domain,
        p.email_domain IN (SELECT domain FROM free_mail) AS is_free_mail,
        p.signed_up_on, getvariable('as_of') - p.signed_up_on AS days_since_signup,
        p.utm_channel AS acquisition_channel,
        CASE WHEN regexp_matches(lower(p.utm_channel), 'paid|ads|adwords|cpc|ppc|sponsor|affiliate|display|retarget')
            THEN 'paid' WHEN p.utm_channel IS NOT NULL THEN 'organic' END AS channel_type,
        c."Industry" AS industry, c."Employees" AS employees,
        CASE WHEN c."Employees" <= 1 THEN '1' WHEN c."Employees" <= 10 THEN '2-10'
            WHEN c."Employees" <= 50 THEN '11-50' WHEN c."Employees" <= 200 THEN '51-200'
            WHEN c."Employees" <= 500 THEN '201-500' WHEN c."Employees" <= 1000 THEN '501-1000'
            WHEN c."Employees" > 1000 THEN '1001+' END AS size_band,
        c."Year Started" AS founded_year, (c."Annual Revenue" * 100)::BIGINT AS annual_revenue_cents,
        c."Technology" AS technology, c."Billing Country" AS country, c."Billing State/Province" AS region,
        c."Billing City" AS city,
        p.account_status, p.account_status = 'active_customer' AS is_customer,
        p.account_status IN ('active_customer', 'churned') AS was_customer,
        p.account_status = 'churned' AS is_churned,
        CASE WHEN p.account_status IN ('active_customer', 'churned') THEN coalesce(p.first_paid_on, p.signed_up_on) END
            AS customer_since_on,
        CASE WHEN p.account_status = 'churned' THEN p.last_ended_on END AS churned_on,
        CASE p.account_status
            WHEN 'active_customer' THEN getvariable('as_of') - coalesce(p.first_paid_on, p.signed_up_on)
            WHEN 'churned' THEN p.last_ended_on - coalesce(p.first_paid_on, p.signed_up_on) END AS tenure_days,
        p.plan, p.mrr_cents, p.mrr_change_cents_90d, p.mrr_first_cents,
        coalesce(p.subscription_count, 0) AS subscription_count,
        coalesce(p.subscription_count_total, 0) AS subscription_count_total,
        coalesce(p.product_line_count, 0) AS product_line_count,
        p.billing_interval, coalesce(p.seat_count, 0) AS seat_count, p.discount_share,
        coalesce(p.renewal_count, 0) AS renewal_count, p.next_renewal_on,
        p.next_renewal_on - getvariable('as_of') AS days_to_renewal,
        p.is_cancelling, p.is_in_trial, p.trial_ends_on,
        coalesce(n.user_count, 0) AS user_count, coalesce(n.new_user_count_30d, 0) AS new_user_count_30d,
        coalesce(n.active_user_count_7d, 0) AS active_user_count_7d,
        coalesce(n.active_user_count_30d, 0) AS active_user_count_30d,
        n.active_user_count_30d / nullif(n.user_count, 0) AS active_user_share_30d,
        coalesce(e.event_count_7d, 0) AS event_count_7d, coalesce(e.event_count_30d, 0) AS event_count_30d,
        coalesce(e.event_count_90d, 0) AS event_count_90d,
        coalesce(e.event_count_prior_30d, 0) AS event_count_prior_30d,
        coalesce(e.event_count_total, 0) AS event_count_total,
        e.event_count_30d / nullif(e.event_count_prior_30d, 0) AS event_trend_30d,
        coalesce(e.active_days_7d, 0) AS active_days_7d, coalesce(e.active_days_30d, 0) AS active_days_30d,
        coalesce(e.active_days_90d, 0) AS active_days_90d, e.first_event_on, e.last_event_on,
        getvariable('as_of') - e.last_event_on AS days_since_last_event,
        coalesce(e.key_event_breadth_30d, 0) AS key_event_breadth_30d,
        coalesce(e.connect_source_count_7d, 0) AS connect_source_count_7d,
        coalesce(e.connect_source_count_30d, 0) AS connect_source_count_30d,
        coalesce(e.connect_source_count_90d, 0) AS connect_source_count_90d,
        coalesce(e.connect_source_active_days_30d, 0) AS connect_source_active_days_30d, e.connect_source_first_on,
        e.connect_source_last_on, coalesce(e.create_report_count_7d, 0) AS create_report_count_7d,
        coalesce(e.create_report_count_30d, 0) AS create_report_count_30d,
        coalesce(e.create_report_count_90d, 0) AS create_report_count_90d,
        coalesce(e.create_report_active_days_30d, 0) AS create_report_active_days_30d, e.create_report_first_on,
        e.create_report_last_on, coalesce(e.export_count_7d, 0) AS export_count_7d,
        coalesce(e.export_count_30d, 0) AS export_count_30d, coalesce(e.export_count_90d, 0) AS export_count_90d,
        coalesce(e.export_active_days_30d, 0) AS export_active_days_30d, e.export_first_on, e.export_last_on,
        coalesce(e.share_count_7d, 0) AS share_count_7d, coalesce(e.share_count_30d, 0) AS share_count_30d,
        coalesce(e.share_count_90d, 0) AS share_count_90d,
        coalesce(e.share_active_days_30d, 0) AS share_active_days_30d, e.share_first_on, e.share_last_on,
        coalesce(e.invite_count_7d, 0) AS invite_count_7d, coalesce(e.invite_count_30d, 0) AS invite_count_30d,
        coalesce(e.invite_count_90d, 0) AS invite_count_90d,
        coalesce(e.invite_active_days_30d, 0) AS invite_active_days_30d, e.invite_first_on, e.invite_last_on,
        coalesce(e.schedule_report_count_7d, 0) AS schedule_report_count_7d,
        coalesce(e.schedule_report_count_30d, 0) AS schedule_report_count_30d,
        coalesce(e.schedule_report_count_90d, 0) AS schedule_report_count_90d,
        coalesce(e.schedule_report_active_days_30d, 0) AS schedule_report_active_days_30d, e.schedule_report_first_on,
        e.schedule_report_last_on, coalesce(e.comment_count_7d, 0) AS comment_count_7d,
        coalesce(e.comment_count_30d, 0) AS comment_count_30d, coalesce(e.comment_count_90d, 0) AS comment_count_90d,
        coalesce(e.comment_active_days_30d, 0) AS comment_active_days_30d, e.comment_first_on, e.comment_last_on,
        coalesce(e.api_call_count_7d, 0) AS api_call_count_7d,
        coalesce(e.api_call_count_30d, 0) AS api_call_count_30d,
        coalesce(e.api_call_count_90d, 0) AS api_call_count_90d,
        coalesce(e.api_call_active_days_30d, 0) AS api_call_active_days_30d, e.api_call_first_on, e.api_call_last_on,
        p.signup_form
    FROM placed AS p
    LEFT JOIN companies AS c USING (account_no)
    LEFT JOIN account_people AS n USING (account_no)
    LEFT JOIN account_events AS e USING (account_no)
) TO 'baseline/accounts.parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1);

COPY (
    SELECT
        p.user_no, p.account_no, p.user_id, p.name, p.email, p.role, p.signed_up_on,
        coalesce(e.event_count_30d, 0) AS event_count_30d, coalesce(e.event_count_90d, 0) AS event_count_90d,
        coalesce(e.event_count_total, 0) AS event_count_total, coalesce(e.active_days_30d, 0) AS active_days_30d,
        e.first_event_on, e.last_event_on
    FROM people AS p LEFT JOIN user_events AS e USING (user_no)
    WHERE p.account_no IS NOT NULL AND (p.signed_up_on IS NULL OR p.signed_up_on <= getvariable('as_of'))
) TO 'baseline/users.parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1);

COPY (
    SELECT 'accounts' AS source, 'duplicate-key' AS code,
        (SELECT count(*) FROM raw_accounts) - (SELECT count(*) FROM accounts) AS rows
    UNION ALL SELECT 'companies', 'duplicate-key',
        (SELECT count(*) FROM raw_companies) - (SELECT count(*) FROM companies)
    UNION ALL SELECT 'companies', 'orphan-key', count(*) FROM companies WHERE account_no IS NULL
    UNION ALL SELECT 'users', 'duplicate-key', (SELECT count(*) FROM raw_users) - (SELECT count(*) FROM people)
    UNION ALL SELECT 'users', 'orphan-key', count(*) FROM people WHERE account_no IS NULL
    UNION ALL SELECT 'subscriptions', 'duplicate-key',
        (SELECT count(*) FROM raw_subscriptions) - (SELECT count(*) FROM subscriptions)
    UNION ALL SELECT 'subscriptions', 'orphan-key', count(*) FROM subscriptions WHERE account_no IS NULL
    UNION ALL SELECT 'events', 'unreadable-date', count(*) FROM raw_events WHERE day IS NULL
    UNION ALL SELECT 'events', 'duplicate-key', count(*) FROM repeated_events
    UNION ALL SELECT 'events', 'orphan-key', count(*) FROM raw_events
        WHERE account_no IS NULL AND day IS NOT NULL AND rowid NOT IN (SELECT row FROM repeated_events)
) TO 'baseline/problems.parquet' (FORMAT parquet);
