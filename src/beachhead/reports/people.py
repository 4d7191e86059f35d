"""Customers by name: the best and the worst, what they pay, and why they stand where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beachhead.analysis.columns import flat
from beachhead.analysis.money import Money
from beachhead.reports.data import ReportData
from beachhead.reports.scoring import Reason, ScoreView

NAMED = 20
_FACTS = ("plan", "industry", "country", "acquisition_channel")


@dataclass(frozen=True, slots=True)
class Named:
    """One customer. `money` in minor units; `facts` what else is known in few words; `reasons` the strongest first."""

    position: int
    id: str
    name: str
    score: float | None
    money: float | None
    status: str | None
    facts: tuple[str, ...]
    reasons: tuple[Reason, ...]


def named(data: ReportData, rows: Sequence[int], money: Money | None, score: ScoreView | None) -> tuple[Named, ...]:
    """These rows of the customer record, in this order, with what the report says about each."""
    take = np.asarray(rows, dtype=np.int64)
    ids = _texts(data, "account_id", take) or [str(r) for r in rows]
    names = _texts(data, "account_name", take) or [None] * len(rows)
    statuses = _texts(data, "account_status", take) or [None] * len(rows)
    facts = [_texts(data, f, take) or [None] * len(rows) for f in _FACTS]
    return tuple(
        Named(
            score.rank(row) if score else i + 1,
            ids[i] or "",
            names[i] or ids[i] or "",
            score.of_row(row) if score else None,
            None if money is None or np.isnan(money.values[row]) else float(money.values[row]),
            statuses[i],
            tuple(v for column in facts if (v := column[i]))[:2],
            score.reasons(row) if score else (),
        )
        for i, row in enumerate(rows)
    )


def _texts(data: ReportData, name: str, rows: npt.NDArray[np.int64]) -> list[str | None] | None:
    if name not in data.accounts.column_names:
        return None
    values = flat(data.accounts, name).take(rows).to_pylist()
    return [
        None if v is None or not str(v).strip() else str(v).replace("_", " ") if name == "account_status" else str(v)
        for v in values
    ]
