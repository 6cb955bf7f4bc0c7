"""Explains a code by the catalogue: alone, in a line of a log, or from an error reply."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from classgate.explain.causes import cause
from classgate.explain.codes.catalogue import CodeEntry, find_code, is_listed
from classgate.explain.models import (
    Cause,
    CauseCode,
    Check,
    Explain,
    ExplainContext,
    Explanation,
    Kind,
)

_ALONE = re.compile(
    r"(?:(?:error|err|code|errcode|errorcode|错误码|错误)[\s:=#：]*)*(?P<code>[A-Za-z0-9.-]{2,80})",
    re.IGNORECASE,
)
# Letters of other scripts need no space around a number. A number after `host:` is a port.
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_./-])(?<![0-9]:)(?<!localhost:)-?[0-9]{1,6}(?![A-Za-z0-9_/-]|\.[0-9])"
)
_LABELLED_NUMBER = re.compile(
    r"(?:code|err\w{0,10}|error|错误码|错误)[\"']?\s{0,3}[:=：(\[]?\s{0,3}[\"']?(-?[0-9]{1,6})(?![\w.])",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?<![\w.])[A-Z][A-Za-z0-9]{3,40}(?:\.[A-Z][A-Za-z0-9]{2,40})*(?![\w])")
# What Chinese keyboards write for digits and signs.
_FULL_WIDTH: Final = {0xFF01 + each: 0x21 + each for each in range(94)}
_EXPIRED_MESSAGE: Final = "Request has expired"
_MOST_CANDIDATES: Final = 200
# Numbers of this many digits are codes wherever they stand; shorter ones only after a word for it.
_DISTINCT_DIGITS: Final = re.compile(
    r"-100[0-9]{3}|-102[0-9]{3}|-?70[0-9]{3}|600[0-2][0-9]|-33[0-9]{2}"
)


def recognize(text: str) -> Explain | None:
    """Return what explains a code, alone or in a line of text; None: there is no known code."""
    text = text.translate(_FULL_WIDTH)
    alone = _ALONE.fullmatch(text.strip())
    if alone is not None and is_listed(alone["code"]):
        code = alone["code"]
        return lambda context: explain_code(code, context)
    if alone is not None and "." in alone["code"] and find_code(alone["code"]):
        code = alone["code"]
        return lambda context: explain_code(code, context)
    found = next((each for each in _codes_in(text) if is_listed(each)), None)
    return None if found is None else lambda context: explain_code(found, context)


def _codes_in(text: str) -> Iterator[str]:
    """Yield what may be a code in a text, the surest first. The number of candidates is bounded."""
    words = [each[0] for each in islice(_WORD.finditer(text), _MOST_CANDIDATES)]
    yield from (each for each in words if "." in each)
    yield from (each[1] for each in islice(_LABELLED_NUMBER.finditer(text), _MOST_CANDIDATES))
    for each in islice(_NUMBER.finditer(text), _MOST_CANDIDATES):
        if _DISTINCT_DIGITS.fullmatch(each[0]):
            yield each[0]
    yield from (each for each in words if re.search(r"[a-z][A-Z]", each))


def explain_code(
    code: str,
    context: ExplainContext,
    *,
    kind: Kind = Kind.CODE,
    service: str | None = None,
    message: str = "",
    request_id: str = "",
) -> Explanation:
    """Explain a code by the catalogue. One that is not in it fails the check `code`."""
    given = {"code": code, "message": message, "request_id": request_id}
    content: dict[str, object] = {name: value for name, value in given.items() if value}
    entries = find_code(code, service) or find_code(code)
    if not entries:
        detail = context.say("the catalogue does not have this code", "错误码表中没有这个码")
        return Explanation(
            kind=kind,
            content=content,
            checks=[Check("code", ok=False, detail=detail)],
            causes=[cause(context, CauseCode.NOT_RECOGNIZED, detail)],
        )
    first = entries[0]
    content |= {
        "service": first.service,
        "title": context.say(*first.title),
        "meaning": context.say(*first.meaning),
        "source": first.source,
    }
    if len(entries) > 1:
        content["also"] = [f"{each.service}: {context.say(*each.meaning)}" for each in entries[1:]]
    return Explanation(kind=kind, content=content, causes=_causes(entries, context, message))


def _causes(entries: tuple[CodeEntry, ...], context: ExplainContext, message: str) -> list[Cause]:
    found: dict[str, Cause] = {}
    for entry in entries:
        codes = entry.causes
        if _EXPIRED_MESSAGE in message:
            codes = (CauseCode.EXPIRED, CauseCode.CLOCK_SKEW, *codes)
        for place, each in enumerate(codes):
            own = place == 0 and codes is entry.causes and entry.fix is not None
            fix = context.say(*entry.fix) if own and entry.fix is not None else ""
            found.setdefault(each.value, cause(context, each, fix=fix))
    return list(found.values())
