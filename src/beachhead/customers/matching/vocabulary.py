"""The word lists by which matching knows names, e-mails and web addresses: text files that people can extend."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import pyarrow as pa

from beachhead.engines.duck import DuckEngine

JOINING_WORDS = ("and", "und", "et", "och", "og", "ja", "y", "en", "the")
"""Words that people write or leave out in a company's name."""
_ABBREVIATION = 4
STREET_WORDS = {
    "street": "st", "avenue": "ave", "av": "ave", "road": "rd", "boulevard": "blvd", "blv": "blvd", "drive": "dr",
    "lane": "ln", "place": "pl", "square": "sq", "highway": "hwy", "parkway": "pkwy", "court": "ct", "suite": "ste",
    "strasse": "str", "platz": "pl", "plaza": "plz", "north": "n", "south": "s", "east": "e", "west": "w",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th",
    "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th", "saint": "st", "rue": "r", "calle": "c",
}  # fmt: skip


def load_vocabulary(engine: DuckEngine) -> None:
    """Make the lists readable: match_legal_forms (form without spaces, countries), match_countries (name,
    code), match_free_mail, match_hosts, match_sites, match_second_levels (all: domain).
    """
    forms = [line.split("\t") for line in _lines("matching/words/legal_forms.txt")]
    countries = pa.array([c.split() or None for _, c in forms], pa.list_(pa.string()))
    squeezed = [form.replace(" ", "") for form, _ in forms]
    engine.load("match_legal_forms", pa.table({"form": squeezed, "countries": countries}))
    named = [line.split("\t") for line in _lines("matching/words/country_names.txt")]
    pairs = [(name, code) for code, names in named for name in (code, *names.split("|"))]
    engine.load("match_countries", pa.table({"name": [n for n, _ in pairs], "code": [c for _, c in pairs]}))
    _load_domains(engine, "match_free_mail", free_mail())
    shared = [line.split() for line in _lines("matching/words/shared_domains.txt")]
    for kind in ("host", "site"):
        _load_domains(engine, f"match_{kind}s", [domain for k, domain in shared if k == kind])
    _load_domains(engine, "match_second_levels", " ".join(_lines("matching/words/second_levels.txt")).split())


def free_mail() -> list[str]:
    """Domains of public mail providers."""
    return list(_lines("free_mail_domains.txt"))


def short_words() -> dict[str, str]:
    """What people shorten in names of companies, and the words that it stands for."""
    return dict(line.split("\t") for line in _lines("matching/words/short_words.txt"))


def legal_form_pattern() -> str:
    """A regular expression for one legal form in a folded name; an abbreviation may be written with gaps (s a r l)."""
    forms = [line.split("\t")[0] for line in _lines("matching/words/legal_forms.txt")]
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return "|".join(" ?".join(" ?".join(w) if len(w) <= _ABBREVIATION else w for w in f.split()) for f in longest_first)


def _load_domains(engine: DuckEngine, name: str, domains: list[str]) -> None:
    engine.load(name, pa.table({"domain": pa.array(domains, pa.string())}))


def _lines(path: str) -> Iterator[str]:
    text = resources.files("beachhead.customers").joinpath(path).read_text("utf-8")
    yield from (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
