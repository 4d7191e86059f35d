"""The first page: the answer in one paragraph, and the key figures, each with what it is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beachhead.analysis.columns import optional_truths, total
from beachhead.analysis.display import money_text, plural, share_text
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
    was = optional_truths(data.accounts, "was_customer")
    return Heads(
        data.accounts.num_rows,
        None if now is None else int(np.count_nonzero(now)),
        None if now is None or was is None else int(np.count_nonzero(was & ~now)),
    )


def headcount(heads: Heads, words: Words) -> str:
    """`2,000 companies on record: 1,590 are customers now, 322 have left, 88 never were.`"""
    if not heads.total:
        return f"No {words.many} on record."
    parts = [f"{heads.now:,} are customers now"] if heads.now is not None else []
    parts += [f"{heads.left:,} have left"] if heads.left is not None else []
    parts += [f"{heads.never:,} are not customers yet"] if heads.never else []
    head = f"{plural(heads.total, words.many)} on record"
    return f"{head}: {', '.join(parts)}." if parts else f"{head}."


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
    if (kept := profiler.kept()).share is not None:
        second.append(
            f"Of {plural(kept.whole, words.many)} that ever were customers, {share_text(kept.share)} still are."
        )
    if found and found.brief:
        other = "the worst" if score else "those who left"
        second.append(f"Compared with {other}, more of them have {found.brief}.")
    elif found and found.cannot and score:
        second.append("What sets them apart from the worst cannot be told yet.")
    grave = [p for p in data.problems if p.severity == Severity.ERROR]
    if grave:
        rows = sum(p.count for p in grave)
        second.append(f"Mind the data: {plural(len(grave), 'grave problems')} touching {plural(rows, 'rows')}.")
    return tuple(text for text in (first, " ".join(second)) if text)


def _who_brings_it(data: ReportData, money: Money | None, score: ScoreView | None, words: Words) -> str:
    currency = data.settings.currency
    said: list[str] = []
    best = int(score.tiering.counts[0]) if score else 0
    if score and best and money:
        mask = score.tier("best")
        amount = total(money.values, mask)
        if amount is not None and money.total > 0:
            who = f"Your best {plural(best, words.many)}" if best > 1 else f"Your best {words.one}"
            bring = "bring" if best > 1 else "brings"
            said.append(
                f"{who}, {share_text(best / score.tiering.ranked)} of the {score.tiering.ranked:,} with a score, {bring} "
                f"{share_text(amount / money.total)} of {money.word}: {money_text(amount, currency, short=True)} of "
                f"{money_text(money.total, currency, short=True)}."
            )
    elif score and best:
        middle = float(np.median(score.scores.score[score.tier("best")]))
        said.append(
            f"Your best {plural(best, words.many)} of {score.tiering.ranked:,} score {middle:.0f} of 100 in the middle. "
            "What they bring in money is not known."
        )
    if money and money.total > 0 and money.known > 1:
        top = min(_FEW, max(1, money.known // 10))
        share = concentration(money.values, top)
        if share.share is not None:
            payers = f"The {words.one} that pays" if top == 1 else f"The {top:,} that pay"
            verb = "brings" if top == 1 else "bring"
            said.append(
                f"{payers} most {verb} {share_text(share.share)} of it."
                if said
                else f"The {plural(top, words.many)} that pay most bring {share_text(share.share)} of {money.word}: "
                f"{money_text(share.money, currency, short=True)} of "
                f"{money_text(money.total, currency, short=True)}."
                if top > 1
                else f"{payers} most {verb} {share_text(share.share)} of {money.word}."
            )
    if not said and money and money.total > 0:
        said.append(f"{plural(money.known, words.many)} with known {money.word}: {money_text(money.total, currency)}.")
    if not said:
        said.append(
            f"{plural(data.accounts.num_rows, words.many)} on record, but nothing says yet what they pay. "
            "Map payments, orders or MRR to see who your best ones are."
        )
    return " ".join(said)


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
                f"from {paying:,} who pay; known for {money.known:,} of {heads.total:,}",
            )
        )
        if paying:
            each = money.total / paying
            found.append(
                Tile(
                    f"{money.attribute.title} each",
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
        found.append(Tile("NPS", nps_text(nps), f"of {nps.answers:,} answers; likely {low} to {high}"))
    growth = profiler.growth()
    if growth.recent is not None:
        found.append(Tile("New in 90 days", f"{growth.recent:,}", f"{growth.prior:,} in the 90 days before"))
    if score and score.tiering.ranked:
        known = score.scores.score[score.scores.scored]
        found.append(Tile("Middle score", f"{np.median(known):.0f}", f"of {known.size:,} with a score, 0 to 100"))
    found.append(_problem_tile(data))
    return tuple(found[:8])


def _problem_tile(data: ReportData) -> Tile:
    read, aside = sum(r.read for r in data.rows), sum(r.set_aside for r in data.rows)
    of = f"{aside:,} of {read:,} rows set aside" if data.rows else "in the data"
    return Tile("Problems in your data", f"{_kinds(data.problems):,}", of)


def _kinds(problems: Sequence[object]) -> int:
    return len(problems)
