"""The result of the newest update, and ways to take it elsewhere."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from beachhead.api.documents import FinanceTotal
from beachhead.api.files import Server
from beachhead.reports.render import render
from beachhead.service.export import ENDINGS, MEDIA_TYPES, Kind, export_bytes
from beachhead.service.first_result import FirstResult, first_result
from beachhead.service.report import report_data
from beachhead.service.tie_out import Measure, Tied, newest_tie_out, tie
from beachhead.sources.upload import inspect_upload, safe_name
from beachhead.store.layout import Layout

router = APIRouter()


@router.get("/result")
def result(server: Server) -> FirstResult:
    """The answer, the names, what they share, problems, what is missing."""
    return _with(server, newest_tie_out(server.root, server.latest()))


def _with(server: Server, tied: Tied | None) -> FirstResult:
    project, latest = server.project, server.latest()
    return first_result(latest, project.before(latest), project.changes(), tied)


@router.post("/tie-out")
def tie_out(said: FinanceTotal, server: Server) -> FirstResult:
    """Compare with finance's total."""
    latest = server.latest()
    return _with(server, tie(server.root, latest, said.measure, latest.as_of, total=said.total))


@router.put("/tie-out/{name}")
async def tie_out_list(name: str, request: Request, server: Server, measure: Measure = "mrr") -> FirstResult:
    """Compare with finance's list."""
    latest = server.latest()
    with TemporaryDirectory(dir=Layout(server.root).tmp) as folder:
        path = Path(folder) / safe_name(name)
        with path.open("wb") as file:
            async for chunk in request.stream():
                file.write(chunk)
        inspect_upload(path, name)
        tied = await run_in_threadpool(lambda: tie(server.root, latest, measure, latest.as_of, path=path))
    return _with(server, tied)


@router.get("/report")
def report(server: Server) -> HTMLResponse:
    """The whole report."""
    latest = server.latest()
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    page = render(report_data(latest, server.project.before(latest)))
    return HTMLResponse(page, headers={"content-security-policy": policy, "x-frame-options": "SAMEORIGIN"})


@router.get("/export/{kind}", response_class=Response)
def export(kind: Kind, server: Server) -> Response:
    """The result as a file to take along."""
    project = server.project
    name = f"{project.root.name}-{project.latest().as_of}{ENDINGS[kind]}"
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(export_bytes(project, kind), media_type=MEDIA_TYPES[kind], headers=headers)
