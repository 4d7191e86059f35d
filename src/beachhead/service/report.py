"""The report of a published update: gathers what `reports` renders, and writes the file."""

from __future__ import annotations

from pathlib import Path

from beachhead.analysis.segment import SegmentResult
from beachhead.errors import BeachheadError
from beachhead.reports.data import Before, ReportData, SourceRows
from beachhead.reports.metric_chart import MOVEMENTS
from beachhead.reports.render import render
from beachhead.reports.trends import Trends
from beachhead.rules import attributes_used, parse
from beachhead.service.explanation import scored_run
from beachhead.service.metrics import MetricQuery, ask
from beachhead.service.results import Run
from beachhead.service.tie_out import newest_tie_out
from beachhead.store.files import outside


def report_data(run: Run, before: Run | None = None, *, with_trends: bool = True) -> ReportData:
    """Everything that the report shows; `with_trends`: metrics over time too. `before`: an earlier update to compare
    with."""
    scored = scored_run(run)
    about = run.about
    return ReportData(
        settings=about.settings,
        as_of=run.as_of,
        accounts=run.accounts.arrow(),
        attributes=run.attributes,
        missing=about.missing,
        segments=tuple(_segment(run, s.name) for s in about.segments if s.size is not None),
        scores=scored.scores if scored else None,
        tiering=scored.tiering if scored else None,
        problems=run.problems,
        rows=tuple(
            SourceRows(
                s.name,
                s.table,
                sum(f.rows_read for f in s.files),
                sum(f.rows_used for f in s.files),
                sum(f.rows_read - f.rows_used for f in s.files),
            )
            for s in about.sources
        ),
        before=_before(before),
        snapshot=run.name,
        tie_out=tied.sentence if (tied := newest_tie_out(run.snapshot.home.parent, run)) else "",
        trends=_trends(run) if with_trends else None,
    )


def _trends(run: Run) -> Trends | None:
    """Headline metrics by month; MRR with its movements; MRR or revenue by the channel that is known today. A report
    makes no updates of earlier days."""
    if not len(run.accounts):
        return None
    headlines = ask(run, MetricQuery())
    names = {m.name for m in headlines.metrics}
    pays = bool(names & {"mrr", "arr"}) and any(c.value for c in headlines.cells)
    moved = ask(run, MetricQuery(("mrr", *MOVEMENTS))) if pays else None
    by_channel = None
    channel = run.accounts.arrow()["acquisition_channel"] if "acquisition_channel" in run.accounts.columns else None
    if channel is not None and channel.null_count < len(channel):
        by_channel = ask(run, MetricQuery(("mrr" if pays else "revenue",), by="acquisition_channel", today=True))
    return Trends(headlines, moved, by_channel if by_channel and len(by_channel.groups) > 1 else None)


def _before(run: Run | None) -> Before | None:
    if run is None:
        return None
    sizes = {s.name: s.size for s in run.about.segments if s.size is not None}
    return Before(run.as_of, len(run.accounts), sizes)


def _segment(run: Run, name: str) -> SegmentResult:
    about = run.segments[name].about
    return SegmentResult(
        name=name,
        title=about.title,
        members=run.mask(name),
        rule=about.where,
        english=about.english,
        owner=about.owner,
        description=about.description,
        profile=about.profile,
        uses=_attributes_of(about.where),
        is_stale=about.stale,
        stale_reason=about.why,
    )


def _attributes_of(rule: str) -> frozenset[str]:
    """What a rule reads; nothing for a stale one that no longer parses."""
    try:
        return attributes_used(parse(rule))
    except BeachheadError:
        return frozenset()


def write_report(run: Run, path: Path, before: Run | None = None) -> Path:
    """Write the report as one HTML file; raises `OutsideError` where it cannot be written."""
    page = render(report_data(run, before))
    with outside("write", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    return path
