"""What the values of a column look like: e-mail addresses, dates, amounts, codes, free text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from beachhead.project.currency import CURRENCIES
from beachhead.sources.dates import DAY_FIRST, MONTH_FIRST, recognise
from beachhead.sources.recognise.sample import Column
from beachhead.sources.values import FALSE_WORDS, TRUE_WORDS

Shape = Literal[
    "email", "website", "phone", "country", "currency", "date", "timestamp", "integer", "number", "boolean",
    "flag", "id", "json", "band", "text",
]  # fmt: skip
MOST_VALUES = 400
UNKNOWN_WORDS = frozenset(
    "n/a na #n/a none null nil nan unknown undefined (not_set) (none) - -- ? k.a. keine_angabe unbekannt".split()
)
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[a-z]{2,}", re.I)
_URL = re.compile(r"(https?://)?(www\.)?([a-z0-9-]+\.)+[a-z]{2,}(:\d+)?(/\S*)?", re.I)
_PHONE = re.compile(r"(?=(?:\D*\d){6,15}\D*$)\+?[\d(][\d\s()./-]*( ?(x|ext\.?) ?\d+)?")
_NUMBER = re.compile(r"[-+(]?\s*(?:[A-Za-z]{0,3}[$€£¥₹]|[A-Z]{3}\s)?\s*[-+]?\d[\d.,'’\s]*(?:[eE][-+]?\d+)?\s*(?:[$€£¥₹]|[A-Z]{3}|kr|%)?\)?-?")  # fmt: skip
_INTEGER = re.compile(r"[-+]?\d+(\.0+)?")
_BAND = re.compile(r"\d[\d.,]*\s*(-|–|to|bis)\s*\d[\d.,]*( \w+)?|[<>]\s*\d[\d.,]*|\d[\d.,]*\s*\+|(more|less|fewer) than \d+|über \d+|unter \d+", re.I)  # fmt: skip
_ID = re.compile(r"(?=.*\d)[A-Za-z0-9#]+(?:[-_:/.][A-Za-z0-9]+)*")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}.*")
_COUNTRIES = frozenset(
    "AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NZ OM PA PE PF PG PH PK PL PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG UK US UY UZ VA VC VE VG VI VN VU WS YE ZA ZM ZW".split()  # noqa: E501
)  # fmt: skip
_COUNTRY_NAMES = frozenset(
    "argentina,australia,austria,belgium,brazil,bulgaria,canada,chile,china,colombia,croatia,czech republic,czechia,denmark,egypt,estonia,finland,france,germany,greece,hong kong,hungary,iceland,india,indonesia,ireland,eire,israel,italy,japan,kenya,latvia,lithuania,luxembourg,malaysia,mexico,netherlands,new zealand,nigeria,norway,pakistan,peru,philippines,poland,portugal,romania,russia,saudi arabia,singapore,slovakia,slovenia,south africa,south korea,spain,sweden,switzerland,taiwan,thailand,turkey,ukraine,united arab emirates,united kingdom,great britain,united states,united states of america,usa,vietnam,deutschland,österreich,schweiz,frankreich,italien,spanien,niederlande,belgien,polen,dänemark,schweden,norwegen,vereinigtes königreich,großbritannien,espagne,españa,allemagne,alemania,suisse,belgique,nederland,italia,österreich".split(",")  # noqa: E501
)  # fmt: skip
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


@lru_cache(maxsize=512)
def profile(column: Column) -> Profile:
    """What the values look like. Texts that mean "unknown" are counted apart."""
    words: dict[str, None] = {}
    counted: dict[str, int] = {}
    for value in column.values:
        if value.lower().replace(" ", "_") in UNKNOWN_WORDS:
            words[value] = None
        else:
            counted[value] = counted.get(value, 0) + 1
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
        rows, values / rows if rows else 0.0, len(different), values, shares, tuple(looked[:12]), tuple(words), length
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
    if value in _COUNTRIES or value.lower() in _COUNTRY_NAMES:
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
