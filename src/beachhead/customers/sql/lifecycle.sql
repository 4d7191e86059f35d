-- Where each customer stands, from what is known: subscriptions first, then purchases, then stated status.
-- What a source says of those who left is no news before the day on which they left, where that day is known.
-- Paid before and not now: churned. A shop's customers do not churn by themselves: they lapse, which rules say.
WITH facts AS (
    SELECT
        spine.account_no,
        spine.as_of,
        a.churned_day,
        coalesce(w.churned_day > spine.as_of, false) AS is_still_here,
        coalesce(a.is_churned, false) AS is_stated_churned,
        a.plan,
        a.mrr,
        a.status,
        a.tenure_months,
        a.signed_up_day,
        coalesce(s.trial_ends_on, a.trial_ends_day) AS trial_ends_on,
        s.account_no IS NOT NULL AS has_subscription,
        coalesce(s.is_paying, false) AS is_paying,
        coalesce(s.is_running, false) AS is_running,
        coalesce(s.is_in_trial, false) OR coalesce(a.trial_ends_day > spine.as_of, false) AS is_in_trial,
        s.first_paid_on,
        s.last_ended_on,
        coalesce(s.first_paid_on, r.first_revenue_on, o.first_order_on) AS first_money_on,
        coalesce(r.revenue_cents_total, a.total_revenue, 0) > 0 OR coalesce(a.mrr, 0) > 0 AS has_money,
        d.first_deal_on
    FROM spine
    LEFT JOIN known_accounts AS a ON a.account_no = spine.account_no AND a.as_of = spine.as_of
    LEFT JOIN accounts AS w ON w.account_no = spine.account_no
    LEFT JOIN area_subscriptions AS s ON s.account_no = spine.account_no AND s.as_of = spine.as_of
    LEFT JOIN area_revenue AS r ON r.account_no = spine.account_no AND r.as_of = spine.as_of
    LEFT JOIN area_orders AS o ON o.account_no = spine.account_no AND o.as_of = spine.as_of
    LEFT JOIN area_deals AS d ON d.account_no = spine.account_no AND d.as_of = spine.as_of
),
placed AS (
    SELECT
        *,
        CASE
            WHEN is_paying THEN 'active_customer'
            WHEN (is_stated_churned AND NOT is_still_here) OR churned_day <= as_of THEN 'churned'
            WHEN is_in_trial THEN 'active_trial'
            WHEN first_paid_on IS NOT NULL THEN 'churned'
            WHEN is_running THEN 'free'
            WHEN has_subscription AND first_money_on IS NOT NULL THEN 'churned'
            WHEN has_subscription THEN 'expired_trial'
            WHEN has_money OR first_money_on IS NOT NULL THEN 'active_customer'
            WHEN trial_ends_on <= as_of THEN 'expired_trial'
            WHEN lower(status) IN ('trial', 'trialing', 'active_trial') THEN 'active_trial'
            WHEN NOT is_still_here AND lower(status) IN ('churned', 'canceled', 'cancelled', 'inactive', 'lost')
                THEN 'churned'
            WHEN lower(status) IN ('active', 'customer', 'paying', 'stayed', 'joined') THEN 'active_customer'
            ELSE 'prospect'
        END AS account_status
    FROM facts
)
SELECT
    account_no,
    as_of,
    account_status,
    account_status = 'active_customer' AS is_customer,
    account_status IN ('active_customer', 'churned') AS was_customer,
    account_status = 'churned' AS is_churned,
    is_in_trial,
    trial_ends_on,
    CASE WHEN account_status IN ('active_customer', 'churned') THEN coalesce(first_money_on, signed_up_day) END
        AS customer_since_on,
    CASE WHEN account_status = 'churned' THEN coalesce(churned_day, last_ended_on) END AS churned_on,
    CASE
        WHEN account_status NOT IN ('active_customer', 'churned') THEN NULL
        WHEN coalesce(first_money_on, signed_up_day) IS NULL OR tenure_months IS NOT NULL
            THEN round_half_up(tenure_months * 365.25 / 12)
        WHEN account_status = 'active_customer' THEN date_diff('day', coalesce(first_money_on, signed_up_day), as_of)
        ELSE date_diff('day', coalesce(first_money_on, signed_up_day), coalesce(churned_day, last_ended_on))
    END AS tenure_days,
    CASE
        WHEN first_money_on IS NULL THEN NULL
        WHEN first_deal_on <= first_money_on THEN 'sales_led'
        ELSE 'self_serve'
    END AS buying_motion
FROM placed
