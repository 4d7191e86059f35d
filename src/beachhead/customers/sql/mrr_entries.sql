-- What each subscription adds to its customer's MRR and takes away again: change_cents at the rate of the day, fx_cents
-- what a new rate does to what was paid already. They add up to the MRR of a day, to the cent.
SELECT
    account_no, paid_from_day AS day, subscription_id, version_day, plan, product_line,
    mrr_cents AS change_cents, CAST(0 AS BIGINT) AS fx_cents, list_mrr_cents AS list_change_cents
FROM mrr_periods
WHERE (until_day IS NULL OR paid_from_day < until_day) AND (native_mrr <> 0 OR list_mrr_cents <> 0)
UNION ALL
SELECT
    account_no, until_day, subscription_id, version_day, plan, product_line,
    -mrr_end_cents, mrr_end_cents - mrr_cents, -list_mrr_cents
FROM mrr_periods
WHERE paid_from_day < until_day AND (native_mrr <> 0 OR list_mrr_cents <> 0)
