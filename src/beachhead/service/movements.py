"""The movements of MRR one by one, each with the records that caused it."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from beachhead.customers.ledger import ENTRIES
from beachhead.engines.dialect import emit
from beachhead.errors import Diagnostic, UsageError
from beachhead.service.metric_facts import facts_of
from beachhead.service.metrics import metrics_of
from beachhead.service.results import Run

_CAUSES = f"""
    SELECT
        account_no, day,
        string_agg(
            subscription_id || ' of ' || CAST(version_day AS TEXT), '; ' ORDER BY subscription_id, version_day
        ) AS records
    FROM (
        SELECT DISTINCT account_no, day, subscription_id, version_day FROM {ENTRIES}
        WHERE change_cents <> 0 OR fx_cents <> 0
    ) AS causes
    GROUP BY account_no, day
"""


def movements(run: Run, customer: str | None = None, first: date | None = None, last: date | None = None) -> pa.Table:
    """Every movement up to the run's day, by customer and day: account_id, account_name, day, kind (null: only rates),
    change_cents, fx_cents, mrr_cents after it, and `records`: subscription and day of the version that begin or end
    there. `customer`: one customer's id. Raises `UsageError` for an unknown one, or where there is no ledger.
    """
    number = run.customer(customer)["account_no"] if customer is not None else None
    with facts_of(run, metrics_of(run).project, None) as facts:
        found = facts.movements(None)
        if not found.num_rows:
            remedy = "Map subscriptions, or charges with an interval or a period."
            raise UsageError(Diagnostic("no-ledger", "there are no movements of MRR", remedy=remedy))
        day = found["day"]
        wanted = pc.less_equal(day, pa.scalar(min(last or run.as_of, run.as_of)))
        if first is not None:
            wanted = pc.and_(wanted, pc.greater_equal(day, pa.scalar(first)))
        if number is not None:
            wanted = pc.and_(wanted, pc.equal(found["account_no"], pa.scalar(number, pa.uint32())))
        causes = facts.engine.query(emit(_CAUSES, facts.engine.dialect))
    causes = causes.set_column(0, "account_no", causes["account_no"].cast(pa.uint32()))
    joined = found.filter(wanted).join(causes, ["account_no", "day"], join_type="left outer")
    named = [n for n in ("account_id", "account_name") if n == "account_id" or n in run.attributes]
    joined = joined.join(run.columns("account_no", *named), "account_no", join_type="inner")
    columns = (*named, "day", "kind", "change_cents", "fx_cents", "mrr_cents", "records")
    return joined.select(columns).sort_by([("account_id", "ascending"), ("day", "ascending")])
