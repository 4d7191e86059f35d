"""Which table of the customer model a file of no known program feeds: evidence from columns, rows and its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from beachhead.project.model import BY_NAME, TABLES
from beachhead.sources.recognise.matching import BARE_IDS, Fit, chosen, fits, match_fits
from beachhead.sources.recognise.names import raw_words, vocabulary, without_noise, words
from beachhead.sources.recognise.sample import Column
from beachhead.sources.recognise.shapes import profile

LEAST_SCORE = 1.3
"""Less evidence than this is no recognition at all."""
_ENOUGH_ROWS = 20
_SUPPLIED = {"responses": {"survey"}, "spend": {"channel"}}
_TELLING = frozenset({"name", "email", "phone", "street", "last_name", "website"})
"""What tells customers apart; a city alone does not."""
_FIRMOGRAPHIC = frozenset({"industry", "employees", "size_band", "founded_year", "annual_revenue", "technology"})
_INVOICES = frozenset({"invoice", "invoices", "rechnung", "rechnungs", "rechnungsnummer", "rechnungsnr"})
_NEEDED_TO_BE_SURE = {
    "subscriptions": {"plan", "amount", "interval", "quantity"},
    "order_lines": {"product_id"},
    "orders": {"revenue"},
    "events": {"event", "event_id"},
}
PLACES = ("city", "postcode", "country", "street")


@dataclass(frozen=True)
class Candidate:
    """A table that a file could feed: target → its column, and what is known of the customer by field.

    `score`: how much speaks for it; `missing`: columns without which its rows cannot be used; `why`: plain words.
    """

    table: str
    found: Mapping[str, Fit]
    match: Mapping[str, Fit]
    score: float
    missing: tuple[str, ...] = ()
    why: tuple[str, ...] = field(default=())

    @property
    def has_customer(self) -> bool:
        """Whether the rows say whose they are."""
        return (
            self.table in ("products", "spend") or bool({"account_id", "user_id"} & set(self.found)) or bool(self.match)
        )

    @property
    def is_of_invoices(self) -> bool:
        """Whether its orders are invoices, which may be payments for a service as well."""
        order = self.found.get("order_id")
        return self.table == "orders" and order is not None and bool(_INVOICES & set(raw_words(order.column.name)))

    @property
    def is_doubtful(self) -> bool:
        """Whether a customer is named by nothing that says so, or by nothing at all."""
        if self.is_of_invoices:
            return True
        needed = _NEEDED_TO_BE_SURE.get(self.table)
        if needed and not needed & {t for t, fit in self.found.items() if fit.score >= 0.85}:
            return True
        if self.table in ("products", "spend") or "the file's name says it" in self.why:
            return self.table == "users" and "account_id" not in self.found
        if self.table in ("accounts", "companies"):
            return not _has_named_id(self.found)
        return self.table == "users" and "account_id" not in self.found


def file_words(shown: str) -> tuple[str, ...]:
    """The words of a file's name that say something, in order."""
    stem = PurePath(shown.split(" [", maxsplit=1)[0]).name.split(".")[0]
    return tuple(w for w in raw_words(stem) if w not in vocabulary().file_noise and not w.isdigit() and len(w) > 1)


def candidates(columns: Sequence[Column], shown: str, ids: frozenset[str]) -> list[Candidate]:
    """All tables for which enough speaks, best first."""
    named = file_words(shown)
    if named and named[-1] in vocabulary().not_customers:
        return []
    if any(vocabulary().of_staff & set(raw_words(c.name)) for c in columns):
        return []
    judged = [candidate(t.name, columns, named, ids) for t in TABLES]
    return sorted((c for c in judged if c.score >= LEAST_SCORE), key=lambda c: -c.score)


def candidate(table: str, columns: Sequence[Column], named: Sequence[str], ids: frozenset[str]) -> Candidate:
    """How well a file fits one table."""
    told, model = vocabulary().tables[table], BY_NAME[table]
    row_id = next((c for c in columns if without_noise(words(c.name)) in BARE_IDS and _may_be_key(c)), None)
    found = chosen([f for f in fits(table, columns, ids) if _is_possible(f, told.key, table, row_id)])
    if table == "users" and "user_id" not in found and "role" in found and (email := found.get("email")):
        found["user_id"] = replace(email, target="user_id", score=0.7, why="no other column tells people apart")
    match = _identity(table, columns, found)
    score, why = 0.0, []
    for target, fit in found.items():
        weight = told.weights.get(target, 0.3)
        if target == told.key and without_noise(words(fit.column.name)) in BARE_IDS:
            weight = 0.3
        score += weight * fit.score
    if table in ("accounts", "companies") and {"name", "email", "phone", "street", "last_name"} & set(match):
        score += 0.3 * len(match)
    if table in ("accounts", "companies") and (row_id is not None or _other_key(columns)) and _has_named_id(found):
        score -= 2.0  # rows have ids of their own: they are something that a customer has
    pairs = table not in ("accounts", "companies", "order_lines") and all(t.endswith("_id") for t in found)
    if pairs or (table == "users" and not {"name", "email", "role"} & set(found)):
        score -= 2.0  # nothing but ids: pairs of records
    if table == "spend" and row_id is not None:
        score -= 1.0
    if table == "companies" and not _FIRMOGRAPHIC & set(found) and not _has_named_id(found):
        score -= 1.5
    by_file = _by_file_name(told.words, named)
    if by_file:
        score += by_file
        why.append("the file's name says it")
    grain, said = _grain(table, found)
    score += grain
    why += said
    missing = tuple(
        c.name
        for c in model.columns
        if c.required and c.name not in found and c.name not in _SUPPLIED.get(table, ()) and c.name != "account_id"
    )
    if table == "events" and missing == ("event",) and "event_id" in found:
        missing = ()
    result = Candidate(table, found, match, score - 1.5 * len(missing), missing, tuple(why))
    if not result.has_customer:
        result = Candidate(table, found, match, result.score - 0.6, missing, tuple(why))
    return result


def _identity(table: str, columns: Sequence[Column], found: Mapping[str, Fit]) -> dict[str, Fit]:
    """What the file knows of a customer besides the id; places only together with more than places."""
    model = BY_NAME[table]
    if table in ("products", "spend", "events"):
        return {}
    keys = [found[t].column for t in ("account_id", "user_id", told_key(table)) if t in found]
    used = {c.name for c in keys if profile(c).share("email") < 0.9}
    match = {
        f: fit for f, fit in chosen(match_fits(columns)).items() if fit.column.name not in used and fit.score >= 0.6
    }
    if table not in ("accounts", "companies") and (name := match.get("name")) is not None:
        match = match if {"company", "customer"} & set(words(name.column.name)) else _without(match, "name")
    if not _TELLING & set(match):
        return {}
    if "account_id" in found:
        match = {f: fit for f, fit in match.items() if model.column(f) is None}
        if not _TELLING & (set(match) | set(found)):
            return {}
    return match


def _without(match: dict[str, Fit], name: str) -> dict[str, Fit]:
    return {f: fit for f, fit in match.items() if f != name}


def told_key(table: str) -> str:
    """The column that identifies a row of the table."""
    return vocabulary().tables[table].key


def _by_file_name(told: frozenset[str], named: Sequence[str]) -> float:
    joined = "_".join(named)
    if any("_" in w and (joined == w or joined.endswith("_" + w) or joined.startswith(w + "_")) for w in told):
        return 2.5
    said = [words(w) for w in named]
    wanted = {words(w) for w in told if "_" not in w}
    if said and (named[-1] in told or said[-1] in wanted):
        return 2.0
    return 1.0 if set(said) & wanted else 0.0


def _other_key(columns: Sequence[Column]) -> bool:
    """Whether a column identifies what a customer has: a subscription, an order, a ticket."""
    keys = [w.columns[w.key] for t, w in vocabulary().tables.items() if t not in ("accounts", "companies", "users")]
    return any(words(c.name) in phrases and _may_be_key(c) for c in columns for phrases in keys)


def _may_be_key(column: Column) -> bool:
    seen = profile(column)
    return not seen.values or seen.distinct >= 0.98 * seen.values


def _is_possible(fit: Fit, key: str, table: str, row_id: Column | None) -> bool:
    """Where rows have an id of their own, the id of something else is not what identifies them."""
    if fit.target != key or table in ("accounts", "companies") or row_id is None:
        return True
    return fit.column is row_id or fit.column.name.lower().startswith(row_id.name.lower())


def _has_named_id(found: Mapping[str, Fit]) -> bool:
    fit = found.get("account_id")
    return fit is not None and without_noise(words(fit.column.name)) not in BARE_IDS


def _grain(table: str, found: Mapping[str, Fit]) -> tuple[float, list[str]]:
    """What it says that a row is: one customer, or something that a customer has several of."""
    score, why = 0.0, []
    account, key = found.get("account_id"), found.get(told_key(table))
    if account and profile(account.column).values >= _ENOUGH_ROWS:
        seen, is_named = profile(account.column), _has_named_id(found)
        share = seen.distinct / seen.values
        if table in ("accounts", "companies"):
            if share < 0.9:
                return -4.0, ["customers stand in several rows"]
            if is_named and share < 0.98:
                why.append("nearly each customer stands in one row")
            elif is_named:
                score += 1.5
                why.append("each customer stands in one row")
        elif share == 1.0 and told_key(table) not in found:
            score -= 0.5
    if key and table not in ("accounts", "companies") and profile(key.column).values >= _ENOUGH_ROWS:
        seen = profile(key.column)
        if seen.distinct / seen.values < 0.9 and table not in ("subscriptions",):
            return score - 4.0, ["its key stands in several rows"]
    if table == "order_lines" and (order := found.get("order_id")):
        seen = profile(order.column)
        if seen.values >= _ENOUGH_ROWS and seen.is_unique:
            score -= 1.0
        elif seen.values >= _ENOUGH_ROWS:
            score += 0.7
            why.append("an order stands in several rows")
    return score, why
