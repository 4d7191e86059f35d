"""Everything the report says, computed; the templates only set it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from markupsafe import Markup

from beachhead.analysis.buckets import levels_of
from beachhead.analysis.columns import total
from beachhead.analysis.counting import CountRow, CountTable, count
from beachhead.analysis.display import money_text, plural, share_text
from beachhead.analysis.money import Money, pick_money, tenth_shares
from beachhead.analysis.profile import Growth, Rate
from beachhead.charts.distribution import tenths
from beachhead.customers.tiers import TIERS, Tier
from beachhead.reports.answer import Tile, answer, headcount, heads_of, tiles
from beachhead.reports.carding import SegmentsView, profiler_of, segments_view
from beachhead.reports.contrasting import ContrastView, contrast_view
from beachhead.reports.data import ReportData
from beachhead.reports.drawing import drawing
from beachhead.reports.gaps import Gap, gaps
from beachhead.reports.people import NAMED, Named, named
from beachhead.reports.scoring import TIER_NAMES, ScoreSection, ScoreView, score_section
from beachhead.reports.terms import Term, terms
from beachhead.reports.trends import TrendsView, trends_view
from beachhead.reports.trouble import ProblemsView, problems_view
from beachhead.reports.words import Words, spoken, words_of
from beachhead.stats.nps import Nps

_GROUPED = ("plan", "industry", "size_band", "acquisition_channel", "country", "buying_motion", "account_status")
_GROUPS_SHOWN = 4
_ROWS_SHOWN = 10
_NEXT = 10
_WORST = 10


@dataclass(frozen=True, slots=True)
class PeopleView:
    """`next`: those just below the best, with what would lift them."""

    title: str
    lead: str
    best: tuple[Named, ...]
    next: tuple[tuple[Named, tuple[str, ...]], ...] = ()
    next_lead: str = ""
    worst: tuple[Named, ...] = ()
    worst_title: str = ""
    worst_lead: str = ""


@dataclass(frozen=True, slots=True)
class TierShare:
    """What a tier brings: `share` of the money, in words in `text`."""

    tier: Tier
    name: str
    share: float
    text: str


@dataclass(frozen=True, slots=True)
class MoneyView:
    word: str
    lead: str
    tenths: Markup | None
    tenths_title: str
    tiers: tuple[TierShare, ...]
    tiers_title: str


@dataclass(frozen=True, slots=True)
class GroupTable:
    title: str
    rows: tuple[CountRow, ...]
    not_kept: str


@dataclass(frozen=True, slots=True, eq=False)
class ReportView:
    """One attribute per section of the page; None or empty where the data has nothing for it."""

    company: str
    as_of: date
    snapshot: str
    words: Words
    total: int
    headcount: str
    answer: tuple[str, ...]
    tiles: tuple[Tile, ...]
    money: Money | None
    score: ScoreView | None
    score_section: ScoreSection | None
    people: PeopleView | None
    contrast: ContrastView | None
    money_section: MoneyView | None
    trends: TrendsView | None
    segments: SegmentsView | None
    groups: tuple[GroupTable, ...]
    kept: Rate
    nps: Nps | None
    growth: Growth
    problems: ProblemsView
    gaps: tuple[Gap, ...]
    terms: tuple[Term, ...]

    @property
    def outcomes(self) -> frozenset[str]:
        """Attributes that say whether somebody is a customer: a rule on them settles the kept rate."""
        return frozenset({"is_customer", "was_customer", "is_churned", "account_status", "churned_on", "source_status"})

    @property
    def contents(self) -> tuple[tuple[str, str], ...]:
        """Anchor and title of every section that is there."""
        sections = (
            ("overview", "The answer", True),
            ("people", "By name", self.people),
            ("contrast", "Best against worst" if self.score else "Who stayed", self.contrast),
            ("score", "The score", self.score),
            ("money", "Where money comes from", self.money),
            ("metrics", "Over time", self.trends),
            ("segments", "Segments", self.segments),
            ("groups", "By group", self.groups),
            ("problems", "Problems in your data", True),
            ("gaps", "What is missing", self.gaps),
            ("terms", "What the words mean", self.terms),
        )
        always = ("overview", "problems", "gaps", "terms")
        return tuple((i, title) for i, title, there in sections if there and (self.total or i in always))


def view_of(data: ReportData) -> ReportView:
    """Compute the whole report."""
    words, currency = words_of(data.settings), data.settings.currency
    data = replace(data, attributes={n: replace(a, title=spoken(a.title)) for n, a in data.attributes.items()})
    money = pick_money(data.accounts, data.attributes, data.settings.template)
    score = None
    if data.scores is not None and data.tiering is not None and data.tiering.ranked:
        score = ScoreView(data.scores, data.tiering, data.attributes, currency)
    profiler = profiler_of(data, money)
    found = contrast_view(data, score, words)
    heads = heads_of(data)
    segments = segments_view(data, profiler, words)
    return ReportView(
        data.settings.name,
        data.as_of,
        data.snapshot,
        words,
        data.accounts.num_rows,
        headcount(heads, words),
        answer(data, heads, money, score, profiler, found, words),
        tiles(data, heads, money, score, profiler, words),
        money,
        score,
        score_section(score, data.problems, words) if score else None,
        _people(data, money, score, words),
        found,
        _money_section(money, score, words, currency, data.tie_out) if money else None,
        trends_view(data.trends),
        segments,
        _groups(data, money),
        profiler.kept(),
        profiler.nps(),
        profiler.growth(),
        problems_view(data.problems, data.rows),
        gaps(
            data.attributes,
            data.missing,
            _columns_with_data(data, has_score=score is not None),
            is_shop=words.is_shop,
        ),
        terms(
            data.attributes,
            _used(money, score, found, segments),
            has_kept=profiler.kept().whole > 0,
            has_score=score is not None,
            has_nps=profiler.nps() is not None,
            words=words,
        ),
    )


def _columns_with_data(data: ReportData, *, has_score: bool) -> frozenset[str]:
    there = {n for n in data.accounts.column_names if data.accounts.column(n).null_count < data.accounts.num_rows}
    outcome = {n for n, a in data.attributes.items() if a.area == "value"}
    return frozenset((there - outcome) | (outcome if has_score else set()))


def _people(data: ReportData, money: Money | None, score: ScoreView | None, words: Words) -> PeopleView | None:
    if score is None:
        return _payers(data, money, words)
    if not score.tiering.counts[0]:
        every = named(data, score.ranked(1, NAMED), money, score)
        return PeopleView(
            f"{words.capital} by score",
            f"{plural(len(every), words.many)} with a score: too few for best and worst.",
            every,
        )
    best = min(score.tiering.counts[0], NAMED)
    top = named(data, score.ranked(1, best), money, score)
    behind = score.tiering.counts[0]
    following = score.ranked(behind + 1, behind + _NEXT) if not _is_all_named(score) else ()
    lifted = zip(named(data, following, money, score), (score.lifts(r) for r in following), strict=True)
    last = score.tiering.ranked
    worst = min(score.tiering.counts[3], _WORST)
    bottom = named(data, tuple(reversed(score.ranked(last - worst + 1, last))) if worst else (), money, score)
    cut = score.tiering.cut_offs[0]
    return PeopleView(
        f"The first {best} of your best {plural(behind, words.many)}"
        if behind > best
        else f"Your best {plural(best, words.many) if best > 1 else words.one}",
        f"By good-customer score, out of {plural(last, words.many)} that have one. Beside each, the inputs that move "
        "it most: ▲ lifts it, ▼ lowers it; “ahead of” compares with all who are or were customers.",
        top,
        tuple(lifted),
        ""
        if cut is None
        else f"To be among the best takes a score of {cut:.1f}. Each change is the smallest that would do it, all else "
        "as it is.",
        bottom,
        f"The {worst} lowest scores" if worst > 1 else "The lowest score",
        f"Of {plural(score.tiering.counts[3], words.many)} in the worst group, the lowest first. A low score says what "
        "happened, not that they should go: some left, some never began.",
    )


def _is_all_named(score: ScoreView) -> bool:
    return score.tiering.counts[2] + score.tiering.counts[1] == 0


def _payers(data: ReportData, money: Money | None, words: Words) -> PeopleView | None:
    if money is None:
        return None
    paying = np.flatnonzero(money.values > 0)
    first = paying[np.argsort(-money.values[paying], kind="stable")][:NAMED]
    return PeopleView(
        f"The {plural(first.size, words.many)} that pay most",
        f"By {money.word}, of {paying.size:,} that pay. There is no good-customer score yet: value.yml says what "
        f"a good {words.one} is.",
        named(data, tuple(int(i) for i in first), money, None),
    )


def _money_section(money: Money, score: ScoreView | None, words: Words, currency: str, tie_out: str) -> MoneyView:
    shares = tenth_shares(money.values)
    drawn = None
    if shares:
        texts = [(s, share_text(s)) for s in shares]
        names = ("the tenth that pays most", "the tenth that pays least")
        said = ", ".join(t for _, t in texts)
        drawn = drawing(tenths(texts, names=names), f"Shares by tenth, the best-paying first: {said}")
    by_tier = _tier_shares(money, score, words) if score else ()
    known = f"known for {plural(money.known, words.many)} of {money.values.size:,}"
    asked = f"; {tie_out}" if tie_out else ""
    lead = f"{money_text(money.total, currency)} in all, {known}{asked}."
    return MoneyView(
        money.word,
        lead,
        drawn,
        f"Share of {money.word}, by tenths of {plural(money.known, words.many)}",
        by_tier,
        f"Share of {money.word} by score",
    )


def _tier_shares(money: Money, score: ScoreView, words: Words) -> tuple[TierShare, ...]:
    found: list[TierShare] = []
    for tier, n in zip(TIERS, score.tiering.counts, strict=True):
        amount = total(money.values, score.tier(tier))
        if n and amount is not None and money.total > 0:
            share = amount / money.total
            text = f"{share_text(share)} from {plural(n, words.many)}, {share_text(n / score.tiering.ranked)} of them"
            found.append(TierShare(tier, TIER_NAMES[tier], share, text))
    return tuple(found)


def _groups(data: ReportData, money: Money | None) -> tuple[GroupTable, ...]:
    """Tables by the first attributes that divide customers; a division into one group says nothing."""
    found: list[GroupTable] = []
    names = [n for n in _GROUPED if n in data.accounts.column_names and n in data.attributes]
    for name in [*names, *(["signed_up_on"] if "signed_up_on" in data.accounts.column_names else [])]:
        if len(found) == _GROUPS_SHOWN or not data.accounts.num_rows:
            break
        if len(levels_of(data.accounts, data.attributes[name], limit=_ROWS_SHOWN).known) < 2:
            continue
        table: CountTable = count(
            data.accounts,
            data.attributes,
            [name],
            measure=money.attribute.name if money else None,
            currency=data.settings.currency,
            limit=None if name == "signed_up_on" else _ROWS_SHOWN,
        )
        rows = table.rows[-_ROWS_SHOWN - 2 :] if name == "signed_up_on" else table.rows
        found.append(GroupTable(data.attributes[name].title, rows, table.not_kept))
    return tuple(found)


def _used(
    money: Money | None, score: ScoreView | None, found: ContrastView | None, segments: SegmentsView | None
) -> frozenset[str]:
    used = {money.attribute.name} if money else set()
    used |= {i.attribute for i in score.inputs} if score else set()
    for part in found.parts if found else ():
        used |= {d.attribute.name for d in part.differences} | {s.attribute.name for s in part.shifts}
    for card in segments.cards if segments else ():
        used |= {d.attribute.name for d in card.profile.top} | set(card.profile.segment.uses)
    return frozenset(used)
