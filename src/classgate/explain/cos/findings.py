"""A finding: a cause with its evidence in both languages, before it is ranked and worded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from classgate.explain.causes import cause
from classgate.explain.models import Cause, CauseCode, Check, ExplainContext


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
        found = cause(context, self.code, context.say(self.english, self.chinese))
        if not self.is_proven:
            return found
        remark = context.say("; this reproduces the signature", "；这样能得到粘贴的签名")
        return replace(found, evidence=found.evidence.rstrip(".。") + remark)

    def detail(self, context: ExplainContext) -> str:
        """Return the evidence as the detail of a check."""
        return self.to_cause(context).evidence


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
