"""What the lists of the XML API have in common: numbers, encoded keys, one document."""

from classgate.emulator.cos import xml
from classgate.emulator.cos.errors import CosError
from classgate.emulator.http import Request, Response

MAX_PAGE_SIZE = 1000


def document(root: str, children: xml.Children) -> Response:
    return Response(headers=[("content-type", "application/xml")], body=xml.write(root, children))


def is_encoded(request: Request) -> bool:
    """Whether keys are to be percent-encoded in the answer."""
    return request.parameter("encoding-type") == "url"


def encoding(request: Request) -> list[tuple[str, str]]:
    return [("EncodingType", "url")] if is_encoded(request) else []


def number_parameter(
    request: Request, name: str, default: int | None, lowest: int, highest: int
) -> int:
    """Raises `CosError` InvalidArgument."""
    text = request.parameter(name)
    if not text and default is not None:
        return default
    if not text or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise CosError("InvalidArgument", f"The parameter {name} is not a number.")
    if not lowest <= int(text) <= highest:
        raise CosError("InvalidArgument", f"{name} is between {lowest} and {highest}.")
    return int(text)
