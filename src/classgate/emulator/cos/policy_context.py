"""Collects the condition keys of a request, for the policies of temporary keys.

Source: the document Conditions of COS (436/71306).
"""

from collections.abc import Mapping

from classgate.emulator.http import Request
from classgate.signing.encoding import percent_encode

_HEADERS = ("content-type",)
_PARAMETERS = {
    "prefix": "cos:prefix",
    "versionId": "cos:versionid",
    "response-content-type": "cos:response-content-type",
    "response-content-language": "cos:response-content-language",
    "response-content-disposition": "cos:response-content-disposition",
    "response-content-encoding": "cos:response-content-encoding",
    "response-cache-control": "cos:response-cache-control",
    "response-expires": "cos:response-expires",
}


def condition_keys(
    request: Request, fields: Mapping[str, str] | None = None
) -> dict[str, str | int]:
    """Return the condition keys of a request with their values.

    The value of a query parameter is percent-encoded, as policies have to write it. `fields` are
    those of a form; its `acl` and `x-cos-…` fields count as headers.

    Differs: `qcs:vpc`, `qcs:request_tag`, `qcs:resource_tag` and `qcs:current_time` are unknown:
    they never make an allow statement apply, and always make a deny statement apply.
    """
    headers = dict(reversed(request.headers))
    headers |= {name: value for name, value in (fields or {}).items() if name.startswith("x-cos-")}
    if fields and "acl" in fields:
        headers["x-cos-acl"] = fields["acl"]
    keys: dict[str, str | int] = {
        "qcs:ip": request.client,
        "cos:secure-transport": "true" if request.scheme == "https" else "false",
        "cos:host": request.host,
    }
    keys |= {
        f"cos:{name}": value
        for name, value in headers.items()
        if name in _HEADERS or name.startswith("x-cos-")
    }
    for name, value in reversed(request.parameters):
        if name in _PARAMETERS:
            keys[_PARAMETERS[name]] = percent_encode(value)
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and len(length) < 20:
        keys["cos:content-length"] = int(length)
    return keys
