"""Cross-origin requests. The bucket has one fixed CORS rule, which web uploads need.

The rule allows any origin, the methods below and every header. It can be read, not changed.
"""

from classgate.emulator.cos import xml
from classgate.emulator.cos.errors import CosError
from classgate.emulator.failed_check import HEADER, FailedCheck
from classgate.emulator.http import Request, Response

METHODS = ("GET", "PUT", "POST", "HEAD", "DELETE")
EXPOSED = ("ETag", "x-cos-request-id", "Date", "Content-Length")
_SECONDS = 600


def is_preflight(request: Request) -> bool:
    """Return whether the rule allows what an OPTIONS request asks for."""
    method = request.header("access-control-request-method")
    return bool(request.header("origin")) and method in METHODS


def preflight(request: Request) -> Response:
    """Answer OPTIONS, which is not signed. Raises `CosError` AccessForbidden.

    Unknown: the code for an OPTIONS request that is not a preflight.
    """
    if not is_preflight(request):
        raise CosError(
            "AccessForbidden",
            "CORSResponse: This CORS request is not allowed.",
            check=FailedCheck.CORS,
        )
    headers = [
        ("access-control-allow-methods", ", ".join(METHODS)),
        ("access-control-max-age", str(_SECONDS)),
    ]
    asked = request.header("access-control-request-headers")
    if asked is not None and asked.isprintable():
        headers.append(("access-control-allow-headers", asked))
    return Response(headers=headers)


def cross_origin_headers(request: Request) -> list[tuple[str, str]]:
    """Return the headers that let a page read a response, refusals included.

    The header that names the failed check is exposed too, though the rule does not list it.
    """
    if request.header("origin") is None:
        return []
    return [
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", ", ".join((*EXPOSED, HEADER))),
        ("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    ]


def rule() -> xml.Children:
    """Return the rule in the format of GET Bucket cors."""
    return [
        ("AllowedOrigin", "*"),
        *(("AllowedMethod", method) for method in METHODS),
        ("AllowedHeader", "*"),
        *(("ExposeHeader", header) for header in EXPOSED),
        ("MaxAgeSeconds", _SECONDS),
    ]
