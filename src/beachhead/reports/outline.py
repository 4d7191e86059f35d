"""The report as an outline of plain blocks, from which documents, slides and Markdown are set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from beachhead.analysis.display import date_text, money_text, share_text
from beachhead.reports.filters import points
from beachhead.reports.people import Named
from beachhead.reports.view import ReportView

_PROBLEMS, _SHARED, _SEGMENTS = 12, 10, 20


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Callout:
    """What must not be overlooked: `text`, and what to do."""

    text: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Things one below the other, each with what is said of it."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `numeric`: columns whose cells stand to the right; `note`: what its numbers are of."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """Shares side by side, 0–1 each, in two series: label, first, second. `names` of the series."""

    names: tuple[str, str]
    rows: tuple[tuple[str, float, float], ...]


Block = Paragraph | Callout | Listing | Grid | Bars


@dataclass(frozen=True, slots=True)
class Section:
    """`title` says what is in it; `lead`: its first sentence."""

    title: str
    lead: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole report. `headline`: the answer in one sentence; `figures`: title, value, what it is of."""

    company: str
    as_of: date
    snapshot: str
    headline: str
    answer: tuple[str, ...]
    figures: tuple[tuple[str, str, str], ...]
    sections: tuple[Section, ...]

    @property
    def footing(self) -> str:
        """What everything is of."""
        return f"{self.company} · data as of {date_text(self.as_of)} · {self.snapshot}"


def outline_of(view: ReportView, currency: str) -> Outline:
    """The report's statements in its order: the answer, the names, the evidence, problems, what is missing."""
    sections = (_best, _worst, _apart, _money, _segments, _problems, _missing)
    return Outline(
        view.company,
        view.as_of,
        view.snapshot,
        view.headcount,
        view.answer,
        tuple((t.label, t.value, t.of) for t in view.tiles),
        tuple(s for make in sections for s in make(view, currency)),
    )


def _best(view: ReportView, currency: str) -> Iterator[Section]:
    if view.people and view.people.best:
        yield Section(view.people.title, view.people.lead, (_people(view, view.people.best, currency),))


def _worst(view: ReportView, currency: str) -> Iterator[Section]:
    if view.people and view.people.worst:
        yield Section(view.people.worst_title, view.people.worst_lead, (_people(view, view.people.worst, currency),))


def _people(view: ReportView, people: tuple[Named, ...], currency: str) -> Grid:
    header = ["#", view.words.one.capitalize()]
    header += ["Score"] if view.score else []
    header += [view.money.attribute.title] if view.money else []
    header += ["Why"] if view.score else []
    rows = []
    for p in people:
        row = [f"{p.position:,}", p.name]
        row += [f"{p.score:.1f}" if p.score is not None else "–"] if view.score else []
        row += [money_text(p.money, currency)] if view.money else []
        row += ["; ".join(f"{'▲' if r.helps else '▼'} {r.text}" for r in p.reasons)] if view.score else []
        rows.append(tuple(row))
    numeric = {0} | {n for n, title in enumerate(header) if title not in ("Why", header[1]) and n}
    return Grid(tuple(header), tuple(rows), frozenset(numeric), f"of {view.total:,} {view.words.many}")


def _apart(view: ReportView, _currency: str) -> Iterator[Section]:
    found = view.contrast
    if not found:
        return
    title = "What sets the best apart" if view.score else "What sets those who stayed apart"
    drawn = [d for part in found.parts for d in part.drawn][:_SHARED]
    if found.cannot or not drawn:
        yield Section(title, found.lead, (Callout(found.cannot or found.lead, found.next_step),))
        return
    rows = tuple(
        (
            f"{d.attribute.title}: {d.level}",
            share_text(d.share_a),
            share_text(d.share_b),
            f"{points(d.low)} to {points(d.high)}",
            f"{d.in_a:,} of {d.of_a:,} against {d.in_b:,} of {d.of_b:,}",
        )
        for d in drawn
    )
    header = ("Property", found.best, found.worst, "Difference in points, likely range", "Counted")
    bars = Bars(
        (found.best, found.worst), tuple((r[0], d.share_a, d.share_b) for r, d in zip(rows, drawn, strict=True))
    )
    yield Section(title, found.lead, (bars, Grid(header, rows, frozenset({1, 2, 3}), found.method)))


def _money(view: ReportView, _currency: str) -> Iterator[Section]:
    if view.money_section and view.money_section.tiers:
        items = tuple((t.name, t.text) for t in view.money_section.tiers)
        yield Section("Where money comes from", view.money_section.lead, (Listing(items),))


def _segments(view: ReportView, _currency: str) -> Iterator[Section]:
    if not view.segments:
        return
    rows = tuple(
        (c.profile.segment.title, f"{c.profile.size:,}", c.since or "–", c.profile.segment.english)
        for c in view.segments.cards[:_SEGMENTS]
    )
    yield Section(
        "Segments", view.segments.lead, (Grid(("Segment", "Size", "Since before", "Who"), rows, frozenset({1})),)
    )


def _problems(view: ReportView, _currency: str) -> Iterator[Section]:
    said = view.score.titled if view.score else str
    items = tuple((said(p.message), said(p.remedy)) for group in view.problems.groups for p in group.problems)
    left = len(items) - _PROBLEMS
    more = (Paragraph(f"… and {left} more in the report."),) if left > 0 else ()
    yield Section("Problems in your data", view.problems.lead, (Listing(items[:_PROBLEMS]), *more) if items else ())


def _missing(view: ReportView, _currency: str) -> Iterator[Section]:
    if view.gaps:
        yield Section(
            "What is missing, and what it would give", "", (Listing(tuple((g.what, g.gives) for g in view.gaps)),)
        )
