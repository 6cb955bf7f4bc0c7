"""A finding: a cause with its evidence in both languages, before it is ranked and worded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from classgate.explain.causes import cause
from classgate.explain.models import Cause, CauseCode, Check, ExplainContext

# Where the fix of the catalogue is for a UserSig.
_FIXES: Final = {
    CauseCode.WRONG_HASH: (
        "Use HMAC-SHA1 and SHA-1 in every step, and q-sign-algorithm=sha1.",
        "每一步都用 HMAC-SHA1 和 SHA-1，q-sign-algorithm=sha1。",
    ),
    CauseCode.CASE_CHANGED: (
        "Write q-signature in lower-case hex digits.",
        "q-signature 使用小写十六进制。",
    ),
    CauseCode.PLUS_BECAME_SPACE: (
        "Write + as %2B and a space as %20 in a URL, and sign the decoded text.",
        "URL 中 + 写作 %2B，空格写作 %20；签名用解码后的文本。",
    ),
    CauseCode.BASE64URL_ALPHABET: (
        "Use standard base64, with + and /, and percent-encode it in a URL.",
        "使用标准 base64（含 + 和 /），放进 URL 时做百分号编码。",
    ),
    CauseCode.PADDING_MISSING: (
        "Keep the = at the end, and percent-encode it in a URL.",
        "保留末尾的 =，放进 URL 时做百分号编码。",
    ),
    CauseCode.ENCODED_TWICE: (
        "Percent-encode once, where the URL is built; sign the decoded path.",
        "只在拼接 URL 时做一次百分号编码；签名用解码后的路径。",
    ),
    CauseCode.LINE_BREAK_INSIDE: (
        "Remove line ends and spaces from the signature, and do not wrap it.",
        "去掉签名中的换行和空格，不要折行。",
    ),
    CauseCode.EXPIRED: (
        "Sign again with a later end, or renew the credentials at refresh_after.",
        "用更晚的结束时间重新签名，或在 refresh_after 时续期。",
    ),
}


@dataclass(frozen=True)
class Finding:
    """A cause and its evidence. Without evidence, the sentence of the catalogue is used.

    `is_proven`: the mistake was tried, and it reproduces what was pasted.
    """

    code: CauseCode
    english: str = ""
    chinese: str = ""
    is_proven: bool = False

    def proven(self) -> "Finding":
        """Return the finding with the remark that it is proven."""
        return replace(self, is_proven=True)

    def to_cause(self, context: ExplainContext) -> Cause:
        """Return the cause in the language of the asker."""
        fix = _FIXES.get(self.code)
        evidence = context.say(self.english, self.chinese)
        found = cause(context, self.code, evidence, "" if fix is None else context.say(*fix))
        if not self.is_proven:
            return found
        text = found.evidence.rstrip(".。")
        tried = context.say(
            f"tried: {text}; this gives the pasted signature",
            f"经试算，正好得到所粘贴的签名：{text}",
        )
        return replace(found, evidence=tried)

    def detail(self, context: ExplainContext) -> str:
        """Return the evidence as the detail of a check."""
        return replace(self, is_proven=False).to_cause(context).evidence


def to_causes(context: ExplainContext, findings: Iterable[Finding]) -> list[Cause]:
    """Return the causes in their order, each only once."""
    unique = dict.fromkeys(findings)
    return [each.to_cause(context) for each in unique]


def check_of(
    context: ExplainContext, name: str, findings: Sequence[Finding], *, detail: str = ""
) -> Check:
    """Return a check that failed if there are findings, with the evidence of the first."""
    if not findings:
        return Check(name, ok=True, detail=detail)
    return Check(name, ok=False, detail=findings[0].detail(context))
