"""What a good customer is, and what only a person can say."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter

from beachhead.api.documents import (
    AnswerGiven,
    CustomerName,
    CustomersTold,
    Left,
    PreviewTold,
    QuestionsTold,
    RankedTold,
    Rate,
    ThemeTold,
    Unmatched,
    ValueTold,
    Weights,
)
from beachhead.api.files import Server
from beachhead.service.matches import match_rates, unmatched
from beachhead.service.preferences import Preferences, Ranked, save_weights
from beachhead.service.questions import answer, questions

router = APIRouter()
_LISTED = 200


@router.get("/questions")
def asked(server: Server) -> QuestionsTold:
    """What is open: records that may be one customer, words that may be one word, who was not matched."""
    latest = server.latest()
    left, found = unmatched(latest), questions(server.root, latest)
    return QuestionsTold(
        rates=[
            Rate(source=r.source, records=r.records, matched=r.matched, unmatched=r.unmatched, rate=r.rate)
            for r in match_rates(latest)
        ],
        questions=list(found[:_LISTED]),
        question_count=len(found),
        unmatched=[Unmatched(**row) for row in left.slice(0, _LISTED).to_pylist()],
        unmatched_count=left.num_rows,
    )


@router.post("/questions/{question_id}")
def answered(question_id: str, said: AnswerGiven, server: Server) -> Left:
    """Take an answer."""
    return Left(left=answer(server.root, server.latest(), question_id, said.answer, said.target))


@router.get("/value")
def value(server: Server) -> ValueTold:
    """The weights of the four themes, and who is the best and the worst with them."""
    preferences = server.preferences()
    preview = preferences.preview({})
    return ValueTold(
        themes=[_theme(preferences, n) for n in range(4)],
        scored=preview.scored,
        best=[_ranked(r) for r in preview.best],
        worst=[_ranked(r) for r in preview.worst],
    )


@router.post("/value/preview")
def preview(said: Weights, server: Server) -> PreviewTold:
    """Who would be where with other weights."""
    found = server.preferences().preview(said.weights, said.names)
    return PreviewTold(
        scored=found.scored,
        best=[_ranked(r) for r in found.best],
        worst=[_ranked(r) for r in found.worst],
        followed=[_ranked(r) for r in found.followed],
    )


@router.put("/value")
def save(said: Weights, server: Server) -> ValueTold:
    """Write the weights; they count from the next update on."""
    save_weights(server.root, said.weights)
    return value(server)


@router.get("/customers")
def customers(server: Server, search: str = "") -> CustomersTold:
    """Customers whose name or id holds a text."""
    return CustomersTold(customers=[CustomerName(**row) for row in server.preferences().search(search).to_pylist()])


def _theme(preferences: Preferences, n: int) -> ThemeTold:
    theme = preferences.themes()[n]
    return ThemeTold(
        name=theme.name, title=theme.title, weight=theme.weight, inputs=list(theme.inputs), has_data=theme.has_data
    )


def _ranked(ranked: Ranked) -> RankedTold:
    return RankedTold(**asdict(ranked))
