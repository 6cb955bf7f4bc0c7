"""The entry: explain any pasted text. Pure: the keys and the time are given."""

from dataclasses import replace
from functools import partial

from classgate.explain.causes import cause
from classgate.explain.models import CauseCode, Check, Explain, ExplainContext, Explanation, Kind
from classgate.explain.pasted_text import MAX_REQUEST_CHARACTERS, MAX_TEXT_CHARACTERS
from classgate.explain.readings import decoded, readings
from classgate.explain.recognition import RECOGNIZERS
from classgate.explain.scrubbing import scrub

__all__ = ["MAX_REQUEST_CHARACTERS", "explain"]


def explain(text: str, context: ExplainContext) -> Explanation:
    """Explain what was pasted. The work is bounded for every text."""
    if not text.strip():
        return _unknown(context, context.say("nothing was pasted", "没有粘贴任何内容"))
    if len(text) > MAX_REQUEST_CHARACTERS:
        return _too_long(context, MAX_REQUEST_CHARACTERS)
    explanation = _find(text)
    if explanation is not None:
        secrets = [key.secret_key for key in context.cloud_keys]
        secrets += [each.text for each in context.sdk_secrets]
        return scrub(_with_question(explanation(context), context), secrets)
    if len(text) > MAX_TEXT_CHARACTERS:
        return _too_long(context, MAX_TEXT_CHARACTERS)
    return _unknown(
        context,
        context.say(
            f"{len(text)} characters that are no credential, error or code that is known here",
            f"共 {len(text)} 个字符，不是已知的凭证、错误回包或错误码",
        ),
    )


def _with_question(explanation: Explanation, context: ExplainContext) -> Explanation:
    """Return the explanation; a question about a grant stays open unless a policy was pasted."""
    if context.grant_request is None or explanation.kind is Kind.STS_POLICY:
        return explanation
    detail = context.say(
        "paste a policy to ask about a request", "请粘贴策略后再查询请求是否被允许"
    )
    return replace(explanation, checks=[*explanation.checks, Check("grant", None, detail)])


def _find(text: str) -> Explain | None:
    """Return what explains the text: the first kind of any of its readings."""
    literal = text.removeprefix("\ufeff") if text[1:2] in {"{", "["} else text
    possible = readings(text)
    for recognizer in RECOGNIZERS:
        for each in [literal] if recognizer.is_literal else possible:
            if len(each) <= recognizer.max_characters:
                explanation = recognizer.recognize(each)
                if explanation is not None:
                    return explanation
    inner = decoded(text)
    found = None if inner is None else _find(inner)
    return None if found is None else partial(_explain_encoded, found)


def _explain_encoded(inner: Explain, context: ExplainContext) -> Explanation:
    """Explain what was encoded in base64 once more."""
    found = inner(context)
    detail = context.say("the whole text is in base64 once more", "整段内容又做了一次 base64 编码")
    return replace(
        found,
        checks=[Check("format", ok=False, detail=detail), *found.checks],
        causes=[cause(context, CauseCode.ENCODED_TWICE, detail), *found.causes],
    )


def _unknown(context: ExplainContext, evidence: str) -> Explanation:
    return Explanation(
        kind=Kind.UNKNOWN,
        checks=[Check("format", ok=False, detail=evidence)],
        causes=[cause(context, CauseCode.NOT_RECOGNIZED, evidence)],
    )


def _too_long(context: ExplainContext, limit: int) -> Explanation:
    evidence = context.say(f"the text has more than {limit} characters", f"内容超过 {limit} 个字符")
    return Explanation(
        kind=Kind.UNKNOWN,
        checks=[Check("format", ok=False, detail=evidence)],
        causes=[cause(context, CauseCode.TOO_LONG, evidence)],
    )
