"""Segments: the list, one of them, rules tried while they are written, the plan of a change, saving, publishing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from beachhead.api.files import Server
from beachhead.errors import Diagnostic, UsageError
from beachhead.service.jobs import Job
from beachhead.service.rule_answers import RuleCounted, WhyTold, count_rule, why_rule, why_segment
from beachhead.service.rule_reading import RuleRead, Tree, read_rule, text_of_tree
from beachhead.service.rule_words import RuleWords, ValuesTold, attribute_values, column_values, rule_words
from beachhead.service.run import RunOptions
from beachhead.service.segment_changes import PlanTold, plan_told
from beachhead.service.segment_desk import Opened, Question
from beachhead.service.segment_editing import (
    Draft,
    Removal,
    Renaming,
    free_name,
    save_draft,
    save_removal,
    save_renaming,
    with_draft,
    with_removal,
    with_renaming,
)
from beachhead.service.segment_facts import CustomerTold
from beachhead.service.segment_listing import SegmentList, SortKey, segment_list
from beachhead.service.segment_page import (
    CardTold,
    MembersTold,
    SegmentPageTold,
    segment_card,
    segment_members,
    segment_page,
)
from beachhead.service.segment_plan import publish_segments

router = APIRouter(prefix="/segments")
T = TypeVar("T")
Name = Annotated[str, Query(max_length=400)]
Search = Annotated[str, Query(max_length=200)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Limit = Annotated[int, Query(ge=1, le=200)]
_LOOK_SECONDS = 0.1
_LONGEST = 100_000


class RuleAsked(BaseModel):
    """A rule to be read: a text; or a tree, whose text keeps what `text` says alike."""

    text: str = Field("", max_length=_LONGEST)
    tree: Tree | None = None


class TextAsked(BaseModel):
    text: str = Field(max_length=_LONGEST)


class WhyAsked(BaseModel):
    """Why this customer: in a segment, or in a rule that is not saved."""

    account_id: str = Field(min_length=1, max_length=400)
    segment: str | None = Field(None, max_length=400)
    text: str | None = Field(None, max_length=_LONGEST)


class CustomersFound(BaseModel):
    customers: list[CustomerTold]


class NameTold(BaseModel):
    name: str


class Saved(BaseModel):
    """What a segment is called after it was written."""

    name: str


class Published(BaseModel):
    """`snapshot`: what was published at once; `job`: the update that does it where more than rules changed."""

    snapshot: str | None = None
    job: Job | None = None


class DayAsked(BaseModel):
    day: date


@router.get("")
def listed(
    server: Server,
    search: Search = "",
    family: Name | None = None,
    sort: SortKey = "title",
    descending: bool = False,
    offset: Offset = 0,
    limit: Limit = 50,
) -> SegmentList:
    """A page of the list."""
    return segment_list(
        server.desk.definitions, server.segment_facts(), search=search, family=family, sort=sort,
        descending=descending, offset=offset, limit=limit,
    )  # fmt: skip


@router.get("/one")
def one(server: Server, name: Name) -> SegmentPageTold:
    """All about one segment."""
    return segment_page(server.desk.definitions, server.segment_facts(), name)


@router.get("/members")
def members(server: Server, name: Name, search: Search = "", offset: Offset = 0, limit: Limit = 50) -> MembersTold:
    """Who is in it, the notable first."""
    return segment_members(server.desk.definitions, server.segment_facts(), name, search, offset, limit)


@router.get("/card")
def quality_card(server: Server, name: Name) -> CardTold:
    """Whether it is a good segment: six qualities, each with a verdict and a next step."""
    return segment_card(server.desk.definitions, server.segment_facts(), name)


@router.get("/customers")
def customers(server: Server, search: Search) -> CustomersFound:
    """Customers whose id or name holds a text."""
    facts = server.segment_facts()
    return CustomersFound(customers=facts.told(facts.find(search, 20)))


@router.get("/words")
def words(server: Server) -> RuleWords:
    """All that a rule may name and say."""
    with server.desk.ask(server.latest()) as opened:
        return rule_words(opened)


@router.get("/values")
async def values(request: Request, server: Server, attribute: Name, search: Search = "") -> ValuesTold:
    """The values of an attribute, the most frequent first; of a column as `table.column`."""

    def look(opened: Opened) -> ValuesTold:
        table, _, column = attribute.rpartition(".")
        if table:
            known = opened.plan.catalog.tables.get(table, {})
            if column not in known:
                raise UsageError(Diagnostic.unknown_name("column", column, known))
            return column_values(opened, table, column, search)
        if attribute not in opened.plan.catalog.attributes:
            raise UsageError(Diagnostic.unknown_name("attribute", attribute, opened.plan.catalog.attributes))
        return attribute_values(opened, attribute, search)

    return await _asked(request, server, look)


@router.post("/read")
def read(asked: RuleAsked, server: Server) -> RuleRead:
    """What a rule says: its text, its tree, English, mistakes with their place."""
    text = asked.text if asked.tree is None else text_of_tree(asked.tree, asked.text)
    return read_rule(server.desk.definitions.plan, text)


@router.post("/count")
async def count(asked: TextAsked, request: Request, server: Server) -> RuleCounted:
    """Whom a rule means, condition by condition. Given up when nobody waits for it any more."""
    return await _asked(request, server, lambda opened: count_rule(opened, server.segment_facts(), asked.text))


@router.post("/why")
async def why(asked: WhyAsked, request: Request, server: Server) -> WhyTold:
    """Why a customer is in or not: each condition with the value, and what would have to change."""
    if (asked.segment is None) == (asked.text is None):
        raise UsageError(Diagnostic("bad-request", "ask for a segment or a rule", remedy="Reload the page."))
    if asked.text is not None:
        text = asked.text
        return await _asked(request, server, lambda opened: why_rule(opened, text, asked.account_id))
    return await _asked(request, server, lambda opened: why_segment(opened, asked.segment or "", asked.account_id))


@router.get("/free-name")
def name_for(server: Server, title: Annotated[str, Query(max_length=200)]) -> NameTold:
    """What a new segment of this title would be called."""
    return NameTold(name=free_name(server.desk.definitions.plan, title))


@router.get("/plan")
def plan(server: Server) -> PlanTold:
    """What publishing the files as they are now would do."""
    return plan_told(server.latest(), server.desk.definitions.plan)


@router.post("/plan")
def plan_of_draft(draft: Draft, server: Server) -> PlanTold:
    """What a draft would do."""
    return plan_told(server.latest(), with_draft(server.desk.definitions.plan, draft), draft.name)


@router.post("/plan-rename")
def plan_of_renaming(asked: Renaming, server: Server) -> PlanTold:
    """What another name would do."""
    return plan_told(server.latest(), with_renaming(server.desk.definitions.plan, asked), asked.to)


@router.post("/plan-delete")
def plan_of_removal(asked: Removal, server: Server) -> PlanTold:
    """What deleting would do."""
    return plan_told(server.latest(), with_removal(server.desk.definitions.plan, asked), asked.name)


@router.put("")
def save(draft: Draft, server: Server) -> Saved:
    """Write a segment's file."""
    save_draft(server.desk.definitions.plan, draft)
    return Saved(name=draft.name)


@router.post("/rename")
def rename(asked: Renaming, server: Server) -> Saved:
    """Give a segment another name; its history follows."""
    save_renaming(server.desk.definitions.plan, asked)
    return Saved(name=asked.to)


@router.post("/delete")
def delete(asked: Removal, server: Server) -> Saved:
    """Delete a segment's file."""
    save_removal(server.desk.definitions.plan, asked)
    return Saved(name=asked.name)


@router.post("/publish")
def publish(server: Server) -> Published:
    """Publish the segments as their files are now, at once where only rules changed, else by an update."""
    _require_no_update(server)
    run, definitions = server.latest(), server.desk.definitions
    if definitions.plan.made_by != run.about.made_by:
        return Published(job=server.jobs.start())
    return Published(snapshot=publish_segments(run, definitions.plan).name)


@router.post("/look-back")
def look_back(asked: DayAsked, server: Server) -> Job:
    """Compute an earlier day, for rules that ask for it."""
    as_of = server.latest().as_of
    if asked.day >= as_of:
        remedy = f"Choose a day before {as_of}."
        raise UsageError(Diagnostic("not-earlier", f"{asked.day} is not an earlier day", remedy=remedy))
    return server.jobs.start(RunOptions(as_of=asked.day, allow_loss=True, looks_back=True))


def _require_no_update(server: Server) -> None:
    job = server.jobs.current
    if job and job.state == "running":
        remedy = "Wait until it is done, or stop it."
        raise UsageError(Diagnostic("update-runs", "an update is running", remedy=remedy))


async def _asked(request: Request, server: Server, answer: Callable[[Opened], T]) -> T:
    """The answer of the warm desk, unless the page has gone on to another question meanwhile."""
    question = Question()

    def work() -> T:
        with server.desk.ask(server.latest(), question) as opened:
            return answer(opened)

    working = asyncio.ensure_future(run_in_threadpool(work))
    try:
        while not working.done():
            await asyncio.wait({working}, timeout=_LOOK_SECONDS)
            if not working.done() and not question.is_given_up and await request.is_disconnected():
                question.give_up()
    except asyncio.CancelledError:
        question.give_up()
        raise
    return working.result()
