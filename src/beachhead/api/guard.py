"""Who may speak to the server: the page that it opened on this machine, and nobody else.

Every request must name this server as its host (against DNS rebinding) and carry the cookie that opening the page
with the key of this start has set. What changes anything must come from the page itself (against forgery by others).
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from beachhead.errors import Diagnostic

_SAFE = frozenset({"GET", "HEAD"})
_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
_SMALL = ("/api/segments",)
"""Where no files are sent: whatever is larger than this is no request of the page."""
_MOST_BYTES = 2_000_000
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class Guard:
    """The server behind it answers only the page. `key`: what opening the page must bring."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        answer = self._refusal(request) or self._opening(request)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("content-security-policy", _POLICY.format(nonce=nonce))
            await send(message)

        await (answer or self._app)(scope, receive, send_guarded)

    def _opening(self, request: Request) -> Response | None:
        """The first page: it brings the key, gets the cookie, and goes on without the key in its address."""
        if request.scope["path"] != "/start":
            return None
        if not self._is_key(request.query_params.get("key", "")):
            return refused(401, "wrong-key", "this address is of another start of Beachhead")
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(_cookie_name(request), self._key, httponly=True, samesite="strict")
        return response

    def _refusal(self, request: Request) -> Response | None:
        headers = request.headers
        host = headers.get("host", "")
        if host.rpartition(":")[0] not in _LOCAL:
            return refused(421, "wrong-host", "this server answers only on this machine")
        if request.scope["path"].startswith("/api/"):
            if not self._is_key(request.cookies.get(_cookie_name(request), "")):
                return refused(401, "not-opened", "this page was not opened by the Beachhead that runs now")
            if request.method not in _SAFE and not _is_from_page(headers, host):
                return refused(403, "other-origin", "this request does not come from Beachhead's own page")
            if request.scope["path"].startswith(_SMALL) and not _is_small(headers):
                return refused(413, "too-large", "this request is larger than anything that the page sends")
        return None

    def _is_key(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._key.encode())


def _cookie_name(request: Request) -> str:
    """One per port: browsers send the cookies of a machine to all its ports."""
    server = request.scope.get("server")
    return f"beachhead-{server[1]}" if server else "beachhead"


def _is_from_page(headers: Headers, host: str) -> bool:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site == "same-origin"
    return origin is not None and urlsplit(origin).netloc == host


def _is_small(headers: Headers) -> bool:
    length = headers.get("content-length")
    if length is None:
        return "transfer-encoding" not in headers
    return length.isdecimal() and len(length) < 20 and int(length) <= _MOST_BYTES


def refused(status: int, code: str, message: str) -> JSONResponse:
    """The one form of errors."""
    remedy = "Start `beachhead` again, and use the page that it opens."
    return JSONResponse({"diagnostics": [Diagnostic(code, message, remedy=remedy).as_dict()]}, status)
