"""Helpers for the XML documents of requests and responses."""

import base64
import hashlib

from classgate.emulator.cos import xml
from classgate.emulator.cos.errors import CosError
from classgate.emulator.http import BodyTooLarge, Request, Response

MAX_PAGE_SIZE = 1000


def document(root: str, children: xml.Children) -> Response:
    return Response(headers=[("content-type", "application/xml")], body=xml.write(root, children))


def wants_encoded_keys(request: Request) -> bool:
    """Return whether the response must percent-encode keys."""
    return request.parameter("encoding-type") == "url"


def encoding_type(request: Request) -> list[tuple[str, str]]:
    return [("EncodingType", "url")] if wants_encoded_keys(request) else []


def read_number(request: Request, name: str, default: int | None, lowest: int, highest: int) -> int:
    """Return a number parameter or its default. Raises `CosError` InvalidArgument."""
    text = request.parameter(name)
    if not text and default is not None:
        return default
    if not text or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise CosError("InvalidArgument", f"The parameter {name} is not a number.")
    if not lowest <= int(text) <= highest:
        raise CosError("InvalidArgument", f"{name} is between {lowest} and {highest}.")
    return int(text)


async def read_body(
    request: Request, expected: str, *, limit: int = 1 << 16, digest_required: bool = False
) -> bytes:
    """Return the body. Raises `CosError` if it is too long or its digest does not match."""
    try:
        body = await request.body(limit)
    except BodyTooLarge as error:
        raise CosError("MalformedXML", f"The body is longer than {expected} can be.") from error
    header = request.header("content-md5")
    if header is None and digest_required:
        raise CosError("MissingContentMD5", "This operation requires a Content-MD5.")
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    if header is not None and header != digest:
        raise CosError("BadDigest", "The Content-MD5 does not match the body.")
    return body
