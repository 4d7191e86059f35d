"""The report as an outline of plain blocks, from which documents, slides and Markdown are set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from beachhead.analysis.display import date_text, money_text, share_text
from beachhead.customers.tiers import TIERS
from beachhead.errors import Severity
from beachhead.reports.carding import Card
from beachhead.reports.filters import dash, nps_text, points
from beachhead.reports.people import Named
from beachhead.reports.view import ReportView

_PROBLEMS, _SHARED, _SEGMENTS = 12, 12, 24
Key = Literal["best", "next", "worst", "apart", "money", "metrics", "segments", "problems", "missing"]


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
    """A table. `numeric`: columns whose cells stand to the right; `note`: what its numbers are of. A cell's first
    line says it, further ones are details."""

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
    """`title` says what is in it, `statement` what follows from it; `lead`: its first sentences."""

    key: Key
    title: str
    lead: str
    blocks: tuple[Block, ...]
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole report. `headline`: the answer in one sentence; `answer`: what supports it; `figures`: title, value, what
    it is of; `terms`: what words mean."""

    company: str
    as_of: date
    snapshot: str
    headcount: str
    headline: str
    answer: tuple[str, ...]
    figures: tuple[tuple[str, str, str], ...]
    sections: tuple[Section, ...]
    terms: tuple[tuple[str, str], ...]

    @property
    def day(self) -> str:
        return f"Data as of {date_text(self.as_of)}"

    @property
    def footing(self) -> str:
        """What everything is of."""
        return f"{self.company} · data as of {date_text(self.as_of)} · {self.snapshot}"


def outline_of(view: ReportView, currency: str) -> Outline:
    """The report's statements in its order: the answer, the names, the evidence, problems, what is missing."""
    makers = (_best, _next, _worst, _apart, _money, _trends, _segments, _problems, _missing)
    sections = tuple(s for make in makers for s in make(view, currency))
    headline, support = _sentences(view.answer[0]) if view.answer else (view.headcount, "")
    return Outline(
        view.company,
        view.as_of,
        view.snapshot,
        view.headcount,
        headline,
        tuple(text for text in (support, *view.answer[1:]) if text),
        tuple((t.label, t.value, t.of) for t in view.tiles),
        sections,
        _terms(view, sections),
    )


def _terms(view: ReportView, sections: tuple[Section, ...]) -> tuple[tuple[str, str], ...]:
    """What the words mean that are used: of measures, and of the attributes that a section names."""
    said = repr(sections).casefold()
    return tuple((t.word, t.meaning) for t in view.terms if not t.name or t.word.casefold() in said)


def _sentences(text: str) -> tuple[str, str]:
    """The first sentence, and the rest."""
    first, dot, rest = text.partition(". ")
    return f"{first}.".replace("..", "."), rest if dot else ""


def _best(view: ReportView, currency: str) -> Iterator[Section]:
    if view.people and view.people.best:
        yield Section("best", view.people.title, view.people.lead, (_people(view, view.people.best, currency),))


def _next(view: ReportView, currency: str) -> Iterator[Section]:
    if view.people and view.people.next:
        lifts = [("\n".join(steps) or "no single input would") for _, steps in view.people.next]
        named = tuple(p for p, _ in view.people.next)
        grid = _people(view, named, currency, ("What would lift them most", lifts))
        yield Section("next", "Next best, and what would lift them", view.people.next_lead, (grid,))


def _worst(view: ReportView, currency: str) -> Iterator[Section]:
    if view.people and view.people.worst:
        grid = _people(view, view.people.worst, currency)
        yield Section("worst", view.people.worst_title, view.people.worst_lead, (grid,))


def _people(
    view: ReportView, people: tuple[Named, ...], currency: str, said: tuple[str, list[str]] | None = None
) -> Grid:
    """A row for each: rank, name, score, money, and `said` of them (title and texts); else why they stand there."""
    title, texts = said or (
        "Why",
        ["\n".join(f"{'▲' if r.helps else '▼'} {r.text}" for r in p.reasons) for p in people],
    )
    header = ["#", view.words.one.capitalize()]
    columns = [[f"{p.position:,}" for p in people], ["\n".join((p.name, *_facts(p))) for p in people]]
    if view.score:
        header.append("Score")
        columns.append(["–" if p.score is None else f"{p.score:.1f}" for p in people])
    if view.money:
        header.append(view.money.attribute.title)
        columns.append([money_text(p.money, currency) for p in people])
    numeric = frozenset({0, *range(2, len(header))})
    if view.score:
        header.append(title)
        columns.append(texts)
    of = f"{view.score.tiering.ranked:,} {view.words.many} with a score" if view.score else ""
    note = f"{len(people):,} of {of or f'{view.total:,} {view.words.many}'}."
    return Grid(tuple(header), tuple(zip(*columns, strict=True)), numeric, note)


def _facts(person: Named) -> tuple[str, ...]:
    facts = " · ".join(person.facts)
    return (facts,) if facts else ()


def _apart(view: ReportView, currency: str) -> Iterator[Section]:
    found = view.contrast
    if not found:
        return
    title = "What sets the best apart" if view.score else "What sets those who stayed apart"
    drawn = [d for part in found.parts for d in part.drawn][:_SHARED]
    if found.cannot or not drawn:
        callout = Callout(found.cannot or found.lead, found.next_step)
        yield Section("apart", title, found.lead, (callout,), f"{title}: cannot tell yet")
        return
    rows = tuple(
        (
            f"{d.attribute.title}: {d.level}",
            f"{share_text(d.share_a)}\n{d.in_a:,} of {d.of_a:,}",
            f"{share_text(d.share_b)}\n{d.in_b:,} of {d.of_b:,}",
            f"{points(d.difference)}\n{points(d.low)} to {points(d.high)}",
        )
        for d in drawn
    )
    header = ("Property", found.best, found.worst, "Points apart, likely range")
    labels = [f"{d.attribute.title}: {d.level}" for d in drawn]
    bars = Bars(
        (found.best, found.worst), tuple((label, d.share_a, d.share_b) for label, d in zip(labels, drawn, strict=True))
    )
    who = "the best" if view.score else "those who stayed"
    statement = f"More frequent among {who}: {found.brief}" if found.brief else title
    grid = Grid(header, rows, frozenset({1, 2, 3}), found.method)
    yield Section("apart", title, found.lead, (bars, grid), statement)


def _money(view: ReportView, _currency: str) -> Iterator[Section]:
    money = view.money_section
    if not money or not money.tiers or not view.score:
        return
    ranked, counts = view.score.tiering.ranked, dict(zip(TIERS, view.score.tiering.counts, strict=True))
    bars = Bars(
        (f"Share of {money.word}", f"Share of {view.words.many} with a score"),
        tuple((t.name, t.share, counts[t.tier] / ranked) for t in money.tiers),
    )
    best = money.tiers[0]
    statement = f"The {best.name.lower()} bring {share_text(best.share)} of {money.word}"
    listing = Listing(tuple((t.name, t.text) for t in money.tiers))
    yield Section("money", "Where money comes from", money.lead, (bars, listing), statement)


def _trends(view: ReportView, _currency: str) -> Iterator[Section]:
    trends = view.trends
    if not trends:
        return
    header = ("Metric", trends.period, trends.earlier, "Change", "n")
    rows = tuple(
        (r.title, f"{r.value}\n{r.range}" if r.range else r.value, r.before, r.change, r.n) for r in trends.rows
    )
    note = "Ranges are 95 % likely ranges. " + " ".join(f"{r.title}: {r.meaning}." for r in trends.rows)
    lead = f"{trends.period} against {trends.earlier}, the last two months that are over."
    yield Section("metrics", "Over time", lead, (Grid(header, rows, frozenset({1, 2, 3, 4}), note),))


def _segments(view: ReportView, currency: str) -> Iterator[Section]:
    if not view.segments:
        return
    shown = view.segments.cards[:_SEGMENTS]
    columns: list[tuple[str, list[str]]] = [
        ("Segment", [_named(c) for c in shown]),
        (view.words.capital, [f"{c.profile.size:,}" for c in shown]),
        ("Share", [share_text(c.profile.share) for c in shown]),
    ]
    if view.money:
        columns.append((view.money.attribute.title, [dash(_short(c.profile.money, currency)) for c in shown]))
        columns.append(("Share of it", [dash(share_text(c.profile.money_share)) for c in shown]))
    if view.kept.whole:
        columns.append((view.words.kept, [dash(share_text(c.profile.kept.share)) for c in shown]))
    if view.segments.has_nps:
        columns.append(("NPS", [dash(nps_text(c.profile.nps)) for c in shown]))
    if view.segments.has_growth:
        columns.append(("New in 90 days", [f"{c.profile.growth.recent or 0:,}" for c in shown]))
    if view.segments.before:
        columns.append((f"Since {date_text(view.segments.before)}", [c.since for c in shown]))
    left = len(view.segments.cards) - len(shown)
    note = f"A {view.words.one} can be in several segments, so the rows do not add up to all. –: nothing known."
    note += f" … and {left:,} more in the workbook." if left > 0 else ""
    rows = tuple(zip(*(texts for _, texts in columns), strict=True))
    grid = Grid(tuple(title for title, _ in columns), rows, frozenset(range(1, len(columns))), note)
    yield Section("segments", "Segments", view.segments.lead, (grid,))


def _named(card: Card) -> str:
    segment = card.profile.segment
    title = f"{segment.title} (not updated)" if segment.is_stale else segment.title
    who = segment.description or segment.english
    return f"{title}\n{who.strip()}" if who else title


def _short(minor: float | None, currency: str) -> str:
    return money_text(minor, currency, short=True)


def _problems(view: ReportView, _currency: str) -> Iterator[Section]:
    said = view.score.titled if view.score else str
    every = [
        (p.severity == Severity.ERROR, said(p.message), said(p.remedy))
        for g in view.problems.groups
        for p in g.problems
    ]
    grave = tuple(Callout(what, then) for is_grave, what, then in every if is_grave)
    others = tuple((what, then) for is_grave, what, then in every if not is_grave)
    left = len(others) - _PROBLEMS
    listed = (Listing(others[:_PROBLEMS]),) if others else ()
    more = (Paragraph(f"… and {left:,} more in the workbook."),) if left > 0 else ()
    yield Section("problems", "Problems in your data", view.problems.lead, (*grave, *listed, *more))


def _missing(view: ReportView, _currency: str) -> Iterator[Section]:
    if view.gaps:
        listing = Listing(tuple((_first_capital(g.what), g.gives) for g in view.gaps))
        yield Section("missing", "What is missing, and what it would give", "", (listing,))


def _first_capital(text: str) -> str:
    return text[:1].upper() + text[1:]
