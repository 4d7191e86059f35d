"""The project, the files that wait, and the update."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import date
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse

from beachhead.api.documents import (
    AddedFile,
    AddedTold,
    Confirmation,
    Correction,
    InboxTold,
    JobTold,
    ModelColumn,
    ModelTable,
    ModelTold,
    NewProject,
    ProjectTold,
)
from beachhead.api.state import State
from beachhead.errors import Diagnostic, OutsideError, UsageError
from beachhead.project.definitions import MatchField
from beachhead.project.loader import load
from beachhead.project.model import TABLES
from beachhead.service.inbox import Waiting
from beachhead.service.jobs import Job

router = APIRouter()
_PIECES = 64
_LOOK_SECONDS = 1.0
_QUIET_LOOKS = 15


def state_of(request: Request) -> State:
    """The server's state."""
    state = request.app.state.beachhead
    assert isinstance(state, State)
    return state


Server = Annotated[State, Depends(state_of)]


@router.get("/project")
def project(server: Server) -> ProjectTold:
    """The project that is open, or that there is none yet."""
    if not server.is_open:
        return ProjectTold(open=False, folder=str(server.folder))
    loaded = load(server.root)
    settings = loaded.settings
    told = ProjectTold(
        open=True,
        folder=str(server.root),
        name=settings.name,
        customers_are=settings.customers_are,
        currency=settings.currency,
        timezone=settings.timezone,
        template=settings.template,
        sources=list(loaded.sources),
    )
    try:
        latest = server.latest()
    except UsageError:
        return told
    return told.model_copy(update={"as_of": latest.as_of, "customers": len(latest.accounts)})


@router.post("/project")
def start(new: NewProject, server: Server) -> ProjectTold:
    """Make a project."""
    server.start(new.name.strip() or "My company", new.currency, new.timezone, new.customers_are)
    return project(server)


@router.get("/inbox")
def inbox(server: Server) -> InboxTold:
    """The files that wait."""
    return InboxTold(files=list(server.inbox.waiting()) if server.is_open else [])


@router.put("/inbox/files/{name}")
async def receive(name: str, request: Request, server: Server) -> InboxTold:
    """Take in a file, piece by piece; when the browser gives up, nothing is left of it."""
    pieces: queue.Queue[bytes | None] = queue.Queue(_PIECES)
    gone = threading.Event()

    def chunks() -> Iterator[bytes]:
        while True:
            piece = pieces.get()
            if gone.is_set():
                raise OutsideError(Diagnostic("upload-stopped", f"{name} was not sent to its end"))
            if piece is None:
                return
            yield piece

    working = asyncio.create_task(run_in_threadpool(lambda: server.inbox.receive(name, chunks())))

    async def put(piece: bytes | None) -> None:
        while not working.done():
            try:
                pieces.put_nowait(piece)
                return
            except queue.Full:
                await asyncio.sleep(0.01)

    try:
        async for chunk in request.stream():
            await put(chunk)
            if working.done():
                break
        await put(None)
    except BaseException as e:  # also a server that stops: what came so far is no whole file
        gone.set()
        with suppress(queue.Full):  # a full queue wakes the reader too
            pieces.put_nowait(None)
        with suppress(OutsideError):
            await working
        if not isinstance(e, ClientDisconnect):
            raise
    return InboxTold(files=list(await working))


@router.put("/inbox/{waiting_id}")
def correct(waiting_id: str, said: Correction, server: Server) -> Waiting:
    """What a person says a file is."""
    if said.table is not None:
        return server.inbox.recognise_as(waiting_id, said.table)
    if said.choice is not None:
        return server.inbox.choose(waiting_id, said.choice.proposal, said.choice.choice, said.choice.answer)
    if said.proposals is not None:
        return server.inbox.change(waiting_id, said.proposals)
    return server.inbox.set_apart(waiting_id) if not said.continues else server.inbox.get(waiting_id)


@router.delete("/inbox/{waiting_id}", status_code=204)
def discard(waiting_id: str, server: Server) -> Response:
    """Leave a file out."""
    server.inbox.discard(waiting_id)
    return Response(status_code=204)


@router.post("/inbox/confirm")
def confirm(said: Confirmation, server: Server) -> AddedTold:
    """Add files to the project."""
    added = server.inbox.confirm(said.ids, date.today())
    return AddedTold(added=[AddedFile(file=a.file, sources=list(a.sources), replaces=list(a.replaces)) for a in added])


@router.get("/model")
def model() -> ModelTold:
    """The tables and columns that a file can feed."""
    return ModelTold(
        tables=[
            ModelTable(
                name=t.name,
                description=t.description,
                columns=[
                    ModelColumn(name=c.name, type=c.type, description=c.description, required=c.required)
                    for c in t.columns
                ],
            )
            for t in TABLES
        ],
        match_fields=list(get_args(MatchField)),
    )


@router.post("/update")
def update(server: Server) -> Job:
    """Start an update."""
    return server.jobs.start()


@router.get("/job")
def job(server: Server) -> JobTold:
    """The update that runs, or the last one of this start."""
    return JobTold(job=server.jobs.current if server.is_open else None)


@router.delete("/job")
def stop(server: Server) -> JobTold:
    """Stop the update."""
    return JobTold(job=server.jobs.cancel())


@router.get("/events")
async def events(request: Request, server: Server) -> StreamingResponse:
    """How far the update is, as server-sent events: one `job` for each change."""
    jobs = server.jobs

    async def told() -> AsyncIterator[str]:
        seen, quiet = -1, 0
        while not await request.is_disconnected():
            version, current = await run_in_threadpool(jobs.wait, seen, _LOOK_SECONDS)
            if version != seen and current is not None:
                yield f"event: job\ndata: {current.model_dump_json()}\n\n"
            elif quiet % _QUIET_LOOKS == 0:
                yield ": still here\n\n"
            seen, quiet = version, quiet + 1

    return StreamingResponse(told(), media_type="text/event-stream")
