"""Ready-made words for groups, in English, German, French and Spanish: job titles → role, and → seniority."""

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
