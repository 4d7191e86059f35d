"""Ready-made words in English, German, French and Spanish: for groups of job titles, and those that tell nothing."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from ruamel.yaml import YAML

WordList = Literal["role", "seniority"]


@cache
def word_groups(name: WordList) -> dict[str, tuple[str, ...]]:
    """The groups of a list with their words, in the order in which they are asked, as `groups:` of a column takes
    them."""
    text = files(__package__).joinpath(f"{name}.yml").read_text("utf-8")
    return {str(group): tuple(map(str, words)) for group, words in YAML(typ="safe", pure=True).load(text).items()}


@cache
def filler_words() -> frozenset[str]:
    """Words that occur in any text, in lower case without accents."""
    text = files(__package__).joinpath("filler.yml").read_text("utf-8")
    return frozenset(str(word) for words in YAML(typ="safe", pure=True).load(text) for word in words)
