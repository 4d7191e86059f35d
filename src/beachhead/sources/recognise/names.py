"""Names of columns and files as words that can be compared, whatever their language, case and punctuation."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

from beachhead.project.yaml_positions import plain, read_yaml

Words = tuple[str, ...]
Phrases = Mapping[Words, int]
"""Phrases and how far down the list each stands: of two columns the one with the earlier phrase is meant."""


class _TableWords(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    words: tuple[str, ...]
    key: str
    columns: dict[str, tuple[str, ...]]
    weights: dict[str, float]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    same: dict[str, tuple[str, ...]]
    noise: tuple[str, ...]
    compounds: tuple[str, ...]
    shared: dict[str, tuple[str, ...]]
    match: dict[str, tuple[str, ...]]
    tables: dict[str, _TableWords]
    not_customers: tuple[str, ...]
    of_staff: tuple[str, ...]
    file_noise: tuple[str, ...]
    unknown: tuple[str, ...]
    country_codes: tuple[str, ...]
    country_names: tuple[str, ...]


@dataclass(frozen=True)
class TableWords:
    """How a table is recognised: words of file names, its key, phrases of each column, what each column proves."""

    words: frozenset[str]
    key: str
    columns: Mapping[str, Phrases]
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Vocabulary:
    """`vocabulary.yml`, its phrases as words."""

    tables: Mapping[str, TableWords]
    match: Mapping[str, Phrases]
    not_customers: frozenset[str]
    of_staff: frozenset[str]
    file_noise: frozenset[str]
    unknown: frozenset[str]
    country_codes: frozenset[str]
    country_names: frozenset[str]


_SPELT_OUT = {
    ord(a): b for a, b in (("ß", "ss"), ("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "ae"), ("Ö", "oe"), ("Ü", "ue"))
}


def load_resource(name: str) -> object:
    """A YAML file of this package as plain values. Raises `ValueError` for a file that is not valid YAML."""
    document = read_yaml(resources.files(__package__ or "").joinpath(name).read_text("utf-8"), name)
    if document.root is None or document.diagnostics:
        raise ValueError("\n".join(map(str, document.diagnostics)))
    return plain(document.root)


@cache
def _file() -> _File:
    return _File.model_validate(load_resource("vocabulary.yml"))


@cache
def _same() -> Mapping[str, str]:
    return {spelling: word for word, spellings in _file().same.items() for spelling in spellings}


@cache
def vocabulary() -> Vocabulary:
    """The words by which columns and tables are recognised, read once."""
    file = _file()

    def phrases(texts: tuple[str, ...]) -> Phrases:
        return {phrase: n for n, phrase in enumerate(dict.fromkeys(words(text) for text in texts))}

    tables = {}
    for name, told in file.tables.items():
        columns = {**{c: phrases(p) for c, p in told.columns.items()}}
        for column, shared in file.shared.items():
            columns.setdefault(column, phrases(shared))
        tables[name] = TableWords(frozenset(told.words), told.key, columns, told.weights)
    match = {field: phrases(texts) for field, texts in file.match.items()}
    sets = (file.not_customers, file.of_staff, file.file_noise, file.unknown, file.country_codes, file.country_names)
    return Vocabulary(tables, match, *map(frozenset, sets))


def raw_words(text: str) -> Words:
    """The words of a name as they stand: small letters, no accents, camelCase taken apart."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    text = text.translate(_SPELT_OUT)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()
    return tuple(re.findall(r"[a-z]+|\d+|#|%|\$[a-z]+", text))


@cache
def words(text: str) -> Words:
    """The words of a name, spellings and languages brought together: `Kunden-Nr.` → (customer, id)."""
    same = _same()
    parts = (part for word in raw_words(text.replace("%", " percent ")) for part in _parts(word))
    return tuple(word for word, _ in itertools.groupby(same.get(part, part) for part in parts))


def _parts(word: str) -> Words:
    """A compound word taken apart where that makes both parts known: kundennummer → kunden, nummer."""
    same = _same()
    if word in same or len(word) < 7:
        return (word,)
    for start in _file().compounds:
        rest = word.removeprefix(start).removeprefix("s")
        if word.startswith(start) and len(rest) >= 2 and (rest in same or rest in same.values()):
            return (start, rest)
    return (word,)


@cache
def without_noise(name: Words) -> Words:
    """The words that say something; all of them if none does."""
    noise = set(_file().noise)
    return tuple(word for word in name if word not in noise) or name
