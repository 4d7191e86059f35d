"""Dates and times in texts: which forms a column uses, and the SQL that reads them.

ISO 8601 is always understood. Other forms are given by the mapping or recognised from the values; numbers of
seconds or milliseconds since 1970 too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from beachhead.engines.duck import quote_literal
from beachhead.sources.zones import is_utc, to_utc

Order = Literal["day", "month"]
DAY_FIRST: Order = "day"
MONTH_FIRST: Order = "month"
Epoch = Literal["s", "ms", "us"]
_EPOCHS: dict[Epoch, tuple[str, int, int]] = {
    "s": ("-?[0-9]{9,10}([.][0-9]*)?", 1_000_000, 0),
    "ms": ("-?[0-9]{12,13}([.][0-9]*)?", 1_000, 0),
    "us": ("-?[0-9]{15,16}", 1, 0),
}
_TIME = re.compile(
    r"^(?P<gap>T| |, |,)(?P<h>\d{1,2}):\d{2}(?P<s>:\d{2})?(?P<f>\.\d{1,6})?(?P<ap> ?[AaPp][Mm])?"
    r"(?P<z> ?(?:Z|[+-]\d{2}:?\d{2}))?$"
)
_NUMERIC = re.compile(r"^(\d{1,4})([-/. ])(\d{1,2})\2(\d{2,4})(?!\d)(.*)$")
_COMPACT = re.compile(r"^\d{8}(?!\d)(.*)$")
_NAMED = re.compile(r"^(\d{1,2})([-/. ]|\. )([A-Za-z]{3,9})\.?([-/. ])(\d{4}|\d{2})(?!\d)(.*)$")
_AMERICAN = re.compile(r"^([A-Za-z]{3,9})\.? \d{1,2}(,?) \d{4}(.*)$")
_WEEKDAY = re.compile(r"^([A-Za-z]{3,9}), ")
_ISO = re.compile(r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?$")


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column's dates are read: strptime forms in order, then ISO; `epoch`: numbers count from 1970."""

    formats: tuple[str, ...] = ()
    epochs: tuple[Epoch, ...] = ()

    @property
    def has_choice(self) -> bool:
        """Whether values of the column may be written in different ways."""
        return bool(self.formats or self.epochs)

    def plus(self, other: Reading) -> Reading:
        """Both, this one first."""
        return Reading(
            tuple(dict.fromkeys(self.formats + other.formats)), tuple(dict.fromkeys(self.epochs + other.epochs))
        )


def recognise(values: Iterable[str], order: Order) -> Reading:
    """The forms of those values that are not ISO, most frequent first; unknown forms are left out."""
    counts: dict[str, int] = {}
    epochs: dict[Epoch, int] = {}
    for value in values:
        if _ISO.match(value):
            continue
        if (form := _form(value, order)) and _fits(value, form):
            counts[form] = counts.get(form, 0) + 1
            continue
        for name, (pattern, _, _) in _EPOCHS.items():
            if re.fullmatch(pattern, value):
                epochs[name] = epochs.get(name, 0) + 1
    return Reading(tuple(sorted(counts, key=lambda f: -counts[f])), tuple(epochs))


def _fits(value: str, form: str) -> bool:
    """Whether a value is a date in this form; 31/02/2026 looks like one and is none."""
    try:
        datetime.strptime(value, form)
    except ValueError:
        return False
    return True


def is_order_open(value: str) -> bool:
    """Whether a value is written with day and month as numbers, so that their order matters."""
    found = _NUMERIC.match(_WEEKDAY.sub("", value))
    return bool(found and len(found[1]) <= 2)


def family(form: str) -> str:
    """The form of the date alone, in the words of a person: '%d-%m-%Y %H:%M' → 'DD-MM-YYYY'."""
    words = {"%d": "DD", "%m": "MM", "%Y": "YYYY", "%y": "YY", "%b": "Mon", "%B": "Month"}
    date = re.split(r"[T ,]*%[HI]", form)[0].replace("%a, ", "").replace("%A, ", "")
    for code, word in words.items():
        date = date.replace(code, word)
    return date


def _form(value: str, order: Order) -> str | None:
    lead = ""
    if weekday := _WEEKDAY.match(value):
        lead = "%a, " if len(weekday[1]) == 3 else "%A, "
        value = value[weekday.end() :]
    if found := _NUMERIC.match(value):
        first, sep, _, last, rest = found.groups()
        if len(first) == 4 and len(last) <= 2:
            date = f"%Y{sep}%m{sep}%d"
        elif len(first) <= 2 and len(last) in (2, 4):
            year = "%Y" if len(last) == 4 else "%y"
            date = f"%d{sep}%m{sep}{year}" if order == DAY_FIRST else f"%m{sep}%d{sep}{year}"
        else:
            return None
    elif found := _COMPACT.match(value):
        date, rest = "%Y%m%d", found[1]
    elif found := _NAMED.match(value):
        _, sep, month, sep_2, year, rest = found.groups()
        date = f"%d{sep}{_month(month)}{sep_2}{'%Y' if len(year) == 4 else '%y'}"
    elif found := _AMERICAN.match(value):
        month, comma, rest = found.groups()
        date = f"{_month(month)} %d{comma} %Y"
    else:
        return None
    time = _time_form(rest)
    return None if time is None else lead + date + time


def _month(word: str) -> str:
    return "%b" if len(word) == 3 else "%B"


def _time_form(rest: str) -> str | None:
    if not rest:
        return ""
    found = _TIME.match(rest)
    if not found:
        return None
    form = found["gap"] + ("%I" if found["ap"] else "%H") + ":%M"
    form += (":%S" if found["s"] else "") + (".%f" if found["f"] else "")
    if found["ap"]:
        form += " %p" if found["ap"].startswith(" ") else "%p"
    if found["z"]:
        form += " %z" if found["z"].startswith(" ") else "%z"
    return form


def order_counts_sql(text: str) -> str:
    """SQL aggregates: values whose first number cannot be a month, whose second cannot, and that could be either."""
    first, second = (
        rf"try_cast(regexp_extract({text}, '^(?:[A-Za-z]+, )?(\d{{1,2}})[-/. ](\d{{1,2}})[-/. ]\d', {n}) AS INTEGER)"
        for n in (1, 2)
    )
    return (
        f"count(*) FILTER (WHERE {first} > 12 AND {second} <= 12), "
        f"count(*) FILTER (WHERE {second} > 12 AND {first} <= 12), "
        f"count(*) FILTER (WHERE {first} BETWEEN 1 AND 12 AND {second} BETWEEN 1 AND 12)"
    )


@dataclass(frozen=True, slots=True)
class Parsed:
    """SQL of a text as a timestamp in three kinds; null where the text is not of that kind.

    `moment` is UTC already, `wall` needs the source's time zone, `day` the project's.
    """

    moment: str
    wall: str
    day: str


def parsed(text: str, reading: Reading) -> Parsed:
    """The three kinds of a timestamp text (a column name)."""
    iso = _iso(text)
    tail = f"substr({text}, 17)"
    offset = f"strlen({text}) > 16 AND (suffix({text}, 'Z') OR regexp_matches({tail}, '[-+A-Za-z]'))"
    kinds: dict[str, list[str]] = {"moment": [], "wall": [], "day": []}
    for form in reading.formats:
        has_time = "%H" in form or "%I" in form or "%X" in form or "%c" in form or "%T" in form
        kind = "moment" if "%z" in form or "%Z" in form else "wall" if has_time else "day"
        kinds[kind].append(_by_format(text, form))
    kinds["moment"] += [_by_epoch(text, e) for e in reading.epochs]
    kinds["moment"] += [f"CASE WHEN {offset} THEN {iso} END", _iso_loose(text)]
    kinds["wall"].append(f"CASE WHEN strlen({text}) > 10 AND NOT ({offset}) THEN {iso} END")
    kinds["day"].append(f"CASE WHEN strlen({text}) <= 10 THEN {iso} END")
    return Parsed(*(f"coalesce({', '.join(kinds[k])})" for k in ("moment", "wall", "day")))


def parsed_as_utc(text: str, reading: Reading) -> str:
    """The UTC timestamp of a text where all local times are UTC: one expression, the cheapest first."""
    ways = [_by_format(text, form) for form in reading.formats]
    ways += [_iso(text), *(_by_epoch(text, e) for e in reading.epochs), _iso_loose(text)]
    return f"coalesce({', '.join(ways)})"


def needs_zones(source_zone: str, project_zone: str) -> bool:
    """Whether local times differ from UTC anywhere."""
    return not (is_utc(source_zone) and is_utc(project_zone))


def in_utc(moment: str, wall: str, day: str, source_zone: str, project_zone: str) -> str:
    """The UTC timestamp from columns that hold the three kinds."""
    return f"coalesce({moment}, {to_utc(wall, source_zone)}, {to_utc(day, project_zone)})"


def which_form(text: str, reading: Reading) -> str:
    """SQL: the form in which a text is written, as a person would name it; null when unreadable."""
    whens = [f"WHEN {_by_format(text, f)} IS NOT NULL THEN {quote_literal(family(f))}" for f in reading.formats]
    whens.append(f"WHEN coalesce({_iso(text)}, {_iso_loose(text)}) IS NOT NULL THEN 'YYYY-MM-DD'")
    whens += [f"WHEN {_by_epoch(text, e)} IS NOT NULL THEN 'number since 1970'" for e in reading.epochs]
    return f"CASE {' '.join(whens)} END"


def _sane(timestamp: str) -> str:
    """Years that Python and every engine know; a year of two digits read as four is none."""
    return (
        f"CASE WHEN {timestamp} BETWEEN TIMESTAMP '1000-01-01' AND TIMESTAMP '9999-12-31 23:59:59' THEN {timestamp} END"
    )


def _iso(text: str) -> str:
    # The pattern keeps out what the engine's cast reads besides ISO: 'epoch', 'infinity', years before Christ.
    return f"CASE WHEN {text} LIKE '____-__-__%' AND NOT contains({text}, '(') THEN {_with_offset(text)} END"


def _iso_loose(text: str) -> str:
    """ISO with an offset as many exports write it: without seconds, after a space, without a colon."""
    pattern = r"^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2})(:\d{2}(?:\.\d+)?)? ?(?:[Zz]|([-+]\d{2}):?(\d{2})?)$"
    part = [f"regexp_extract({text}, '{pattern}', {n})" for n in range(1, 5)]
    seconds, hours, minutes = (
        f"coalesce(nullif({p}, ''), '{default}')" for p, default in zip(part[1:], (":00", "+00", "00"), strict=True)
    )
    return _with_offset(f"{part[0]} || {seconds} || {hours} || ':' || {minutes}")


def _with_offset(text: str) -> str:
    # By way of microseconds: the engine's own step from one timestamp type to the other is five times slower.
    return f"make_timestamp(epoch_us(try_cast({text} AS TIMESTAMPTZ)))"


def _by_format(text: str, form: str) -> str:
    return _sane(f"CAST(try_strptime({text}, {quote_literal(form)}) AS TIMESTAMP)")


def _by_epoch(text: str, epoch: Epoch) -> str:
    pattern, factor, _ = _EPOCHS[epoch]
    number = f"CAST(round(try_cast({text} AS DOUBLE) * {factor}) AS BIGINT)"
    return f"CASE WHEN regexp_full_match({text}, '{pattern}') THEN make_timestamp({number}) END"


def bad_formats(formats: Sequence[str]) -> list[str]:
    """Those of `formats` that are not strptime forms of a date."""
    known = set("aAbBdmyYHIMSfgpzZjUWnqwuGVcxXsT-%")
    return [f for f in formats if not re.search(r"%-?[YycxsG]", f) or set(re.findall(r"%-?(.)", f)) - known]
