"""The application: routes by subject, one form of errors, the page's files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

import beachhead
from beachhead.api import files, metrics, results, score, segments
from beachhead.api.guard import Guard
from beachhead.api.state import State
from beachhead.errors import BeachheadError, DataError, DefinitionError, Diagnostic, OutsideError

STATIC = Path(__file__).parent / "static"
_STATUS: tuple[tuple[type[BeachheadError], int], ...] = ((DefinitionError, 422), (DataError, 422), (OutsideError, 503))
_NO_PAGE = (
    "<!doctype html><title>Beachhead</title><p>The page is not built into this installation. "
    "Install Beachhead from a release, or build it: see docs/page.md.</p>"
)


def make_app(state: State, key: str) -> Guard:
    """The guarded application of one start. `key`: what opening the page must bring."""
    return Guard(routes(state), key)


def routes(state: State) -> FastAPI:
    """All routes, unguarded."""
    app = FastAPI(title="Beachhead", version=beachhead.__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.beachhead = state
    for router in (files.router, results.router, score.router, metrics.router, segments.router):
        app.include_router(router, prefix="/api")
    app.add_exception_handler(BeachheadError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(Exception, _failed)

    @app.get("/{path:path}", include_in_schema=False)
    def page(path: str, request: Request) -> Response:
        """A file of the page; anything else is the page itself, which knows its own addresses."""
        if path.startswith("api/"):
            raise HTTPException(404, path)
        if file := _file_of_page(path):
            return FileResponse(file)
        index = STATIC / "index.html"
        if not index.exists():
            return HTMLResponse(_NO_PAGE, 503)
        return HTMLResponse(index.read_text("utf-8").replace("NONCE", request.state.nonce))

    return app


def _file_of_page(path: str) -> Path | None:
    try:
        wanted = (STATIC / path).resolve()
        return wanted if wanted.is_relative_to(STATIC.resolve()) and wanted.is_file() else None
    except (ValueError, OSError):  # no file system has such a name
        return None


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, BeachheadError)
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 409)
    return JSONResponse({"diagnostics": [d.as_dict() for d in error.diagnostics]}, status)


def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)

    def told() -> Iterator[Diagnostic]:
        for found in error.errors():
            place = ".".join(str(part) for part in found["loc"][1:])
            yield Diagnostic("bad-request", f"{place}: {found['msg']}", remedy="Reload the page, and try again.")

    return JSONResponse({"diagnostics": [d.as_dict() for d in told()]}, 422)


def _unknown(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    diagnostic = Diagnostic("unknown-address", f"there is nothing here: {error.detail}", remedy="Reload the page.")
    return JSONResponse({"diagnostics": [diagnostic.as_dict()]}, error.status_code)


def _failed(_request: Request, error: Exception) -> Response:
    remedy = "Try again; the last published results are untouched. If it stays, please report it."
    diagnostic = Diagnostic(
        "internal-error", f"something failed that should not: {type(error).__name__}", remedy=remedy
    )
    return JSONResponse({"diagnostics": [diagnostic.as_dict()]}, 500)
