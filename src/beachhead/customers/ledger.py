"""The MRR ledger of a project: from subscriptions or charges to lines, periods, entries and movements.

Each step is catalogue SQL and reads the one before; see the `.sql` file of its name. The customer record and the
metrics read the same ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from beachhead.customers.record import PERIODS, area_sql
from beachhead.engines.base import Parameter
from beachhead.project.definitions import MrrSettings, Settings

LINES, MRR_PERIODS, ENTRIES, MOVEMENTS = "mrr_lines", "mrr_periods", "mrr_entries", "mrr_movements"


@dataclass(frozen=True, slots=True)
class LedgerSql:
    """Catalogue SQL of the ledger's steps, in order: relation → SELECT; with `parameters` to bind."""

    steps: Mapping[str, str]
    parameters: Mapping[str, Parameter]


def ledger_sql(settings: Settings, tables: Collection[str]) -> LedgerSql:
    """How the ledger is made where a project has these model `tables`: of charges only without subscriptions."""
    of_charges = "charges" in tables and "subscriptions" not in tables
    steps = {
        LINES: area_sql("charge_lines" if of_charges else "subscription_lines"),
        MRR_PERIODS: area_sql(MRR_PERIODS),
        PERIODS: area_sql(PERIODS),
        ENTRIES: area_sql(ENTRIES),
        MOVEMENTS: area_sql(MOVEMENTS),
    }
    return LedgerSql(steps, _parameters(settings.currency, settings.mrr))


def _parameters(currency: str, mrr: MrrSettings) -> dict[str, Parameter]:
    return {"currency": currency, "churn_on": mrr.churn_on, "discounts": mrr.discounts}
