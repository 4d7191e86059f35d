"""Results as tables to print: segments, the best and worst customers, problems."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from beachhead.service.results import Run

_SHOWN = ("account_id", "account_name", "tier", "value_score", "value_rank", "account_status", "tenure_days")
_MONEY = ("mrr_cents", "revenue_cents_total")


def segments_table(run: Run) -> pa.Table:
    """One row per segment: size, share of customers, who joined and left, owner, whether the members are stale (null
    where there are none), and why."""
    total = len(run.accounts)
    listed = run.about.segments
    return pa.table(
        {
            "segment": [s.name for s in listed],
            "title": [s.title for s in listed],
            "customers": pa.array([s.size for s in listed], pa.int64()),
            "share": pa.array([s.size / total if s.size is not None and total else None for s in listed], pa.float64()),
            "joined": pa.array([s.joined for s in listed], pa.int64()),
            "left": pa.array([s.left for s in listed], pa.int64()),
            "owner": pa.array([s.owner for s in listed], pa.string()),
            "stale": pa.array([None if s.size is None else s.stale for s in listed], pa.bool_()),
            "note": pa.array([s.why for s in listed], pa.string()),
        }
    )


def best_and_worst(run: Run) -> pa.Table:
    """The customers of every tier but the middle one, best first; empty without a score."""
    accounts = run.accounts.arrow()
    wanted = [c for c in (*_SHOWN, *_MONEY) if c in accounts.column_names]
    if "tier" not in accounts.column_names:
        return accounts.slice(0, 0).select(wanted)
    found = accounts.filter(pc.is_in(accounts["tier"], pa.array(["best", "next_best", "worst"])))
    return found.sort_by([("value_rank", "ascending")]).select(wanted)


def problems_table(run: Run) -> pa.Table:
    """One row per kind of problem in the data."""
    listed = run.problems
    return pa.table(
        {
            "severity": [str(p.severity) for p in listed],
            "code": [p.code for p in listed],
            "source": pa.array([p.source for p in listed], pa.string()),
            "table": pa.array([p.table for p in listed], pa.string()),
            "column": pa.array([p.column for p in listed], pa.string()),
            "count": pa.array([p.count for p in listed], pa.int64()),
            "out_of": pa.array([p.out_of for p in listed], pa.int64()),
            "message": [p.message for p in listed],
            "remedy": [p.remedy for p in listed],
            "examples": ["; ".join(map(str, p.examples)) for p in listed],
        }
    )
