"""What the values of a column look like: e-mail addresses, dates, amounts, codes, free text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from beachhead.project.currency import CURRENCIES
from beachhead.sources.dates import DAY_FIRST, MONTH_FIRST, recognise
from beachhead.sources.recognise.names import vocabulary
from beachhead.sources.recognise.sample import Column
from beachhead.sources.values import FALSE_WORDS, TRUE_WORDS

Shape = Literal[
    "email", "website", "phone", "country", "currency", "date", "timestamp", "integer", "number", "boolean",
    "flag", "id", "json", "band", "text",
]  # fmt: skip
MOST_VALUES = 400
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[a-z]{2,}", re.I)
_URL = re.compile(r"(https?://)?(www\.)?([a-z0-9-]+\.)+[a-z]{2,}(:\d+)?(/\S*)?", re.I)
_PHONE = re.compile(r"(?=(?:\D*\d){6,15}\D*$)\+?[\d(][\d\s()./-]*( ?(x|ext\.?) ?\d+)?")
_MONEY_SIGN = r"(?:[A-Za-z]{0,3}[$€£¥₹]|[A-Z]{3}|kr|%)?"
_NUMBER = re.compile(rf"[-+(]?\s*{_MONEY_SIGN}\s*[-+]?\d[\d.,'’\s]*(?:[eE][-+]?\d+)?\s*{_MONEY_SIGN}\)?-?")
_INTEGER = re.compile(r"[-+]?\d+(\.0+)?")
_BAND = re.compile(
    r"\d[\d.,]*\s*(-|–|to|bis)\s*\d[\d.,]*( \w+)?|[<>]\s*\d[\d.,]*|\d[\d.,]*\s*\+|(more|less|fewer) than \d+|"
    r"(über|unter) \d+",
    re.I,
)
_ID = re.compile(r"(?=.*\d)[A-Za-z0-9#]+(?:[-_:/.][A-Za-z0-9]+)*")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}.*")
_BOOLEANS = frozenset((*TRUE_WORDS, *FALSE_WORDS)) - {"1.0", "0.0", "on", "off"}


@dataclass(frozen=True)
class Profile:
    """`shares`: shape → share of the different values looked at that have it; empty without values.

    `filled`: share of rows with a value; `distinct`: of the values; `is_unique`: none stands twice.
    `words`: texts that mean "unknown".
    """

    rows: int
    filled: float
    distinct: int
    values: int
    shares: Mapping[Shape, float]
    examples: tuple[str, ...]
    words: tuple[str, ...]
    length: float

    @property
    def is_unique(self) -> bool:
        return self.values > 0 and self.distinct == self.values

    @property
    def is_constant(self) -> bool:
        return self.distinct == 1 and self.values > 1 and self.filled > 0.99

    def share(self, *shapes: Shape) -> float:
        """Of values with one of these shapes, the shapes excluding each other."""
        return min(1.0, sum(self.shares.get(shape, 0.0) for shape in shapes))

    @property
    def is_dated(self) -> bool:
        return self.share("date", "timestamp") >= 0.9

    @property
    def is_numeric(self) -> bool:
        return self.share("integer", "number") >= 0.9


def is_unknown(text: str) -> bool:
    """Whether a text means that a value is not known, such as N/A."""
    return text.lower().replace(" ", "_") in vocabulary().unknown


@lru_cache(maxsize=512)
def profile(column: Column) -> Profile:
    """What the values look like. Texts that mean "unknown" are counted apart."""
    words = tuple(value for value in column.counts if is_unknown(value))
    counted = {value: n for value, n in column.counts.items() if value not in words}
    different = list(counted)
    step = max(1, len(different) // MOST_VALUES)
    looked = different[::step][:MOST_VALUES]
    shares: dict[Shape, float] = {}
    for shape in (_shape(v) for v in looked):
        shares[shape] = shares.get(shape, 0.0) + 1 / len(looked)
    values = sum(counted.values())
    if different and {v.lower() for v in different} <= _BOOLEANS:
        shares["boolean" if len(different) <= 3 and not {"0", "1"} & set(different) else "flag"] = 1.0
    rows = len(column.cells)
    length = sum(map(len, looked)) / len(looked) if looked else 0.0
    return Profile(
        rows, values / rows if rows else 0.0, len(different), values, shares, tuple(looked[:12]), words, length
    )


def _shape(value: str) -> Shape:
    if _ISO_DATE.fullmatch(value):
        return "date"
    if _ISO_TIME.fullmatch(value):
        return "timestamp"
    if _INTEGER.fullmatch(value):
        return "integer"
    if _EMAIL.fullmatch(value):
        return "email"
    if any(c.isdigit() for c in value) and len(value) <= 40:
        formats = recognise((value,), DAY_FIRST).formats or recognise((value,), MONTH_FIRST).formats
        if formats:
            return "timestamp" if ":" in value else "date"
    if _NUMBER.fullmatch(value) and not (value.count("-") and not value.startswith("-")):
        return "phone" if re.match(r"\+\d", value) and len(value) > 8 else "number"
    if value.upper() in CURRENCIES and len(value) == 3 and (value.isupper() or value.islower()):
        return "currency"
    told = vocabulary()
    if value in told.country_codes or value.lower() in told.country_names:
        return "country"
    if value[0] in "{[" and value[-1] in "}]":
        return "json"
    if _BAND.fullmatch(value):
        return "band"
    if _PHONE.fullmatch(value):
        return "phone"
    if _URL.fullmatch(value) and not value.replace(".", "").isdigit():
        return "website"
    return "id" if _ID.fullmatch(value) else "text"
