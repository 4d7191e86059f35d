"""What is in a file, and what could it feed? The one door to everything in this package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from beachhead.errors import BeachheadError
from beachhead.project.model import BY_NAME
from beachhead.sources import excel
from beachhead.sources.recognise.context import RecogniseContext
from beachhead.sources.recognise.known import as_of_program, known_export, notes_of, nothing_note, proposals_of
from beachhead.sources.recognise.proposal import ColumnProposal, Note, Proposal, Recognition
from beachhead.sources.recognise.propose import from_candidate
from beachhead.sources.recognise.sample import Column, Sample, is_readable, take_sample
from beachhead.sources.recognise.shapes import profile
from beachhead.sources.recognise.surveys import asks_nps, form_proposals, is_question
from beachhead.sources.recognise.tables import Candidate, candidate, candidates, file_words

_CLOSE = 0.8
_TOLD = 0.85
_CONVINCING = 3.0


def recognise_file(path: Path, shown: str, context: RecogniseContext) -> Recognition:
    """What a file seems to be, from its columns and at most 20,000 of its rows.

    `shown`: how the file is called; its words count as evidence. A workbook gives the proposals of all its sheets.
    Raises `DataError` or `OutsideError` for a file that cannot be read at all.
    """
    return _recognise(path, shown, context, None)


def recognise_as(path: Path, shown: str, context: RecogniseContext, table: str) -> Recognition:
    """The same when a person says which table of the model it feeds. Raises `ValueError` for a table there is not."""
    if table not in BY_NAME:
        raise ValueError(f"there is no table {table}")
    return _recognise(path, shown, context, table)


def _recognise(path: Path, shown: str, context: RecogniseContext, table: str | None) -> Recognition:
    sheets = excel.sheet_names(path, shown) if path.suffix.lower() in excel.ENDINGS else (None,)
    if len(sheets) == 1:
        return _of_sample(take_sample(path, shown, context.engine, context.temp), shown, context, table)
    found = []
    for sheet in sheets:
        try:
            sample = take_sample(path, shown, context.engine, context.temp, sheet)
        except BeachheadError as e:
            if not is_readable(e):
                raise
            continue
        found.append(_of_sample(sample, f"{sheet or shown}", context, table))
    if not found:
        return _of_sample(take_sample(path, shown, context.engine, context.temp), shown, context, table)
    first = next((r for r in found if r.proposals), found[0])
    proposals = tuple(_apart(p for r in found for p in r.proposals))
    notes = tuple(dict.fromkeys(n for r in found for n in r.notes))
    return first.model_copy(update={"file": shown, "proposals": proposals, "notes": notes})


def _apart(proposals: Iterable[Proposal]) -> list[Proposal]:
    """Proposals whose names differ."""
    made: list[Proposal] = []
    for proposal in proposals:
        taken, name, n = {p.name for p in made}, proposal.name, 2
        while name in taken:
            name, n = f"{proposal.name}_{n}", n + 1
        made.append(proposal if name == proposal.name else proposal.model_copy(update={"name": name}))
    return made


def _of_sample(sample: Sample, shown: str, context: RecogniseContext, table: str | None) -> Recognition:
    proposals, notes = _proposals(sample, shown, context, table)
    return Recognition(
        file=shown, rows=sample.rows, header=sample.header, preview=sample.preview, assumed=sample.assumed,
        proposals=tuple(_apart(proposals)), notes=notes,
    )  # fmt: skip


def _proposals(
    sample: Sample, shown: str, context: RecogniseContext, table: str | None
) -> tuple[Sequence[Proposal], tuple[Note, ...]]:
    if not sample.columns or _has_no_header(sample):
        return (), (_no_header(),)
    known = known_export(sample)
    if table is not None:
        made = candidate(table, sample.columns, file_words(shown), context.own_ids)
        said = from_candidate(made, sample, context, shown, _TOLD)
        return [as_of_program(said, known, sample) if known else said], ()
    if known is not None:
        found = proposals_of(known, sample, context, shown)
        told = nothing_note(known, sample)
        return found, () if found else (*((told,) if told else ()), *notes_of(known, sample))
    asked = [c for c in sample.columns if is_question(c)]
    is_form = (len(asked) >= 2 and len(asked) >= len(sample.columns) / 4) or any(map(asks_nps, asked))
    if is_form and (form := _form(sample, asked, context, shown)):
        return form, ()
    judged = candidates(sample.columns, shown, context.own_ids)
    if not judged:
        return (), (_not_understood(),)
    best = judged[0]
    proposal = from_candidate(best, sample, context, shown, _confidence(best, judged))
    if best.table == "companies":
        return _with_list(proposal, sample, shown, context), ()
    return [proposal], ()


def _with_list(companies: Proposal, sample: Sample, shown: str, context: RecogniseContext) -> list[Proposal]:
    """Facts about companies, and before them the list of customers that the file is as well: it names them and says
    how to reach them or since when. Each column stands in one of the two."""
    found = candidate("accounts", sample.columns, file_words(shown), context.own_ids)
    if "name" not in found.found or not {"email", "website", "signed_up_at"} & set(found.found):
        return [companies]
    # Whether all of them are customers nobody can see, so this is never sure.
    customers = from_candidate(found, sample, context, shown, min(companies.confidence, 0.85))
    facts = {c.source for c in companies.columns if c.section == "columns" and c.target != "account_id"}
    listed = {c.source for c in customers.columns if c.section in ("columns", "match")}

    def without(proposal: Proposal, elsewhere: set[str], where: str) -> Proposal:
        def kept(column: ColumnProposal) -> ColumnProposal:
            if column.section != "extra" or column.source not in elsewhere:
                return column
            return column.model_copy(
                update={"section": "unused", "target": "", "mapping": None, "reason": f"stands {where}"}
            )

        return proposal.model_copy(update={"columns": tuple(map(kept, proposal.columns))})

    extras = {c.source for c in customers.columns if c.section == "extra"} - facts
    return [
        without(customers, facts, "with the facts about companies"),
        without(companies, listed | extras, "in the list of customers"),
    ]


def _form(sample: Sample, asked: Sequence[Column], context: RecogniseContext, shown: str) -> tuple[Proposal, ...]:
    dated = [c for c in sample.columns if profile(c).is_dated]
    others = [c for c in sample.columns if c not in dated and c not in asked]
    why = "its columns are questions"
    return form_proposals(sample, context, shown, dated[0] if dated else None, [*others, *asked], 0.8, why)


def _confidence(best: Candidate, judged: Sequence[Candidate]) -> float:
    """0–1: much evidence, far more than for the next table, nothing missing."""
    second = judged[1].score if len(judged) > 1 else 0.0
    margin = min(1.0, max(0.0, best.score - second) / _CLOSE)
    amount = min(1.0, best.score / _CONVINCING)
    confidence = 0.35 + 0.3 * amount + 0.3 * margin * amount
    if best.missing:
        confidence = min(confidence, 0.5)
    if best.is_doubtful or not any(fit.column.values for fit in best.found.values()):
        confidence = min(confidence, 0.85)
    return round(confidence if best.has_customer else min(confidence, 0.85), 2)


def _has_no_header(sample: Sample) -> bool:
    """Whether what should be names are values: numbers, dates, e-mail addresses."""
    looked = [profile(Column(c.name, (c.name,))) for c in sample.columns]
    values = sum(p.share("integer", "number", "date", "timestamp", "email") > 0 for p in looked)
    return values > len(looked) / 2 and not any(c.name[:1].isalpha() and "@" not in c.name for c in sample.columns)


def _no_header() -> Note:
    return Note(
        code="no-header",
        message="The file's first line holds values, not the names of columns.",
        remedy="Add a line with names above it, or say in which line they stand, then add the file again.",
    )


def _not_understood() -> Note:
    return Note(
        code="not-understood",
        message="Nothing in this file looks like customers, or like something that customers did.",
        remedy="If it does, choose what a row is (a customer, an order, a payment …), and say what its columns mean.",
    )
