"""What the page sends and gets beyond what the service itself speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import BaseModel, Field

from beachhead.service.inbox import Waiting
from beachhead.service.jobs import Job
from beachhead.service.preferences import Theme
from beachhead.service.questions import Question
from beachhead.service.tie_out import Measure
from beachhead.sources.recognise.proposal import Proposal


class ProjectTold(BaseModel):
    """The project that is open; `open` is false while there is none in the folder."""

    open: bool
    folder: str
    name: str = ""
    customers_are: str = "customers"
    currency: str = "EUR"
    timezone: str = "UTC"
    template: str = "blank"
    sources: list[str] = []
    as_of: date | None = None
    customers: int | None = None


class NewProject(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    customers_are: str | None = Field(None, min_length=1, max_length=40)
    currency: str | None = None
    timezone: str | None = None


class InboxTold(BaseModel):
    files: list[Waiting]


class ChoiceMade(BaseModel):
    """An answer to a choice of a proposal, both by their position."""

    proposal: int
    choice: int
    answer: str


class Correction(BaseModel):
    """What a person says a file is: one of other columns (`proposals`), a table to recognise it as, an answer to a
    choice, or that it is no next file of a source (`continues` false)."""

    proposals: list[Proposal] | None = None
    table: str | None = None
    choice: ChoiceMade | None = None
    continues: bool = True


class Confirmation(BaseModel):
    ids: list[str]


class AddedFile(BaseModel):
    file: str
    sources: list[str]
    replaces: list[str]


class AddedTold(BaseModel):
    added: list[AddedFile]


class ModelColumn(BaseModel):
    name: str
    type: str
    description: str
    required: bool


class ModelTable(BaseModel):
    name: str
    description: str
    columns: list[ModelColumn]


class ModelTold(BaseModel):
    tables: list[ModelTable]
    match_fields: list[str]


class JobTold(BaseModel):
    job: Job | None


class Rate(BaseModel):
    source: str
    records: int
    matched: int
    unmatched: int
    rate: float | None


class Unmatched(BaseModel):
    source: str
    account_id: str
    name: str | None
    email: str | None
    is_customer: bool


class QuestionsTold(BaseModel):
    rates: list[Rate]
    questions: list[Question]
    question_count: int
    unmatched: list[Unmatched]
    unmatched_count: int


class AnswerGiven(BaseModel):
    answer: str
    target: str | None = None


class Left(BaseModel):
    left: int


class ThemeTold(BaseModel):
    name: Theme
    title: str
    weight: float
    inputs: list[str]
    has_data: bool


class RankedTold(BaseModel):
    account_id: str
    name: str
    rank: int | None
    before: int | None
    score: float | None
    tier: str | None


class ValueTold(BaseModel):
    themes: list[ThemeTold]
    scored: int
    best: list[RankedTold]
    worst: list[RankedTold]


class Weights(BaseModel):
    weights: Mapping[Theme, float]
    names: list[str] = []


class PreviewTold(BaseModel):
    scored: int
    best: list[RankedTold]
    worst: list[RankedTold]
    followed: list[RankedTold]


class CustomerName(BaseModel):
    account_id: str
    name: str


class CustomersTold(BaseModel):
    customers: list[CustomerName]


class FinanceTotal(BaseModel):
    """Finance's total, as typed, in the project's currency."""

    total: str
    measure: Measure = "mrr"
