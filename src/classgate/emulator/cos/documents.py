"""Helpers of XML responses: documents, number parameters and encoded keys."""

from classgate.emulator.cos import xml
from classgate.emulator.cos.errors import CosError
from classgate.emulator.http import Request, Response

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
