"""Which column of a file is which column of a table: names first, values against or for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from beachhead.project.model import BY_NAME, Table
from beachhead.sources.recognise.names import Phrases, vocabulary, without_noise, words
from beachhead.sources.recognise.sample import Column
from beachhead.sources.recognise.shapes import Profile, profile


@dataclass(frozen=True)
class Fit:
    """How well a column fits a target: 0–1, by its name and by its values; `why` in plain words."""

    target: str
    column: Column
    score: float
    why: str


def fits(table: str, columns: Sequence[Column], ids: frozenset[str]) -> list[Fit]:
    """All fits of columns to a table's columns above nothing, best first. `ids`: known ids of customers."""
    told, model = vocabulary().tables[table], BY_NAME[table]
    found: list[Fit] = []
    for column in columns:
        for target, phrases in told.columns.items():
            if (wanted := model.column(target)) is None:
                continue
            name = _by_name(column.name, phrases, told.words, target == told.key)
            fit = _with_values(target, wanted.type, column, name, ids)
            if fit.score > 0:
                found.append(fit)
    order = {c.name: n for n, c in enumerate(columns)}
    return sorted(found, key=lambda f: (-round(f.score, 3), order[f.column.name]))


def match_fits(columns: Sequence[Column]) -> list[Fit]:
    """The same for what is known of a customer: name, e-mail address, phone, place."""
    found = []
    for column in columns:
        for target, phrases in vocabulary().match.items():
            name = _by_name(column.name, phrases, frozenset(), is_key=False)
            fit = _with_values(target, "text", column, name, frozenset())
            if fit.score > 0:
                found.append(fit)
    order = {c.name: n for n, c in enumerate(columns)}
    return sorted(found, key=lambda f: (-round(f.score, 3), order[f.column.name]))


def chosen(found: Sequence[Fit], taken: Mapping[str, str] | None = None, least: float = 0.5) -> dict[str, Fit]:
    """Target → its column: best first, each target and each column once."""
    result: dict[str, Fit] = {}
    used = set((taken or {}).values())
    done = set(taken or {})
    for fit in found:
        if fit.score >= least and fit.target not in done and fit.column.name not in used:
            result[fit.target] = fit
            done.add(fit.target)
            used.add(fit.column.name)
    return result


def _by_name(name: str, phrases: Phrases, table_words: frozenset[str], is_key: bool) -> float:
    own = words(name)
    if own in phrases:
        return 1.0 - phrases[own] / 1_000
    plain = without_noise(own)
    if plain in phrases:
        return 0.95 - phrases[plain] / 1_000
    if is_key and plain in BARE_IDS:
        return 0.8
    of_table = {words(w)[0] for w in table_words if words(w)}
    rest = tuple(w for w in plain if w not in of_table)
    if rest and rest != plain and rest in phrases:
        return 0.9
    if any(len(p) > 1 and (plain[-len(p) :] == p or plain[: len(p)] == p) for p in phrases):
        return 0.6
    if any(len(p) == 1 and len(plain) == 2 and p[0] in plain and len(p[0]) > 3 for p in phrases):
        return 0.5
    return 0.0


def _with_values(target: str, type_: str, column: Column, name: float, ids: frozenset[str]) -> Fit:
    """A fit by name, confirmed or refuted by the values; without values the name alone counts."""
    seen = profile(column)
    if not seen.values:
        return Fit(target, column, name * 0.88, "its name says it; there are no values to check")
    support, why = _support(target, type_, column, seen, ids)
    if support < 0:
        return Fit(target, column, 0.0, why)
    if name == 0:
        return Fit(target, column, support * 0.7 if support >= 0.9 and why and target in _BY_VALUES else 0.0, why)
    score = min(1.0, name * (0.92 + 0.08 * support))
    if target == "email" and support >= 0.9:
        score = max(score, 0.9)  # an address tells itself
    return Fit(target, column, score, f"its name says it, and {why}" if why else "its name says it")


BARE_IDS = (("id",), ("unique", "id"), ("record", "id"), ("row", "id"))
"""Names of columns that identify a row, of whatever kind."""
_BY_VALUES = frozenset({"email", "website", "account_id"})


def _support(target: str, type_: str, column: Column, seen: Profile, ids: frozenset[str]) -> tuple[float, str]:
    """(−1: the values speak against it; 0: they say nothing; to 1: for it, what they are)."""
    if target == "account_id" and ids:
        common = sum(v in ids for v in column.values[:2_000]) / min(2_000, len(column.values))
        if common >= 0.3:
            return 1.0, f"{common:.0%} of the values are ids of your customers".replace("%", " %")
    if target in ("account_id", "user_id") and "id" not in words(column.name) and seen.share("text") > 0.5:
        return -1, ""  # a column "customer" that holds names
    if target == "email":
        share = seen.share("email")
        return (
            (share, _told(share, "e-mail addresses")) if share >= 0.5 else (0.0 if seen.share("id") > 0.9 else -1, "")
        )
    if target == "website":
        share = seen.share("website")
        if share < 0.5:
            return 0.0 if seen.share("id", "text") > 0.9 else -1, ""
        return share, _told(share, "web addresses")
    if target == "phone":
        share = seen.share("phone", "number", "integer")
        return (seen.share("phone"), _told(share, "phone numbers")) if share >= 0.5 else (-1, "")
    if target == "country":
        share = seen.share("country")
        return (
            (share, _told(share, "countries")) if share >= 0.5 else (-1 if seen.is_dated or seen.is_numeric else 0, "")
        )
    if target == "currency":
        share = seen.share("currency")
        return (share, _told(share, "currencies")) if share >= 0.5 else (-1, "")
    if target == "size_band":
        share = seen.share("band")
        return (share, _told(share, "ranges of sizes")) if share >= 0.3 else (-1, "")
    return _support_of_type(target, type_, seen)


def _support_of_type(target: str, type_: str, seen: Profile) -> tuple[float, str]:
    if type_ == "timestamp":
        if seen.is_dated:
            return 1.0, _told(seen.share("date", "timestamp"), "dates")
        is_count = seen.share("integer") > 0.95 and all(len(v) in (8, 10, 13, 16) for v in seen.examples)
        return (0.5, "") if is_count else (-1, "")
    if type_ in ("money", "number", "integer"):
        if seen.is_numeric and not seen.is_constant:
            return 1.0, _told(seen.share("integer", "number"), "numbers")
        if target in ("satisfaction", "is_won") and seen.distinct <= 12:
            return 0.2, ""
        return (0.3, "") if seen.is_numeric else (-1, "")
    if type_ == "boolean":
        if seen.share("boolean", "flag") >= 1:
            return 1.0, "it says yes or no"
        return (0.6, "its values tell won from lost") if target == "is_won" and won_and_lost(seen) else (-1, "")
    if target.endswith("_id"):
        if seen.is_dated or seen.share("json", "email") > 0.9 or (seen.share("number") > 0.2):
            return -1, ""
        if seen.share("text") > 0.7 and seen.length > 30:
            return -1, ""
        return (0.8, "its values are ids") if seen.share("id", "integer") >= 0.9 else (0.3, "")
    if target in ("name", "event", "plan", "industry", "stage", "answer", "topic", "feature", "channel", "role"):
        if seen.is_dated or seen.share("boolean", "flag") >= 1 or seen.share("json") > 0.9:
            return -1, ""
        if seen.is_numeric:
            return -1 if target in ("name", "industry", "answer", "topic", "role") else 0, ""
        return 0.6, ""
    if seen.is_dated and target not in ("birth_date", "survey"):
        return -1, ""
    if seen.share("boolean", "flag") >= 1 and target not in ("status", "status"):
        return -1, ""
    return 0.5, ""


def won_and_lost(seen: Profile) -> bool:
    """Whether among few values one means won and another lost."""
    texts = " ".join(seen.examples).lower()
    return seen.distinct <= 20 and ("won" in texts or "lost" in texts or "gewonnen" in texts or "verloren" in texts)


def _told(share: float, what: str) -> str:
    return f"all values are {what}" if share > 0.9999 else f"{min(99, share * 100):.0f} % of the values are {what}"


def known_at(table: Table) -> str | None:
    """The date without which the rows of a table of facts cannot be used."""
    return table.known_at if table.known_at and not table.state else None
