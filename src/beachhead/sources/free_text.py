"""Groups to suggest for free text: job titles by ready-made words, anything else by the words that many texts share."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping

from beachhead.sources.words import filler_words, word_groups

_TITLE_WORDS = frozenset(
    {"title", "role", "job", "position", "funktion", "rolle", "beruf", "poste", "fonction", "cargo"}
)
_FEWEST_TITLES = 15
_FEWEST_TEXTS, _FEWEST_WORDS = 30, 2.5
_MOST_GROUPS, _LEAST_SHARE, _LEAST_COVERED = 8, 0.04, 0.5
_STEM = 6
_WORD = re.compile(r"[^\W\d_]{3,}")


def suggested_groups(column: str, texts: Mapping[str, int]) -> dict[str, dict[str, tuple[str, ...]]]:
    """For each column that could be made of a free text its groups with their words, as `groups:` takes them.

    `column`: its name and the header; `texts`: how many rows have each. Job titles give `role` and `seniority`, other
    texts `group`. Nothing where values are categories already, hold mostly numbers (addresses), or share few words.
    """
    if _TITLE_WORDS & set(re.split(r"[\W_]+", column.lower())):
        return {name: word_groups(name) for name in ("role", "seniority")} if len(texts) >= _FEWEST_TITLES else {}
    words = {text: frozenset(_WORD.findall(_folded(text))) for text in texts}
    in_all = sum(len(text.split()) for text in texts)
    numbered = sum(any(c.isdigit() for c in text) for text in texts)
    if len(texts) < _FEWEST_TEXTS or in_all < _FEWEST_WORDS * len(texts) or numbered > 0.3 * len(texts):
        return {}
    groups = _shared_words(words, texts)
    return {"group": groups} if groups else {}


def _shared_words(words: Mapping[str, frozenset[str]], texts: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """Again and again the word that most of the texts left have (the greedy cover of sets), with its other forms."""
    rows, left, groups = sum(texts.values()), set(texts), dict[str, tuple[str, ...]]()
    while len(groups) < _MOST_GROUPS:
        having: defaultdict[str, set[str]] = defaultdict(set)
        for text in left:
            for word in words[text] - filler_words():
                having[word[:_STEM]].add(text)
        size = {stem: sum(texts[t] for t in found) for stem, found in having.items()}
        best = max(size, key=lambda stem: (size[stem], stem), default=None)
        if best is None or size[best] < max(3, _LEAST_SHARE * rows):
            break
        forms = Counter[str]()
        for text in having[best]:
            forms.update({w: texts[text] for w in words[text] if w[:_STEM] == best and w not in filler_words()})
        listed = sorted(forms, key=lambda w: (-forms[w], w))
        groups[listed[0].capitalize()] = tuple(listed)
        left -= having[best]
    covered = rows - sum(texts[t] for t in left)
    return groups if len(groups) > 1 and covered >= _LEAST_COVERED * rows else {}


def _folded(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
