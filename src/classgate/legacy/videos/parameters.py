"""Validates the parameters of a query before they are signed or sent.

The signed text joins names and values unencoded, so none may be able to inject another. The caller
cannot choose the parameters of the signature itself, such as the key.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from classgate.legacy.videos.models import (
    Method,
    RawParameters,
    VideoQuery,
    VideoQueryRules,
)
from classgate.refusals import VideoActionNotAllowed
from classgate.signing.cloud_api_v1 import SignatureMethod
from classgate.validation import field_error

MAX_PARAMETERS: Final = 48
MAX_CHARACTERS: Final = 4096  # of all values; a GET has them in its URL

_OWN: Final = ("Action", "Nonce", "SecretId", "Signature", "SignatureMethod", "Timestamp", "Token")
_OWN_IN_LOWER_CASE: Final = {name.lower(): name for name in _OWN}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
# Lone surrogates cannot be sent either.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_FURTHER_PARAMETER = re.compile(r"&[^&]*=")
_MAX_NUMBER: Final = 2**63 - 1


def read_query(rules: VideoQueryRules, method: str, given: RawParameters) -> VideoQuery:
    """Parse a query.

    PermissionDenied: its action is not allowed. InvalidRequest: a method, a name or a value that
    cannot be sent.
    """
    values = _read_values(given)
    action = values.get("Action")
    if action not in rules.actions:
        raise VideoActionNotAllowed("this action of the video service is not allowed")
    query = VideoQuery(
        action=action,
        method=_read_method(method),
        signature_method=_read_signature_method(values),
        parameters=values,
        own={name: value for name, value in values.items() if name not in _OWN},
    )
    if query.method == "POST" and any(value.startswith("@") for value in query.own.values()):
        raise field_error("params", "in a POST, a value that begins with '@' would not be signed")
    return query


def _read_method(method: str) -> Method:
    match method:
        case ("GET" | "POST") as known:
            return known
    raise field_error("method", "must be GET or POST")


def _read_signature_method(values: Mapping[str, str]) -> SignatureMethod:
    match values.get("SignatureMethod", "HmacSHA1"):
        case ("HmacSHA1" | "HmacSHA256") as known:
            return known
    raise field_error("SignatureMethod", "must be HmacSHA1 or HmacSHA256")


def _read_values(given: RawParameters) -> dict[str, str]:
    if len(given) > MAX_PARAMETERS:
        raise field_error("params", f"at most {MAX_PARAMETERS} parameters are taken")
    values = dict(_read(given))
    if sum(map(len, values.values())) > MAX_CHARACTERS:
        raise field_error("params", f"at most {MAX_CHARACTERS} characters of values are taken")
    if len({name.replace("_", ".") for name in values}) != len(values):
        raise field_error(
            "params", "two parameters differ only by '_' and '.', and are signed as one"
        )
    return values


def _read(given: RawParameters) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if _NAME.fullmatch(name) is None:
            raise field_error(
                "params",
                "a parameter's name must consist of letters, digits, '_', '.' and '-'",
            )
        if _OWN_IN_LOWER_CASE.get(name.lower(), name) != name:
            raise field_error("params", f"a parameter is called {name[:20]}, and read as another")
        if name == "Token":
            raise field_error(name, "this parameter is for temporary keys, which are not used here")
        yield name, _text(name, value)


def _text(name: str, value: object) -> str:
    match value:
        case bool():
            raise field_error(name, "expected a string or an integer")
        case int() if abs(value) <= _MAX_NUMBER:
            return str(value)
        case str() if _CONTROL.search(value) or _FURTHER_PARAMETER.search(value):
            raise field_error(name, "this could be parsed as further parameters")
        case str():
            return value
    raise field_error(name, "expected a string or an integer")
