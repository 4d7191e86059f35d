-- The MRR ledger: for each line the days on which it is paid, and its MRR in the project's currency, rounded half-up.
-- Lines in other currencies are cut where the rate changes; mrr_end_cents is the MRR at the rate of the day on which
-- the period ends, so that what a rate does is told apart from what the customer does.
-- It depends on no day: what was known on a day are the rows with version_day up to it, of which until_day counts where
-- it lies up to that day. [paid_from_day, until_day): the end is the first day that no longer counts; null: open.
WITH rated AS (
    SELECT
        l.account_no, l.subscription_id, l.plan, l.product_line, l.billing_interval, l.currency, l.quantity,
        l.trial_ends_day, l.cancelled_day, l.ended_day, l.term_days, l.native_mrr, l.native_list_mrr,
        greatest(l.version_day, r.from_day) AS version_day,
        CASE WHEN r.until_day < coalesce(l.until_day, r.until_day + 1) THEN r.until_day ELSE l.superseded_day END
            AS superseded_day,
        greatest(l.paid_from_day, r.from_day) AS paid_from_day,
        least(l.until_day, r.until_day) AS until_day,
        CASE WHEN l.currency IS NULL THEN 100000000 ELSE r.worth_e8 END AS worth_e8,
        CASE WHEN l.currency IS NULL THEN 100000000 WHEN r.until_day <= l.until_day OR l.until_day IS NULL
            THEN coalesce(r.next_worth_e8, r.worth_e8) ELSE r.worth_e8 END AS end_worth_e8
    FROM mrr_lines AS l
    LEFT JOIN currency_rates AS r
        ON r.currency = l.currency
        AND (r.from_day IS NULL OR l.until_day IS NULL OR r.from_day < l.until_day)
        AND (r.until_day IS NULL OR r.until_day > l.version_day)
)
SELECT
    account_no, subscription_id, plan, product_line, billing_interval, currency, quantity, trial_ends_day,
    cancelled_day, ended_day, version_day, superseded_day, paid_from_day, until_day, term_days, native_mrr,
    CASE WHEN currency IS NULL THEN native_mrr
        WHEN CAST(native_mrr AS DOUBLE) * worth_e8 < 4000000000000000000.0
            THEN round_half_up_div(native_mrr * worth_e8, 100000000)
        ELSE round_half_up(CAST(native_mrr AS DOUBLE) * (worth_e8 / 100000000.0)) END AS mrr_cents,
    CASE WHEN currency IS NULL THEN native_mrr
        WHEN CAST(native_mrr AS DOUBLE) * end_worth_e8 < 4000000000000000000.0
            THEN round_half_up_div(native_mrr * end_worth_e8, 100000000)
        ELSE round_half_up(CAST(native_mrr AS DOUBLE) * (end_worth_e8 / 100000000.0)) END AS mrr_end_cents,
    CASE WHEN currency IS NULL THEN native_list_mrr
        WHEN CAST(native_list_mrr AS DOUBLE) * worth_e8 < 4000000000000000000.0
            THEN round_half_up_div(native_list_mrr * worth_e8, 100000000)
        ELSE round_half_up(CAST(native_list_mrr AS DOUBLE) * (worth_e8 / 100000000.0)) END AS list_mrr_cents
FROM rated
