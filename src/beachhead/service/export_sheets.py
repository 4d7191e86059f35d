"""What the sheets of an exported workbook hold: the published tables, and what the report says of them as numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beachhead.analysis.contrast import Difference
from beachhead.analysis.display import plural
from beachhead.customers.attributes import BUILT_IN
from beachhead.reports.tables import EXCEL_ROWS
from beachhead.reports.view import ReportView
from beachhead.reports.workbook import FILL_IN, ID_TITLE, SheetOf
from beachhead.service.listing import best_and_worst, problems_table, segments_table
from beachhead.service.matches import unmatched
from beachhead.service.results import Run

FILLED = ("your_label", "your_note")
"""Attributes that are made from what people filled in, in the order of `FILL_IN`."""
ROWS = EXCEL_ROWS - 2
_FIRST = (
    "account_id", "account_name", *FILLED, "tier", "value_score", "value_rank", "account_status", "plan", "mrr_cents",
    "revenue_cents_total", "revenue_cents_365d", "order_count_total", "signed_up_on", "tenure_days", "churned_on",
    "acquisition_channel", "industry", "employees", "size_band", "country", "buying_motion", "account_email", "website",
)  # fmt: skip
TITLES: Mapping[str, str] = {
    "account_id": ID_TITLE,
    **dict(zip(FILLED, FILL_IN, strict=True)),
    "why": "Why, for those whom the report names",
    "segment": "Name in rules",
    "title": "Segment",
    "who": "Who is in it",
    "stale": "Not updated",
    "severity": "Kind",
    "code": "Code",
    "count": "Rows",
    "out_of": "Of rows",
    "message": "What is wrong",
    "remedy": "What to do",
}
_SEVERITIES = {"error": "must be put right", "warning": "makes numbers less certain", "info": "worth knowing"}


def sheets_of(run: Run, view: ReportView) -> tuple[SheetOf, ...]:
    """The sheets after the answer, in order. What a sheet cannot hold is told in its second line."""
    settings = run.about.settings
    many = settings.customers_are
    best, every = _best_and_worst(run, view), _customers(run, view)
    whole = len(run.accounts)
    customers = plural(whole, many)
    chosen, known = every.num_columns - len(FILLED), sum(n != "account_no" for n in run.accounts.columns)
    of_columns = f"; {chosen} of {known} attributes, all of them: beachhead who SEGMENT --columns all"
    aside = run.set_aside.arrow()
    segments = _segments(run)
    sheets = [
        SheetOf("Best and worst", f"{best.num_rows:,} of {customers}", best, FILLED, 2),
        SheetOf(
            f"All {many}"[:31] if len(many) < 24 else "All customers",
            _part(every.num_rows, whole, customers) + (of_columns if chosen < known else ""),
            every,
            FILLED,
            2,
        ),
        SheetOf("Segments", f"{plural(segments.num_rows, 'segments')} over {customers}", segments, frozen=1),
        _shared(view),
        SheetOf("Problems", plural(len(run.problems), "kinds of problem"), _problems(run)),
        SheetOf("Set aside", _part(min(len(aside), ROWS), len(aside), plural(len(aside), "rows or values")),
                aside.slice(0, ROWS)),
    ]  # fmt: skip
    if len(run.matches):
        left = unmatched(run)
        of = _part(min(left.num_rows, ROWS), left.num_rows, plural(left.num_rows, "unmatched records"))
        sheets.append(SheetOf("Unmatched", of, left.slice(0, ROWS)))
    return tuple(sheets)


def _part(shown: int, whole: int, text: str) -> str:
    return text if shown == whole else f"the first {shown:,} of {text}, more than a sheet holds"


def _best_and_worst(run: Run, view: ReportView) -> pa.Table:
    """The best, next best and worst by score with columns to fill in, and why those named in the report stand there."""
    table = _to_fill_in(best_and_worst(run), run)
    named = [*view.people.best, *(p for p, _ in view.people.next), *view.people.worst] if view.people else []
    why = {p.id: "; ".join(f"{'▲' if r.helps else '▼'} {r.text}" for r in p.reasons) for p in named}
    texts = pa.array([why.get(i) for i in table["account_id"].to_pylist()], pa.string())
    return table.append_column("why", texts).slice(0, ROWS)


def _customers(run: Run, view: ReportView) -> pa.Table:
    """Every customer, the best first, with what decides and what the company calls its own."""
    accounts = run.accounts.arrow()
    if "value_rank" in accounts.column_names:
        accounts = accounts.sort_by([("value_rank", "ascending")])
    built_in = {a.name for a in BUILT_IN}
    wanted = list(_FIRST)
    wanted += [i.attribute for i in view.score.inputs] if view.score else []
    for part in view.contrast.parts if view.contrast else ():
        wanted += [d.attribute.name for d in part.differences] + [s.attribute.name for s in part.shifts]
    wanted += [n for n, a in run.attributes.items() if n not in built_in and a.area in ("own", "extra")]
    known = [n for n in dict.fromkeys(wanted) if _is_known(accounts, n)]
    return _to_fill_in(accounts.select(known).slice(0, ROWS), run)


def _is_known(accounts: pa.Table, name: str) -> bool:
    return name == "account_id" or (name in accounts.column_names and accounts[name].null_count < accounts.num_rows)


def _to_fill_in(table: pa.Table, run: Run) -> pa.Table:
    """With the columns that a person fills in beside the name; they hold what was filled in before."""
    accounts = run.accounts.arrow()
    at = 2 if "account_name" in table.column_names else 1
    place = pc.index_in(table["account_id"], value_set=accounts["account_id"].combine_chunks())
    for n, name in enumerate(FILLED):
        if name in accounts.column_names:
            values = accounts[name].cast(pa.string()).take(place)
        else:
            values = pa.nulls(table.num_rows, pa.string())
        table = table.drop_columns(name) if name in table.column_names else table
        table = table.add_column(at + n, name, values)
    return table


def _segments(run: Run) -> pa.Table:
    table = segments_table(run)
    who = pa.array([s.description or s.english or s.where for s in run.about.segments], pa.string())
    table = table.append_column("who", who)
    order = ("title", "customers", "share", "joined", "left", "who", "owner", "segment", "stale", "note")
    return table.select(order)


def _shared(view: ReportView) -> SheetOf:
    """What sets the best apart, in numbers; where that cannot be told, what would have to be there."""
    found = view.contrast
    if found is None or not found.parts:
        of = found.cannot if found and found.cannot else f"{view.total:,} {view.words.many}: no two groups to compare"
        next_step = [found.next_step] if found and found.next_step else []
        return SheetOf("What they share", of, pa.table({"next_step": pa.array(next_step, pa.string())}))
    rows: list[tuple[str, Difference]] = []
    for part in found.parts:
        rows += [(part.title, d) for d in (*part.differences, *(s.test for s in part.shifts))]
    best, worst = found.best, found.worst
    table = pa.table(
        {
            "kind": [title for title, _ in rows],
            "property": [d.attribute.title for _, d in rows],
            "value": [d.level for _, d in rows],
            f"{best}: share": np.array([d.share_a for _, d in rows]),
            f"{best}: number": [d.in_a for _, d in rows],
            f"{best}: known of": [d.of_a for _, d in rows],
            f"{worst}: share": np.array([d.share_b for _, d in rows]),
            f"{worst}: number": [d.in_b for _, d in rows],
            f"{worst}: known of": [d.of_b for _, d in rows],
            "points_apart": np.array([d.difference * 100 for _, d in rows]),
            "likely_from": np.array([d.low * 100 for _, d in rows]),
            "likely_to": np.array([d.high * 100 for _, d in rows]),
        }
    )
    return SheetOf("What they share", f"{best} against {worst[:1].lower()}{worst[1:]}", table)


def _problems(run: Run) -> pa.Table:
    table = problems_table(run)
    kinds = pa.array([_SEVERITIES[str(p.severity)] for p in run.problems], pa.string())
    table = table.set_column(0, "severity", kinds)
    order = ("severity", "message", "remedy", "count", "out_of", "source", "table", "column", "examples", "code")
    return table.select(order)
