"""Explains error replies of the cloud and of classgate: JSON, XML, and what an SDK makes of them.

A COS error with `StringToSign`, beside the request that was refused, belongs to the comparison of
requests; alone it is explained here by its code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from classgate.explain.codes.catalogue import LEGACY
from classgate.explain.codes.recognition import explain_code
from classgate.explain.models import Cause, Check, Explain, ExplainContext, Explanation, Kind
from classgate.explain.pasted_text import MAX_SHOWN, read_json
from classgate.reasons import Reason

_XML_ERROR = re.compile(r"<Error>(?P<body>.*?)(?:</Error>|\Z)", re.DOTALL)
_XML_MEMBER = re.compile(r"<(?P<name>[A-Za-z]{2,20})>(?P<value>[^<]{0,2000})</(?P=name)>")
_CODE_NAMES: Final = ("code", "errCode", "errorCode", "error_code", "errcode", "ErrorCode", "Code")
_MESSAGE_NAMES: Final = ("message", "Message", "msg", "ErrorInfo", "errorInfo", "errMsg", "desc")
_ID_NAMES: Final = ("RequestId", "request_id", "requestId")


@dataclass(frozen=True)
class Reply:
    """What an error reply says. `service` is None where several services answer in this form."""

    code: str
    message: str = ""
    request_id: str = ""
    service: str | None = None


def recognize(text: str) -> Explain | None:
    """Return what explains an error reply; None: the text is none."""
    members = read_json(_without_prefix(text))
    if members is not None:
        if isinstance(members.get("reason"), str) and "status" in members:
            return lambda context: _explain_problem(members, context)
        reply = next(iter(_json_replies(members)), None)
    else:
        reply = _xml_reply(text)
    if reply is None:
        return None
    return lambda context: _explain_reply(reply, context)


def _without_prefix(text: str) -> str:
    """Return the text from its first brace: a log writes a name before the JSON of an answer."""
    start = text.find("{")
    return text[start:] if 0 <= start <= MAX_SHOWN else text


def _json_replies(members: dict[str, object]) -> Iterator[Reply]:
    response = members.get("Response")
    if isinstance(response, dict):
        error = response.get("Error")
        if isinstance(error, dict):
            yield _reply(error, _text(response.get("RequestId")))
        return
    error = members.get("error", members.get("Error"))
    if isinstance(error, dict):
        yield from _json_replies(error)
        return
    if any(isinstance(members.get(name), str | int) for name in _CODE_NAMES):
        service = None
        if "errorCode" in members and "errorInfo" in members:
            service = LEGACY
        elif "ActionStatus" in members:
            service = "IM"
        yield _reply(members, _first(members, _ID_NAMES), service)


def _reply(members: dict[str, object], request_id: str, service: str | None = None) -> Reply:
    return Reply(_first(members, _CODE_NAMES), _first(members, _MESSAGE_NAMES), request_id, service)


def _first(members: dict[str, object], names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := _text(members.get(name)))), "")


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)[:MAX_SHOWN]


def _xml_reply(text: str) -> Reply | None:
    found = _XML_ERROR.search(text)
    if found is None:
        return None
    members = {each["name"]: each["value"].strip() for each in _XML_MEMBER.finditer(found["body"])}
    code = members.get("Code", "")[:MAX_SHOWN]
    if not code:
        return None
    return Reply(code, members.get("Message", "")[:MAX_SHOWN], members.get("RequestId", ""), "COS")


def _explain_reply(reply: Reply, context: ExplainContext) -> Explanation:
    if reply.code in {"0", "OK", "200"}:
        detail = context.say("the reply is a success", "这是成功的应答")
        return Explanation(kind=Kind.CLOUD_ERROR, checks=[Check("code", ok=True, detail=detail)])
    return explain_code(
        reply.code,
        context,
        kind=Kind.CLOUD_ERROR,
        service=reply.service,
        message=reply.message,
        request_id=reply.request_id,
    )


def _explain_problem(members: dict[str, object], context: ExplainContext) -> Explanation:
    """Explain a problem document of classgate's own API."""
    names = ("status", "code", "reason", "detail", "request_id", "opens_at", "until")
    content = {name: _text(members[name]) for name in names if _text(members.get(name))}
    reason = str(content.get("reason", ""))
    content["service"] = "classgate"
    content["source"] = f"docs/reference/errors.md#{content.get('code', '')}"
    if reason not in set(Reason):
        detail = context.say("this reason is unknown here", "这里没有这个 reason")
        return Explanation(
            kind=Kind.CLOUD_ERROR,
            content=content,
            checks=[Check("code", ok=False, detail=detail)],
        )
    evidence = str(content.get("detail", "")) or reason
    fix = context.say(
        f"See {reason} in docs/reference/errors.md. The log and the audit have the call under its "
        "request_id; classgate why shows what decides.",
        f"见 docs/zh-CN/errors.md 中的 {reason}。日志和审计可按 request_id 查到；"
        "classgate why 会列出判断过程。",
    )
    return Explanation(
        kind=Kind.CLOUD_ERROR, content=content, causes=[Cause(reason, evidence, fix)]
    )
