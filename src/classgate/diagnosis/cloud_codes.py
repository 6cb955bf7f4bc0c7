"""PURE: what a code means to doctor, from the catalogue of `explain`.

The requests of doctor are known to be right. So some codes have one cause here, where the catalogue
has several.
"""

from dataclasses import dataclass
from typing import Final

from classgate.explain.causes import load_cause_texts
from classgate.explain.codes.catalogue import CodeEntry, find_code

GUIDE: Final = "docs/how-to/first-hour.md"

# What doctor asks for: the entry of this code says more than the one that the service answered.
_SAME_AS: Final = {
    "SignatureDoesNotMatch": "AuthFailure.SignatureFailure",
    "InvalidAccessKeyId": "AuthFailure.SecretIdNotFound",
    "ExpiredToken": "RequestTimeTooSkewed",
    "RequestIsExpired": "RequestTimeTooSkewed",
    "AccessDenied": "UnauthorizedOperation",
    "HTTP 403": "UnauthorizedOperation",
    "HTTP 404": "NoSuchBucket",
}


@dataclass(frozen=True)
class CodeExplanation:
    """The meaning of an error code, and the fix."""

    what: str
    fix: str


def explain_sts(code: str) -> CodeExplanation:
    """Return why STS refused, and the fix."""
    return _explain(code, "STS refused", "1312/48195")


def explain_cos(code: str) -> CodeExplanation:
    """Return why COS refused, and the fix."""
    return _explain(code, "COS refused", "436/7730")


def _explain(code: str, unknown: str, document: str) -> CodeExplanation:
    found = find_code(_SAME_AS.get(code, code))
    if not found:
        return CodeExplanation(unknown, f"look the code up in document {document}")
    return CodeExplanation(english_phrase(found[0].meaning[0]), english_phrase(_fix(found[0])))


def _fix(entry: CodeEntry) -> str:
    return entry.fix[0] if entry.fix else load_cause_texts()[entry.causes[0].value].fix[0]


def english_phrase(sentence: str) -> str:
    """Return a sentence as a part of a line: without its full stop, beginning small."""
    first, rest = sentence[:1], sentence[1:].removesuffix(".")
    return (first.lower() if rest[:1].islower() or rest[:1] == " " else first) + rest
