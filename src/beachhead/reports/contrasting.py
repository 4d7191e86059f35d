"""The part of the report that says what sets the best apart from the worst, or that it cannot be told yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from beachhead.analysis.columns import Mask, optional_truths
from beachhead.analysis.contrast import Contrast, Difference, Shift, contrast
from beachhead.analysis.display import plural, share_text
from beachhead.analysis.profile import strongest
from beachhead.customers.attributes import Attribute
from beachhead.reports.data import ReportData
from beachhead.reports.scoring import ScoreView
from beachhead.reports.words import Words

_ENOUGH = 100
_DRAWN = 8
_LISTED = 25


@dataclass(frozen=True, slots=True)
class Part:
    """Statements of one sort: who customers are, or what they do. `drawn`: the strongest, one per property."""

    title: str
    note: str
    differences: tuple[Difference, ...]
    shifts: tuple[Shift, ...]
    drawn: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class ContrastView:
    """`cannot` and `next_step` are said where nothing holds. `brief`: the strongest in a few words."""

    best: str
    worst: str
    lead: str
    method: str
    parts: tuple[Part, ...]
    brief: str
    cannot: str
    next_step: str
    found: Contrast

    @property
    def is_drawn(self) -> bool:
        return any(part.drawn for part in self.parts)


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    a: Mask
    b: Mask
    best: str
    worst: str
    exclude: frozenset[str]
    attributes: Mapping[str, Attribute]


def contrast_view(data: ReportData, score: ScoreView | None, words: Words) -> ContrastView | None:
    """Best against worst by score; without a score those who stayed against those who left, in what was
    known before. None where there are no two groups to compare."""
    groups = _by_score(data, score, words) if score else _by_staying(data)
    if groups is None or not groups.a.any() or not groups.b.any():
        return None
    found = contrast(
        data.accounts,
        groups.attributes,
        groups.a,
        groups.b,
        exclude=groups.exclude,
        currency=data.settings.currency,
    )
    early = (
        [d for d in found.differences if _is_early(d.attribute)],
        [s for s in found.shifts if _is_early(s.attribute)],
    )
    late = (
        [d for d in found.differences if not _is_early(d.attribute)],
        [s for s in found.shifts if not _is_early(s.attribute)],
    )
    parts = [
        _part("Who they are", "Known before they buy or when they sign up, so one can look for more of them.", *early),
        _part("What they do", "Seen in use. It describes the best; it need not be the cause.", *late),
    ]
    lead = f"{groups.best} compared with {groups.worst[:1].lower()}{groups.worst[1:]}."
    if score:
        lead += " What goes into the score itself is left out, and what moves almost exactly with it."
    sampled = f" Looked at {plural(found.sampled, words.many)} spread evenly." if found.sampled else ""
    method = (
        f"{found.tested:,} comparisons over {plural(found.attributes, 'properties')}; shown is what holds up: at most "
        "one in twenty of it is expected to be chance (exact tests, corrected for their number). Unknown values are "
        f"left out.{sampled}"
    )
    cannot, next_step = _cannot(data, found, words) if not found.holds else ("", "")
    shown = tuple(p for p in parts if p.differences or p.shifts)
    return ContrastView(groups.best, groups.worst, lead, method, shown, _brief(found), cannot, next_step, found)


def _by_score(data: ReportData, score: ScoreView, words: Words) -> _Groups:
    best, worst = score.tier("best"), score.tier("worst")
    next_best = score.tier("next_best")
    named = "The best"
    if not score.is_named and np.count_nonzero(best) < _ENOUGH and next_best.any():
        best, named = best | next_best, "The best and next best"
    return _Groups(
        best,
        worst,
        f"{named} {plural(int(np.count_nonzero(best)), words.many)}",
        f"The worst {plural(int(np.count_nonzero(worst)), words.many)}",
        frozenset(i.attribute for i in score.inputs),
        data.attributes,
    )


def _by_staying(data: ReportData) -> _Groups | None:
    now, was = optional_truths(data.accounts, "is_customer"), optional_truths(data.accounts, "was_customer")
    if now is None or was is None:
        return None
    early = {n: a for n, a in data.attributes.items() if _is_early(a)}
    stayed, left = now & was, was & ~now
    return _Groups(
        stayed,
        left,
        f"The {int(np.count_nonzero(stayed)):,} who stayed",
        f"The {int(np.count_nonzero(left)):,} who left",
        frozenset(),
        early,
    )


def _is_early(attribute: Attribute) -> bool:
    return attribute.known_from in ("before_purchase", "signup")


def _part(title: str, note: str, differences: Sequence[Difference], shifts: Sequence[Shift]) -> Part:
    every = sorted([*differences, *(s.test for s in shifts)], key=lambda d: -abs(d.difference))
    return Part(title, note, tuple(differences[:_LISTED]), tuple(shifts[:_LISTED]), _first(every, _DRAWN))


def _first(found: Sequence[Difference], limit: int) -> tuple[Difference, ...]:
    """The first `limit`, one per thing: `Export: 30 days` and `Export: active days of 30` are about one."""
    kept: dict[str, Difference] = {}
    for difference in strongest(found, len(found)):
        kept.setdefault(difference.attribute.title.partition(":")[0], difference)
    return tuple(kept.values())[:limit]


def _brief(found: Contrast) -> str:
    every = sorted([*found.differences, *(s.test for s in found.shifts)], key=lambda d: -abs(d.difference))
    more = [d for d in every if d.difference > 0]
    early = [d for d in more if _is_early(d.attribute)]
    chosen = _first([*early, *more], 2)
    return " and ".join(
        f"“{d.attribute.title}: {d.level}” ({share_text(d.share_a)} against {share_text(d.share_b)})" for d in chosen
    )


def _cannot(data: ReportData, found: Contrast, words: Words) -> tuple[str, str]:
    if not found.attributes:
        return (
            "Cannot tell yet: nothing is known about customers apart from what goes into the score.",
            "Add company facts (industry, size, country), the acquisition channel or product events; "
            "the section on what is missing says where they go.",
        )
    needed = found.needed or 0
    smaller = min(found.n_a, found.n_b)
    cannot = f"Cannot tell yet: with {found.n_a:,} against {found.n_b:,} none of {found.tested:,} comparisons holds up."
    if smaller >= needed:
        return cannot, (
            "The groups are large enough to show a difference of 20 points, so the properties known today do not "
            "set the best apart. Collect others: what they want to achieve, how they found you, what they used before."
        )
    return cannot, (
        f"To see a difference of 20 points for sure, each group would need about {plural(needed, words.many)} "
        f"({needed - smaller:,} more). Until then, call the best ten and ask how they found you and what they use."
    )
