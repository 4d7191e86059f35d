"""Is a file an export of a known program? By its columns; then most of it is known, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from beachhead.project.definitions import ColumnMap, ValueTypeName
from beachhead.project.model import BY_NAME
from beachhead.sources.recognise.context import RecogniseContext
from beachhead.sources.recognise.exports import Export, ExportNote, Feed, Origin, Product, products
from beachhead.sources.recognise.matching import fits, match_fits
from beachhead.sources.recognise.names import without_noise, words
from beachhead.sources.recognise.proposal import Choice, ColumnProposal, Note, Proposal
from beachhead.sources.recognise.propose import (
    Draft,
    add_currency,
    add_leftovers,
    constant,
    no_customer,
)
from beachhead.sources.recognise.sample import Column, Sample
from beachhead.sources.recognise.shapes import profile

_SURE = 0.97
_LEAST_GUESS = 0.82
_ALSO_COLUMNS = ("email", "website", "country", "city", "name")
_IDENTITY = ("name", "email", "phone", "website", "last_name")


@dataclass(frozen=True)
class KnownExport:
    """An export that a file is, and how many of its columns say so."""

    product: Product
    export: Export
    hits: int


class Header:
    """The columns of a file, found whatever case and blanks they are written with."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self._by_name = {_folded(c.name): c for c in reversed(self.columns)}

    def get(self, name: str) -> Column | None:
        return self._by_name.get(_folded(name))

    def first(self, names: Iterable[str]) -> Column | None:
        """The first of these columns that there is; rather one with values than an empty one."""
        found = [c for c in map(self.get, names) if c is not None]
        return next((c for c in found if c.values or not c.cells), found[0] if found else None)

    def like(self, patterns: Iterable[str]) -> list[Column]:
        """Columns by patterns with *, in the order of the patterns."""
        folded = [_folded(p) for p in patterns]
        return [c for p in folded for c in self.columns if fnmatchcase(_folded(c.name), p.replace("[", "[[]"))]


def _folded(name: str) -> str:
    return " ".join(name.lower().split())


def known_export(sample: Sample) -> KnownExport | None:
    """The known export that a file is; None for none. Of several the one that knows most of its columns."""
    header = Header(sample.columns)
    found = [
        KnownExport(product, export, hits)
        for product in products()
        for export in product.exports
        if (hits := _hits(export, header))
    ]
    return max(found, key=lambda k: k.hits, default=None)


def _hits(export: Export, header: Header) -> int:
    if any(header.get(name) for name in export.without):
        return 0
    if export.at_most is not None and len(header.columns) > export.at_most:
        return 0
    names = [[n.strip() for n in line.split(", ")] for line in export.identified_by]
    full = [n for n in names if all(header.get(x) for x in n)]
    if not full:
        return 0
    told = {
        c.name for f in export.feeds for o in (*f.columns.values(), *f.match.values()) if (c := header.first(o.column))
    }
    told |= {c.name for n in full for x in n if (c := header.get(x))}
    return 10 * max(map(len, full)) + len(told)


def proposals_of(known: KnownExport, sample: Sample, context: RecogniseContext, shown: str) -> tuple[Proposal, ...]:
    """What a known export feeds; none if it feeds nothing, or lacks a column without which it cannot be used."""
    if known.export.questions is not None:
        from beachhead.sources.recognise.surveys import question_proposals

        return question_proposals(known, sample, context, shown)
    made = (_proposal(known, feed, sample, context) for feed in known.export.feeds)
    found = [p for p in made if p is not None]
    told = notes_of(known, sample)  # once, not for each of the tables that the file feeds
    return tuple(p.model_copy(update={"notes": (*told, *p.notes)}) if p is found[0] else p for p in found)


def as_of_program(proposal: Proposal, known: KnownExport, sample: Sample) -> Proposal:
    """A proposal for another table than the export's own, its ids still told to be the program's.

    People and companies are numbered apart, so ids of people get a namespace of their own.
    """
    header, program = Header(sample.columns), known.product
    source = next((c.source for c in proposal.columns if (c.section, c.target) == ("columns", "account_id")), None)
    ids = None
    for target, namespace in (("account_id", program.ids), ("user_id", f"{program.ids}_people")):
        for feed in known.export.feeds:
            column = header.first(feed.columns[target].column) if target in feed.columns else None
            if source is not None and column is not None and column.name == source:
                ids = ids or namespace
    update: dict[str, object] = {"product": program.ids, "export": known.export.name, "ids": ids}
    return proposal.model_copy(update=update)


def notes_of(known: KnownExport, sample: Sample) -> tuple[Note, ...]:
    """What such an export leaves out, as far as it is so here."""
    header = Header(sample.columns)
    return tuple(Note(code=n.code, message=n.message, remedy=n.remedy) for n in known.export.notes if _holds(n, header))


def _holds(note: ExportNote, header: Header) -> bool:
    if note.if_present and not any((c := header.get(n)) and (c.values or not c.cells) for n in note.if_present):
        return False
    if any(header.get(n) for n in note.unless_present):
        return False
    told = [(header.get(name), values) for name, values in note.unless.items()]
    return not any(c and {v.lower() for v in c.values} & set(values) for c, values in told)


def nothing_note(known: KnownExport, sample: Sample) -> Note | None:
    """Why a known export feeds no table."""
    export, program = known.export, known.product.product
    if export.nothing is not None:
        message = f"This is {program}'s list '{export.title}': {export.nothing}."
        return Note(code="feeds-nothing", message=message, remedy="You need not add it.")
    missing = [m for feed in export.feeds for m in _missing(feed, Header(sample.columns))]
    if not missing:
        return None
    listed = ", ".join(dict.fromkeys(missing))
    message = f"This is {program}'s export '{export.title}', but it lacks what is needed: {listed}."
    return Note(code="export-incomplete", message=message, remedy=f"Export it again from {program} with all columns.")


def _missing(feed: Feed, header: Header) -> list[str]:
    model = BY_NAME[feed.table]
    return [
        c.description
        for c in model.columns
        if c.required and c.name != "account_id" and not _fills(feed.columns.get(c.name), header)
    ]


def _fills(origin: Origin | None, header: Header) -> bool:
    return origin is not None and (origin.constant is not None or header.first(origin.column) is not None)


def _proposal(known: KnownExport, feed: Feed, sample: Sample, context: RecogniseContext) -> Proposal | None:
    header, model = Header(sample.columns), BY_NAME[feed.table]
    if _missing(feed, header):
        return None
    draft, program = Draft(sample, feed.table, context), known.product.product
    types: dict[str, ValueTypeName] = {c.name: c.type for c in model.columns}
    reasons = _reasons(known, header)
    ids = _ids(draft, feed, header, known, context)
    for target, origin in feed.columns.items():
        if target not in draft.targets:
            _fill(draft, "columns", target, origin, types[target], header, feed, program)
    for target, origin in feed.extra.items():
        _fill(draft, "extra", target, origin, origin.type or "text", header, feed, program)
    if "account_id" not in draft.targets and feed.table not in ("products", "spend"):
        _guess_customer(draft, feed, reasons)
    _match(draft, feed, header, program)
    has_customer = bool({"account_id", "user_id"} & draft.targets) or any(c.section == "match" for c in draft.columns)
    has_customer = has_customer or feed.table in ("products", "spend")
    add_currency(draft)
    add_leftovers(draft, reasons)
    choices = list(draft.choices)
    if feed.choose is not None:
        choices.append(
            Choice(about="table", question=feed.choose.question, options=feed.choose.tables, answer=feed.table)
        )
    is_told = has_customer or feed.table == "order_lines"  # of lines their order says whose they are
    notes = tuple(draft.notes) if is_told else (*draft.notes, no_customer(feed.table))
    hidden = {c.target for c in draft.columns if c.mapping is not None}
    where = feed.where if feed.where and set(_names_in(feed.where, feed)) <= hidden else None
    return Proposal(
        name=_name(known, feed), table=feed.table, title=f"{program}: {known.export.title}",
        product=known.product.ids, export=known.export.name, confidence=_SURE if has_customer else 0.9,
        reason=f"its columns are those of {program}'s export '{known.export.title}'",
        columns=tuple(draft.columns), ids=ids, csv=sample.csv, excel=sample.excel, where=where,
        history="valid_from" if "valid_from" in draft.targets else "none", notes=notes, choices=tuple(choices),
    )  # fmt: skip


def _names_in(where: str, feed: Feed) -> list[str]:
    """The columns of the feed that a filter names."""
    plain = set("".join(c if c.isalnum() or c == "_" else " " for c in where).split())
    return [n for n in (*feed.columns, *feed.extra) if n in plain]


def _name(known: KnownExport, feed: Feed) -> str:
    export = known.export.name.removeprefix("api_")
    single = len(known.export.feeds) == 1
    return f"{known.product.ids}_{export if single else feed.table}"


def _ids(draft: Draft, feed: Feed, header: Header, known: KnownExport, context: RecogniseContext) -> str | None:
    """Whose ids account_id holds. Your own ids come first; the program's then only say which customer is meant."""
    origin, namespace = feed.columns.get("account_id"), known.product.ids
    theirs = header.first(origin.column) if origin else None
    own = next(iter(header.like(feed.own_ids)), None) or _with_known_ids(header, context, theirs)
    if own is None:
        return namespace if theirs is not None else None
    why = "it holds your own ids, which your other files have too"
    draft.columns.append(_told(own, "columns", "account_id", ColumnMap(column=own.name), why))
    if theirs is not None and theirs.name != own.name and feed.table != "referrals":
        why = f"{known.product.product}'s id of the same customer"
        draft.columns.append(_told(theirs, "same_as", namespace, ColumnMap(column=theirs.name), why))
    return None


def _with_known_ids(header: Header, context: RecogniseContext, theirs: Column | None) -> Column | None:
    known = context.own_ids
    if not known:
        return None
    shares = [
        (sum(v in known for v in c.values[:2_000]) / min(2_000, len(c.values)), c) for c in header.columns if c.values
    ]
    best = max(shares, key=lambda s: s[0], default=(0.0, None))
    return best[1] if best[0] >= 0.3 and best[1] is not theirs else None


def _told(
    column: Column, section: str, target: str, mapping: ColumnMap, why: str, confidence: float = _SURE
) -> ColumnProposal:
    return ColumnProposal.model_validate(
        {
            "source": column.name, "section": section, "target": target, "mapping": mapping,
            "confidence": confidence, "reason": why, "examples": profile(column).examples[:3],
        }
    )  # fmt: skip


def _fill(
    draft: Draft,
    section: str,
    target: str,
    origin: Origin,
    type_: ValueTypeName,
    header: Header,
    feed: Feed,
    program: str,
) -> None:
    column = header.first(origin.column)
    if origin.when and not any(header.get(n) for n in origin.when):
        return
    if column is None:
        if origin.constant is not None:
            draft.columns.append(constant(target, origin.constant, f"{program}'s export says nothing else", _SURE))
        return
    update: dict[str, object] = {
        k: v for k, v in origin.model_dump(exclude_defaults=True).items()
        if k not in ("column", "constant", "empty", "empty_others", "when")
    }  # fmt: skip
    mapping = draft.read(column, type_).mapping
    empty = (*mapping.empty, *origin.empty, *feed.empty.get(target, ()))
    if origin.empty_others:
        empty = (*empty, *(v for v in dict.fromkeys(column.values) if v not in origin.values))
    if empty:
        update["empty"] = tuple(dict.fromkeys(empty))
    mapping = mapping.model_copy(update=update)
    draft.columns.append(_told(column, section, target, mapping, f"{program} calls it so"))


def _match(draft: Draft, feed: Feed, header: Header, program: str) -> None:
    """What is known of the customer, where the table has no place for it, or has no id to tell customers apart."""
    if feed.table in ("products", "spend"):
        return
    model, has_id = BY_NAME[feed.table], "account_id" in draft.targets
    origins: dict[str, Origin] = {}
    if not has_id:
        named = ("email", "website", "country", "city") if feed.table == "users" else _ALSO_COLUMNS
        origins |= {name: feed.columns[name] for name in named if name in feed.columns}
    origins |= {str(name): origin for name, origin in feed.match.items()}
    for target, origin in origins.items():
        column = header.first(origin.column)
        if column is not None and not (has_id and model.column(target) and feed.table != "users"):
            mapping = ColumnMap(column=column.name)
            draft.columns.append(_told(column, "match", target, mapping, f"{program} calls it so"))
    if not any(c.target in _IDENTITY for c in draft.columns if c.section in ("match", "columns")) and not has_id:
        draft.columns = [c for c in draft.columns if c.section != "match" or c.target == "street"]


def _guess_customer(draft: Draft, feed: Feed, reasons: Mapping[str, str]) -> None:
    """Of an export that may have columns of your own: one that says whose a row is."""
    left = [c for c in draft.sample.columns if c.name not in draft.used and c.name not in reasons]
    found = fits(feed.table, left, draft.context.own_ids)
    fit = next((f for f in found if f.target == "account_id" and f.score >= _LEAST_GUESS), None)
    if fit is not None and without_noise(words(fit.column.name)) != ("id",):
        draft.add(fit, "columns", "account_id", "text")
        names = [f for f in match_fits(left) if f.target == "name" and f.score >= _LEAST_GUESS]
        if names and "company" in words(names[0].column.name):
            draft.add(names[0], "match", "name", "text")


def _reasons(known: KnownExport, header: Header) -> Mapping[str, str]:
    """Column → why it is not used, for those that the export knows to say nothing."""
    why = "it was added while the data was copied, or is technical"
    told = {column.name: why for column in header.like(known.product.technical)}
    for pattern, why in known.export.unused.items():
        for column in header.like([pattern]):
            told.setdefault(column.name, why)
    return told
