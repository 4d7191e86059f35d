"""Forms whose questions are the names of their columns: each question becomes a source of answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from beachhead.project.definitions import ColumnMap, ValueTypeName
from beachhead.sources.recognise.context import RecogniseContext
from beachhead.sources.recognise.known import Header, KnownExport, notes_of
from beachhead.sources.recognise.matching import fits, match_fits
from beachhead.sources.recognise.names import raw_words
from beachhead.sources.recognise.proposal import ColumnProposal, Note, Proposal
from beachhead.sources.recognise.propose import Draft, constant, no_customer, source_name, survey_name
from beachhead.sources.recognise.sample import Column, Sample
from beachhead.sources.recognise.shapes import profile

MOST_QUESTIONS = 30
_ANSWERED: Mapping[bool, tuple[str, ValueTypeName]] = {True: ("score", "number"), False: ("answer", "text")}
_NPS = re.compile(
    r"how likely .*recommend|recommend .*(friend|colleague)|wahrscheinlich .*empfehl|weiterempfehl|\bnps\b", re.I
)
_ASKED = re.compile(
    r"\?|^(what|which|how|why|who|when|do|does|did|are|is|was|wie|was|welche|warum|wer|wann|haben|sind)\b", re.I
)


def is_question(column: Column) -> bool:
    """Whether a column's name is a question, or so long a text that it is one."""
    return bool(_ASKED.search(column.name)) and len(raw_words(column.name)) >= 3


def asks_nps(column: Column) -> bool:
    """Whether a column's name is the question of the net promoter score."""
    return bool(_NPS.search(column.name))


def question_proposals(
    known: KnownExport, sample: Sample, context: RecogniseContext, shown: str
) -> tuple[Proposal, ...]:
    """A proposal for each question of a known program's form."""
    told, header = known.export.questions, Header(sample.columns)
    assert told is not None
    asked_at = header.first(told.asked_at)
    others = {c.name for c in header.like(told.not_questions)}
    questions = [c for c in sample.columns if c.name not in others]
    why = f"its columns are those of {known.product.product}'s export '{known.export.title}'"
    made = form_proposals(sample, context, shown, asked_at, questions, 0.95, why)
    notes = notes_of(known, sample)
    update: dict[str, object] = {"product": known.product.ids, "export": known.export.name}
    return tuple(
        p.model_copy(update=update | ({"notes": (*p.notes, *notes)} if _lacks_customer(p) else {})) for p in made
    )


def _lacks_customer(proposal: Proposal) -> bool:
    return any(n.code == "no-customer" for n in proposal.notes)


def form_proposals(
    sample: Sample, context: RecogniseContext, shown: str, asked_at: Column | None, asked: Sequence[Column],
    confidence: float, why: str,
) -> tuple[Proposal, ...]:  # fmt: skip
    """A proposal for each question; columns that tell whose answers they are belong to all of them."""
    if asked_at is None:
        return ()
    who = _who(asked, context)
    names = {c.source for c in who}
    questions = [c for c in asked if c.name not in names and (c.values or not c.cells)][:MOST_QUESTIONS]
    form = source_name(shown, "form")
    made = []
    for number, question in enumerate(questions, 1):
        draft = Draft(sample, "responses", context)
        draft.columns += who
        mapping = draft.read(asked_at, "timestamp").mapping
        draft.columns.append(_told(asked_at, "responded_at", mapping, "the moment at which the form was sent"))
        seen = profile(question)
        is_nps = bool(_NPS.search(question.name)) and (seen.is_numeric or not seen.values)
        survey = "nps" if is_nps else survey_name(shown)
        named = "it asks how likely they are to recommend you" if is_nps else "the file's name"
        draft.columns.append(constant("survey", survey, named))
        if not is_nps:
            draft.columns.append(constant("question", question.name, "the question is the column's name"))
        target, type_ = _ANSWERED[seen.is_numeric]
        draft.columns.append(_told(question, target, draft.read(question, type_).mapping, "what was answered"))
        draft.columns += _unused(sample, draft.used, {q.name for q in questions})
        notes: tuple[Note, ...] = () if who else (no_customer("responses"),)
        made.append(
            Proposal(
                name=f"{form}_{number}" if survey != "nps" else f"{form}_nps", table="responses",
                title=f"Answers to '{question.name}'", confidence=confidence if who else min(confidence, 0.85),
                reason=why, columns=tuple(draft.columns), csv=sample.csv, excel=sample.excel, notes=notes,
                choices=tuple(draft.choices),
            )
        )  # fmt: skip
    return tuple(made)


def _who(asked: Sequence[Column], context: RecogniseContext) -> list[ColumnProposal]:
    """Columns of a form that tell whose answers they are: an e-mail address, an id, a company's name."""
    found: list[ColumnProposal] = []
    draft = Draft(Sample(tuple(asked), None, ()), "responses", context)
    for fit in fits("responses", asked, context.own_ids):
        if fit.target in ("account_id", "user_id") and fit.score >= 0.85 and fit.target not in draft.targets:
            draft.add(fit, "columns", fit.target, "text")
    for fit in match_fits(asked):
        by_value = fit.target == "email" and profile(fit.column).share("email") >= 0.8
        named = fit.target in ("name", "phone", "first_name", "last_name") and fit.score >= 0.85
        free = fit.column.name not in draft.used and fit.target not in {c.target for c in draft.columns}
        if (by_value or named) and free:
            draft.add(fit, "match", fit.target, "text")
    found += draft.columns
    return found


def _told(column: Column, target: str, mapping: ColumnMap, why: str) -> ColumnProposal:
    return ColumnProposal(
        source=column.name, section="columns", target=target, mapping=mapping, confidence=0.95, reason=why,
        examples=profile(column).examples[:3],
    )  # fmt: skip


def _unused(sample: Sample, used: set[str], questions: set[str]) -> list[ColumnProposal]:
    why = {True: "another question; it has a source of its own", False: "about the form, not the answer"}
    return [
        ColumnProposal(
            source=c.name, section="unused", confidence=0.9, examples=profile(c).examples[:3],
            reason=why[c.name in questions],
        )
        for c in sample.columns
        if c.name not in used
    ]  # fmt: skip
