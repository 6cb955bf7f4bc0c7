"""HEAD as GET without a body, for every route (RFC 9110, 9.3.2)."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send


def with_head(app: ASGIApp) -> ASGIApp:
    """Answer HEAD with the status and the headers that GET has; the headers name its length."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        as_get: Scope = {**scope, "method": "GET"}
        try:
            await app(as_get, receive, send_head)
        finally:
            if "path_template" in as_get:  # the label of the metrics
                scope["path_template"] = as_get["path_template"]

    return serve
