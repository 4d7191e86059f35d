"""The first page: the answer in one paragraph, and the key figures, each with what it is of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beachhead.analysis.columns import optional_truths, total
from beachhead.analysis.display import money_text, plural, share_text
from beachhead.analysis.keeping import QUIET_DAYS, quiet, was_and_is
from beachhead.analysis.money import Money, concentration
from beachhead.analysis.profile import Profiler
from beachhead.errors import Severity
from beachhead.reports.contrasting import ContrastView
from beachhead.reports.data import ReportData
from beachhead.reports.filters import nps_text, share_range, signed
from beachhead.reports.scoring import ScoreView
from beachhead.reports.words import Words

_FEW = 20


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    value: str
    of: str


@dataclass(frozen=True, slots=True)
class Heads:
    """How many there are: on record, customers now, left, never customers; None where it is not known."""

    total: int
    now: int | None
    left: int | None

    @property
    def never(self) -> int | None:
        return None if self.now is None or self.left is None else self.total - self.now - self.left


def heads_of(data: ReportData) -> Heads:
    now = optional_truths(data.accounts, "is_customer")
    known = was_and_is(data.accounts)
    return Heads(
        data.accounts.num_rows,
        None if now is None else int(np.count_nonzero(now)),
        None if known is None else int(np.count_nonzero(known[0] & ~known[1])),
    )


def headcount(heads: Heads, words: Words) -> str:
    """`2,000 companies on record: 1,590 are customers now, 322 have left, 88 are not yet.`"""
    if not heads.total:
        return f"No {words.many} on record."
    parts = [f"{heads.now:,} {_be(heads.now)} {_customers(heads.now)} now"] if heads.now is not None else []
    parts += [f"{heads.left:,} {'has' if heads.left == 1 else 'have'} left"] if heads.left else []
    parts += [f"{heads.never:,} {_be(heads.never)} not yet"] if heads.never else []
    head = f"{plural(heads.total, words.many)} on record"
    return f"{head}: {', '.join(parts)}." if parts else f"{head}."


def _be(n: int) -> str:
    return "is" if n == 1 else "are"


def _customers(n: int) -> str:
    return "a customer" if n == 1 else "customers"


def answer(
    data: ReportData,
    heads: Heads,
    money: Money | None,
    score: ScoreView | None,
    profiler: Profiler,
    found: ContrastView | None,
    words: Words,
) -> tuple[str, ...]:
    """The main statement, then what supports it. Every number says of how many."""
    if not heads.total:
        return (
            f"There are no {words.many} in the data yet.",
            "Check that the sources name the right files; the problems below say what was read.",
        )
    first = _who_brings_it(data, money, score, words)
    second = []
    if (kept := profiler.kept()).whole > 1:
        second.append(
            f"Of {plural(kept.whole, words.many)} that ever were customers, {share_text(kept.share)} still are."
        )
    elif heads.now and heads.left is None:
        second.append(_cannot_tell_who_left(data, words))
    if found and found.brief:
        us, other = ("the best", "the worst") if score else ("those who stayed", "those who left")
        second.append(f"What is more frequent among {us} than among {other}: {found.brief}.")
    elif found and found.cannot and score:
        second.append("What sets them apart from the worst cannot be told yet.")
    grave = [p for p in data.problems if p.severity == Severity.ERROR]
    if grave:
        rows = sum(p.count for p in grave)
        second.append(f"Mind the data: {plural(len(grave), 'grave problems')} touching {plural(rows, 'rows')}.")
    return tuple(text for text in (first, " ".join(second)) if text)


def _cannot_tell_who_left(data: ReportData, words: Words) -> str:
    text = f"These files cannot tell which {words.many} left, so there is no kept rate"
    if (found := quiet(data.accounts, data.as_of)) is None:
        return f"{text}."
    have = "has" if found.count == 1 else "have"
    return f"{text}; {found.count:,} of {found.of:,} {have} not {found.done} for {QUIET_DAYS} days."


def _who_brings_it(data: ReportData, money: Money | None, score: ScoreView | None, words: Words) -> str:
    paid = money if money and money.total > 0 else None
    said = [_best_bring(data, paid, score, words), _payers_bring(data, paid, words)]
    if not any(said):
        said = [
            f"{plural(data.accounts.num_rows, words.many)} on record, but nothing says yet what they pay. "
            "Map payments, orders or MRR to see who your best ones are."
        ]
    return " ".join(text for text in said if text)


def _best_bring(data: ReportData, money: Money | None, score: ScoreView | None, words: Words) -> str:
    """What the best tier brings; without money, what it scores."""
    best = score.tiering.counts[0] if score else 0
    if score is None or not best:
        return ""
    who = f"Your best {plural(best, words.many) if best > 1 else words.one}"
    amount = total(money.values, score.tier("best")) if money else None
    if money is None or amount is None:
        middle = float(np.median(score.scores.score[score.tier("best")]))
        have = "have a median of" if best > 1 else "has"
        return (
            f"{who}, of {score.tiering.ranked:,} with a score, {have} {middle:.0f} of 100 points. "
            "What they bring in money is not known."
        )
    return (
        f"{who}, {share_text(best / score.tiering.ranked)} of the {score.tiering.ranked:,} with a score, "
        f"{'bring' if best > 1 else 'brings'} {share_text(amount / money.total)} of {money.word}: "
        f"{_short(amount, data)} of {_short(money.total, data)}."
    )


def _payers_bring(data: ReportData, money: Money | None, words: Words) -> str:
    """How much hangs on the few that pay most: 20, or a tenth where there are fewer than 200."""
    if money is None:
        return ""
    paying = int(np.count_nonzero(money.values > 0))
    top = concentration(money.values, min(_FEW, max(1, paying // 10)))
    if paying < 2 or top.share is None:
        if paying == 1:
            return f"One {words.one} brings all of {money.word}: {_short(money.total, data)}."
        return f"{plural(paying, words.many)} pay: {_short(money.total, data)}, {money.word}."
    many, one = f"The {plural(top.top, words.many)} that pay most bring", f"The {words.one} that pays most brings"
    who = many if top.top > 1 else one
    return f"{who} {share_text(top.share)} of {money.word} ({_short(top.money, data)} of {_short(money.total, data)})."


def _short(minor: float, data: ReportData) -> str:
    return money_text(minor, data.settings.currency, short=True)


def tiles(
    data: ReportData, heads: Heads, money: Money | None, score: ScoreView | None, profiler: Profiler, words: Words
) -> tuple[Tile, ...]:
    """The key figures that the data supports."""
    if not heads.total:
        return ()
    currency = data.settings.currency
    found: list[Tile] = []
    if heads.now is not None:
        found.append(Tile("Customers now", f"{heads.now:,}", f"of {plural(heads.total, words.many)} on record"))
    else:
        found.append(Tile(words.capital, f"{heads.total:,}", "on record"))
    if money:
        paying = int(np.count_nonzero(money.values > 0))
        found.append(
            Tile(
                money.attribute.title,
                money_text(money.total, currency, short=True),
                f"from {paying:,} who pay"
                + (f"; known for {money.known:,} of {heads.total:,}" if money.known < heads.total else "")
                + (f"; {data.tie_out}" if data.tie_out else ""),
            )
        )
        if paying:
            each = money.total / paying
            found.append(
                Tile(
                    f"{money.attribute.title} per {words.one}",
                    money_text(each, currency, short=True),
                    f"mean of {paying:,} who pay",
                )
            )
    kept = profiler.kept()
    if kept.share is not None:
        found.append(
            Tile(words.kept, share_text(kept.share), f"{kept.part:,} of {kept.whole:,}; likely {share_range(kept)}")
        )
    if (nps := profiler.nps()) is not None:
        low, high = signed(nps.interval.low), signed(nps.interval.high)
        found.append(Tile("NPS", nps_text(nps), f"of {plural(nps.answers, 'answers')}; likely {low} to {high}"))
    growth = profiler.growth()
    if growth.recent is not None:
        found.append(Tile("New in 90 days", f"{growth.recent:,}", f"{growth.prior:,} in the 90 days before"))
    if score and score.tiering.ranked:
        known = score.scores.score[score.scores.scored]
        found.append(Tile("Median score", f"{np.median(known):.0f}", f"of {known.size:,} with a score, 0 to 100"))
    found.append(_problem_tile(data))
    return tuple(found[:8])


def _problem_tile(data: ReportData) -> Tile:
    read, aside = sum(r.read for r in data.rows), sum(r.set_aside for r in data.rows)
    of = f"{aside:,} of {read:,} rows set aside" if data.rows else "in the data"
    return Tile("Problems in your data", f"{len(data.problems):,}", of)
