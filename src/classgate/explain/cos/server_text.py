"""Compares the FormatString of the cloud's answer with that of the pasted request.

Where they differ, the request was changed on the way, or the signature lists something else.
"""

from collections.abc import Iterator
from urllib.parse import unquote

from classgate.explain.cos.findings import Finding
from classgate.explain.cos.signed_text import SignedText, is_hidden, joined
from classgate.explain.models import CauseCode
from classgate.explain.scrubbing import HIDDEN

_LINES = 4


def differences(required: SignedText, received: str) -> Iterator[Finding]:
    """Yield what the cloud received otherwise than it was pasted; nothing if they agree."""
    if received.rstrip("\n") == required.format_string.rstrip("\n"):
        return
    lines = [*received.split("\n"), "", "", "", ""][:_LINES]
    method, path, parameters, headers = lines
    if method.lower() != required.method:
        yield Finding(
            CauseCode.WRONG_METHOD,
            f"the cloud received {method.upper()}, and {required.method.upper()} was pasted",
            f"云端收到的是 {method.upper()}，粘贴的是 {required.method.upper()}",
        )
    if path != required.path:
        is_encoding = unquote(path) == unquote(required.path)
        yield Finding(
            CauseCode.PERCENT_ENCODED_PATH if is_encoding else CauseCode.WRONG_PATH,
            f"the cloud received the path {path}, and {required.path} was pasted",
            f"云端收到的路径是 {path}，粘贴的是 {required.path}",
        )
    if parameters != joined(required.parameters):
        yield from _pairs(
            parameters, dict(required.parameters), CauseCode.UNSIGNED_PARAMETER, "参数"
        )
    if headers != joined(required.headers):
        yield from _pairs(headers, dict(required.headers), CauseCode.HEADER_CHANGED, "请求头")


def _pairs(line: str, own: dict[str, str], code: CauseCode, chinese: str) -> Iterator[Finding]:
    received = dict(item.partition("=")[::2] for item in line.split("&") if item)
    for name in sorted(received.keys() | own.keys()):
        got, sent = received.get(name), own.get(name)
        if got == sent:
            continue
        changed = CauseCode.WRONG_HOST if name == "host" else code
        shown = _shown(name, got)
        yield Finding(
            changed,
            f"the cloud received {name} as {shown}, and it was pasted as {_shown(name, sent)}",
            f"云端收到的{chinese} {name} 是 {shown}，粘贴的是 {_shown(name, sent)}",
        )


def _shown(name: str, value: str | None) -> str:
    if value is None:
        return "(nothing)"
    return HIDDEN if is_hidden(name) else repr(unquote(value))
