"""The result of the newest update, and ways to take it elsewhere."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from beachhead.api.files import Server
from beachhead.reports.render import render
from beachhead.service.export import ENDINGS, MEDIA_TYPES, Kind, export_bytes
from beachhead.service.first_result import FirstResult, first_result
from beachhead.service.report import report_data

router = APIRouter()


@router.get("/result")
def result(server: Server) -> FirstResult:
    """The answer, the names, what they share, problems, what is missing."""
    project = server.project
    return first_result(server.latest(), project.before(server.latest()), project.changes())


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
