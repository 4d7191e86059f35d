"""How much room a text takes, without a font at hand: enough to give columns their widths and to cut in time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

_WIDE = 1.0
_NARROW = 0.3
_CAPITAL = 0.72
_USUAL = 0.57
_SLACK = 1.06
_NAMES = 0.4
_NARROW_LETTERS = frozenset("iljtfI.,:;'|!()[] \u00a0·")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_MARKS = ("Mn", "Me", "Cf")


def printable(text: str) -> str:
    """The text without what XML cannot hold: control characters become a sign for 'unknown character'."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def ems(text: str) -> float:
    """Width in ems, on the safe side: of a wide sans-serif. Chinese, Japanese, Korean and emoji take one each."""
    return sum(map(_em, text))


def _em(letter: str) -> float:
    if letter.isascii() or letter == "\u00a0":
        return _NARROW if letter in _NARROW_LETTERS else _CAPITAL if letter.isupper() or letter in "mwMW%" else _USUAL
    if unicodedata.category(letter) in _MARKS:
        return 0.0
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" or letter in "▲▼" else 0.62


def lines_of(text: str, width: float, size: float) -> int:
    """How many lines the text takes in `width` points, set in `size` points; broken between words."""
    return sum(_lines(paragraph, width / size) for paragraph in text.split("\n"))


def _lines(paragraph: str, room: float) -> int:
    lines, used = 1, 0.0
    for word in paragraph.split(" "):
        wide = ems(word)
        if used and used + _NARROW + wide > room:
            lines, used = lines + 1, 0.0
        more, wide = divmod(wide, room) if wide > room else (0.0, wide)
        lines += int(more)
        used += wide + (_NARROW if used else 0.0)
    return lines


def cut(text: str, width: float, size: float, lines: int = 1) -> str:
    """The text, or as much of it as goes into so many lines, with `…` where it was cut."""
    if lines_of(text, width, size) <= lines:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if lines_of(f"{text[:middle].rstrip()}…", width, size) <= lines:
            low = middle
        else:
            high = middle - 1
    return f"{text[:low].rstrip(' ,;:·')}…"


def widths(
    rows: Sequence[Sequence[str]], numeric: Collection[int], room: float, size: float, pad: float
) -> list[float]:
    """Widths of columns in points, `room` in all; the first row is the header. Numbers never break, their titles go on
    two lines; texts share what is left by what they need."""
    columns = range(len(rows[0]))
    longest = [max(max(map(ems, row[k].split("\n"))) for row in rows) * size * _SLACK + pad for k in columns]
    fixed = {k: max(_longest(rows[1:], k), _title(rows[0][k])) * size * _SLACK + pad for k in numeric}
    wanted = {k: longest[k] for k in columns if k not in fixed}
    left = max(room - sum(fixed.values()), room * 0.3 if wanted else 0.0)
    if len(wanted) > 1:  # names, however long, leave room for what is said of them
        name = min(wanted)
        wanted[name] = min(wanted[name], left * _NAMES)
    found = [fixed.get(k, 0.0) for k in columns]
    # What fits is given what it needs; the rest shares what is left.
    for n, k in enumerate(sorted(wanted, key=lambda k: wanted[k])):
        share = left / (len(wanted) - n)
        found[k] = min(wanted[k], share) if n < len(wanted) - 1 else share
        left -= found[k]
    return [w * room / sum(found) for w in found]


def _longest(rows: Sequence[Sequence[str]], column: int) -> float:
    return max((ems(line) for row in rows for line in row[column].split("\n")), default=0.0)


def _title(text: str) -> float:
    """Room for a title on two lines."""
    return max(*map(ems, text.split(" ")), ems(text) * 0.62)
