"""Words of a column that are probably one word: written in another case, with other blanks, or misspelt."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_VALUES = 500
"""A column with more different values holds no categories."""
_MUCH_MORE = 5
_SHORTEST, _CLOSE = 5, 0.85
_BETWEEN = re.compile(r"(?<=[^\W\d_])[\s_.\-]+(?=\w)")
"""What may stand between parts of a word; elsewhere it has a meaning, as in -10 and A-."""
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Spelling:
    """`variants`: the words with how often each occurs, most frequent first; `target`: what they would become."""

    variants: tuple[tuple[str, int], ...]
    target: str
    is_typo: bool


def spellings(counts: Mapping[str, int]) -> tuple[Spelling, ...]:
    """Suggestions for a column's values and how often each occurs; the most rows first.

    Values that differ only in case, blanks, hyphens, accents are one word. A value that is nearly another one (ratio of
    Ratcliff and Obershelp from 0.85 on, five letters or more, no digits) which is at least five times as frequent is
    taken for a typing error. Nothing for a column with more than 500 values.
    """
    if len(counts) > MOST_VALUES:
        return ()
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for value in counts:
        groups[_folded(value)].append(value)
    total = {folded: sum(counts[v] for v in values) for folded, values in groups.items()}
    typo_of = _typos(total)
    joined: defaultdict[str, list[str]] = defaultdict(list)
    for folded, values in groups.items():
        word = folded
        while word in typo_of:  # a misspelling of a misspelling
            word = typo_of[word]
        joined[word] += values
    found = []
    for folded, values in joined.items():
        if len(values) < 2:
            continue
        ordered = sorted(values, key=lambda v: (-counts[v], v))
        target = next(v for v in ordered if _folded(v) == folded)
        is_typo = any(_folded(v) != folded for v in values)
        found.append(Spelling(tuple((v, counts[v]) for v in ordered), target, is_typo))
    return tuple(sorted(found, key=lambda s: (-sum(n for _, n in s.variants), s.target)))


def _typos(total: Mapping[str, int]) -> dict[str, str]:
    """Misspelt word → the frequent word that it nearly is."""
    frequent = sorted(total, key=lambda f: (-total[f], f))
    found: dict[str, str] = {}
    for rare in reversed(frequent):
        if len(rare) < _SHORTEST or _DIGIT.search(rare):
            continue
        for word in frequent:
            if total[word] < _MUCH_MORE * total[rare]:
                break
            if word[:1] == rare[:1] and SequenceMatcher(None, word, rare, autojunk=False).ratio() >= _CLOSE:
                found[rare] = word
                break
    return found


def _folded(value: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))
    return _BETWEEN.sub(" ", " ".join(plain.split())).casefold()
