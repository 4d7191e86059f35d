"""From columns that were found to a proposal: mappings, reasons, leftovers, questions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from beachhead.project.definitions import ColumnMap, KnownFrom, ValueTypeName
from beachhead.project.model import BY_NAME
from beachhead.sources.dates import DAY_FIRST, MONTH_FIRST, Order
from beachhead.sources.recognise.context import RecogniseContext
from beachhead.sources.recognise.matching import Fit, won_and_lost
from beachhead.sources.recognise.names import raw_words, without_noise, words
from beachhead.sources.recognise.proposal import Choice, ColumnProposal, Note, Proposal
from beachhead.sources.recognise.reading import (
    ALL_WORDS,
    CENT_WORDS,
    EACH_WORDS,
    WHOLE_WORDS,
    Read,
    currency_of,
    date_order,
    how_read,
    looks_like_cents,
)
from beachhead.sources.recognise.sample import Column, Sample
from beachhead.sources.recognise.several import parted
from beachhead.sources.recognise.shapes import profile
from beachhead.sources.recognise.tables import PLACES, Candidate, file_words

_MONEY_WORDS = frozenset(
    {"amount", "price", "revenue", "cost", "charge", "charges", "spend", "spent", "fee", "cltv", "ltv", "refund"}
)
_OUTCOME_WORDS = frozenset({"churned", "cancelled", "cltv", "ltv", "reactivated", "termination"})
_PAID = ("succeeded", "success", "successful", "complete", "completed", "bezahlt")
_STATUS_PAID = dict.fromkeys(_PAID, "paid") | {"declined": "failed", "fehlgeschlagen": "failed"}
_GOOD = {"good": 1, "bad": 0, "great": 1, "positive": 1, "negative": 0, "gut": 1, "schlecht": 0}
_FLAT_PRICES = {"mrr": "month", "arr": "year"}


@dataclass
class Draft:
    """A proposal in the making: what its parts have gathered."""

    sample: Sample
    table: str
    context: RecogniseContext
    columns: list[ColumnProposal] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def __post_init__(self) -> None:
        told = {date_order(c) for c in self.sample.columns if profile(c).is_dated} - {None, "open", "mixed"}
        self._order: Order | None = (DAY_FIRST if told == {DAY_FIRST} else MONTH_FIRST) if len(told) == 1 else None
        american = self.context.currency == "USD" or self.context.timezone.startswith(("America/", "US/"))
        self._first: Order = MONTH_FIRST if american else DAY_FIRST

    @property
    def used(self) -> set[str]:
        return {c.source for c in self.columns}

    @property
    def targets(self) -> set[str]:
        return {c.target for c in self.columns if c.section == "columns"}

    def column(self, name: str) -> Column:
        return next(c for c in self.sample.columns if c.name == name)

    def read(self, column: Column, type_: ValueTypeName) -> Read:
        """How a column is read; what only a person can decide is asked once."""
        read = how_read(column, type_, self._order, self._first)
        asked = {(c.about, c.column) for c in self.choices}
        self.choices += [c for c in read.choices if (c.about, c.column) not in asked]
        return read

    def add(self, fit: Fit, section: str, target: str, type_: ValueTypeName) -> None:
        mapping = _with_words(target, fit.column, self.read(fit.column, type_).mapping)
        self.columns.append(_proposed(fit.column, section, target, mapping, fit.score, fit.why))


def from_candidate(
    found: Candidate, sample: Sample, context: RecogniseContext, shown: str, confidence: float
) -> Proposal:
    """The proposal that a candidate table means."""
    draft = Draft(sample, found.table, context)
    model = BY_NAME[found.table]
    dropped = _not_together(found)
    for target, fit in found.found.items():
        column = model.column(target)
        if column is not None and target not in dropped:
            draft.add(fit, "columns", target, column.type)
    for name, fit in found.match.items():
        draft.add(fit, "match", name, "text")
    _constants(draft, found, shown)
    _same_column_of_flat_price(draft, found)
    for target, why in dropped.items():
        draft.columns.append(_proposed(found.found[target].column, "unused", "", None, 0.8, why))
    add_currency(draft)
    add_units(draft)
    add_leftovers(draft)
    draft.choices += _questions(found, draft.targets)
    if not found.has_customer and found.table != "order_lines":
        draft.notes.append(no_customer(found.table))
    reason = "; ".join((_because(found), *found.why))
    return Proposal(
        name=source_name(shown, found.table), table=found.table, title=_title(shown, found.table),
        confidence=confidence, reason=reason, columns=tuple(draft.columns), csv=sample.csv, excel=sample.excel,
        history="valid_from" if "valid_from" in draft.targets else "none", notes=tuple(draft.notes),
        choices=tuple(draft.choices),
    )  # fmt: skip


def _questions(found: Candidate, mapped: set[str]) -> list[Choice]:
    """What names of columns leave open: a price for one seat or for all, an invoice of a shop or of a service."""
    asked: list[Choice] = []
    if found.table == "subscriptions" and {"amount", "quantity"} <= mapped:
        price, count = found.found["amount"].column.name, found.found["quantity"].column.name
        if not {"unit", "seat", "per", "each", "pro"} & set(raw_words(price)):
            question = f"Is '{price}' the price for one unit, to be multiplied by '{count}', or for all together?"
            options = (EACH_WORDS, ALL_WORDS)
            asked.append(Choice(about="quantity", column=count, question=question, options=options, answer=EACH_WORDS))
    if found.is_of_invoices:
        question = "Are these invoices for goods that were bought, or for a service that runs on?"
        asked.append(Choice(about="table", question=question, options=("orders", "charges"), answer="orders"))
    return asked


def source_name(shown: str, table: str) -> str:
    """A name for the source, from the file's."""
    name = "_".join(w for w in file_words(shown) if w.isascii())[:60].strip("_")
    return name if re.fullmatch(r"[a-z][a-z0-9_]*", name) else table


def _title(shown: str, table: str) -> str:
    return f"{table.replace('_', ' ')} from {shown}"


def _because(found: Candidate) -> str:
    names = [f.column.name for t, f in found.found.items() if t != "account_id"][:4]
    listed = ", ".join(f"'{n}'" for n in names)
    return f"columns such as {listed} are those of {found.table.replace('_', ' ')}" if names else "it names customers"


def _proposed(
    column: Column, section: str, target: str, mapping: ColumnMap | None, confidence: float, reason: str
) -> ColumnProposal:
    return ColumnProposal.model_validate(
        {
            "source": column.name, "section": section, "target": target, "mapping": mapping,
            "confidence": round(min(1.0, confidence), 2), "reason": reason, "examples": profile(column).examples[:3],
        }
    )  # fmt: skip


def _with_words(target: str, column: Column, mapping: ColumnMap) -> ColumnMap:
    """A mapping with the source's words brought to the model's."""
    seen = profile(column)
    if seen.distinct > 20:
        return mapping
    different = dict.fromkeys(column.values)
    if target == "is_won" and won_and_lost(seen):
        told = {v: _is_won(v) for v in different}
        values = {v: w for v, w in told.items() if w is not None}
        return mapping.model_copy(update={"values": values, "empty": tuple(v for v, w in told.items() if w is None)})
    if target == "status" and (known := {v: _STATUS_PAID[v.lower()] for v in different if v.lower() in _STATUS_PAID}):
        return mapping.model_copy(update={"values": known})
    if target == "satisfaction" and not seen.is_numeric:
        known_good = {v: _GOOD[v.lower()] for v in different if v.lower() in _GOOD}
        rest = tuple(v for v in different if v not in known_good)
        return mapping.model_copy(update={"values": known_good, "empty": rest}) if known_good else mapping
    return mapping


def _is_won(text: str) -> bool | None:
    lower = text.lower()
    if "won" in lower or "gewonnen" in lower:
        return True
    return False if "lost" in lower or "verloren" in lower else None


def _not_together(found: Candidate) -> dict[str, str]:
    """Targets that contradict another one: seats beside a price for all seats."""
    price = found.found.get("amount")
    if found.table != "subscriptions" or price is None:
        return {}
    flat = next((w for w in _FLAT_PRICES if w in words(price.column.name)), None)
    if flat is None:
        return {}
    why = f"'{price.column.name}' is for a {_FLAT_PRICES[flat]} and for all units together"
    return {t: why for t in ("interval", "interval_count", "quantity") if t in found.found}


def _same_column_of_flat_price(draft: Draft, found: Candidate) -> None:
    price = found.found.get("amount")
    if found.table == "subscriptions" and price and "arr" in words(price.column.name):
        draft.columns.append(constant("interval", "year", f"'{price.column.name}' is for a year"))


def constant(target: str, value: str, reason: str, confidence: float = 0.9) -> ColumnProposal:
    """A value that is the same for all rows and stands in no column."""
    mapping = ColumnMap(constant=value)
    return ColumnProposal(
        source="", section="columns", target=target, mapping=mapping, confidence=confidence, reason=reason
    )


def _constants(draft: Draft, found: Candidate, shown: str) -> None:
    if found.table == "responses" and "survey" not in draft.targets:
        score = found.found.get("score")
        survey = "nps" if score and "nps" in words(score.column.name) else survey_name(shown)
        draft.columns.append(constant("survey", survey, "the file names no survey", 0.7))
    if found.table == "spend" and "channel" not in draft.targets:
        draft.columns.append(constant("channel", source_name(shown, "ads"), "the file is about one channel", 0.6))
    if found.table == "events" and "event" not in draft.targets and "event_id" in found.found:
        named = [w for w in raw_words(found.found["event_id"].column.name) if w not in ("event", "id")]
        what = "_".join(named) or source_name(shown, "event")
        draft.columns.append(constant("event", what, "all rows are the same kind of event", 0.7))


def survey_name(shown: str) -> str:
    """What a survey is called that names itself nowhere: nps, csat or onboarding where the file's name says so."""
    named = set(file_words(shown))
    return next((w for w in ("nps", "csat", "onboarding") if w in named), source_name(shown, "survey"))


def no_customer(table: str) -> Note:
    """What to say when rows do not tell whose they are."""
    return Note(
        code="no-customer",
        message=f"No column tells which customer these {table.replace('_', ' ')} belong to.",
        remedy="Export it again with the customer's id, e-mail address or name; or choose the column that holds it.",
    )


def add_currency(draft: Draft) -> None:
    """The currency that names or signs of amounts tell, where the table has a place for it."""
    model = BY_NAME[draft.table]
    if model.column("currency") is None or "currency" in draft.targets:
        return
    for told in [c for c in draft.columns if c.section == "columns" and c.source]:
        wanted = model.column(told.target)
        if wanted is None or wanted.type != "money":
            continue
        code, others = currency_of(draft.column(told.source))
        if code is None:
            continue
        if others:
            code = draft.context.currency if draft.context.currency in others else code
            question = f"Which dollars are the amounts of '{told.source}' in?"
            options = tuple(dict.fromkeys((code, *others)))
            draft.choices.append(Choice(about="currency", column="", question=question, options=options, answer=code))
        if code != draft.context.currency or others:
            draft.columns.append(constant("currency", code, f"'{told.source}' is in {code}", 0.7 if others else 0.9))
        return


def add_units(draft: Draft) -> None:
    """Ask about amounts that may be in cents."""
    model = BY_NAME[draft.table]
    money = [
        c for c in draft.columns
        if c.section == "columns" and c.source and (m := model.column(c.target)) and m.type == "money"
    ]  # fmt: skip
    may_be_cents = draft.table in ("orders", "order_lines", "products", "charges") and money
    if may_be_cents and all(looks_like_cents(draft.column(c.source)) for c in money):
        name, examples = money[0].source, money[0].examples
        question = f"Are amounts such as {examples[0]} in '{name}' whole units, or cents?"
        options = (WHOLE_WORDS, CENT_WORDS)
        draft.choices.append(Choice(about="unit", column=name, question=question, options=options, answer=WHOLE_WORDS))


def add_leftovers(draft: Draft, reasons: Mapping[str, str] | None = None) -> None:
    """Columns with no place in the model: attributes of customers where rows are customers, else told as unused."""
    taken = {c.target for c in draft.columns} | {c.name for c in BY_NAME[draft.table].columns} | draft.context.reserved
    is_of_customers = draft.table in ("accounts", "companies")
    if is_of_customers:
        for told in [c for c in draft.columns if c.section == "match" and c.target in PLACES[:2]]:
            if told.target not in draft.context.reserved and BY_NAME[draft.table].column(told.target) is None:
                mapping = ColumnMap(column=told.source, type="text", kind="geographic")
                column = draft.column(told.source)
                why = "where the customer is"
                draft.columns.append(_proposed(column, "extra", told.target, mapping, told.confidence, why))
    for column in draft.sample.columns:
        if column.name in draft.used:
            continue
        useless = (reasons or {}).get(column.name) or _useless(column)
        if useless is None and is_of_customers:
            draft.columns.append(_extra(draft, column, taken))
        else:
            reason = useless or f"{draft.table.replace('_', ' ')} have no place for it"
            draft.columns.append(_proposed(column, "unused", "", None, 0.8, reason))


def _useless(column: Column) -> str | None:
    """Why a column would make no attribute."""
    seen = profile(column)
    if seen.rows and not seen.values:
        return "it is empty in this file"
    if seen.is_constant and seen.rows >= 5:
        return f"it is {seen.examples[0]} in every row"
    is_list = parted(column) is not None
    if seen.share("json") > 0.9 and not is_list:
        return "it holds several values packed into one text"
    names = words(column.name)
    if names[:1] == ("fivetran",) or names[-1:] == ("synced",):
        return "it was added while the data was copied"
    if not is_list and seen.values >= 50 and seen.distinct > 0.95 * seen.values and seen.share("id", "text") > 0.9:
        return "nearly every value is another one, so it makes no groups"
    if names[-1:] == ("id",) and seen.values and not seen.is_dated:
        return "it is the id of something else"
    return None


def _extra(draft: Draft, column: Column, taken: set[str]) -> ColumnProposal:
    name = "_".join(raw_words(column.name.replace("#", " number ").replace("%", " percent "))) or "column"
    name = re.sub(r"[^a-z0-9_]", "", name)[:70]
    name = name if name[:1].isalpha() else f"column_{name}"
    base, n = (f"{name}_stated", 2) if name in taken else (name, 2)
    name = base
    while name in taken:
        name, n = f"{base}_{n}", n + 1
    taken.add(name)
    type_ = type_of(column)
    several = parted(column) if type_ == "list" else None
    mapping = draft.read(column, type_).mapping.model_copy(
        update={
            "type": type_, "title": column.name, "known_from": _known_from(column),
            "separator": several.separator if several else None,
        }
    )  # fmt: skip
    why = "no place of its own; it becomes an attribute of the customer"
    return _proposed(column, "extra", name, mapping, 0.85, f"{why}, a list of several values" if several else why)


def type_of(column: Column) -> ValueTypeName:
    """The type that the values of a column have."""
    seen = profile(column)
    if seen.is_dated:
        return "timestamp" if seen.share("timestamp") > 0.1 else "date"
    if seen.share("boolean", "flag") >= 1:
        return "boolean"
    if seen.is_numeric and not (words(column.name)[-1:] == ("id",) or "postcode" in words(column.name)):
        if set(words(column.name)) & _MONEY_WORDS and not seen.is_constant and "percent" not in words(column.name):
            return "money"
        return "integer" if seen.share("integer") > 0.999 else "number"
    return "list" if parted(column) else "text"


def _known_from(column: Column) -> KnownFrom | None:
    return "outcome" if set(without_noise(words(column.name))) & _OUTCOME_WORDS else None


def best_first(proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """Proposals by confidence, those with equal confidence as they came."""
    return tuple(sorted(proposals, key=lambda p: -p.confidence))
