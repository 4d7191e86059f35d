"""Free text into groups: a text belongs to the first group that it has a word of.

Capitals and accents do not matter. A word stands alone in the text; `engineer*` is the beginning of one, `-leiter` its
end. A text without a word of any group is `OTHER`; an empty one stays unknown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from beachhead.engines.duck import quote_literal

OTHER = "Other"
_LETTER = r"[\pL\pN]"
_BETWEEN = r"[^\pL\pN]"


def group_sql(text: str, groups: Mapping[str, Sequence[str]]) -> str:
    """SQL of the group of a text; null for null."""
    folded = f"lower(strip_accents({text}))"
    whens = " ".join(
        f"WHEN regexp_matches({folded}, {quote_literal(_pattern(words))}) THEN {quote_literal(group)}"
        for group, words in groups.items()
        if any(word.strip(" *-") for word in words)
    )
    if not whens:
        return text
    return f"CASE WHEN {text} IS NULL THEN NULL {whens} ELSE {quote_literal(OTHER)} END"


def _pattern(words: Sequence[str]) -> str:
    forms = "|".join(_form(word) for word in words if word.strip(" *-"))
    return f"(?:^|{_BETWEEN})(?:{forms})(?:$|{_BETWEEN})"


def _form(word: str) -> str:
    """One word, or several in a row whatever stands between them."""
    parts = []
    for part in _folded(word).split():
        core = re.escape(part.removeprefix("-").removesuffix("*"))
        parts.append(f"{_LETTER}*" * part.startswith("-") + core + f"{_LETTER}*" * part.endswith("*"))
    return f"{_BETWEEN}+".join(parts)


def _folded(word: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", plain).lower()
