"""Segments in the report: an overview and a card for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from markupsafe import Markup

from beachhead.analysis.columns import optional_floats
from beachhead.analysis.display import plural
from beachhead.analysis.money import Money
from beachhead.analysis.profile import Profile, Profiler, signups_by_month
from beachhead.charts.distribution import sparkline
from beachhead.reports.data import ReportData
from beachhead.reports.drawing import drawing
from beachhead.reports.words import Words

_DRAWN = 24


@dataclass(frozen=True, slots=True)
class Card:
    """One segment. `since`: change of size against the day compared with; `nothing`: why no property is named."""

    profile: Profile
    since: str
    sparkline: Markup | None
    nothing: str


@dataclass(frozen=True, slots=True)
class SegmentsView:
    lead: str
    cards: tuple[Card, ...]
    has_nps: bool
    has_growth: bool
    before: date | None
    since_all: str


def segments_view(data: ReportData, profiler: Profiler, words: Words) -> SegmentsView | None:
    """The segments in the order given; None where there are none. The first 24 get a line of their sign-ups."""
    if not data.segments:
        return None
    before = data.before
    signed_up = optional_floats(data.accounts, "signed_up_on")
    cards = []
    for i, segment in enumerate(data.segments):
        earlier = before.members.get(segment.name) if before else None
        profile = profiler.profile(segment, before=earlier)
        months = signups_by_month(signed_up, segment.mask(data.accounts.num_rows), data.as_of)
        line = None
        if i < _DRAWN and sum(months) >= 5:
            line = drawing(sparkline(months), f"Sign-ups by month, oldest first: {', '.join(map(str, months))}")
        cards.append(Card(profile, _since(profile.size, earlier), line, _nothing(profile, words)))
    stale = sum(s.is_stale for s in data.segments)
    empty = sum(c.profile.size == 0 for c in cards)
    lead = f"{plural(len(cards), 'segments')} over {plural(data.accounts.num_rows, words.many)}."
    lead += f" {empty} with nobody in it." if empty else ""
    lead += f" {stale} could not be updated and shows what was last known." if stale else ""
    return SegmentsView(
        lead,
        tuple(cards),
        profiler.nps() is not None,
        profiler.growth().recent is not None,
        before.as_of if before else None,
        _since(data.accounts.num_rows, before.customers) if before else "",
    )


def _since(now: int, earlier: int | None) -> str:
    if earlier is None:
        return "new"
    change = now - earlier
    return f"{'+' if change > 0 else '−' if change < 0 else ''}{abs(change):,}"


def _nothing(profile: Profile, words: Words) -> str:
    if profile.top:
        return ""
    if not profile.size:
        return f"No {words.one} fits the rule on this day."
    if profile.size == profile.of:
        return f"Every {words.one} is in it, so there is nobody to compare with."
    return "No property is more frequent here than elsewhere for sure; what the rule itself asks for is left out."


def profiler_of(data: ReportData, money: Money | None) -> Profiler:
    """The profiler of this report's customers. Scores count where they are compared: who is or was a customer."""
    accounts, scores = data.accounts, optional_floats(data.accounts, "value_score")
    if data.tiering is not None and scores is not None:
        compared = pa.array(scores, mask=(data.tiering.ranks == 0) | np.isnan(scores))
        accounts = accounts.set_column(accounts.column_names.index("value_score"), "value_score", compared)
    return Profiler(accounts, data.attributes, data.as_of, money=money, currency=data.settings.currency)
