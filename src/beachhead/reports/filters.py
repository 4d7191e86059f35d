"""How the templates write numbers: Jinja filters over `analysis.display`. Null is always said, never blank."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date

from markupsafe import Markup, escape

from beachhead.analysis.contrast import Median
from beachhead.analysis.display import UNKNOWN, date_text, money_text, number_text, share_text
from beachhead.analysis.profile import Rate
from beachhead.customers.attributes import Attribute
from beachhead.stats.nps import Nps


def filters(currency: str) -> dict[str, Callable[..., str]]:
    """The filters of a report in one currency."""

    def money(minor: float | None) -> str:
        return money_text(minor, currency)

    def money_short(minor: float | None) -> str:
        return money_text(minor, currency, short=True)

    def value_of(value: float | None, attribute: Attribute) -> str:
        return money(value) if attribute.type == "money" else number_text(value)

    def range_of(median: Median, attribute: Attribute) -> str:
        if median.low is None:
            return "too few for a range"
        return f"{value_of(median.low, attribute)} to {value_of(median.high, attribute)}"

    return {
        "money": money,
        "money_short": money_short,
        "value_of": value_of,
        "range_of": range_of,
        "share": share_text,
        "count": count,
        "day": day,
        "number": number_text,
        "signed": signed,
        "nps": nps_text,
        "dash": dash,
        "points": points,
        "times": times,
        "correlation": correlation,
        "coded": coded,
        "share_range": share_range,
    }


def count(n: int | None) -> str:
    return UNKNOWN if n is None else f"{n:,}"


def day(value: date) -> str:
    return date_text(value)


def signed(value: float | None) -> str:
    """A whole number with its sign: `+12`, `−3`, `0`."""
    if value is None or math.isnan(value):
        return UNKNOWN
    whole = round(value)
    return f"{'+' if whole > 0 else '−' if whole < 0 else ''}{abs(whole)}"


def nps_text(nps: Nps | None) -> str:
    return UNKNOWN if nps is None else signed(nps.points)


def dash(text: str) -> str:
    """A dash for what is unknown, in dense tables that explain it below."""
    return "–" if text == UNKNOWN else text


def points(share: float) -> str:
    """A difference of shares in points: `0.123` → `+12`."""
    return signed(share * 100)


def times(lift: float) -> str:
    """`2.4 ×`."""
    return f"{lift:.1f} ×" if lift < 10 else f"{lift:.0f} ×"


def correlation(value: float | None) -> str:
    """`+0.62`; null, where a correlation cannot be computed: `unknown`."""
    if value is None or math.isnan(value):
        return UNKNOWN
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{abs(value):.2f}"


def coded(text: str) -> Markup:
    """What stands between backquotes set as code, all of it escaped."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def share_range(rate: Rate) -> str:
    """The likely range of a rate: `80 % to 86 %`."""
    return UNKNOWN if rate.low is None else f"{share_text(rate.low)} to {share_text(rate.high)}"
