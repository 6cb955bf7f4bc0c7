"""Whether what doctor says is there in Chinese."""

import re
from collections.abc import Iterable

from classgate.diagnosis.findings import Finding
from classgate.diagnosis.findings_zh import in_chinese

_NAMES = (
    r"`[^`]*`",
    r"classgate( \w+)+",
    r"timedatectl( [\w-]+)*",
    r"chmod \S+ \S+",
    r"TLS",
)


def untranslated(findings: Iterable[Finding]) -> list[str]:
    """The sentences that have no Chinese, or three English words in a row in it."""
    shown = (in_chinese(each) for each in findings)
    sentences = (part for each in shown for part in (each.what, each.fix) if part)
    return [each for each in sentences if _is_english(each)]


def _is_english(sentence: str) -> bool:
    text = re.sub("|".join(_NAMES), "", sentence)
    return not re.search("[一-鿿]", text) or bool(re.search(r"([a-z]{2,} ){2}[a-z]{2,}", text))
