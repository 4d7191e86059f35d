"""The first result, as the page shows it: the answer, the names, what they share, problems, what is missing."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from beachhead.analysis.display import money_text, share_text
from beachhead.analysis.tie_out import TITLES
from beachhead.reports.filters import points
from beachhead.reports.people import Named
from beachhead.reports.view import ReportView, view_of
from beachhead.service.changes import Changes
from beachhead.service.report import report_data
from beachhead.service.results import Run
from beachhead.service.showing import sight_of
from beachhead.service.tie_out import Tied

_SHARED = 12
_PROBLEMS = 50


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Fact(_Value):
    """A key figure, with what it is of."""

    title: str
    value: str
    note: str = ""


class Why(_Value):
    """One input's part in a score; `helps`: it does better there than half of customers."""

    text: str
    helps: bool


class Person(_Value):
    """A customer by name, with what it pays, what else is known, and why it stands where it stands."""

    account_id: str
    name: str
    rank: int
    score: float | None
    money: str | None
    status: str | None
    facts: tuple[str, ...]
    why: tuple[Why, ...]


class Shared(_Value):
    """What is more frequent among the best than among the worst (or those who stayed than those who left)."""

    title: str
    best: str
    rest: str
    difference: str
    known: str


class ProblemTold(_Value):
    severity: str
    message: str
    remedy: str
    count: int
    source: str | None
    column: str | None
    examples: tuple[str, ...]


class Missing(_Value):
    """What is not there, and what it would give."""

    what: str
    gives: str


class SegmentTold(_Value):
    name: str
    title: str
    size: int | None
    joined: int | None
    left: int | None


class SightTold(_Value):
    """What the data can show, and what to do where that is little."""

    lines: tuple[str, ...]
    next_steps: tuple[str, ...]


class CauseTold(_Value):
    cause: str
    amount: str
    customers: int


class TieOutTold(_Value):
    """How our figures stand to finance's: one sentence, and the causes of the difference."""

    sentence: str
    ties: bool
    ours: str
    theirs: str
    causes: tuple[CauseTold, ...]


class FirstResult(_Value):
    """One update in the words of the report."""

    name: str
    customers_are: str
    as_of: date
    snapshot: str
    headline: str
    answer: tuple[str, ...]
    figures: tuple[Fact, ...]
    money_title: str | None
    best_title: str
    best: tuple[Person, ...]
    worst_title: str
    worst: tuple[Person, ...]
    shared_lead: str
    shared_best: str
    shared_rest: str
    shared: tuple[Shared, ...]
    problems_lead: str
    problems: tuple[ProblemTold, ...]
    missing: tuple[Missing, ...]
    segments: tuple[SegmentTold, ...]
    changes: tuple[str, ...]
    sight: SightTold
    tie_out: TieOutTold | None


def first_result(run: Run, before: Run | None, changed: Changes | None, tied: Tied | None) -> FirstResult:
    """The same statements as the report's, since they come from its view."""
    view = view_of(report_data(run, before, with_trends=False))
    people, contrast, showing = view.people, view.contrast, sight_of(run)
    parts = contrast.parts if contrast else ()
    currency = run.about.settings.currency
    return FirstResult(
        name=view.company,
        customers_are=view.words.many,
        as_of=view.as_of,
        snapshot=view.snapshot,
        headline=view.headcount,
        answer=view.answer,
        figures=tuple(Fact(title=t.label, value=t.value, note=t.of) for t in view.tiles),
        money_title=view.money.attribute.title if view.money else None,
        best_title=people.title if people else "",
        best=tuple(_person(p, view, currency) for p in people.best) if people else (),
        worst_title=people.worst_title if people else "",
        worst=tuple(_person(p, view, currency) for p in people.worst) if people else (),
        shared_lead=(contrast.cannot or contrast.lead) if contrast else "",
        shared_best=contrast.best if contrast else "",
        shared_rest=contrast.worst if contrast else "",
        shared=tuple(
            Shared(
                title=f"{d.attribute.title}: {d.level}",
                best=share_text(d.share_a),
                rest=share_text(d.share_b),
                difference=f"{points(d.low)} to {points(d.high)}",
                known=f"{d.in_a:,} of {d.of_a:,} against {d.in_b:,} of {d.of_b:,}",
            )
            for part in parts
            for d in part.drawn
        )[:_SHARED],
        problems_lead=view.problems.lead,
        problems=tuple(
            ProblemTold(
                severity=str(p.severity),
                message=view.score.titled(p.message) if view.score else p.message,
                remedy=view.score.titled(p.remedy) if view.score else p.remedy,
                count=p.count,
                source=p.source,
                column=p.column,
                examples=tuple(map(str, p.examples)),
            )
            for group in view.problems.groups
            for p in group.problems
        )[:_PROBLEMS],
        missing=tuple(Missing(what=g.what, gives=g.gives) for g in view.gaps),
        segments=tuple(
            SegmentTold(name=s.name, title=s.title, size=s.size, joined=s.joined, left=s.left)
            for s in run.about.segments
        ),
        changes=tuple(changed.lines(view.words.many)) if changed else (),
        sight=SightTold(lines=showing.lines, next_steps=showing.next_steps),
        tie_out=_tied(tied) if tied else None,
    )


def _tied(tied: Tied) -> TieOutTold:
    def money(minor: int) -> str:
        return money_text(minor, tied.currency, exact=True)

    return TieOutTold(
        sentence=tied.sentence,
        ties=tied.found.ties,
        ours=money(tied.found.ours),
        theirs=money(tied.found.theirs),
        causes=tuple(
            CauseTold(cause=TITLES[b.cause], amount=money(b.amount), customers=b.customers) for b in tied.found.by_cause
        ),
    )


def _person(named: Named, view: ReportView, currency: str) -> Person:
    return Person(
        account_id=named.id,
        name=named.name,
        rank=named.position,
        score=None if named.score is None else round(named.score, 1),
        money=money_text(named.money, currency) if view.money else None,
        status=named.status,
        facts=named.facts,
        why=named.reasons and tuple(Why(text=r.text, helps=r.helps) for r in named.reasons),
    )
