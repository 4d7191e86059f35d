"""How the values of a column are to be read: date order, decimal sign, currency, unit, texts that mean nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from beachhead.project.currency import CURRENCIES
from beachhead.project.definitions import ColumnMap, ValueTypeName
from beachhead.sources.dates import DAY_FIRST, MONTH_FIRST, Order, is_order_open, recognise
from beachhead.sources.recognise.proposal import Choice
from beachhead.sources.recognise.sample import Column
from beachhead.sources.recognise.shapes import is_unknown, profile

DAY_WORDS, MONTH_WORDS = "day first", "month first"
WHOLE_WORDS, CENT_WORDS = "whole units", "cents"
COMMA_WORDS, POINT_WORDS = "comma", "point"
EACH_WORDS, ALL_WORDS = "for one unit", "for all units together"
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_OFTEN = frozenset({"EUR", "USD", "GBP", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "JPY", "INR", "BRL", "CZK"})
_DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN")
_FIRST_TWO = re.compile(r"(?:[A-Za-z]+, )?(\d{1,2})[-/. ](\d{1,2})[-/. ]\d")
_DECIMAL_COMMA = re.compile(r"\d,\d{1,2}(?!\d)|\d\.\d{3},\d|\d,\d{4,}")
_DECIMAL_POINT = re.compile(r"\d\.\d{1,2}(?!\d)|\d,\d{3}\.\d|\d\.\d{4,}|^[-+]?\.\d")
_OPEN_COMMA = re.compile(r"^\D*\d{1,3},\d{3}\D*$")
_OPEN_POINT = re.compile(r"^\D*\d{1,3}\.\d{3}\D*$")
_MANY_POINTS = re.compile(r"\d\.\d{3}\.\d{3}")


@dataclass(frozen=True)
class Read:
    """A mapping of a column, and what only a person can decide about it."""

    mapping: ColumnMap
    choices: tuple[Choice, ...] = ()


def how_read(column: Column, type_: ValueTypeName, order: Order | None, first: Order) -> Read:
    """How to read a column as a value of this type.

    `order`: of day and month, where the other columns of the file tell it; `first`: what is proposed where nothing
    tells it.
    """
    seen = profile(column)
    mapping: dict[str, object] = {"column": column.name}
    choices: tuple[Choice, ...] = ()
    if type_ != "text" and seen.words:
        mapping["empty"] = seen.words
    values = [v for v in column.counts if not is_unknown(v)]
    if type_ in ("date", "timestamp") and any(is_order_open(v) for v in values):
        own = date_order(column)
        if own == "open" and order is None:
            choices = (_date_choice(column.name, values, first),)
        told = own if own in (DAY_FIRST, MONTH_FIRST) else order or first if own == "open" else None
        if told is not None:
            mapping["format"] = recognise(values, told).formats
    if type_ in ("integer", "number", "money"):
        decimal, choice = _decimal(column.name, values, type_)
        if decimal == ",":
            mapping["decimal"] = ","
        choices += (choice,) if choice else ()
    return Read(ColumnMap.model_validate(mapping), choices)


def date_order(column: Column) -> str | None:
    """day, month; open: it cannot be told; mixed: both; None: no date of this column is written in numbers."""
    days = months = either = 0
    for value in column.counts:
        if is_order_open(value) and (found := _FIRST_TWO.match(value)):
            a, b = int(found[1]), int(found[2])
            days, months, either = days + (a > 12 >= b), months + (b > 12 >= a), either + (a <= 12 and b <= 12)
    if days and months:
        return "mixed"
    return DAY_FIRST if days else MONTH_FIRST if months else "open" if either else None


def _date_choice(name: str, values: Sequence[str], first: Order) -> Choice:
    example = next(v for v in values if is_order_open(v))
    question = (
        f"In '{name}', does the day or the month come first? No value such as 31 tells; one of them is {example}."
    )
    options = (DAY_WORDS, MONTH_WORDS)
    return Choice(
        about="date_order", column=name, question=question, options=options, answer=options[first == MONTH_FIRST]
    )


def _decimal(name: str, values: Sequence[str], type_: ValueTypeName) -> tuple[str, Choice | None]:
    comma = sum(bool(_DECIMAL_COMMA.search(v)) for v in values)
    point = sum(bool(_DECIMAL_POINT.search(v)) for v in values)
    if comma or point:
        return ("," if comma > point else "."), None
    if any(_MANY_POINTS.search(v) for v in values):
        return ",", None
    open_comma, open_point = ([v for v in values if p.match(v)] for p in (_OPEN_COMMA, _OPEN_POINT))
    if type_ == "money":  # amounts have two decimals or none, so three digits are thousands
        return ("," if open_point and not open_comma else "."), None
    if type_ == "integer":
        return ("," if open_point and not open_comma else "."), None
    if open_comma and not open_point:
        question = f"In '{name}', is the comma in {open_comma[0]} the decimal sign, or does it part thousands?"
        options = (POINT_WORDS, COMMA_WORDS)
        return ".", Choice(about="decimal", column=name, question=question, options=options, answer=POINT_WORDS)
    return ".", None


def currency_of(column: Column) -> tuple[str | None, tuple[str, ...]]:
    """The currency that the name or the signs of an amount tell, and which others it may be ($)."""
    in_name = re.findall(r"(?<![A-Za-z])([A-Z]{3}|[a-z]{3})(?![A-Za-z])", column.name.replace("_", " "))
    for word in in_name:
        if word.upper() in _OFTEN:
            return word.upper(), ()
    text = " ".join((column.name, *column.values[:200]))
    signs = {code for sign, code in _SIGNS.items() if sign in text}
    signs |= {c for c in re.findall(r"\b([A-Z]{3})\s?\d|\d\s?([A-Z]{3})\b", text) for c in c if c in CURRENCIES}
    if len(signs) == 1 and "$" not in text:
        return signs.pop(), ()
    if not signs and "$" in text:
        return "USD", _DOLLARS
    return None, ()


def looks_like_cents(column: Column) -> bool:
    """Whether amounts may be in cents: all whole, and large for what they are."""
    seen = profile(column)
    if seen.values < 5 or seen.share("integer") < 1:
        return False
    numbers = sorted(abs(float(v)) for v in seen.examples + column.values[:500] if re.fullmatch(r"-?\d+(\.0)?", v))
    return bool(numbers) and numbers[len(numbers) // 2] >= 500
