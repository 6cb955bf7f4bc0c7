"""Serves the built pages beside the API: `/` for browsers, and the files that the page loads."""

from collections.abc import Mapping, Sequence

from litestar.datastructures import Headers
from litestar.datastructures.headers import Accept
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from classgate.console.bundle_files import BundleFile

HeaderList = list[tuple[bytes, bytes]]


def content_security_policy(connects_to: Sequence[str]) -> str:
    """Return the policy of the page.

    Scripts and styles come from here alone. `connects_to` are the origins besides the API to which
    the page may send requests: those of the bucket. The component library fetches its icons from
    `data:`.
    """
    connect = " ".join(["'self'", *connects_to])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src {connect} data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def with_console(
    api: ASGIApp, files: Mapping[str, BundleFile], connects_to: Sequence[str]
) -> ASGIApp:
    """Serve the files, and everything else by the API."""
    security: HeaderList = [
        (b"content-security-policy", content_security_policy(connects_to).encode()),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-frame-options", b"DENY"),
    ]

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            file = _find(scope, files)
            if file is not None:
                await _send(scope, send, file, security)
                return
        await api(scope, receive, send)

    return serve


def _find(scope: HTTPScope, files: Mapping[str, BundleFile]) -> BundleFile | None:
    """Return the file; None for the API. Programs that prefer JSON get no page."""
    if scope["method"] not in {"GET", "HEAD"}:
        return None
    file = files.get(scope["path"])
    if file is not None and file.is_page and not _is_browser(Headers.from_scope(scope)):
        return None
    return file


def _is_browser(headers: Headers) -> bool:
    accept = Accept(headers.get("accept", "*/*"))
    return accept.best_match(["text/html", "application/json"]) == "text/html"


async def _send(scope: HTTPScope, send: Send, file: BundleFile, security: HeaderList) -> None:
    asked = Headers.from_scope(scope)
    is_known = asked.get("if-none-match") == file.etag
    is_compressed = "gzip" in asked.get("accept-encoding", "")
    body = file.compressed if is_compressed else file.body
    cache = b"public, max-age=31536000, immutable" if file.is_unchanging else b"no-cache"
    headers: HeaderList = [
        (b"etag", file.etag.encode()),
        (b"cache-control", cache),
        (b"vary", b"Accept, Accept-Encoding" if file.is_page else b"Accept-Encoding"),
        (b"x-content-type-options", b"nosniff"),
        *security,
    ]
    if not is_known:
        headers += [
            (b"content-type", file.media_type.encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        if is_compressed:
            headers.append((b"content-encoding", b"gzip"))
    status = 304 if is_known else 200
    await send({"type": "http.response.start", "status": status, "headers": headers})
    is_empty = is_known or scope["method"] == "HEAD"
    await send(
        {"type": "http.response.body", "body": b"" if is_empty else body, "more_body": False}
    )
