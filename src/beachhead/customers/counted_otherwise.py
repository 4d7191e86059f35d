"""The ledgers of one day, and what they would give if something was counted otherwise: evidence for a comparison with
somebody else's figures. One row per customer, minor units; `parts`: of how many rounded amounts `amount` is the sum.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from beachhead.engines.duck import DuckEngine, parquet

Row = Mapping[str, int]
_FAILED = "lower(status) IN ('failed', 'void', 'uncollectible', 'pending', 'draft')"


def mrr_counted(engine: DuckEngine, periods: Path, on: date) -> dict[int, Row]:
    """By account number the MRR on a day (`amount`) and: with trials (`trial`), what had ended (`ended`), without
    discounts, for one seat, with whole prices of years and quarters, in their own currency one to one, by days of the
    month (of its own length, of 30), on the day before and on the first of the month.
    """
    first = on.replace(day=1)
    days = calendar.monthrange(on.year, on.month)[1]
    after = first + timedelta(days=days)
    day, month, end = (f"DATE '{d}'" for d in (on, first, after))

    def paid(at: str) -> str:
        return f"(paid_from_day <= {at} AND (until_day IS NULL OR until_day > {at}))"

    def total(amount: str, which: str) -> str:
        return f"coalesce(CAST(sum({amount}) FILTER (WHERE {which}) AS BIGINT), 0)"

    in_trial = f"(trial_ends_day > {day} AND (until_day IS NULL OR until_day > {day}))"
    in_month = f"(paid_from_day < {end} AND (until_day IS NULL OR until_day > {month}))"
    ran = f"date_diff('day', greatest(paid_from_day, {month}), least(coalesce(until_day, {end}), {end}))"
    months = "CASE billing_interval WHEN 'year' THEN 12 WHEN 'quarter' THEN 3 ELSE 1 END"
    ended = f"until_day <= {day} AND (superseded_day IS NULL OR superseded_day > until_day)"
    columns = {
        "amount": total("mrr_cents", paid(day)),
        "parts": f"count(*) FILTER (WHERE {paid(day)})",
        "trial": total("mrr_cents", f"{paid(day)} OR {in_trial}"),
        "ended": total("mrr_cents", ended),
        "discount": total("list_mrr_cents", paid(day)),
        "quantity": total("round(mrr_cents / greatest(quantity, 1))", paid(day)),
        "interval": total(f"mrr_cents * {months}", paid(day)),
        "currency": total("native_mrr", paid(day)),
        "proration": total(f"round(mrr_cents * {ran} / {days})", in_month),
        "proration_30": total(f"round(mrr_cents * least(30, {ran}) / 30)", in_month),
        "day_before": total("mrr_cents", paid(f"DATE '{on - timedelta(days=1)}'")),
        "month_start": total("mrr_cents", paid(month)),
    }
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    return _by_number(
        engine,
        f"SELECT account_no, {listed} FROM {parquet(periods)} WHERE version_day < {end} GROUP BY account_no",
    )


def revenue_counted(engine: DuckEngine, charges: Path | None, orders: Path | None, on: date) -> dict[int, Row]:
    """By account number the revenue from the first of the month to the end of a day (`amount`) and: without refunds
    (`refund`), with failed payments, with the day after, with the day before the month.
    """
    first = on.replace(day=1)
    facts = []
    if charges:
        facts.append(
            "SELECT account_no, charged_day AS day, amount - coalesce(tax, 0) AS amount, coalesce(refunded, 0) AS "
            f"refunded, coalesce(refunded_day, charged_day) AS back, coalesce({_FAILED}, false) AS is_failed FROM "
            f"{parquet(charges)}"
        )
    if orders:
        facts.append(
            "SELECT account_no, ordered_day AS day, revenue AS amount, coalesce(refunded, 0) AS refunded, coalesce("
            f"refunded_day, ordered_day) AS back, cancelled_day IS NOT NULL AS is_failed FROM {parquet(orders)}"
        )

    def within(column: str, start: date, end: date) -> str:
        return f"{column} BETWEEN DATE '{start}' AND DATE '{end}'"

    def total(which: str) -> str:
        return f"coalesce(CAST(sum(amount) FILTER (WHERE {which}) AS BIGINT), 0)"

    inside = within("day", first, on)
    back = f"coalesce(CAST(sum(refunded) FILTER (WHERE NOT is_failed AND {within('back', first, on)}) AS BIGINT), 0)"
    columns = {
        "amount": f"{total(f'NOT is_failed AND {inside}')} - {back}",
        "parts": f"count(*) FILTER (WHERE {inside})",
        "refund": total(f"NOT is_failed AND {inside}"),
        "failed_payment": f"{total(inside)} - {back}",
        "day_after": f"{total('NOT is_failed AND ' + within('day', first, on + timedelta(days=1)))} - {back}",
        "day_before": f"{total('NOT is_failed AND ' + within('day', first - timedelta(days=1), on))} - {back}",
    }
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    return _by_number(engine, f"SELECT account_no, {listed} FROM ({' UNION ALL '.join(facts)}) GROUP BY account_no")


def _by_number(engine: DuckEngine, sql: str) -> dict[int, Row]:
    return {row["account_no"]: row for row in engine.query(sql).to_pylist()}
