"""Numbers as people read them: grouped thousands, shares in per cent, money in its currency, dates in words."""

from __future__ import annotations

import math
from datetime import date

from beachhead.customers.attributes import Attribute
from beachhead.project.currency import minor_digits

_NO_BREAK = "\u00a0"
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNKNOWN = "unknown"
_STATES = ("account_status", "tier", "buying_motion")


def major(minor: float, currency: str) -> float:
    """Minor units (cents) as major units (euros)."""
    return float(minor / 10 ** minor_digits(currency))


def number_text(value: float | None) -> str:
    """Up to three significant digits below 1,000, whole numbers above. Null: `unknown`."""
    if value is None or math.isnan(value):
        return UNKNOWN
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:,.{min(digits, 4)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share_text(share: float | None) -> str:
    """`0.384` → `38 %`; below 10 % with one decimal; never 0 % or 100 % for what is not. Null: `unknown`."""
    if share is None or math.isnan(share):
        return UNKNOWN
    per_cent = share * 100
    size = abs(per_cent)
    if 0 < size < 0.05:
        return f"under{_NO_BREAK}0.1{_NO_BREAK}%"
    if 99.5 <= size < 100:
        return f"{min(size, 99.9) * math.copysign(1, per_cent):.1f}{_NO_BREAK}%"
    text = f"{per_cent:.1f}".removesuffix(".0") if size < 10 else f"{per_cent:.0f}"
    return f"{text}{_NO_BREAK}%"


def standing_text(ahead_of: float | None, behind: float | None) -> str | None:
    """Where one stands among all, from the shares that do worse and better: `ahead of 72 %`, `behind 60 %`."""
    if ahead_of is None or behind is None:
        return None
    if ahead_of == behind == 0:
        return "like everybody"
    return f"ahead of {share_text(ahead_of)}" if ahead_of >= behind else f"behind {share_text(behind)}"


def money_text(minor: float | None, currency: str, *, short: bool = False, exact: bool = False) -> str:
    """`1234500` EUR → `€12,345`; `short`: `€12.3k`, `€1.2m`. Cents only below 10, or `exact`. Null: `unknown`."""
    if minor is None or math.isnan(minor):
        return UNKNOWN
    value = major(minor, currency)
    sign, size = ("−" if value < 0 else ""), abs(value)
    head = _SYMBOLS.get(currency, f"{currency}{_NO_BREAK}")
    if short and size >= 9_999.5:
        for unit, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
            if size >= unit * 0.9995:
                scaled = size / unit
                return f"{sign}{head}{scaled:,.{0 if scaled >= 99.95 else 1}f}{letter}"
    decimals = minor_digits(currency) if (exact or size < 10) and size != int(size) else 0
    return f"{sign}{head}{size:,.{decimals}f}"


def value_text(value: object, attribute: Attribute, currency: str) -> str:
    """The value of an attribute: exact money, yes or no, the items of a list with commas, the words of a built-in
    state. Null: `unknown`."""
    if value is None:
        return UNKNOWN
    if attribute.type == "boolean":
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if attribute.type == "money":
            return money_text(value, currency, exact=True)
        return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
    if attribute.type == "list":
        return str(value).replace(";", ", ")
    return str(value).replace("_", " ") if attribute.name in _STATES else str(value)


def date_text(day: date | None) -> str:
    """`31 Oct 2026`. Null: `unknown`."""
    return UNKNOWN if day is None else f"{day.day}{_NO_BREAK}{_MONTHS[day.month - 1]}{_NO_BREAK}{day.year}"


def month_text(year: int, month: int) -> str:
    """`Oct 2026`."""
    return f"{_MONTHS[month - 1]} {year}"


def plural(n: int, many: str) -> str:
    """`1 customer`, `2,000 customers`: the number with its word, which is given in the plural."""
    return f"{n:,}{_NO_BREAK}{singular(many) if n == 1 else many}"


def singular(word: str) -> str:
    """The singular of a regular English plural: companies → company, boxes → box, shops → shop."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word in ("people", "persons"):
        return "person"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
